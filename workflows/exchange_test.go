package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/testsuite"
	"pgregory.net/rapid"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	stand "github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/workflows"
)

// counterpart is a real database and a real bureau stand-in with the exchange between them; only Temporal's
// signals are recorded instead of sent.
type counterpart struct {
	t       mock.TestingT
	db      *store.Store
	stand   atomic.Pointer[stand.Server]
	bureau  *activities.Bureau
	filing  *activities.Filing
	account int64
	made    int
	now     time.Time
	// step is the time that passes before each exchange.
	step   time.Duration
	alerts int
	// stops are the alerts that were started.
	stops []int64
	// did are the activities of the last exchange.
	did []string
}

func newCounterpart(t *testing.T) *counterpart {
	c := &counterpart{t: t, db: testdb.New(t), step: time.Hour}
	c.forget()
	server :=
		httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.stand.Load().ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	account, err := c.db.EnsureAccount(t.Context(), "default")
	require.NoError(t, err)
	c.account = account
	c.filing = &activities.Filing{Store: c.db}
	c.now = time.Now()
	c.db.SetClock(func() time.Time { return c.now })
	signals := mocks.NewClient(t)
	signals.On("SignalWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(nil).Maybe()
	c.bureau = &activities.Bureau{
		Store: c.db, Temporal: signals, FilingWorkflowID: workflows.FilingWorkflowID, Logger: slog.New(slog.DiscardHandler),
		Alerter: c,
		Accounts: map[int64]activities.BureauAccount{
			account: {Client: bureau.New(bureau.Config{BaseURL: server.URL, ISPID: 1, UserName: "u", Password: "p"})}},
	}
	return c
}

// StartStaffAlert records the alert and fails: an account must stop even if staff can't be alerted.
func (c *counterpart) StartStaffAlert(_ context.Context, id int64) error {
	c.stops = append(c.stops, id)
	return errors.New("down")
}

// forget replaces the bureau with an empty one.
func (c *counterpart) forget() {
	s, err := stand.New(stand.Options{ISPID: 1, UserName: "u", Password: "p", RefuseSiteNames: map[string]int{"违规": 1020}})
	require.NoError(c.t, err)
	c.stand.Store(s)
}

// add queues a filing's first revision.
func (c *counterpart) add(t *testing.T, name string) {
	d := filingtest.Dossier()
	d.Holder.DocumentType, d.Holder.DocumentNumber = filing.DocumentPassport, fmt.Sprintf("P%08d", c.made+1)
	d.Site = filingtest.Site(fmt.Sprintf("www%d.example.com", c.made+1), "192.0.2.10")
	d.Site.Name = name
	c.addDossier(t, d)
}

// addDossier queues a filing of any kind, with papers as the holder's documents, and returns its ID.
func (c *counterpart) addDossier(t *testing.T, d filing.Dossier, papers ...[]byte) int64 {
	ctx := t.Context()
	c.made++
	number := fmt.Sprintf("D%d", c.made)
	_, err := c.db.ImportOrder(ctx,
		store.OrderImport{Number: number, Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	user, err := c.db.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	order, err := c.db.OrderOf(ctx, user.ID, number)
	require.NoError(t, err)
	f, err := c.db.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	require.NoError(t, c.db.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Preparing, EventKind: "verified", Actor: "test"}))
	var submitted []store.SubmittedPaper
	for _, content := range papers {
		id, err := c.db.AddPaper(ctx,
			store.NewPaper{FilingID: f.ID, Key: "unit_certificate", Format: 1, Content: content, Max: len(papers) + 1})
		require.NoError(t, err)
		submitted = append(submitted, store.SubmittedPaper{PaperID: id, Purpose: 2})
	}
	revision, err := c.db.SaveDossier(ctx, f.ID, d, submitted...)
	require.NoError(t, err)
	record := activities.RecordRef{FilingID: f.ID, Revision: revision}
	require.NoError(t, c.filing.QueueRecord(ctx, record))
	require.NoError(t, c.filing.QueueRecord(ctx, record), "queueing again changes nothing")
	return f.ID
}

// exchange runs one exchange, skipping the pauses between retries, and then advances time past any wait that the
// bureau demanded.
func (c *counterpart) exchange() workflows.ExchangeResult {
	c.now = c.now.Add(c.step)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.RegisterActivity(c.bureau)
	env.RegisterActivity(&activities.Message{})
	env.OnActivity(messageActivities.SendCustomerNotices, mock.Anything).Return(false, nil).Maybe()
	env.OnActivity(messageActivities.MailTasks, mock.Anything).Return(func(ctx context.Context) error {
		newest, byKind, err := c.db.PendingTaskMails(ctx)
		c.alerts += len(byKind)
		return errors.Join(err, c.db.TaskMailsSent(ctx, newest))
	}).Maybe()
	c.did = nil
	env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		c.did = append(c.did, info.ActivityType.Name)
	})
	env.ExecuteWorkflow(workflows.Exchange, workflows.ExchangeInput{AccountID: c.account})
	require.True(c.t, env.IsWorkflowCompleted())
	require.NoError(c.t, env.GetWorkflowError())
	env.AssertExpectations(c.t)
	var result workflows.ExchangeResult
	require.NoError(c.t, env.GetWorkflowResult(&result))
	return result
}

