package worker

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/beian/beian/internal/observe"
)

// watched counts attempts at activities that are retried until they succeed and have failed for long: no step gets
// stuck for them, so only metrics and log tell people.
func watched(ctx context.Context, execute func(context.Context) (any, error)) (any, error) {
	info := activity.GetInfo(ctx)
	if since, endless := failingSince(info); endless && observe.Attempt(info.ActivityType.Name, since) {
		activity.GetLogger(ctx).Warn("an activity has failed for long", "since", info.ScheduledTime)
	}
	return execute(ctx)
}

// failingSince is for how long an activity has failed; endless: only success ends it. Until its first attempt it only
// waited for a worker.
func failingSince(info activity.Info) (since time.Duration, endless bool) {
	if info.RetryPolicy != nil && info.RetryPolicy.MaximumAttempts > 0 {
		return 0, false
	}
	if info.Attempt <= 1 {
		return 0, true
	}
	return info.StartedTime.Sub(info.ScheduledTime), true
}
