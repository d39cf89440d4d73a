package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/webhook"
)

// Teller has staff told of something by a workflow of its own, which tries for longer than
// whatever noticed it lives. Starting it again changes nothing.
type Teller interface {
	TellOfTrouble(ctx context.Context, tellingID int64) error
}

// tellingsStarted bounds how many are started at the end of an exchange.
const tellingsStarted = 20

// StaffNotice tells of a stuck filing.
type StaffNotice struct {
	FilingID     int64
	Step, Reason string
}

// TellStaff has staff told of why a filing is stuck, if that is new.
func (a *Message) TellStaff(ctx context.Context, n StaffNotice) error {
	id, err := a.Store.UntoldCause(ctx, store.Cause{Step: n.Step, Reason: n.Reason})
	if err != nil || id == 0 {
		return err
	}
	return a.Teller.TellOfTrouble(ctx, id)
}

// startUntold has staff told of what a crash, or what was down for too long, kept from them.
func (a *Message) startUntold(ctx context.Context) error {
	ids, err := a.Store.UntoldStaff(ctx, tellingsStarted)
	for _, id := range ids {
		err = errors.Join(err, a.Teller.TellOfTrouble(ctx, id))
	}
	return err
}

// MailStaff mails staff what they are told of, once: a mail that went out before a crash
// kept that from being noted goes again with the same Message-ID.
func (a *Message) MailStaff(ctx context.Context, tellingID int64) error {
	t, err := a.Store.StaffTelling(ctx, tellingID)
	if err != nil || t.MailedAt.Valid {
		return err
	}
	if a.StaffAddress == "" {
		return a.Store.StaffMailed(ctx, t.ID)
	}
	name, params := message.Stuck, map[string]string{"order": t.Order.String, "step": t.Step, "reason": t.Reason, "link": a.linkOf(t)}
	if t.Kind == store.ToldStopped {
		name, params = message.Stopped, map[string]string{"account": t.Account.String, "code": strconv.FormatInt(t.Code.Int64, 10), "link": a.linkOf(t)}
	}
	receipt, err := a.mail(ctx, tellingKey(t), a.StaffAddress, name, params)
	if err != nil {
		return messageFailed(err)
	}
	if t.FilingID.Valid { // its page lists it
		sent := store.Message{Key: tellingKey(t), FilingID: t.FilingID.Int64, Channel: filing.Mail, Template: string(name), ProviderID: receipt.ProviderID}
		if err := a.Store.NoteMessage(ctx, sent); err != nil {
			return err
		}
	}
	return a.Store.StaffMailed(ctx, t.ID)
}

// tellingKey names a telling for mail servers and webhooks.
func tellingKey(t store.StaffTelling) string { return fmt.Sprintf("staff-telling-%d", t.ID) }

// linkOf is where staff deal with it; empty where the settings don't name the panel.
func (a *Message) linkOf(t store.StaffTelling) string {
	switch {
	case a.PanelURL == "":
		return ""
	case t.Kind == store.ToldStopped:
		return a.PanelURL + "/support/bureau"
	}
	return a.PanelURL + "/support/filings?" + url.Values{"step": {t.Step}, "reason": {t.Reason}}.Encode()
}

// The events that the webhook is posted.
const (
	eventStuck   = "filing.stuck"
	eventStopped = "exchange.stopped"
)

// trouble is the body: Standard Webhooks' envelope, and no personal data. It is the same
// however often it is posted.
type trouble struct {
	Type      string      `json:"type"`
	Timestamp string      `json:"timestamp"`
	Data      troubleData `json:"data"`
}

type troubleData struct {
	ID      int64  `json:"id"`
	Step    string `json:"step,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Order   string `json:"order,omitempty"`
	Account string `json:"account,omitempty"`
	Code    int64  `json:"code,omitempty"`
	Link    string `json:"link,omitempty"`
}

// PostStaff posts it to the webhook of staff's, once: what was taken before a crash kept that
// from being noted is posted again with the same ID, by which the other side knows it.
func (a *Message) PostStaff(ctx context.Context, tellingID int64) error {
	t, err := a.Store.StaffTelling(ctx, tellingID)
	if err != nil || t.PostedAt.Valid {
		return err
	}
	if a.StaffWebhook == nil {
		return a.Store.StaffPosted(ctx, t.ID)
	}
	event := trouble{Type: eventStuck, Timestamp: t.BeganAt.UTC().Format("2006-01-02T15:04:05.000Z"), Data: troubleData{
		ID: t.ID, Step: t.Step, Reason: t.Reason, Order: t.Order.String, Account: t.Account.String, Code: t.Code.Int64, Link: a.linkOf(t),
	}}
	if t.Kind == store.ToldStopped {
		event.Type = eventStopped
	}
	body, err := json.Marshal(event)
	if err != nil {
		return err
	}
	if err := a.StaffWebhook.Post(ctx, event.Type, tellingKey(t), body); err != nil {
		var e *webhook.Error
		if errors.As(err, &e) && e.Status == 0 {
			return failed(ReasonUnreachable, err, false, 0)
		}
		return failed(ReasonRefused, err, false, 0)
	}
	return a.Store.StaffPosted(ctx, t.ID)
}
