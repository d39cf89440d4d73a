package workflows_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	stand "github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/store"
)

// with replaces the bureau with one that has the given options.
func (c *counterpart) with(o stand.Options) {
	o.ISPID, o.UserName, o.Password = 1, "u", "p"
	s, err := stand.New(o)
	require.NoError(c.t, err)
	c.stand.Store(s)
}

func (c *counterpart) tasks() (kinds []string) {
	list, err := c.db.OpenTasks(context.Background(), 0, 100)
	require.NoError(c.t, err)
	for _, t := range list {
		kinds = append(kinds, t.Kind)
	}
	return kinds
}

// decisions maps orders to their codes.
func (c *counterpart) decisions() map[string]int {
	codes := map[string]int{}
	for n := 1; n <= c.made; n++ {
		d, err := c.db.LatestDecision(context.Background(), int64(n))
		if err == nil {
			codes[fmt.Sprintf("D%d", n)] = d.Code
		}
	}
	return codes
}

// A record that breaks the schema makes the bureau refuse its whole file: halving finds it and sets it aside, and
// the others continue.
func TestBadRecordIsFoundAndSetAside(t *testing.T) {
	c := newCounterpart(t)
	c.with(stand.Options{SchemaBreaks: "坏记录"})
	for n := range 7 {
		name := "读书笔记"
		if n == 4 {
			name = "坏记录"
		}
		c.add(t, name)
	}
	for range 12 {
		c.exchange()
	}
	accepted := c.stand.Load().Accepted()
	require.Len(t, accepted, 6)
	for id, times := range accepted {
		require.Equal(t, 1, times, "record %d", id)
	}
	codes := c.decisions()
	require.Len(t, codes, 7)
	require.Equal(t, bureau.CodeSchema, codes["D5"])
	delete(codes, "D5")
	for order, code := range codes {
		require.Equal(t, bureau.CodeApproved, code, order)
	}
	require.Equal(t, []string{store.TaskProviderActs}, c.tasks())
	require.Equal(t, 1, c.alerts, "staff were alerted once")
}

// If the database lost its newest data file and the bureau has it, its place is restored and nothing is submitted
// twice.
func TestLostFileIsRecoveredFromTheBureau(t *testing.T) {
	c := newCounterpart(t)
	c.with(stand.Options{ReviewAfter: -1})
	c.add(t, "读书笔记")
	c.exchange()
	c.add(t, "样例网站")
	c.exchange()
	require.EqualValues(t, 2, c.stand.Load().Sequence())
	c.lose(t, 1)

	c.add(t, "第三个网站")
	for range 3 {
		c.exchange()
	}
	accepted := c.stand.Load().Accepted()
	require.Len(t, accepted, 3)
	for id, times := range accepted {
		require.Equal(t, 1, times, "record %d", id)
	}
	require.EqualValues(t, 3, c.stand.Load().Sequence())
	require.Contains(t, c.tasks(), store.TaskResynchronised)
	upload, err := c.db.Upload(t.Context(), c.account, 2)
	require.NoError(t, err)
	require.NotEmpty(t, upload.File, "the bureau's file is stored as ours")
}

// If two files are lost and the bureau shows only the newest, what may have been in the other waits until staff
// have looked.
func TestPossiblySubmittedRecordsWaitForStaff(t *testing.T) {
	c := newCounterpart(t)
	c.with(stand.Options{ReviewAfter: -1})
	for _, name := range []string{"一号网站", "二号网站", "三号网站"} {
		c.add(t, name)
		c.exchange()
	}
	c.lose(t, 1)
	for range 3 {
		c.exchange()
	}
	require.EqualValues(t, 3, c.stand.Load().Sequence(), "nothing was submitted again")
	accounts, err := c.db.Accounts(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 3, accounts[0].LastSequence)
	require.Equal(t, 1, accounts[0].Doubtful)

	require.NoError(t, c.db.ReleaseDoubtful(t.Context(), c.account))
	c.exchange()
	require.EqualValues(t, 4, c.stand.Load().Sequence())
	for id, times := range c.stand.Load().Accepted() {
		require.Equal(t, 1, times, "record %d has an ID of its own", id)
	}
}

// lose makes the database forget every data file after one, as a restored backup does.
func (c *counterpart) lose(t *testing.T, after int64) {
	for _, query := range []string{
		`UPDATE records SET sequence = NULL
			WHERE sequence > ?`, `DELETE FROM bureau_uploads WHERE sequence > ?`, `UPDATE bureau_accounts SET last_sequence = ?`,
	} {
		_, err := c.db.DB().ExecContext(t.Context(), query, after)
		require.NoError(t, err)
	}
}

