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

// StaffAlerter alerts staff by a workflow of its own, which can retry for longer than its caller lives. Starting
// an alert twice changes nothing.
type StaffAlerter interface {
	StartStaffAlert(ctx context.Context, alertID int64) error
}

// alertsStarted bounds the alerts started at the end of an exchange.
const alertsStarted = 20

// StuckReport is about a stuck filing.
type StuckReport struct {
	FilingID     int64
	Step, Reason string
}

// AlertStaff alerts staff to why a filing is stuck, if that is new.
func (a *Message) AlertStaff(ctx context.Context, n StuckReport) error {
	id, err := a.Store.PendingStuckAlert(ctx, store.Cause{Step: n.Step, Reason: n.Reason})
	if err != nil || id == 0 {
		return err
	}
	return a.Alerter.StartStaffAlert(ctx, id)
}

// startPendingAlerts starts the alerts that a crash or an outage prevented.
func (a *Message) startPendingAlerts(ctx context.Context) error {
	ids, err := a.Store.PendingStaffAlerts(ctx, alertsStarted)
	for _, id := range ids {
		err = errors.Join(err, a.Alerter.StartStaffAlert(ctx, id))
	}
	return err
}

// MailStaffAlert mails an alert to staff, once: after a crash between sending and recording, it goes out again
// with the same Message-ID.
func (a *Message) MailStaffAlert(ctx context.Context, alertID int64) error {
	t, err := a.Store.StaffAlert(ctx, alertID)
	if err != nil || t.MailedAt.Valid {
		return err
	}
	if a.StaffAddress == "" {
		return a.Store.StaffAlertMailed(ctx, t.ID)
	}
	name, params := message.Stuck,
		map[string]string{"order": t.Order.String, "step": t.Step, "reason": t.Reason, "link": a.linkOf(t)}
	if t.Kind == store.AlertStopped {
		name, params = message.Stopped,
			map[string]string{"account": t.Account.String, "code": strconv.FormatInt(t.Code.Int64, 10), "link": a.linkOf(t)}
	}
	receipt, err := a.mail(ctx, staffAlertKey(t), a.StaffAddress, name, params)
	if err != nil {
		return messageFailed(err)
	}
	if t.FilingID.Valid { // its page lists it
		sent := store.Message{Key: staffAlertKey(t), FilingID: t.FilingID.Int64, Channel: filing.Mail, Template: string(name),
			ProviderID: receipt.ProviderID}
		if err := a.Store.NoteMessage(ctx, sent); err != nil {
			return err
		}
	}
	return a.Store.StaffAlertMailed(ctx, t.ID)
}

// staffAlertKey identifies an alert for mail servers and webhooks.
func staffAlertKey(t store.StaffAlert) string { return fmt.Sprintf("staff-alert-%d", t.ID) }

// linkOf is the page where staff handle the alert; empty if the settings don't name the panel.
func (a *Message) linkOf(t store.StaffAlert) string {
	switch {
	case a.PanelURL == "":
		return ""
	case t.Kind == store.AlertStopped:
		return a.PanelURL + "/support/bureau"
	}
	return a.PanelURL + "/support/filings?" + url.Values{"step": {t.Step}, "reason": {t.Reason}}.Encode()
}

// The events that the webhook receives.
const (
	eventStuck   = "filing.stuck"
	eventStopped = "exchange.stopped"
)

// alertEvent is the body: Standard Webhooks' envelope, without personal data, and the same however often it is
// posted.
type alertEvent struct {
	Type      string         `json:"type"`
	Timestamp string         `json:"timestamp"`
	Data      alertEventData `json:"data"`
}

type alertEventData struct {
	ID      int64  `json:"id"`
	Step    string `json:"step,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Order   string `json:"order,omitempty"`
	Account string `json:"account,omitempty"`
	Code    int64  `json:"code,omitempty"`
	Link    string `json:"link,omitempty"`
}

// PostStaffAlert posts an alert to staff's webhook, once: after a crash between sending and recording, it is
// posted again with the same ID, by which the receiver recognises it.
func (a *Message) PostStaffAlert(ctx context.Context, alertID int64) error {
	t, err := a.Store.StaffAlert(ctx, alertID)
	if err != nil || t.PostedAt.Valid {
		return err
	}
	if a.StaffWebhook == nil {
		return a.Store.StaffAlertPosted(ctx, t.ID)
	}
	event := alertEvent{Type: eventStuck, Timestamp: t.BeganAt.UTC().Format("2006-01-02T15:04:05.000Z"),
		Data: alertEventData{
			ID: t.ID, Step: t.Step, Reason: t.Reason, Order: t.Order.String, Account: t.Account.String, Code: t.Code.Int64,
			Link: a.linkOf(t),
		}}
	if t.Kind == store.AlertStopped {
		event.Type = eventStopped
	}
	body, err := json.Marshal(event)
	if err != nil {
		return err
	}
	if err := a.StaffWebhook.Post(ctx, event.Type, staffAlertKey(t), body); err != nil {
		var e *webhook.Error
		if errors.As(err, &e) && e.Status == 0 {
			return failed(ReasonUnreachable, err, false, 0)
		}
		return failed(ReasonRefused, err, false, 0)
	}
	return a.Store.StaffAlertPosted(ctx, t.ID)
}
