package activities

import (
	"context"
	"fmt"

	"github.com/beian/beian/internal/store"
)

// Broken monitors workflow code.
type Broken struct {
	Store  *store.Store
	Finder *BrokenFinder
}

// CheckBroken records the runs that are broken now, for staff's pages and the metrics, and returns their number.
func (a *Broken) CheckBroken(ctx context.Context) (int, error) {
	known, err := a.Store.BrokenExecutions(ctx, "", "", 0)
	if err != nil {
		return 0, err
	}
	found, part, err := a.Finder.FindBroken(ctx, known)
	if err != nil {
		return 0, fmt.Errorf("looking for broken executions: %w", err)
	}
	return len(found), a.Store.SaveBroken(ctx, found, part)
}
