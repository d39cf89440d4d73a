package activities

import (
	"context"
	"time"
)

// Idle is since when nobody has touched a filing, and for how long it may stay so before it is withdrawn; 0: for ever.
type Idle struct {
	Since time.Time
	Limit time.Duration `json:",omitempty"`
}

// Idle reads it.
func (a *Filing) Idle(ctx context.Context, r FilingRef) (Idle, error) {
	since, err := a.Store.LastTouched(ctx, r.FilingID)
	return Idle{Since: since.UTC(), Limit: a.AbandonedAfter}, err
}
