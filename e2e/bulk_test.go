package e2e_test

import (
	"fmt"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// bulkFilings is how many filings get stuck: BEIAN_BULK, or more than one run of the job resumes.
func bulkFilings(t *testing.T) int {
	text := os.Getenv("BEIAN_BULK")
	if text == "" {
		return workflows.BulkRun + 50
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "BEIAN_BULK")
	return n
}

// openMany opens filings that have contacts, as the panel does, several at a time.
func openMany(t *testing.T, s *stack.Stack, n int) (refs []string) {
	t.Helper()
	client := workflows.NewClient(s.Temporal, false)
	refs = make([]string, n)
	s.Store.LiftQuotas() // one customer does what many would
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(8)
	user, err := s.Store.UserByLogin(ctx, stack.DemoCustomer)
	require.NoError(t, err)
	for i := range n {
		group.Go(func() error {
			number := fmt.Sprintf("BULK%05d", i)
			_, err := s.Store.ImportOrder(ctx,
				store.OrderImport{Number: number, Customer: stack.DemoCustomer, Product: "p", Domains: []string{"www.example.com"}})
			if err != nil {
				return err
			}
			order, err := s.Store.OrderOf(ctx, user.ID, number)
			if err != nil {
				return err
			}
			f, err := s.Store.OpenFiling(ctx, order.ID)
			if err != nil {
				return err
			}
			refs[i] = f.Ref()
			contact := filingtest.Contact()
			contact.Mobile = fmt.Sprintf("139%08d", i)
			version, err := s.Store.RegisterContact(ctx, user.ID, f.ID, contact, "")
			if err != nil {
				return err
			}
			if err := client.Open(ctx, f.Ref(), workflows.FilingInput{FilingID: f.ID, OrderNumber: number}); err != nil {
				return err
			}
			_, err = client.GiveContact(ctx, f.Ref(),
				workflows.ContactGiven{Version: version, Actor: "customer:" + stack.DemoCustomer})
			return err
		})
	}
	require.NoError(t, group.Wait())
	return refs
}

// The SMS account is in arrears, and many filings are stuck. Once it is paid, staff resume them in bulk: a dry
// run, a job that is paused and continued, a filing that somebody resumed by hand meanwhile, one whose workflow is
// gone. Each customer gets one code.
func TestBulkResumeAfterAnSMSOutage(t *testing.T) {
	s, _ := startAlone(t, stack.Options{ReviewAfter: -1, ExchangeEvery: seldom})
	ctx, n, begin := t.Context(), bulkFilings(t), time.Now()
	s.StandIns.SMS.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Fail, Code: "isv.OUT_OF_SERVICE"})
	refs := openMany(t, s, n)
	filter := store.StuckFilter{FilingSearch: store.FilingSearch{Step: "send_sms", Reason: "operator"}}
	eventually := func(what string, ready func() bool) {
		t.Helper()
		require.Eventually(t, ready, 5*time.Minute, 100*time.Millisecond, what)
	}
	eventually("all are stuck", func() bool {
		stuck, err := s.Store.CountStuck(ctx, filter)
		return err == nil && stuck == n
	})
	t.Logf("%d filings were stuck after %s", n, time.Since(begin).Round(time.Second))
	s.StandIns.SMS.Faults.Clear()
	gone, byHand := refs[n/2], refs[n-1]
	require.NoError(t, s.Temporal.TerminateWorkflow(ctx, workflows.FilingWorkflowID(gone), "", "test"))

	staff := staff(t, s)
	page, err := staff.Page(ctx, "/support/filings?step=send_sms&reason=operator&customer="+stack.DemoCustomer)
	require.NoError(t, err)
	page, err = staff.Page(ctx, page.Find(`a[href^="/support/stuck?"]`).AttrOr("href", ""))
	require.NoError(t, err)
	require.Equal(t, strconv.Itoa(n), page.Find("[data-found]").AttrOr("data-found", ""))
	rate := min(max(n/6, 1), workflows.MaxBulkRate) // slow enough to pause before the last filing
	form := url.Values{"resolution": {"retry"}, "rate": {strconv.Itoa(rate)}, "why": {"短信账户已续费"}}
	for _, name := range []string{"token", "search", "found", "count"} {
		form.Set(name, page.Find(`form[method=post] [name=`+name+`]`).AttrOr("value", ""))
	}
	begin = time.Now()
	for range 2 { // a double click
		_, err = staff.Post(ctx, "/support/stuck", form)
		require.NoError(t, err)
	}
	state := func(want filing.BulkState) func() bool {
		return func() bool {
			job, err := s.Store.Bulk(ctx, 1)
			return err == nil && job.State == want
		}
	}
	eventually("it runs", state(filing.BulkRunning))
	_, err = staff.Post(ctx, "/support/bulk/1/control", url.Values{"act": {"pause"}})
	require.NoError(t, err)
	require.True(t, state(filing.BulkPaused)(), "the answer comes once it shows")
	counts, err := s.Store.BulkCounts(ctx, 1)
	require.NoError(t, err)
	require.NotZero(t, counts[""], "not all were resumed yet")
	_, err = staff.Post(ctx, "/support/filings/"+byHand+"/resume", retry(t, s, byHand))
	require.NoError(t, err)
	_, err = staff.Post(ctx, "/support/bulk/1/control", url.Values{"act": {"continue"}})
	require.NoError(t, err)
	eventually("it is done", state(filing.BulkDone))
	t.Logf("%d filings were resumed in %s, at %d a second", n, time.Since(begin).Round(time.Second), rate)

	page, err = staff.Page(ctx, "/support/bulk/1")
	require.NoError(t, err)
	for outcome, want := range map[string]int{"resumed": n - 2, "moved_on": 1, "failed": 1, "left": 0} {
		require.Equal(t, strconv.Itoa(want), page.Find(`[data-outcome="`+outcome+`"] dd`).Text(), outcome)
	}
	require.Equal(t, 1, page.Find(`[data-order="`+gone+`"]`).Length(), "the failure is reported")
	eventually("only the one without a workflow is stuck", func() bool {
		stuck, err := s.Store.CountStuck(ctx, filter)
		return err == nil && stuck == 1 && len(s.StandIns.SMS.Messages()) == n-1
	})
	sent := map[string]int{}
	for _, m := range s.StandIns.SMS.Messages() {
		sent[m.OutID]++
	}
	require.Len(t, sent, n-1, "each got one code")
	record(t, s, "")
}
