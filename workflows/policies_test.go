package workflows

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
)

// retried is for how long a policy goes on trying, without the tries themselves.
func retried(p *temporal.RetryPolicy) (total time.Duration) {
	pause, factor := float64(max(p.InitialInterval, time.Second)), max(p.BackoffCoefficient, 1)
	if p.BackoffCoefficient == 0 {
		factor = 2
	}
	longest := p.MaximumInterval
	if longest == 0 {
		longest = 100 * time.Duration(pause)
	}
	for range p.MaximumAttempts - 1 {
		total += min(time.Duration(pause), longest)
		pause *= factor
	}
	return total
}

// What the outside gets to recover before a person must act, as docs and comments promise it. Each try has the time that
// its clients may take, and a worker that dies is noticed within it.
func TestActivitiesAreTriedForAsLongAsTheyShould(t *testing.T) {
	const s, m, h = time.Second, time.Minute, time.Hour
	policies := map[string]struct {
		options func(workflow.Context) workflow.Context
		queue   string
		// A try may take between try[0] and try[1], and is repeated for between retries[0] and retries[1].
		try, retries [2]time.Duration
		outside      bool
	}{
		"message":    {messageActivity, QueueMessage, [2]time.Duration{40 * s, m}, [2]time.Duration{10 * m, 15 * m}, true},
		"ask":        {askActivity, QueueMessage, [2]time.Duration{2 * m, 5 * m}, [2]time.Duration{0, 0}, true},
		"staff mail": {staffMailActivity, QueueMessage, [2]time.Duration{40 * s, m}, [2]time.Duration{10 * s, m}, true},
		"bulk":       {bulkActivity, QueueFiling, [2]time.Duration{20 * s, m}, [2]time.Duration{8 * s, 15 * s}, true},
		"upload":     {uploadActivity, QueueWebsite, [2]time.Duration{90 * s, 3 * m}, [2]time.Duration{h, 2 * h}, true},
		"site check": {siteCheckActivity, QueueWebsite, [2]time.Duration{4 * m, 6 * m}, [2]time.Duration{15 * m, 30 * m}, true},
		"bureau":     {bureauActivity, QueueBureau, [2]time.Duration{4 * m, 6 * m}, [2]time.Duration{5 * s, 10 * s}, true},
		"count":      {countActivity, QueueFiling, [2]time.Duration{5 * m, 15 * m}, [2]time.Duration{10 * s, m}, true},
		"packing":    {packing, QueueBureau, [2]time.Duration{3 * m, 10 * m}, [2]time.Duration{10 * s, m}, true},
		"preview":    {previewActivity, QueueWebsite, [2]time.Duration{90 * s, 3 * m}, [2]time.Duration{2 * s, 10 * s}, true},
		"database":   {databaseActivity, QueueFiling, [2]time.Duration{20 * s, m}, [2]time.Duration{}, false},
		"step":       {databaseStep, QueueFiling, [2]time.Duration{20 * s, m}, [2]time.Duration{}, false},
	}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.ExecuteWorkflow(func(ctx workflow.Context) error {
		for name, p := range policies {
			o := workflow.GetActivityOptions(p.options(ctx))
			require.Equal(t, p.queue, o.TaskQueue, name)
			require.True(t, o.StartToCloseTimeout >= p.try[0] && o.StartToCloseTimeout <= p.try[1], name)
			if !p.outside { // nothing else can be done
				require.Zero(t, o.RetryPolicy.MaximumAttempts, name)
				require.True(t, o.RetryPolicy.InitialInterval >= s && o.RetryPolicy.MaximumInterval <= 2*m, name)
				require.Equal(t, name == "step", o.ScheduleToCloseTimeout == h, name)
				continue
			}
			require.Positive(t, o.RetryPolicy.MaximumAttempts, name)
			for_ := retried(o.RetryPolicy)
			require.True(t, for_ >= p.retries[0] && for_ <= p.retries[1], "%s: %s", name, for_)
			require.True(t, o.HeartbeatTimeout >= 5*HeartbeatInterval && o.HeartbeatTimeout <= m, name)
		}
		preview := workflow.GetActivityOptions(previewActivity(ctx))
		require.True(t, preview.ScheduleToCloseTimeout >= preview.StartToCloseTimeout &&
			preview.ScheduleToCloseTimeout <= 5*m, "somebody waits for it")
		inquiry := workflow.GetActivityOptions(inquiryActivity(ctx))
		require.Equal(t, QueueBureau, inquiry.TaskQueue)
		require.Less(t, inquiry.StartToCloseTimeout, inquiryPatience, "a page waits for it")
		require.EqualValues(t, 2, inquiry.RetryPolicy.MaximumAttempts)
		require.Less(t, inquiry.RetryPolicy.InitialInterval, inquiryPatience-inquiry.StartToCloseTimeout)
		alert := workflow.GetActivityOptions(staffAlertActivity(ctx))
		require.Equal(t, QueueMessage, alert.TaskQueue)
		require.Zero(t, alert.RetryPolicy.MaximumAttempts)
		require.True(t, alert.ScheduleToCloseTimeout >= h && alert.ScheduleToCloseTimeout <= 72*h, "an old alert is none")
		require.True(t, alert.StartToCloseTimeout >= 40*s && alert.RetryPolicy.MaximumInterval <= 15*m)
		local := workflow.GetLocalActivityOptions(lookUpActivity(ctx))
		require.True(t, local.StartToCloseTimeout >= 5*s && local.StartToCloseTimeout <= 30*s)
		require.Zero(t, local.RetryPolicy.MaximumAttempts)
		require.True(t, local.RetryPolicy.InitialInterval >= s && local.RetryPolicy.MaximumInterval <= 2*m)
		return nil
	})
	require.NoError(t, env.GetWorkflowError())
}

