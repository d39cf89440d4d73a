package web

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The queue is short: whoever comes when it is full is told so at once, and a place that becomes free is used again.
func TestHashingHasAShortQueue(t *testing.T) {
	h := newPasswordHasher()
	for range maxHashing {
		require.NoError(t, h.enter(t.Context()))
	}
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan error, maxHashQueue)
	for range maxHashQueue {
		go func() { waiting <- h.enter(ctx) }()
	}
	require.Eventually(t, func() bool { return len(h.queue) == cap(h.queue) }, 10*time.Second, time.Millisecond)
	_, err := h.Matches(t.Context(), "password", "")
	require.ErrorIs(t, err, ErrBusy)
	cancel()
	for range maxHashQueue {
		require.ErrorIs(t, <-waiting, context.Canceled)
	}
	h.leave()
	require.NoError(t, h.enter(t.Context()))
}
