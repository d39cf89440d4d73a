package workflows

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/beian/beian/activities"
)

// Execution is the present state of a filing's workflow in Temporal.
type Execution struct {
	Running bool
	// Pending lists its activities, and those of the related workflows asked for.
	Pending []PendingActivity
}

// PendingActivity is an activity that is running or waiting to be retried.
type PendingActivity struct {
	// Workflow, Run and ID identify it.
	Workflow, Run, ID string
	// Name is the activity's name, such as SendCode.
	Name    string
	Attempt int
	// MaxAttempts limits its attempts; 0 means no limit.
	MaxAttempts int
	Running     bool
	// Reason is why it last failed, as a key of the locale files below "stuck_reason."; empty if it hasn't failed. Failure
	// texts are sealed and stay so.
	Reason string
	// Next is when the next attempt starts; zero while one is running.
	Next time.Time
}

// Key identifies it in a form.
func (p PendingActivity) Key() string { return p.Workflow + " " + p.Run + " " + p.ID }

// BackedOff reports whether it waits for its next attempt, which can then be made at once.
func (p PendingActivity) BackedOff(now time.Time) bool { return !p.Running && p.Next.After(now) }

// Execution asks Temporal for a filing's workflow, and for related workflows by their IDs, which need not exist.
// If the filing has none it returns ErrNoExecution together with the related ones: aftercare outlasts the
// retention of ended histories.
func (c *Client) Execution(ctx context.Context, ref string, beside ...string) (Execution, error) {
	e, none := c.describe(ctx, FilingWorkflowID(ref), "")
	if none != nil && !errors.Is(none, ErrNoExecution) {
		return e, none
	}
	for _, id := range beside {
		b, err := c.describe(ctx, id, "")
		if err != nil && !errors.Is(err, ErrNoExecution) {
			return e, err
		}
		e.Pending = append(e.Pending, b.Pending...)
	}
	slices.SortStableFunc(e.Pending, func(a, b PendingActivity) int { return a.Next.Compare(b.Next) })
	return e, none
}

func (c *Client) describe(ctx context.Context, workflowID, runID string) (Execution, error) {
	answer, err := c.temporal.DescribeWorkflowExecution(ctx, workflowID, runID)
	var notFound *serviceerror.NotFound
	if errors.As(err, &notFound) {
		return Execution{}, fmt.Errorf("workflow %s: %w", workflowID, ErrNoExecution)
	}
	if err != nil {
		return Execution{}, fmt.Errorf("describing workflow %s: %w", workflowID, err)
	}
	return executionOf(answer), nil
}

// ErrNoExecution says that Temporal has no workflow of a filing: its history was deleted after the retention, or
// it never started.
var ErrNoExecution = errors.New("no workflow execution")

// RunNow retries a waiting activity at once; ErrWrongStage if it no longer waits. Temporal restarts the attempt
// count at one, so activities learn of earlier attempts from the database. An attempt that starts in between is
// left alone.
func (c *Client) RunNow(ctx context.Context, p PendingActivity) error {
	e, err := c.describe(ctx, p.Workflow, p.Run)
	if errors.Is(err, ErrNoExecution) {
		return fmt.Errorf("%w: %w", ErrWrongStage, err)
	} else if err != nil {
		return err
	}
	if !slices.ContainsFunc(e.Pending,
		func(now PendingActivity) bool { return now.ID == p.ID && now.BackedOff(time.Now()) }) {
		return fmt.Errorf("activity %s of %s is not waiting: %w", p.ID, p.Workflow, ErrWrongStage)
	}
	_, err = c.temporal.WorkflowService().ResetActivity(ctx, &workflowservice.ResetActivityRequest{
		Namespace: c.namespace,
		Execution: &common.WorkflowExecution{WorkflowId: p.Workflow, RunId: p.Run},
		Activity:  &workflowservice.ResetActivityRequest_Id{Id: p.ID},
	})
	return refusedAs(err, fmt.Sprintf("running activity %s of %s now", p.ID, p.Workflow))
}

func executionOf(answer *workflowservice.DescribeWorkflowExecutionResponse) (e Execution) {
	info := answer.GetWorkflowExecutionInfo()
	e.Running = info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING
	for _, p := range answer.GetPendingActivities() {
		one := PendingActivity{
			Workflow: info.GetExecution().GetWorkflowId(), Run: info.GetExecution().GetRunId(), ID: p.GetActivityId(),
			Name: p.GetActivityType().GetName(), Attempt: int(p.GetAttempt()), MaxAttempts: int(p.GetMaximumAttempts()),
			Running: p.GetState() == enums.PENDING_ACTIVITY_STATE_STARTED, Reason: reasonOfFailure(p.GetLastFailure()),
		}
		if !one.Running && p.GetScheduledTime() != nil {
			one.Next = p.GetScheduledTime().AsTime()
		}
		e.Pending = append(e.Pending, one)
	}
	slices.SortFunc(e.Pending, func(a, b PendingActivity) int { return a.Next.Compare(b.Next) })
	return e
}

// reasonOfFailure is reasonOf for a failure as Temporal stores it: by its type, which isn't sealed.
func reasonOfFailure(f *failure.Failure) string {
	for ; f != nil; f = f.GetCause() {
		if app := f.GetApplicationFailureInfo(); app != nil && activities.KnownReason(app.GetType()) {
			return app.GetType()
		}
		if f.GetTimeoutFailureInfo() != nil {
			return activities.ReasonUnreachable
		}
		if f.GetCause() == nil {
			return activities.ReasonInternal
		}
	}
	return ""
}