// Sites are looked at often while their owners are likely at it, then daily for a season, then weekly, for ever.
func TestSitesAreCheckedLessAndLessOften(t *testing.T) {
	const day = 24 * time.Hour
	within := map[time.Duration]int{}
	var elapsed, before time.Duration
	for round := range 200 {
		pause := pauseBetweenSiteChecks(round)
		require.GreaterOrEqual(t, pause, before)
		before = pause
		elapsed += pause
		for _, limit := range []time.Duration{time.Hour, day, 30 * day, 92 * day, 150 * day} {
			if elapsed <= limit {
				within[limit]++
			}
		}
	}
	require.Equal(t, 7*day, before)
	require.GreaterOrEqual(t, within[time.Hour], 4)
	require.GreaterOrEqual(t, within[day], 8)
	require.InDelta(t, 30, within[30*day]-within[day], 2)
	require.InDelta(t, 90, within[92*day]-within[day], 2)
	require.InDelta(t, 8, within[150*day]-within[92*day], 1)
	var late time.Duration
	for _, pause := range lateNoticePauses {
		late += pause
	}
	require.InDelta(t, (7 * day).Hours(), late.Hours(), 24)
}

// What a failure is shown as: our own steps fail only for our own database or for a fault of the program.
func TestReasonsOfFailures(t *testing.T) {
	timeout := temporal.NewTimeoutError(enums.TIMEOUT_TYPE_START_TO_CLOSE, nil)
	for _, c := range []struct {
		err          error
		reason, ours string
	}{
		{temporal.NewApplicationError("x", "login"), "login", "login"},
		{temporal.NewApplicationError("x", "unheard of"), activities.ReasonInternal, activities.ReasonInternal},
		{temporal.NewApplicationError("x", activities.ReasonUnreachable), activities.ReasonUnreachable, activities.ReasonDatabase},
		{timeout, activities.ReasonUnreachable, activities.ReasonDatabase},
		{errors.New("x"), activities.ReasonInternal, activities.ReasonInternal},
	} {
		require.Equal(t, c.reason, stepInstall.reasonOf(c.err))
		for _, s := range []step{stepQueueRecord, stepRecord, stepEnd} {
			require.Equal(t, c.ours, s.reasonOf(c.err), s.name)
		}
	}
	for _, s := range steps {
		require.Equal(t, slices.Contains([]string{"send_sms", "send_mail", "notify_sms", "notify_mail"}, s.name), s.customerMends,
			s.name)
	}
}

// A filing whose workflow is gone continues where its row is; a new one begins at the beginning.
func TestInputOfARow(t *testing.T) {
	at := filing.Position{Stage: filing.Reviewing, Revision: 2, Seq: 9}
	require.Equal(t, FilingInput{FilingID: 7, OrderNumber: "D1", From: &at}, InputOf(7, "D1", at))
	require.Equal(t, FilingInput{FilingID: 7, OrderNumber: "D1"}, InputOf(7, "D1", filing.Position{Stage: filing.Contact}))
	for kind, named := range map[filing.Kind]bool{filing.KindNew: false, filing.KindChange: true, filing.KindRegister: true} {
		in := InputOf(7, "D1", filing.Position{Kind: kind})
		require.Equal(t, named, in.Kind == kind, kind)
	}
	for id, want := range map[string][2]string{FilingWorkflowID("D1"): {"D1", "1"}, FilingWorkflowID("D1/2"): {"D1", "2"},
		AftercareWorkflowID("D1/3"): {"D1", "3"}, "exchange/7": {}} {
		order, serial, ok := FilingOf(id)
		require.Equal(t, want, [2]string{order, serial}, id)
		require.Equal(t, want[0] != "", ok, id)
	}
	require.Equal(t, []string{"filing", "message", "bureau", "website"}, Queues)
	for rate, want := range map[int]int{-1: 1, 0: 1, 1: 1, MaxBulkRate: MaxBulkRate, MaxBulkRate + 1: MaxBulkRate} {
		require.Equal(t, want, BulkRate(rate))
	}
}

// The end of an abandoned filing keeps its distance to the notices, however late they went out.
func TestAbandonedFilingsEndAfterTheirNotices(t *testing.T) {
	begin := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	after := func(days int) time.Time { return begin.Add(time.Duration(days) * 24 * time.Hour) }
	for name, c := range map[string]struct {
		idle idle
		next int
	}{
		"the first notice, a month before":  {idle{Since: begin}, 335},
		"the second, a week before":         {idle{Since: begin, Announced: 1, At: after(335)}, 358},
		"the end":                           {idle{Since: begin, Announced: 2, At: after(358)}, 365},
		"the first went out late":           {idle{Since: begin, Announced: 1, At: after(350)}, 373},
		"the second went out late":          {idle{Since: begin, Announced: 2, At: after(373)}, 380},
		"the first went out a little early": {idle{Since: begin, Announced: 1, At: after(330)}, 358},
	} {
		require.Equal(t, after(c.next), c.idle.next(365*24*time.Hour), name)
	}
}
