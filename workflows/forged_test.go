package workflows_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	common "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	update "go.temporal.io/api/update/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"golang.org/x/sync/errgroup"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/testtemporal"
	"github.com/beian/beian/workflows"
)

// rows stands for the database of filings on a real Temporal server.
type rows struct {
	mu     sync.Mutex
	steps  map[int64][]activities.Progress
	isTrue func(activities.Fact) bool
}

func (r *rows) of(id int64) []activities.Progress {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.steps[id]
}

func (r *rows) advance(_ context.Context, p activities.Progress) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if all := r.steps[p.FilingID]; len(all) == 0 || all[len(all)-1].Seq < p.Seq {
		r.steps[p.FilingID] = append(all, p)
	}
	return nil
}

// onServer runs filings on a development server.
func onServer(t *testing.T, r *rows) (client.Client, *workflows.Client) {
	t.Helper()
	c := testtemporal.New(t)
	r.steps = map[int64][]activities.Progress{}
	w := worker.New(c, workflows.QueueFiling, worker.Options{})
	w.RegisterWorkflow(workflows.Filing)
	for name, f := range map[string]any{
		"Advance": r.advance,
		"Restart": func(ctx context.Context, p activities.Progress) (activities.Restarted, error) {
			return activities.Restarted{}, r.advance(ctx, p)
		},
		"IsTrue": func(_ context.Context, f activities.Fact) (bool, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			return r.isTrue(f), nil
		},
	} {
		w.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
	}
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	return c, workflows.NewClient(c, false)
}

// A message that was sealed for one filing moves no other, nor does the right one that the database doesn't bear out.
func TestForgedMessagesMoveNoFiling(t *testing.T) {
	ctx := t.Context()
	r := &rows{isTrue: func(f activities.Fact) bool { return f.FilingID == 1 }}
	c, filings := onServer(t, r)
	for id, ref := range map[int64]string{1: "D1", 2: "D2"} {
		require.NoError(t, filings.Open(ctx, ref, workflows.FilingInput{FilingID: id, OrderNumber: ref,
			From: &filing.Position{Stage: filing.Preparing, Seq: 1}}))
	}
	_, err := filings.Submit(ctx, "D1", workflows.Submission{Revision: 1, Actor: "customer:a"})
	require.NoError(t, err)
	decided := workflows.Decided{FilingID: 2, Revision: 1, Approved: true}
	require.NoError(t, c.SignalWorkflow(ctx, "filing/D1", "", workflows.SignalDecided,
		activities.Address(workflows.SignalDecided, decided)))

	var sealed []*common.Payloads // for D1, as anybody reads them who reaches Temporal
	events := c.GetWorkflowHistory(ctx, "filing/D1", "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		var e *historypb.HistoryEvent
		e, err = events.Next()
		require.NoError(t, err)
		if a := e.GetWorkflowExecutionUpdateAcceptedEventAttributes(); a != nil {
			sealed = append(sealed, a.GetAcceptedRequest().GetInput().GetArgs())
		}
		if a := e.GetWorkflowExecutionSignaledEventAttributes(); a != nil {
			sealed = append(sealed, a.GetInput())
		}
	}
	require.Len(t, sealed, 2)
	send := func(name string, payloads *common.Payloads) bool {
		answer, err := c.WorkflowService().UpdateWorkflowExecution(ctx, &workflowservice.UpdateWorkflowExecutionRequest{
			Namespace: "default", WorkflowExecution: &common.WorkflowExecution{WorkflowId: "filing/D2"},
			WaitPolicy: &update.WaitPolicy{LifecycleStage: enums.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED},
			Request:    &update.Request{Meta: &update.Meta{}, Input: &update.Input{Name: name, Args: payloads}},
		})
		return err == nil && answer.GetOutcome().GetFailure() == nil
	}
	for _, payloads := range sealed {
		for _, name := range []string{workflows.UpdateSubmit, workflows.UpdateWithdraw, workflows.UpdatePass} {
			require.False(t, send(name, payloads), name)
		}
		for _, name := range []string{workflows.SignalAccepted, workflows.SignalDecided} {
			_, err := c.WorkflowService().SignalWorkflowExecution(ctx, &workflowservice.SignalWorkflowExecutionRequest{
				Namespace: "default", WorkflowExecution: &common.WorkflowExecution{WorkflowId: "filing/D2"},
				SignalName: name, Input: payloads,
			})
			require.NoError(t, err)
		}
	}
	_, err = filings.Submit(ctx, "D2", workflows.Submission{Revision: 1, Actor: "customer:a"})
	require.ErrorIs(t, err, workflows.ErrWrongStage, "the database has no such dossier")
	for _, p := range r.of(2) {
		require.Empty(t, p.Stage)
	}
	r.mu.Lock()
	r.isTrue = func(activities.Fact) bool { return true }
	r.mu.Unlock()
	_, err = filings.Withdraw(ctx, "D2", workflows.ByActor{Actor: "customer:b"})
	require.NoError(t, err, "the filing is none the worse for it")
}

// On a real server: a filing with a long history continues in a new run, and everybody who has something to say
// meanwhile gets an answer, from one run or the other.
func TestNobodyIsLostWhileAFilingIsCarriedOn(t *testing.T) {
	ctx := t.Context()
	r := &rows{isTrue: func(activities.Fact) bool { return true }}
	c, filings := onServer(t, r)
	require.NoError(t, filings.Open(ctx, "D1", workflows.FilingInput{FilingID: 1, OrderNumber: "D1",
		From: &filing.Position{Stage: filing.Preparing, Seq: 1}}))
	first, err := c.DescribeWorkflowExecution(ctx, "filing/D1", "")
	require.NoError(t, err)
	run := func() string {
		now, err := c.DescribeWorkflowExecution(ctx, "filing/D1", "")
		require.NoError(t, err)
		return now.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	}
	said := 0
	for run() == first.GetWorkflowExecutionInfo().GetExecution().GetRunId() {
		require.Less(t, said, 2000, "it isn't carried on")
		var all errgroup.Group
		for range 8 {
			said++
			key := time.Now().Format(time.RFC3339Nano) + string(rune('a'+said%26))
			all.Go(func() error {
				_, err := filings.ContactCorrected(ctx, "D1", key,
					workflows.Corrected{Channel: filing.SMS, Actor: "support:a"})
				return err
			})
		}
		require.NoError(t, all.Wait())
	}
	corrected := 0
	for i, p := range r.of(1) {
		require.EqualValues(t, i+2, p.Seq)
		if p.EventKind == filing.EventContactCorrected {
			corrected++
		}
	}
	require.Equal(t, said, corrected)
	_, err = filings.Withdraw(ctx, "D1", workflows.ByActor{Actor: "customer:a"})
	require.NoError(t, err)
	steps := r.of(1)
	require.Equal(t, filing.Withdrawn, steps[len(steps)-1].Stage)
}