// Outside its hours, the bureau isn't called again until they begin.
func TestHoursAreWaitedFor(t *testing.T) {
	c := newCounterpart(t)
	c.now = time.Date(2026, 11, 24, 18, 0, 0, 0, bureau.China)
	c.with(stand.Options{ReviewAfter: -1, Hours: "09:00-17:30", Clock: func() time.Time { return c.now }})
	c.add(t, "读书笔记")
	require.Equal(t, bureau.CodeHours, c.exchange().Paused)
	for c.now.In(bureau.China).Hour() != 8 {
		require.Zero(t, c.exchange().Paused, "it waits without asking")
		require.Zero(t, c.stand.Load().Sequence())
	}
	require.Equal(t, 1, c.exchange().Submitted)
}

// Corrupted files aren't acknowledged and come again; one that arrives whole but can't be read is set aside, and
// the next ones are read.
func TestSpoiledDownloads(t *testing.T) {
	for _, code := range []string{"truncated", "hash"} {
		c := newCounterpart(t)
		c.add(t, "读书笔记")
		c.stand.Load().Faults.Set(fault.Fault{Operation: "isp_download", Mode: fault.Fail, Code: code, Times: 5})
		c.exchange()
		require.Empty(t, c.decisions(), code)
		for range 3 {
			c.exchange()
		}
		require.Equal(t, map[string]int{"D1": bureau.CodeApproved}, c.decisions(), code)
	}
	c := newCounterpart(t)
	require.NoError(t, c.stand.Load().Push("<ICP><BAJG></ICP>"))
	c.add(t, "读书笔记")
	for range 3 {
		c.exchange()
	}
	require.Equal(t, map[string]int{"D1": bureau.CodeApproved}, c.decisions())
	require.Equal(t, []string{store.TaskUnreadable}, c.tasks())
	c.stand.Load().Faults.Set(fault.Fault{Operation: "isp_download", Mode: fault.Fail, Code: "duplicate", Times: 1})
	c.exchange()
	require.Len(t, c.tasks(), 1, "a repeated file changes nothing")
}

// What is on the blacklist isn't submitted until it is removed from it.
func TestBlacklistStopsBeforeSubmission(t *testing.T) {
	c := newCounterpart(t)
	require.NoError(t, c.stand.Load().PushBlacklistDomain("example.com", stand.BlacklistAdd))
	c.exchange()
	c.add(t, "读书笔记") // www.example.com is below the listed domain
	c.exchange()
	require.Zero(t, c.stand.Load().Sequence())
	require.Equal(t, map[string]int{"D1": 1064}, c.decisions())
	require.NoError(t, c.stand.Load().PushBlacklistDomain("example.com", stand.BlacklistRemove))
	c.exchange()
	c.add(t, "读书笔记")
	c.exchange()
	require.EqualValues(t, 1, c.stand.Load().Sequence())
}

func TestListsAndTablesAreKept(t *testing.T) {
	c := newCounterpart(t)
	require.NoError(t, c.stand.Load().PushCodeTables())
	seed(t, c.stand.Load())
	require.NoError(t, c.stand.Load().PushNotice("沪ICP备05000940号-1", "请更新联系电话"))
	c.exchange()
	rows, err := c.db.CodeTables(t.Context())
	require.NoError(t, err)
	require.True(t, slices.Contains(rows, store.CodeRow{Table: bureau.TableServices, ID: 9, Name: "论坛/社区", Valid: true}))
	list, err := c.db.OpenTasks(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, store.TaskNotice, list[0].Kind)
	require.Contains(t, list[0].Detail, "请更新联系电话")
	require.NoError(t, c.db.TaskDone(t.Context(), list[0].ID, "support:a"))
	require.Empty(t, c.tasks())
	require.Equal(t, 1, c.alerts)
	c.exchange()
	require.Equal(t, 1, c.alerts, "once")
}

// While one exchange holds the account, another does nothing, until the first has been silent for too long.
func TestOneWriter(t *testing.T) {
	c := newCounterpart(t)
	c.add(t, "读书笔记")
	turn, err := c.db.BeginExchange(t.Context(), c.account, "another run")
	require.NoError(t, err)
	require.False(t, turn.Busy)
	c.now = c.now.Add(-time.Hour) // exchange advances the clock
	require.Zero(t, c.exchange().Submitted)
	require.ErrorIs(t, c.db.UploadAttempt(t.Context(), c.account, 1, "a third"), store.ErrNotWriter)
	require.Equal(t, 1, c.exchange().Submitted)
	require.NoError(t, c.db.EndExchange(t.Context(), c.account, "another run"), "too late, and without effect")
}

