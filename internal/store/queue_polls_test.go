package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

func TestQueuesKeepTheTimeOfTheirLastPoll(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	polled := func() map[string]time.Time {
		f, err := s.Figures(ctx, 0)
		require.NoError(t, err)
		times := map[string]time.Time{}
		for _, q := range f.Queues {
			times[q.Queue] = q.PolledAt
		}
		return times
	}
	require.Empty(t, polled())
	first := s.Now().Add(-time.Minute).UTC().Truncate(time.Microsecond)
	before := s.Now().Add(-time.Second)
	require.NoError(t, s.SaveQueuePolls(ctx, []store.QueuePoll{{Queue: "filing", PolledAt: first}, {Queue: "bureau"}}))
	seen := polled()
	require.Equal(t, first, seen["filing"].UTC())
	require.True(t, seen["bureau"].After(before), "nobody polls it from the first check on")
	require.NoError(t, s.SaveQueuePolls(ctx, []store.QueuePoll{{Queue: "filing"}, {Queue: "bureau"}}))
	require.Equal(t, seen, polled(), "their pollers are gone, and the times stay")
	later := first.Add(30 * time.Second)
	for _, at := range []time.Time{later, first} {
		require.NoError(t, s.SaveQueuePolls(ctx, []store.QueuePoll{{Queue: "filing", PolledAt: at}}))
	}
	require.Equal(t, later, polled()["filing"].UTC(), "a check that comes late changes nothing")
}
