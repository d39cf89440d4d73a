package worker

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/workflows"
)

// The SDK may hold a heartbeat back for no longer than the pause between two: else the server hears from a worker too
// late by a stall of two seconds, and a second attempt runs beside the first.
func TestHeartbeatsAreNotHeldBack(t *testing.T) {
	for _, queue := range workflows.Queues {
		o := optionsOf(Config{}, queue, t.Context(), make(chan error))
		require.Equal(t, workflows.HeartbeatInterval, o.DefaultHeartbeatThrottleInterval, queue)
		require.Equal(t, workflows.HeartbeatInterval, o.MaxHeartbeatThrottleInterval, queue)
	}
}
