package panel_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/beian/beian/panel/web"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	stand "github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/panel"
	"github.com/beian/beian/workflows"
)

// In the first test's workflow, the SDK would hash this program of a hundred megabytes, and mistake that for a deadlock
// on a busy machine.
func init() { worker.SetBinaryChecksum("tests") }

// asking is a panel over a real database, with the bureau's stand-in and the real inquiry workflow; only Temporal's
// server is replaced by the SDK's test environment.
type asking struct {
	panel.Filings
	t         *testing.T
	db        *store.Store
	stand     *stand.Server
	worker    *activities.Bureau
	panel     *panel.Server
	account   int64
	now       time.Time
	inquiries int
	asking    sync.Mutex
}

const (
	holderNumber   = "沪ICP备05000940号"
	filingPassword = "right"
)

func newAsking(t *testing.T) *asking {
	a := &asking{t: t, db: testdb.New(t), now: time.Now()}
	var err error
	a.stand, err = stand.New(stand.Options{ISPID: 1, UserName: "u", Password: "p"})
	require.NoError(t, err)
	a.stand.Seed(stand.SeedFiling{
		HolderName: "上海样例网络科技有限公司", Nature: filing.NatureEnterprise, DocumentType: filing.DocumentBusinessLicence,
		DocumentNumber: "91310101MA1FP0000H",
		Province:       "310000", Number: holderNumber, Password: filingPassword, SiteNumber: holderNumber + "-1",
		SiteName: "样例网站",
		Domains:  []string{"filed.example.net"},
	})
	server := httptest.NewServer(a.stand)
	t.Cleanup(server.Close)
	a.account, err = a.db.EnsureAccount(t.Context(), "default", "310000", "330000")
	require.NoError(t, err)
	a.db.SetClock(func() time.Time { return a.now })
	a.worker = &activities.Bureau{Store: a.db, Logger: slog.New(slog.DiscardHandler),
		Accounts: map[int64]activities.BureauAccount{
			a.account: {Client: bureau.New(bureau.Config{BaseURL: server.URL, ISPID: 1, UserName: "u", Password: "p"})},
		}}
	a.panel, err = panel.New(panel.Config{Store: a.db, Filings: a, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(a.panel.Close)
	return a
}

func (a *asking) Ask(_ context.Context, id int64) error {
	a.asking.Lock()
	defer a.asking.Unlock()
	a.inquiries++
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.RegisterActivity(a.worker)
	env.ExecuteWorkflow(workflows.Inquiry, workflows.InquiryInput{InquiryID: id})
	require.True(a.t, env.IsWorkflowCompleted())
	return env.GetWorkflowError()
}

func TestStatusIsAskedOnceInTenMinutes(t *testing.T) {
	a, ctx := newAsking(t), t.Context()
	want := filing.Status{Filed: true, SiteName: "样例网站", HolderNumber: holderNumber, SiteNumber: holderNumber + "-1"}
	for _, domain := range []string{"filed.example.net", "Filed.Example.NET.", "filed.example.net"} {
		got, err := a.panel.BureauStatus(ctx, "310000", bureau.ConditionDomain, domain)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	require.Equal(t, 1, a.inquiries)
	got, err := a.panel.BureauStatus(ctx, "330000", bureau.ConditionDomain, "filed.example.net")
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, 1, a.inquiries, "the other province's account is the same")
	got, err = a.panel.BureauStatus(ctx, "310000", bureau.ConditionDomain, "free.example.net")
	require.NoError(t, err)
	require.Equal(t, filing.Status{}, got)
	got, err = a.panel.BureauStatus(ctx, "310000", filing.DocumentBusinessLicence, " 91310101ma1fp0000h")
	require.NoError(t, err)
	require.Equal(t, filing.Status{Filed: true, HolderNumber: holderNumber}, got)
	require.Equal(t, 3, a.inquiries)
	dump, err := a.db.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, "91310101MA1FP0000H")
	require.NotContains(t, dump, "filed.example.net")

	a.now = a.now.Add(store.StatusFor + time.Second)
	_, err = a.panel.BureauStatus(ctx, "310000", bureau.ConditionDomain, "filed.example.net")
	require.NoError(t, err)
	require.Equal(t, 4, a.inquiries)
	require.NoError(t, a.db.PurgeInquiries(ctx))
	_, err = a.db.Inquiry(ctx, 1)
	require.ErrorIs(t, err, store.ErrNotFound, "the old answer has expired")
	_, err = a.db.Inquiry(ctx, 4)
	require.NoError(t, err)
}

func TestStatusThatCannotBeAsked(t *testing.T) {
	a, ctx := newAsking(t), t.Context()
	none := func(province string, condition int, value string) {
		t.Helper()
		_, err := a.panel.BureauStatus(ctx, province, condition, value)
		require.ErrorIs(t, err, web.ErrNotAsked)
	}
	none("440000", bureau.ConditionDomain, "filed.example.net")
	none("310000", filing.DocumentEnterpriseOrgCode, "123456789")
	none("310000", bureau.ConditionDomain, "")
	require.Zero(t, a.inquiries)

	a.stand.Faults.Set(fault.Fault{Operation: "isp_querybeianstatus", Mode: fault.Fail, Code: "901", Times: 1})
	none("310000", bureau.ConditionDomain, "filed.example.net")
	a.stand.Faults.Set(fault.Fault{Operation: "isp_querybeianstatus", Mode: fault.Lose, Times: 2})
	none("310000", bureau.ConditionDomain, "filed.example.net")
	require.True(t, a.stand.Faults.Clean(), "a lost answer is requested again, once")
	a.stand.Faults.Set(fault.Fault{Operation: "isp_querybeianstatus", Mode: fault.Lose, Times: 1})
	got, err := a.panel.BureauStatus(ctx, "310000", bureau.ConditionDomain, "filed.example.net")
	require.NoError(t, err)
	require.True(t, got.Filed, "failures aren't cached")

	_, err = a.db.StopAccount(ctx, a.account, 5)
	require.NoError(t, err)
	none("310000", bureau.ConditionDomain, "filed.example.net")
}

func (a *asking) password(number, password string) any {
	a.t.Helper()
	answer, err := a.panel.PasswordRight(a.t.Context(), 0, number, password)
	require.NoError(a.t, err)
	return answer
}

// The panel uses at most four wrong attempts; the bureau's fifth is left for the submission.
func TestWrongPasswordsAreLimitedBeforeTheBureauLimitsThem(t *testing.T) {
	a, ctx := newAsking(t), t.Context()
	require.Equal(t, web.PasswordIsRight, a.password(" 沪icp备05000940号", filingPassword))
	for _, number := range []string{holderNumber, holderNumber + "-1", holderNumber, holderNumber} {
		require.Equal(t, web.PasswordIsWrong, a.password(number, "falsch"))
	}
	require.Equal(t, web.PasswordTooMany, a.password(holderNumber, filingPassword))
	require.Equal(t, 5, a.inquiries, "the sixth attempt isn't sent")
	dump, err := a.db.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, "falsch")
	require.NotContains(t, dump, holderNumber)

	a.now = a.now.Add(23 * time.Hour)
	require.NoError(t, a.db.PurgeInquiries(ctx))
	require.Equal(t, web.PasswordTooMany, a.password(holderNumber, filingPassword))
	a.now = a.now.Add(time.Hour + time.Second)
	require.Equal(t, web.PasswordIsRight, a.password(holderNumber, filingPassword))
}

