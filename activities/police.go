package activities

import (
	"context"
	"fmt"
	"math"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
)

// PoliceDue says whether a public-security filing (公安联网备案) is still due for a filing's order, and since when its
// time runs.
type PoliceDue struct {
	Due     bool
	OrderID int64
	Since   time.Time
}

// PoliceDue reads it.
func (a *Filing) PoliceDue(ctx context.Context, r FilingRef) (PoliceDue, error) {
	p, err := a.Store.Police(ctx, r.FilingID)
	return PoliceDue{Due: p.Due(), OrderID: p.OrderID, Since: p.Since}, err
}

// PoliceReminder is a reminder of a public-security filing.
type PoliceReminder struct {
	FilingID int64
	Channel  filing.Channel
	Template message.Template
	// Since is the start of its time: an order that was filed again has another.
	Since time.Time
	Key   string
}

// RemindPolice sends a reminder, once for its key, unless it is no longer needed or its time is over. Sites of an order
// that were approved together have one.
func (a *Message) RemindPolice(ctx context.Context, r PoliceReminder) error {
	p, err := a.Store.Police(ctx, r.FilingID)
	if err != nil || !p.Due() || !p.Since.Equal(r.Since) {
		return err
	}
	left := int(math.Ceil(p.Since.Add(filing.PoliceWithin).Sub(a.Store.Now()).Hours() / 24))
	if left <= 0 {
		return nil
	}
	f, err := a.Store.Filing(ctx, r.FilingID)
	if err != nil {
		return err
	}
	about, err := a.policeTogether(ctx, f, r.Since)
	if err != nil || about[0].ID != f.ID {
		return err
	}
	at, domains, err := a.placeOf(ctx, about...)
	if err != nil {
		return err
	}
	return a.notifyUser(ctx, sending{filingID: r.FilingID, channel: r.Channel, key: r.Key, name: r.Template,
		page: PageOf(r.Template, at), domains: domains, retry: activity.GetInfo(ctx).Attempt > 1,
		params: map[string]string{"order": f.OrderNumber, "left": fmt.Sprint(left)}})
}

// policeTogether lists the filings approved with one whose public-security filing is due since the same time, oldest
// first: their reminders have the same key.
func (a *Message) policeTogether(ctx context.Context, f store.Filing, since time.Time) (due []store.Filing, err error) {
	list, err := a.Store.ApprovedTogether(ctx, f)
	for i := 0; err == nil && i < len(list); i++ {
		p, failed := a.Store.Police(ctx, list[i].ID)
		if err = failed; list[i].ID == f.ID || p.Due() && p.Since.Equal(since) {
			due = append(due, list[i])
		}
	}
	return due, err
}
