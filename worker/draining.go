package worker

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"

	"github.com/beian/beian/activities"
)

// draining cuts activities off that haven't ended when a stop's time is almost
// over, and hands them back: the server hears at once that this try failed and
// gives the next to another worker, instead of waiting for heartbeats that no
// longer come. Effects carry keys, so a try that was cut off isn't done twice.
type draining struct {
	interceptor.WorkerInterceptorBase
	// handBack ends when they must.
	handBack context.Context
}

// errHandedBack is why a context ended.
var errHandedBack = errors.New("the worker stops")

// handBackAfter is how long a next try waits: other workers take it up.
const handBackAfter = time.Second

// reportTime is kept of a stop's time for handing back: a quarter, at most so long.
const reportTime = 5 * time.Second

// patience is how long running activities are left alone of a stop's time.
func patience(stop time.Duration) time.Duration { return stop - min(reportTime, stop/4) }

func (d *draining) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &drained{interceptor.ActivityInboundInterceptorBase{Next: next}, d.handBack}
}

type drained struct {
	interceptor.ActivityInboundInterceptorBase
	handBack context.Context
}

func (d *drained) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	defer context.AfterFunc(d.handBack, func() { cut(errHandedBack) })()
	result, err := d.Next.ExecuteActivity(ctx, in)
	if err == nil || !errors.Is(context.Cause(ctx), errHandedBack) {
		return result, err
	}
	var app *temporal.ApplicationError
	if errors.As(err, &app) && app.NonRetryable() {
		return result, err // it failed for a reason of its own
	}
	return nil, temporal.NewApplicationErrorWithOptions(errHandedBack.Error(), activities.ReasonTemporary, temporal.ApplicationErrorOptions{
		NextRetryDelay: handBackAfter, Category: temporal.ApplicationErrorCategoryBenign,
	})
}
