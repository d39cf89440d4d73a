package activities

import (
	"context"
	"fmt"
	"math"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
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

// RemindPolice sends a reminder, once for its key, unless it is no longer needed or its time is over.
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
	params := map[string]string{"order": f.OrderNumber, "left": fmt.Sprint(left)}
	name := message.Template(r.Template)
	return a.notifyUser(ctx, sending{r.FilingID, r.Channel, r.Key, name, PageOf(name, f.OrderNumber), params,
		activity.GetInfo(ctx).Attempt > 1})
}
