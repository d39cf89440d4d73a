package web

import (
	"context"
	"strings"
	"time"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// SentCode is what pages say about a code: where it went, what became of it, how long it is valid, and how many
// attempts are left.
type SentCode struct {
	State CodeState
	// To is masked.
	To string
	store.Verification
	// Delivery is what became of the message; its outcome is empty where nobody records that.
	Delivery filing.Delivery
	Now      time.Time
}

// CodeState is how far a code is, as a part of the keys of the locale files below "sent_code.".
type CodeState string

// The states.
const (
	CodeVerified CodeState = "done"
	CodeSent     CodeState = "sent"
	// CodePending: it is about to be sent.
	CodePending CodeState = "pending"
	// CodeStuck: it can't be sent until staff have mended something.
	CodeStuck CodeState = "stuck"
	// CodeRefused: the customer must correct the number or address.
	CodeRefused CodeState = "refused"
	// CodeLocked: too many wrong codes were typed.
	CodeLocked CodeState = "locked"
)

// Fillable: the customer may have the code, or have it soon. After a correction the refusal of the former number or
// address shows until the new code has gone out.
func (s CodeState) Fillable() bool { return s == CodeSent || s == CodePending || s == CodeRefused }

// Repeatable: another code would help.
func (s CodeState) Repeatable() bool { return s.Fillable() }

// SentCodeOf describes a code that was sent to an address in a message with a key.
func (k *Kit) SentCodeOf(ctx context.Context, v store.Verification, to, key string) (SentCode, error) {
	deliveries, err := k.Store.Deliveries(ctx, key)
	now := k.Store.Now()
	return SentCode{State: CodeStateOf(v, now), To: Mask(v.Channel, to), Verification: v,
		Delivery: deliveries[key], Now: now}, err
}

// CodeStateOf says what was done about a code that nothing holds up.
func CodeStateOf(v store.Verification, now time.Time) CodeState {
	switch {
	case v.VerifiedAt.Valid:
		return CodeVerified
	case v.LockedUntil.Valid && v.LockedUntil.Time.After(now):
		return CodeLocked
	case v.SentAt.Valid:
		return CodeSent
	}
	return CodePending
}

// Mask masks a channel's number or address.
func Mask(ch filing.Channel, to string) string {
	if ch == filing.SMS {
		return MaskMobile(to)
	}
	return MaskEmail(to)
}

// Left is how many wrong codes may still be typed.
func (s SentCode) Left() int { return max(0, filing.MaxWrongTries-s.Tries) }

// line is the text about the code itself.
func (s SentCode) line(p *Page) string {
	key := "sent_code." + string(s.Channel) + "_" + string(s.State)
	return p.Text(key, "to", s.To, "at", Clock(s.SentAt.Time), "until", Time(s.LockedUntil.Time), "max",
		filing.MaxWrongTries)
}

// Shown: the message is on its way, and somebody waits for it.
func (s SentCode) shown() bool { return s.State == CodeSent }

// lateAfter is how long receipts take that come at all soon.
const lateAfter = time.Minute

// outcome is the text about what became of the message; empty if there is nothing to say.
func (s SentCode) outcome(p *Page) string {
	if !s.shown() {
		return ""
	}
	waited := s.Now.Sub(s.SentAt.Time)
	if s.Delivery.Outcome == filing.OutcomePending && waited < lateAfter {
		return ""
	}
	return OutcomeText(p, s.Channel, s.Delivery, waited)
}

// OutcomeText says what became of a message, and what its recipient can do. waited is how long ago it was sent.
func OutcomeText(p *Page, ch filing.Channel, d filing.Delivery, waited time.Duration) string {
	key := "sent_code." + string(ch) + "_outcome_" + string(d.Outcome)
	switch d.Outcome {
	case "":
		return ""
	case filing.OutcomeRefused:
		key += "_" + d.Fault
	}
	return p.Text(key, "at", Clock(d.At), "n", int(waited/time.Minute), "why", Reason(d))
}

// Reason is an operator's words and code.
func Reason(d filing.Delivery) string {
	switch {
	case d.Words == "":
		return d.Code
	case d.Code == "" || strings.Contains(d.Words, d.Code):
		return d.Words
	}
	return d.Words + " (" + d.Code + ")"
}

// expired: the code is of no use any more.
func (s SentCode) expired() bool { return s.ExpiresAt.Valid && !s.ExpiresAt.Time.After(s.Now) }

// againFrom is when another code may be asked for; zero: now.
func (s SentCode) againFrom() time.Time {
	if at := s.RequestedAt.Add(filing.ResendAfter); at.After(s.Now) {
		return at
	}
	return time.Time{}
}

// stamp is a time for scripts.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
