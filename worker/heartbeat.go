package worker

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/beian/beian/workflows"
)

// heartbeats sends heartbeats for every activity that has a heartbeat timeout, so that a killed worker's activity
// is retried within seconds and not only after its full timeout.
func heartbeats(ctx context.Context, execute func(context.Context) (any, error)) (any, error) {
	if timeout := activity.GetInfo(ctx).HeartbeatTimeout; timeout > 0 {
		alive, stop := context.WithCancel(ctx)
		defer stop()
		go beat(alive, min(workflows.HeartbeatInterval, timeout/3))
	}
	return execute(ctx)
}

func beat(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			activity.RecordHeartbeat(ctx)
		}
	}
}
