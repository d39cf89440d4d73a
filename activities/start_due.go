package activities

import (
	"context"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// maxDue bounds the filings that one activity starts; the next exchange goes on.
const (
	maxDue    = 500
	maxRounds = 3
)

// startDueOf is startDue for the order of a filing.
func (a *Filing) startDueOf(ctx context.Context, filingID int64) error {
	if a.Start == nil {
		return nil
	}
	f, err := a.Store.Filing(ctx, filingID)
	if err != nil {
		return err
	}
	return a.startDue(ctx, f.OrderID)
}

// startDue starts the workflows of filings that waited for another one, and queues what they had submitted meanwhile;
// orderID 0: of every order. Each is marked as started afterwards, so a crash in between only repeats it.
func (a *Filing) startDue(ctx context.Context, orderID int64) error {
	if a.Start == nil {
		return nil
	}
	for range maxRounds { // what is started can make more due
		due, err := a.Store.DueFilings(ctx, orderID, maxDue)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, f := range due {
			if err := a.startOne(ctx, f); err != nil {
				return err
			}
			if err := a.Store.Started(ctx, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *Filing) startOne(ctx context.Context, f store.Filing) error {
	switch {
	case f.Stage.Final():
		return nil
	case f.Seq == 0:
		return a.Start(ctx, f)
	case f.Stage == filing.Submitting:
		return a.queueRecord(ctx, RecordRef{FilingID: f.ID, Revision: f.Revision})
	}
	return nil
}
