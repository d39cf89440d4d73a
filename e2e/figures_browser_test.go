package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
)

// months inserts sixty filings completed in recent weeks, some after a refusal, in five provinces.
func months(t *testing.T, s *stack.Stack) {
	t.Helper()
	ctx := t.Context()
	exec := func(query string, args ...any) int64 {
		res, err := s.Store.DB().ExecContext(ctx, query, args...)
		require.NoError(t, err)
		id, err := res.LastInsertId()
		require.NoError(t, err)
		return id
	}
	var customer int64
	require.NoError(t, s.Store.DB().QueryRowContext(ctx, `SELECT id FROM users WHERE login =
		?`, stack.DemoCustomer).Scan(&customer))
	account, err := s.Store.EnsureAccount(ctx, "planted")
	require.NoError(t, err)
	provinces, codes := []string{"310000", "330000", "440000", "510000", "650000"}, []int{1003, 1008, 1004, 1011}
	for i := range 60 {
		at := time.Now().UTC().Add(-time.Duration(5+i%25) * 24 * time.Hour)
		order := exec(`INSERT INTO orders (number, customer_id, product, created_at, updated_at)
			VALUES (?, ?, 'p', ?, ?)`, fmt.Sprintf("H%04d", i), customer, at, at)
		filing := exec(`INSERT INTO filings (order_id, stage, stage_since, created_at, province)
			VALUES (?, 'filed', ?, ?, ?)`, order, at, at, provinces[i%7%5])
		seq := 0
		line := func(kind string, after time.Duration, detail string) {
			at, seq = at.Add(after), seq+1
			exec(`INSERT INTO filing_events (filing_id, seq, at, kind, actor, detail)
				VALUES (?, ?, ?, ?, 'system', ?)`, filing, seq, at, kind, detail)
		}
		line("opened", 0, "")
		line("contact_given", time.Duration(3+i)*time.Minute, "")
		if i%6 == 0 {
			line("stuck", time.Minute, "send_sms: operator")
			line("resumed", time.Duration(20+i)*time.Minute, "send_sms: retry")
		}
		line("verified", time.Duration(2+i%9)*time.Minute, "")
		line("submitted", time.Duration(1+i%30)*time.Hour, "")
		line("submitting", time.Duration(10+i)*time.Minute, "")
		line("accepted", time.Duration(5+i%40)*time.Minute, "")
		if i%3 == 0 {
			line("refused", time.Duration(20+i)*time.Hour, "")
			record := exec(`INSERT INTO records (filing_id, revision, account_id, created_at)
				VALUES (?, 1, ?, ?)`, filing, account, at)
			exec(`INSERT INTO decisions (record_id, approved, code, created_at)
				VALUES (?, FALSE, ?, ?)`, record, codes[i/3%4], at)
			line("submitting", time.Duration(4+i%20)*time.Hour, "")
			line("accepted", time.Duration(8+i%40)*time.Minute, "")
		}
		line("approved", time.Duration(24+i)*time.Hour, "")
		if i%8 == 0 {
			line("stuck", time.Minute, "install_certificate: login")
			line("resumed", time.Duration(3+i%5)*time.Hour, "install_certificate: retry")
		}
		line("filed", time.Duration(1+i%12)*time.Hour, "")
	}
}

// worksAt runs a workflow's code on a queue of its own, until stopped.
func worksAt(t *testing.T, s *stack.Stack, queue, name string, code any) (stop func()) {
	t.Helper()
	w := sdkworker.New(s.Temporal, queue, sdkworker.Options{})
	w.RegisterWorkflowWithOptions(code, workflow.RegisterOptions{Name: name})
	require.NoError(t, w.Start())
	return w.Stop
}

// broken waits until a check finds the wanted number of workflows whose code fails.
func broken(t *testing.T, s *stack.Stack, want int) (list []store.BrokenExecution) {
	t.Helper()
	ctx := t.Context()
	require.Eventually(t, func() bool {
		require.NoError(t, s.Temporal.ScheduleClient().GetHandle(ctx, "broken").Trigger(ctx, client.ScheduleTriggerOptions{}))
		var err error
		list, err = s.Store.BrokenExecutions(ctx, "", "", 0)
		return err == nil && len(list) == want && (want == 0 || list[0].Inspected)
	}, 90*time.Second, time.Second)
	return list
}

// A worker counts completed days, and reports a workflow whose code fails until a fixed build is deployed; staff
// see both on a phone and a desktop, in both languages.
func TestBrowserFiguresAndBrokenCode(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1})
	ctx := t.Context()
	require.NoError(t, customer(t, s).Open(ctx, "D20260001"))
	stop := worksAt(t, s, "broken", "Aftercare", func(workflow.Context) error { panic("林先生 13900000001") })
	run, err := s.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "aftercare/D20260001", TaskQueue: "broken",
		WorkflowTaskTimeout: time.Second}, "Aftercare")
	require.NoError(t, err)
	months(t, s)
	require.NoError(t, s.Temporal.ScheduleClient().GetHandle(ctx, "figures").Trigger(ctx, client.ScheduleTriggerOptions{}))
	require.Eventually(t, func() bool {
		f, err := s.Store.PeriodFigures(ctx, 30, "")
		return err == nil && f.Uncounted == 0
	}, 60*time.Second, 100*time.Millisecond)
	found := broken(t, s, 1)[0]
	require.Equal(t, store.Execution{WorkflowID: "aftercare/D20260001", RunID: run.GetRunID()}, found.Execution)
	require.Equal(t, "WorkflowTaskFailed", found.Category)
	require.Equal(t, "WorkflowWorkerUnhandledFailure", found.Cause)

	for _, v := range corners {
		b := signedIn(t, s, v, stack.DemoSupport, stack.DemoSupportPassword)
		do(b, t, submit(`[data-group="broken"] .act a`), chromedp.WaitVisible(`[data-workflow="aftercare/D20260001"]`),
			shot(t, v.String()+"-01-broken"))
		fits(b, t, "broken workflows")
		do(b, t, submit(`[data-workflow] .act a`), chromedp.WaitVisible(`[data-timeline]`),
			chromedp.Navigate(s.PanelURL+"/support"), chromedp.WaitVisible(`[data-group="broken"]`),
			submit(`a[href="/support/figures"]`), chromedp.WaitVisible(`[data-figure="provinces"] svg.plot`),
			shot(t, v.String()+"-02-figures"),
			chromedp.Navigate(s.PanelURL+"/support/figures?days=90&province=310000"),
			chromedp.WaitVisible(`[data-figure="stays"] [data-row="reviewing"]`))
		require.Contains(t, text(b, t, "[data-period]"), "上海市")
		fits(b, t, "figures")
		colliding, err := chromedp.Run(b,
			chromedp.Evaluate[string](`[...document.querySelectorAll("svg.plot")].flatMap(plot => {
			const texts = [...plot.querySelectorAll("text")].map(text => ({text: text.textContent, box: text.getBoundingClientRect()}));
			return texts.filter((a, i) => texts.some((b, j) => j > i && a.box.left < b.box.right && b.box.left < a.box.right && a.box.top + 4 < b.box.bottom && b.box.top + 4 < a.box.bottom));
		}).map(a => a.text).join("; ")`))
		require.NoError(t, err)
		require.Empty(t, colliding, "%s: texts of a plot run into each other", v)
	}

	stop() // deploy a fixed build
	defer worksAt(t, s, "broken", "Aftercare", func(workflow.Context) error { return nil })()
	broken(t, s, 0)
	require.NoError(t, run.Get(ctx, nil))
	dump, err := s.Store.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, "林先生")
}
