package workflows_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

// bulkWorld is a bulk job's workflow in the test environment, over filings 1 to n.
type bulkWorld struct {
	t   *testing.T
	env *testsuite.TestWorkflowEnvironment
	mu  sync.Mutex
	// resumed maps filings to the seconds after the start at which they were resumed.
	resumed map[int64]float64
	order   []int64
	gaveUp  map[int64]string
	states  []filing.BulkState
}

var bulkActivities *activities.Bulk

func newBulkWorld(t *testing.T, n int64, rate int, fails map[int64]error) *bulkWorld {
	var suite testsuite.WorkflowTestSuite
	w := &bulkWorld{t: t, env: suite.NewTestWorkflowEnvironment(), resumed: map[int64]float64{},
		gaveUp: map[int64]string{}}
	t.Cleanup(func() { w.env.AssertExpectations(t) })
	w.env.RegisterActivity(&activities.Bulk{})
	w.env.OnActivity(bulkActivities.Bulk, mock.Anything,
		mock.Anything).Return(activities.BulkJob{Rate: rate, State: filing.BulkNew}, nil)
	w.env.OnActivity(bulkActivities.BulkNext, mock.Anything,
		mock.Anything).Return(func(_ context.Context, p activities.BulkPage) (ids []int64, _ error) {
		for id := p.After + 1; id <= n && len(ids) < p.Limit; id++ {
			ids = append(ids, id)
		}
		return ids, nil
	})
	begin := w.env.Now()
	w.env.OnActivity(bulkActivities.ResumeOne, mock.Anything,
		mock.Anything).Return(func(_ context.Context, r activities.BulkRef) error {
		if err := fails[r.FilingID]; err != nil {
			return err
		}
		w.mu.Lock() // several are resumed at once
		defer w.mu.Unlock()
		w.resumed[r.FilingID] = w.env.Now().Sub(begin).Seconds()
		w.order = append(w.order, r.FilingID)
		return nil
	}).Maybe()
	if len(fails) > 0 {
		w.env.OnActivity(bulkActivities.BulkGaveUp, mock.Anything,
			mock.Anything).Return(func(_ context.Context, v activities.BulkVerdict) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.gaveUp[v.FilingID] = v.Reason
			return nil
		})
	}
	w.env.OnActivity(bulkActivities.SetBulk, mock.Anything,
		mock.Anything).Return(func(_ context.Context, at activities.BulkAt) error {
		w.states = append(w.states, at.State)
		return nil
	})
	return w
}

// at sends an action at a given time, and expects a refusal if refused is set.
func (w *bulkWorld) at(after time.Duration, act workflows.BulkAct, refused bool) {
	w.env.RegisterDelayedCallback(func() {
		w.env.UpdateWorkflow(workflows.UpdateBulk, "", &testsuite.TestUpdateCallback{
			OnAccept:   func() { require.False(w.t, refused, "%s was taken", act) },
			OnReject:   func(err error) { require.True(w.t, refused, "%s: %v", act, err) },
			OnComplete: func(_ any, err error) { require.NoError(w.t, err) },
		}, workflows.BulkControl{Act: act})
	}, after)
}

// between counts the filings resumed in a span of seconds.
func (w *bulkWorld) between(from, until float64) (n int) {
	for _, at := range w.resumed {
		if at >= from && at < until {
			n++
		}
	}
	return n
}

// A rate of five a second resumes five a second, in order, each once, and the job's row shows the end.
func TestBulkKeepsItsRate(t *testing.T) {
	w := newBulkWorld(t, 22, 5, nil)
	w.env.ExecuteWorkflow(workflows.BulkResume, workflows.BulkInput{JobID: 1})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, w.env.GetWorkflowError(), &again, "the next run finds none left")
	require.Len(t, w.order, 22)
	require.Len(t, w.resumed, 22, "none twice")
	first := slices.Sorted(slices.Values(w.order[:5]))
	require.Equal(t, []int64{1, 2, 3, 4, 5}, first)
	for second := range 4 {
		require.Equal(t, 5, w.between(float64(second), float64(second+1)), "second %d", second)
	}
	require.Equal(t, 2, w.between(4, 5))

	last := newBulkWorld(t, 22, 5, nil)
	last.env.ExecuteWorkflow(workflows.BulkResume, workflows.BulkInput{JobID: 1, After: 22})
	require.NoError(t, last.env.GetWorkflowError())
	require.Equal(t, []filing.BulkState{filing.BulkRunning, filing.BulkDone}, last.states)
}

// A paused job starts nothing until it is continued.
func TestBulkPausesAndContinues(t *testing.T) {
	w := newBulkWorld(t, 20, 5, nil)
	w.at(1500*time.Millisecond, workflows.BulkContinue, true)
	w.at(1600*time.Millisecond, workflows.BulkPause, false)
	w.at(5*time.Second, workflows.BulkPause, true)
	w.at(100*time.Second, workflows.BulkContinue, false)
	w.at(100500*time.Millisecond, "nonsense", true)
	w.env.ExecuteWorkflow(workflows.BulkResume, workflows.BulkInput{JobID: 1})
	require.Equal(t, 10, w.between(0, 2))
	require.Zero(t, w.between(2, 100))
	require.Equal(t, 10, w.between(100, 103))
	require.Equal(t, []filing.BulkState{filing.BulkRunning, filing.BulkPaused, filing.BulkRunning}, w.states)
}

