package workflows

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/beian/beian/activities"
)

// Execution is what Temporal knows of a filing's workflow, as it is now.
type Execution struct {
	Running bool
	Pending []PendingActivity
}

// PendingActivity is an activity that runs, or waits to be tried again.
type PendingActivity struct {
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

// Execution asks Temporal for a filing's workflow; ErrNoExecution when it has none.
func (c *Client) Execution(ctx context.Context, ref string) (Execution, error) {
	answer, err := c.temporal.DescribeWorkflowExecution(ctx, FilingWorkflowID(ref), "")
	var notFound *serviceerror.NotFound
	if errors.As(err, &notFound) {
		return Execution{}, fmt.Errorf("filing %s: %w", ref, ErrNoExecution)
	}
	if err != nil {
		return Execution{}, fmt.Errorf("describing filing %s: %w", ref, err)
	}
	return executionOf(answer), nil
}

// ErrNoExecution says that Temporal knows nothing of a filing: its history is past its
// time, or it never began.
var ErrNoExecution = errors.New("no workflow execution")

func executionOf(answer *workflowservice.DescribeWorkflowExecutionResponse) (e Execution) {
	e.Running = answer.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING
	for _, p := range answer.GetPendingActivities() {
		one := PendingActivity{
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
