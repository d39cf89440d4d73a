package customer

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// However many listen, the database is asked once a second, and not at all when
// nobody listens.
func TestListenersShareOneLook(t *testing.T) {
	var looks, ids atomic.Int64
	w := newWatch(func(_ context.Context, list []int64) (map[int64]int64, error) {
		looks.Add(1)
		ids.Store(int64(len(list)))
		return map[int64]int64{1: looks.Load()}, nil
	})
	t.Cleanup(w.close)
	var leave []func()
	for i := range 50 {
		l := w.join(int64(i%2+1), int64(i))
		leave = append(leave, func() { w.leave(l) })
	}
	begin := time.Now()
	require.Eventually(t, func() bool { return looks.Load() >= 2 }, 10*time.Second, 10*time.Millisecond)
	require.Equal(t, int64(2), ids.Load())
	require.GreaterOrEqual(t, time.Since(begin), 1500*time.Millisecond)
	for _, done := range leave {
		done()
	}
	require.Eventually(t, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return !w.running
	}, 5*time.Second, 10*time.Millisecond)
	for range 12 {
		require.NotNil(t, w.join(1, 7))
	}
	require.Nil(t, w.join(1, 7), "tabs, not scripts")
}
