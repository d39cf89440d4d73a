package activities

import (
	"context"

	"github.com/beian/beian/internal/store"
)

// Filing holds the effects on the product's own database.
type Filing struct {
	Store *store.Store
	// AccountID is the bureau account that new records go to.
	AccountID int64
}

// Advance writes a step of a filing's projection.
func (a *Filing) Advance(ctx context.Context, p Progress) error {
	return a.Store.Advance(ctx, p)
}

// QueueRecord puts a revision in line for the next data file.
func (a *Filing) QueueRecord(ctx context.Context, r RecordRef) error {
	return a.Store.QueueRecord(ctx, a.AccountID, r.FilingID, r.Revision)
}

// RecordNumber puts the issued number on the order, with the stage.
func (a *Filing) RecordNumber(ctx context.Context, p Progress) error {
	_, err := a.Store.RecordNumber(ctx, p)
	return err
}
