package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
)

// CorrectionCodeRef identifies a code for a corrected contact.
type CorrectionCodeRef struct {
	CorrectionID int64
	Send         int
}

// SendCorrectionCode sends a code to the address that staff gave a contact, derived again on each attempt. A code
// that is no longer needed isn't sent.
func (a *Message) SendCorrectionCode(ctx context.Context, r CorrectionCodeRef) error {
	to, err := a.Store.CorrectionCode(ctx, r.CorrectionID)
	if err != nil || to.To == "" {
		return purged(err)
	}
	code, send, err := a.Store.PrepareCorrectionCode(ctx, r.CorrectionID)
	if err != nil || send == 0 {
		return err
	}
	contact, err := a.Store.Contact(ctx, to.FilingID)
	if err != nil {
		return err
	}
	f, err := a.Store.Filing(ctx, to.FilingID)
	if err != nil {
		return err
	}
	at, domains, err := a.placeOf(ctx, f)
	if err != nil {
		return err
	}
	err = a.sendTo(ctx, to.To, sending{filingID: to.FilingID, channel: to.Channel,
		key: store.CorrectionKey(r.CorrectionID, send), name: message.ContactCode,
		page: at.filingPage("/contact/" + string(to.Channel)), domains: domains,
		params: map[string]string{"user_name": contact.Details.UserName, "code": code},
		retry:  activity.GetInfo(ctx).Attempt > 1})
	if err != nil {
		return err
	}
	return a.Store.CorrectionCodeSent(ctx, r.CorrectionID, send)
}

// CorrectionRef identifies a correction by its form's token, and a channel for its notice.
type CorrectionRef struct {
	Token   string
	Channel filing.Channel
}

// correctionWithin is how long to wait for a correction that is about to be written: the request takes seconds.
const correctionWithin = time.Hour

// NotifyContactCorrected tells a contact, at the old address, that staff corrected it. Until the correction is in
// the database it fails, to be retried. A correction that doesn't appear within correctionWithin was never made.
func (a *Message) NotifyContactCorrected(ctx context.Context, r CorrectionRef) error {
	told, err := a.Store.CorrectionNotice(ctx, r.Token, r.Channel)
	if errors.Is(err, store.ErrNotFound) {
		if a.Store.Now().Sub(activity.GetInfo(ctx).ScheduledTime) > correctionWithin {
			return nil
		}
		return failed(ReasonTemporary, errors.New("the correction is not in the database yet"), false, 0)
	}
	if err != nil || told.To == "" {
		return err
	}
	f, err := a.Store.Filing(ctx, told.FilingID)
	if err != nil {
		return err
	}
	at, domains, err := a.placeOf(ctx, f)
	if err != nil {
		return err
	}
	return a.sendTo(ctx, told.To, sending{filingID: told.FilingID, channel: r.Channel,
		key: fmt.Sprintf("corrected-%s-%s", r.Token, r.Channel), name: message.ContactChanged,
		page: PageOf(message.ContactChanged, at), domains: domains, params: map[string]string{"order": f.OrderNumber},
		retry: activity.GetInfo(ctx).Attempt > 1})
}
