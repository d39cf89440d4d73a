package worker

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/beian/beian/activities"
)

// draining cuts off activities that are still running when a stop's time is almost over, and hands them back: the
// server learns at once that this attempt failed and gives the next one to another worker, instead of waiting for
// missed heartbeats. Effects carry keys, so an attempt that was cut off isn't done twice. handBack ends when they must.
func draining(handBack context.Context) *around {
	return &around{run: func(ctx context.Context, execute func(context.Context) (any, error)) (any, error) {
		ctx, cut := context.WithCancelCause(ctx)
		defer cut(nil)
		defer context.AfterFunc(handBack, func() { cut(errHandedBack) })()
		result, err := execute(ctx)
		if err == nil || !errors.Is(context.Cause(ctx), errHandedBack) {
			return result, err
		}
		var app *temporal.ApplicationError
		if errors.As(err, &app) && app.NonRetryable() {
			return result, err // it failed for its own reason
		}
		return nil, temporal.NewApplicationErrorWithOptions(errHandedBack.Error(), activities.ReasonTemporary,
			temporal.ApplicationErrorOptions{
				NextRetryDelay: handBackAfter, Category: temporal.ApplicationErrorCategoryBenign,
			})
	}}
}

// errHandedBack is the cause of a context that ended so.
var errHandedBack = errors.New("the worker is stopping")

// handBackAfter is the pause before the next attempt, on another worker.
const handBackAfter = time.Second

// reportTime is the part of a stop's time reserved for handing back: a quarter, and this much at most.
const reportTime = 5 * time.Second

// patience is how long a stop leaves running activities alone.
func patience(stop time.Duration) time.Duration { return stop - min(reportTime, stop/4) }