// Data files are deleted after their retention; the record that they existed remains.
func TestFilesAreKeptForTheirTime(t *testing.T) {
	c := newCounterpart(t)
	c.bureau.Keep.Files = 100 * 24 * time.Hour
	c.add(t, "读书笔记")
	c.exchange()
	c.now = c.now.Add(99 * 24 * time.Hour)
	c.exchange()
	_, err := c.db.Upload(t.Context(), c.account, 1)
	require.NoError(t, err)
	c.now = c.now.Add(2 * 24 * time.Hour)
	c.exchange()
	_, err = c.db.Upload(t.Context(), c.account, 1)
	require.ErrorIs(t, err, store.ErrPurged)
	files, err := c.db.Files(t.Context(), c.account, 10)
	require.NoError(t, err)
	require.Len(t, files, 2)
	for _, f := range files {
		require.False(t, f.Kept)
	}
}

// A filing goes to its province's account; where there is none, it is stuck with that reason.
func TestFilingsGoToTheirProvincesAccount(t *testing.T) {
	c := newCounterpart(t)
	ctx := t.Context()
	_, err := c.db.EnsureAccount(ctx, "default", "330000")
	require.NoError(t, err)
	shanghai, err := c.db.EnsureAccount(ctx, "shanghai", "310000", "320000")
	require.NoError(t, err)
	id, err := c.db.AccountFor(ctx, "310000")
	require.NoError(t, err)
	require.Equal(t, shanghai, id)
	_, err = c.db.AccountFor(ctx, "440000")
	require.ErrorIs(t, err, store.ErrNotFound)
	for province, want := range map[string]bool{"310000": true, "330000": true, "440000": false} {
		served, err := c.db.ServesProvince(ctx, province)
		require.NoError(t, err)
		require.Equal(t, want, served, province)
	}
	c.add(t, "读书笔记")
	require.Zero(t, c.exchange().Submitted, "nothing to do for the other account's exchange")
	accounts, err := c.db.Accounts(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, accounts[1].Waiting)

	require.NoError(t, c.db.KeepAccounts(ctx, []int64{c.account}))
	_, err = c.db.AccountFor(ctx, "310000")
	require.ErrorIs(t, err, store.ErrNotFound, "an account no longer used gets no new filings")
	d := filingtest.Dossier()
	require.Equal(t, "310000", d.Bureau())
	d.Kind, d.OwnershipProof.Number = filing.KindNewAccess, "浙ICP备05000940号-1"
	require.Equal(t, "330000", d.Bureau())
}

// seed files a holder through another provider.
func seed(t *testing.T, s *stand.Server) {
	t.Helper()
	s.Seed(stand.SeedFiling{
		HolderName: "上海样例网络科技有限公司", Nature: filing.NatureEnterprise, DocumentType: filing.DocumentBusinessLicence,
		DocumentNumber: "91310101MA1FP0000H",
		Province:       "310000", Number: "沪ICP备05000940号", Password: "right", SiteNumber: "沪ICP备05000940号-1",
		SiteName: "样例网站",
		Domains:  []string{"filed.example.net"},
	})
}

// A filing that the bureau deregisters loses its number, and its order can be filed again.
func TestDeregistrationTakesTheNumberOff(t *testing.T) {
	c := newCounterpart(t)
	ctx := t.Context()
	c.add(t, "读书笔记")
	for range 2 {
		c.exchange()
	}
	number, err := c.db.RecordNumber(ctx,
		store.Progress{FilingID: 1, Seq: 2, Stage: filing.Filed, EventKind: "filed", Actor: "test"})
	require.NoError(t, err)
	order, err := c.db.Order(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, number, order.FilingNumber.String)

	require.NoError(t, c.stand.Load().PushDeregistration(strings.TrimSuffix(number, "-1")))
	for range 2 {
		c.exchange()
	}
	order, err = c.db.Order(ctx, 1)
	require.NoError(t, err)
	require.False(t, order.FilingNumber.Valid)
	f, err := c.db.Filing(ctx, 1)
	require.NoError(t, err)
	require.Equal(t, filing.Deregistered, f.Stage)
	require.Equal(t, []string{store.TaskEnded}, c.tasks(), "staff know too")
	again, err := c.db.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	require.NotEqual(t, f.ID, again.ID)
}
