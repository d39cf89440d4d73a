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

// Execution is what Temporal knows of a filing's workflow, as it is now.
type Execution struct {
	Running bool
	// Pending are its activities, and those of the workflows beside it that were asked for.
	Pending []PendingActivity
}

// PendingActivity is an activity that runs, or waits to be tried again.
type PendingActivity struct {
	// Workflow, Run and ID name it.
	Workflow, Run, ID string
	// Name is the activity's, such as SendCode.
	Name    string
	Attempt int
	// MaxAttempts is how often it is tried at most; 0: until it passes.
	MaxAttempts int
	Running     bool
	// Reason is why it failed last: a reason of the locale files' "reason.", or empty
	// where it hasn't failed. Texts of failures are sealed and stay so.
	Reason string
	// Next is when it is tried next; zero while it runs.
	Next time.Time
}

// Key names it in a form.
func (p PendingActivity) Key() string { return p.Workflow + " " + p.Run + " " + p.ID }

// BackedOff tells whether it waits for its next try, which can then be made at once.
func (p PendingActivity) BackedOff(now time.Time) bool { return !p.Running && p.Next.After(now) }

// Execution asks Temporal for a filing's workflow, and for workflows beside it by their IDs,
// which needn't be there. ErrNoExecution, together with what those beside it do, when the
// filing has none: what follows an approval goes on for longer than ended histories are kept.
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

// ErrNoExecution says that Temporal knows nothing of a filing: its history is past its
// time, or it never began.
var ErrNoExecution = errors.New("no workflow execution")

// RunNow has an activity that waits for its next try tried at once; ErrWrongStage where it
// doesn't wait any more. Temporal counts its tries from one again: what an activity must
// know of earlier tries, the database knows. One that begins in between is left to run.
func (c *Client) RunNow(ctx context.Context, p PendingActivity) error {
	e, err := c.describe(ctx, p.Workflow, p.Run)
	if errors.Is(err, ErrNoExecution) {
		return fmt.Errorf("%w: %w", ErrWrongStage, err)
	} else if err != nil {
		return err
	}
	if !slices.ContainsFunc(e.Pending, func(now PendingActivity) bool { return now.ID == p.ID && now.BackedOff(time.Now()) }) {
		return fmt.Errorf("activity %s of %s doesn't wait: %w", p.ID, p.Workflow, ErrWrongStage)
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

// reasonOfFailure is reasonOf of a failure as Temporal keeps it: by its type, which isn't
// sealed.
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