func TestParallelPasswordsShareTheTries(t *testing.T) {
	a, ctx := newAsking(t), t.Context()
	passed := make(chan bool, 20)
	for range cap(passed) {
		go func() {
			_, err := a.db.AskPassword(ctx, a.account, 0, holderNumber, "guess")
			passed <- err == nil
		}()
	}
	n := 0
	for range cap(passed) {
		if <-passed {
			n++
		}
	}
	require.LessOrEqual(t, n, 4)
}

func TestOneFilingTriesFewNumbers(t *testing.T) {
	a, ctx := newAsking(t), t.Context()
	_, err := a.db.ImportOrder(ctx,
		store.OrderImport{Number: "D1", Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	f, err := a.db.OpenFiling(ctx, 1)
	require.NoError(t, err)
	consent(t, a.db, f)
	for i := range 11 {
		answer, err := a.panel.PasswordRight(ctx, f.ID, "沪ICP备1000000"+string(rune('a'+i))+"号", "p")
		require.NoError(t, err)
		require.Equal(t, web.PasswordNotKnown, answer, "no number")
		answer, err = a.panel.PasswordRight(ctx, f.ID,
			"沪ICP备100000"+string([]byte{'0' + byte(i/10), '0' + byte(i%10)})+"号", "p")
		require.NoError(t, err)
		if i < 10 {
			require.Equal(t, web.PasswordIsWrong, answer)
		} else {
			require.Equal(t, web.PasswordTooMany, answer)
		}
	}
}

// A password is sent only once, whatever the outcome.
func TestPasswordIsNeverAskedTwice(t *testing.T) {
	a, ctx := newAsking(t), t.Context()
	a.stand.Faults.Set(fault.Fault{Operation: "isp_verifybamm", Mode: fault.Lose, Times: 2})
	require.Equal(t, web.PasswordNotKnown, a.password(holderNumber, "falsch"))
	require.False(t, a.stand.Faults.Clean(), "one call only")
	require.Error(t, a.worker.Ask(ctx, activities.InquiryRef{InquiryID: 99}), "no such row")
	require.NoError(t, a.Ask(ctx, 1), "the same row again")
	require.False(t, a.stand.Faults.Clean(), "isn't asked again")
	q, err := a.db.Inquiry(ctx, 1)
	require.NoError(t, err)
	require.False(t, q.Answered)
	require.Equal(t, "falsch", q.Password)
	a.now = a.now.Add(61 * time.Minute)
	require.NoError(t, a.db.PurgeInquiries(ctx))
	q, err = a.db.Inquiry(ctx, 1)
	require.NoError(t, err)
	require.Empty(t, q.Password, "expires after an hour")

	a.stand.Faults.Clear()
	for range 3 {
		require.Equal(t, web.PasswordIsWrong, a.password(holderNumber, "falsch"))
	}
	require.Equal(t, web.PasswordTooMany, a.password(holderNumber, "falsch"), "the lost one counts")
}

func TestPasswordThatTheBureauDoesNotTell(t *testing.T) {
	a := newAsking(t)
	a.stand.Faults.Set(fault.Fault{Operation: "isp_verifybamm", Mode: fault.Fail, Code: "22", Times: 1})
	require.Equal(t, web.PasswordTooMany, a.password(holderNumber, filingPassword))
	a.stand.Faults.Set(fault.Fault{Operation: "isp_verifybamm", Mode: fault.Fail, Code: "999", Times: 1})
	require.Equal(t, web.PasswordNotKnown, a.password(holderNumber, filingPassword))
	require.Equal(t, web.PasswordNotKnown, a.password("粤ICP备05000940号", filingPassword), "no account there")
	require.Equal(t, 2, a.inquiries)
	require.Equal(t, web.PasswordIsWrong, a.password(holderNumber, ""))
}