// An exchange with nothing to do only asks the bureau for news, and one with something to do leaves out the rest.
func TestAnIdleExchangeOnlyAsksTheBureau(t *testing.T) {
	t.Parallel()
	c := newCounterpart(t)
	idle := []string{"Begin", "Download", "End"}
	c.exchange()
	require.Equal(t, idle, c.did)
	c.add(t, "读书笔记")
	c.exchange()
	require.Equal(t, []string{"Begin", "PackNext", "SubmitFile", "PackNext", "Download", "Download", "Apply",
		"FetchCertificates", "DeliverSignals", "End"}, c.did)
	c.exchange()
	require.Equal(t, idle, c.did)
	require.NoError(t, c.db.AddTask(t.Context(), store.AccountTask(c.account, store.TaskUnreadable, "1", "1")))
	c.exchange()
	require.Equal(t, []string{"Begin", "Download", "End", "MailTasks", "SendCustomerNotices"}, c.did)
	c.exchange()
	require.Equal(t, idle, c.did)
}

func (c *counterpart) settled(t *testing.T) {
	for range 20 {
		c.stand.Load().Faults.Clear()
		c.exchange()
	}
	accepted := c.stand.Load().Accepted()
	require.Len(t, accepted, c.made, "every record reached the bureau")
	for id, times := range accepted {
		require.Equal(t, 1, times, "record %d", id)
	}
	accounts, err := c.db.Accounts(t.Context())
	require.NoError(t, err)
	require.Equal(t, c.stand.Load().Sequence(), accounts[0].LastSequence, "no sequence number is skipped or used twice")
	for n := int64(1); n <= accounts[0].LastSequence; n++ {
		u, err := c.db.Upload(t.Context(), c.account, n)
		require.NoError(t, err)
		require.False(t, u.AcceptedAt.IsZero(), "file %d", n)
	}
	waiting, err := c.db.UnsentSignals(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Empty(t, waiting)
}

// Whatever faults the bureau shows, in whatever order, nothing is submitted twice, nothing is left out, and no
// number is skipped.
func TestExchangeKeepsItsSequenceUnderFaults(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c := newCounterpart(t)
		for range rapid.IntRange(1, 4).Draw(r, "rounds") {
			for range rapid.IntRange(0, 2).Draw(r, "filings") {
				c.add(t, rapid.SampledFrom([]string{"读书笔记", "违规网站", "样例网站"}).Draw(r, "name"))
			}
			for range rapid.IntRange(0, 3).Draw(r, "faults") {
				c.stand.Load().Faults.Set(rapid.SampledFrom([]fault.Fault{
					{Operation: "isp_upload", Mode: fault.Lose, Times: 1},
					{Operation: "isp_upload", Mode: fault.Fail, Code: "901", Times: 1},
					{Operation: "isp_upload", Mode: fault.Fail, Code: "15", Times: 2},
					{Operation: "isp_upload", Mode: fault.Fail, Code: "7", Times: 1},
					{Operation: "isp_querypreviousupload", Mode: fault.Lose, Times: 1},
					{Operation: "isp_download", Mode: fault.Lose, Times: 1},
					{Operation: "isp_download", Mode: fault.Fail, Code: "hash", Times: 4},
					{Operation: "isp_downloadack", Mode: fault.Lose, Times: 4},
					{Operation: "certificate", Mode: fault.Fail, Times: 4},
				}).Draw(r, "fault"))
			}
			c.exchange()
		}
		c.settled(t)
	})
}

// A bureau that lost its newest files gets them again first, in order.
func TestGapIsFilledFirst(t *testing.T) {
	c := newCounterpart(t)
	for range 3 {
		c.add(t, "读书笔记")
		c.exchange()
	}
	require.EqualValues(t, 3, c.stand.Load().Sequence())
	c.forget()
	c.add(t, "读书笔记")
	c.exchange()
	require.EqualValues(t, 4, c.stand.Load().Sequence())
	c.settled(t)
}

// Wrong credentials stop the account until somebody fixes them.
func TestRefusedCredentialsStopTheAccount(t *testing.T) {
	c := newCounterpart(t)
	c.add(t, "读书笔记")
	c.stand.Load().Faults.Set(fault.Fault{Operation: "isp_upload", Mode: fault.Fail, Code: "5"})
	require.Equal(t, 5, c.exchange().Paused)
	require.Len(t, c.stops, 1, "staff are alerted at once")
	c.stand.Load().Faults.Clear()
	require.Zero(t, c.exchange().Submitted, "a stopped account does nothing")
	require.Zero(t, c.stand.Load().Sequence())
	require.NoError(t, c.db.StartAccount(t.Context(), c.account, "support:a"))
	require.Equal(t, 1, c.exchange().Submitted)
	c.settled(t)
}