// A stopped job starts nothing more, even from a pause, and shows that it stopped.
func TestBulkStops(t *testing.T) {
	w := newBulkWorld(t, 20, 5, nil)
	w.at(1600*time.Millisecond, workflows.BulkPause, false)
	w.at(10*time.Second, workflows.BulkStop, false)
	w.env.ExecuteWorkflow(workflows.BulkResume, workflows.BulkInput{JobID: 1})
	require.NoError(t, w.env.GetWorkflowError())
	require.Len(t, w.order, 10)
	require.Equal(t, filing.BulkStopped, w.states[len(w.states)-1])
}

// A filing that can't be resumed is reported with its reason after several attempts, and doesn't block the others.
func TestBulkReportsFailures(t *testing.T) {
	w := newBulkWorld(t, 30, 5, map[int64]error{
		3:  temporal.NewApplicationError("not taken", activities.ReasonNotTaken),
		17: temporal.NewApplicationError("no answer", activities.ReasonUnreachable),
		18: errors.New("nobody foresaw it"),
	})
	w.env.ExecuteWorkflow(workflows.BulkResume, workflows.BulkInput{JobID: 1})
	require.Len(t, w.order, 27)
	require.Equal(t, map[int64]string{3: activities.ReasonNotTaken, 17: activities.ReasonUnreachable,
		18: activities.ReasonInternal}, w.gaveUp)
	require.Equal(t, 27, w.between(0, 6), "the others didn't wait")
}

// A long job continues as new, and stays paused across runs.
func TestBulkContinuesAsNew(t *testing.T) {
	const n = workflows.BulkRun + 10
	w := newBulkWorld(t, n, 50, nil)
	w.env.ExecuteWorkflow(workflows.BulkResume, workflows.BulkInput{JobID: 1})
	var again *workflow.ContinueAsNewError
	require.ErrorAs(t, w.env.GetWorkflowError(), &again)
	require.Len(t, w.order, workflows.BulkRun)
	require.NotContains(t, w.states, filing.BulkDone)

	paused := newBulkWorld(t, n, 50, nil)
	paused.at(20*time.Second, workflows.BulkContinue, false)
	paused.env.ExecuteWorkflow(workflows.BulkResume, workflows.BulkInput{JobID: 1, After: workflows.BulkRun, Paused: true})
	require.Len(t, paused.order, 10)
	require.Zero(t, paused.between(0, 20))
	require.Equal(t, []filing.BulkState{filing.BulkPaused, filing.BulkRunning}, paused.states)
}

// A resume order applies only to the stuck event it was made for.
func TestResumeAppliesToOneStuckEvent(t *testing.T) {
	w := newWorld(t)
	tries := 0
	w.env.OnActivity(messageActivities.SendCode, mock.Anything,
		mock.Anything).Return(func(_ context.Context, c activities.CodeRef) error {
		if c.Channel == "mail" {
			return nil
		}
		if tries++; tries < 3 {
			return temporal.NewNonRetryableApplicationError("arrears", activities.ReasonOperator, nil)
		}
		return nil
	})
	stuckSeq := func() (seq int64) {
		for _, p := range w.steps {
			if p.EventKind == "stuck" {
				seq = p.Seq
			}
		}
		return seq
	}
	resume := func(seq func() int64, taken bool) func() {
		return func() {
			w.env.UpdateWorkflow(workflows.UpdateResume, "", &testsuite.TestUpdateCallback{
				OnAccept:   func() { require.True(t, taken) },
				OnReject:   func(error) { require.False(t, taken) },
				OnComplete: func(any, error) {},
			}, workflows.Resume{Resolution: workflows.Retry, Actor: "support:a", StuckSeq: seq()})
		}
	}
	w.at(1, w.says(workflows.UpdateContact, workflows.ContactGiven{Version: 1, Actor: "customer:a"}))
	var first int64
	w.at(2, func() { first = stuckSeq(); require.NotZero(t, first); resume(func() int64 { return first }, true)() })
	w.at(3, func() { require.Greater(t, stuckSeq(), first); resume(func() int64 { return first }, false)() })
	w.at(4, resume(stuckSeq, true))
	w.at(5, w.says(workflows.UpdateWithdraw, workflows.ByActor{Actor: "customer:a"}))
	w.env.ExecuteWorkflow(workflows.Filing, workflows.FilingInput{FilingID: 1})
	require.NoError(t, w.env.GetWorkflowError())
	require.Equal(t, 3, tries)
}

// The validator decides which steps may be skipped.
func TestSkippableSteps(t *testing.T) {
	var skippable []string
	for _, name := range workflows.Steps() {
		if workflows.Skippable(name) {
			skippable = append(skippable, name)
		}
	}
	require.Equal(t, []string{"install_certificate", "check_site", "notify_sms", "notify_mail"}, skippable)
	require.False(t, workflows.Skippable("nonsense"))
}
