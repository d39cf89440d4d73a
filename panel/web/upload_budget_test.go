package web

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/picture"
)

// However many uploads arrive at once, those that are read hold little, and two of an account are read at a time.
func TestUploadsHoldBoundedMemory(t *testing.T) {
	for name, test := range map[string]struct {
		account func(i int) int64
		most    int64
	}{
		"of many accounts": {func(i int) int64 { return int64(i) }, uploadMemory / picture.MaxUpload},
		"of one account":   {func(int) int64 { return 1 }, uploadsPerAccount},
	} {
		t.Run(name, func(t *testing.T) {
			b := newUploadBudget()
			var now, most, read atomic.Int64
			var all sync.WaitGroup
			start := make(chan struct{})
			for i := range 40 {
				all.Go(func() {
					<-start
					done, err := b.take(t.Context(), test.account(i), picture.MaxUpload)
					if err != nil {
						t.Error(err)
						return
					}
					defer done()
					held := now.Add(1)
					for seen := most.Load(); held > seen && !most.CompareAndSwap(seen, held); seen = most.Load() {
					}
					read.Add(1)
					now.Add(-1)
				})
			}
			close(start)
			all.Wait()
			require.EqualValues(t, 40, read.Load())
			require.LessOrEqual(t, most.Load(), test.most)
			require.Empty(t, b.accounts, "nothing is left behind")
		})
	}
	// Held to the limit, one more waits until it gives up.
	b := newUploadBudget()
	for range uploadsPerAccount {
		_, err := b.take(t.Context(), 1, 1)
		require.NoError(t, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.take(ctx, 1, 1)
	require.ErrorIs(t, err, context.Canceled)
	full := newUploadBudget()
	_, err = full.take(t.Context(), 1, uploadMemory)
	require.NoError(t, err)
	_, err = full.take(ctx, 2, 1)
	require.ErrorIs(t, err, context.Canceled, "memory is shared by all accounts")
}
