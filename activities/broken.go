package activities

import (
	"context"
	"fmt"

	"github.com/beian/beian/internal/store"
)

// BrokenFinder asks Temporal which runs stand still because their code fails, or doesn't fit
// their histories; known are those that it said last time. Part tells that there may be more.
type BrokenFinder interface {
	FindBroken(ctx context.Context, known []store.BrokenExecution) (found []store.BrokenExecution, part bool, err error)
}

// Broken watches over workflow code.
type Broken struct {
	Store  *store.Store
	Finder BrokenFinder
}

// CheckBroken keeps which runs are broken now, for staff's pages and the metrics; it returns
// how many.
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
