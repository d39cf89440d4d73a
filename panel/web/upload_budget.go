package web

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/semaphore"

	"github.com/beian/beian/internal/picture"
)

const (
	// uploadMemory is what all uploads together may hold in memory, in bytes.
	uploadMemory = 64 << 20
	// uploadsPerAccount are the uploads of an account at once; others wait.
	uploadsPerAccount = 2
	// uploadPatience is how long an upload waits for its turn before its body is read.
	uploadPatience = 20 * time.Second
	// largestHeld is the most that an upload holds at once: its largest file, and its texts.
	largestHeld = picture.MaxUpload + MaxBody
)

// uploadBudget limits the memory of uploads, which is taken before a body is read.
type uploadBudget struct {
	memory *semaphore.Weighted

	mu       sync.Mutex
	accounts map[int64]*accountUploads
}

// accountUploads are the turns of an account; waiting counts who uses or awaits them.
type accountUploads struct {
	turns   slots
	waiting int
}

func newUploadBudget() *uploadBudget {
	return &uploadBudget{memory: semaphore.NewWeighted(uploadMemory), accounts: map[int64]*accountUploads{}}
}

// take waits for a turn of the account and for memory; the caller must call done.
func (b *uploadBudget) take(ctx context.Context, account, size int64) (done func(), err error) {
	b.mu.Lock()
	own := b.accounts[account]
	if own == nil {
		own = &accountUploads{turns: make(slots, uploadsPerAccount)}
		b.accounts[account] = own
	}
	own.waiting++
	b.mu.Unlock()
	leave := func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if own.waiting--; own.waiting == 0 {
			delete(b.accounts, account)
		}
	}
	if err := own.turns.acquire(ctx); err != nil {
		leave()
		return nil, err
	}
	if err := b.memory.Acquire(ctx, size); err != nil {
		own.turns.release()
		leave()
		return nil, err
	}
	return func() {
		b.memory.Release(size)
		own.turns.release()
		leave()
	}, nil
}

// BeginUpload admits a form with files of somebody who is signed in, before its body is read, and gives a phone time to
// send it. The caller must call done. ErrBusy: there was no turn in time.
func (k *Kit) BeginUpload(c *gin.Context) (done func(), err error) {
	if c.Request.Method != http.MethodPost || bodyLimit(PageRoute(c)) <= MaxBody {
		return func() {}, nil
	}
	size := int64(largestHeld)
	if announced := c.Request.ContentLength; announced >= 0 {
		size = min(size, announced)
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), uploadPatience)
	defer cancel()
	done, err = k.uploads.take(ctx, k.UserID(c), size)
	if errors.Is(err, context.DeadlineExceeded) {
		err = ErrBusy
	}
	if err == nil {
		allowSlowUpload(c)
	}
	return done, err
}
