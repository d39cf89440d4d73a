package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/beian/beian/internal/store"
)

// Broken monitors workflow code, and whether workers poll.
type Broken struct {
	Store  *store.Store
	Finder *BrokenFinder
	// Queues should all have workers.
	Queues []string
}

// CheckBroken records the runs that are broken now and when each queue was last polled, for staff's pages and the
// metrics. It returns the number of broken runs.
func (a *Broken) CheckBroken(ctx context.Context) (int, error) {
	polls, queueErr := QueuePolls(ctx, a.Finder.service, a.Finder.namespace, a.Queues...)
	if queueErr == nil {
		queueErr = a.Store.SaveQueuePolls(ctx, polls)
	}
	known, err := a.Store.BrokenExecutions(ctx, "", "", 0)
	if err != nil {
		return 0, err
	}
	found, part, err := a.Finder.FindBroken(ctx, known)
	if err != nil {
		return 0, fmt.Errorf("looking for broken executions: %w", err)
	}
	return len(found), errors.Join(queueErr, a.Store.SaveBroken(ctx, found, part))
}
