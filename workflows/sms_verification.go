package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
)

// smsVerification is the state of the ministry's SMS verification (短信核验): it sends the managers a code, to be entered
// on its site within a day. Only they can tell the provider that it was.
type smsVerification int

const (
	smsVerificationNone smsVerification = iota
	smsVerificationAwaited
	smsVerificationDone
	smsVerificationExpired
)

// awaitDecision waits for the bureau's decision, and meanwhile reminds of its SMS verification, if any.
func (f *run) awaitDecision(ctx workflow.Context) error {
	decided := func() bool { return f.decision().Revision == f.revision }
	if f.smsVerificationHours > 0 && !decided() {
		if err := f.remindOfSMSVerification(ctx, decided); err != nil {
			return err
		}
	}
	return f.await(ctx, decided)
}

// remindOfSMSVerification ends when the verification is done or has expired, or the bureau has decided.
func (f *run) remindOfSMSVerification(ctx workflow.Context, decided func() bool) error {
	start := workflow.Now(ctx)
	limit := time.Duration(f.smsVerificationHours) * time.Hour
	f.smsVerification, f.smsVerifiedBy, f.smsVerifiedShown = smsVerificationAwaited, nil, 0
	due := filing.AttentionSMSVerification
	if err := f.advance(ctx, activities.Progress{
		Attention: &due, EventKind: filing.EventSMSVerification, Actor: bureauActor,
		Detail: start.Add(limit).UTC().Format(time.RFC3339),
	}); err != nil {
		return err
	}
	f.notifyOf(ctx, message.SMSVerification, "0h", f.smsVerificationHours)
	over := func() bool { return f.smsVerification != smsVerificationAwaited || decided() || f.withdrawn }
	for _, hour := range smsVerificationReminders {
		at := time.Duration(hour) * time.Hour
		if at >= limit {
			break
		}
		if early, err := f.untilVerified(ctx, start.Add(at), over); err != nil || early {
			return f.endSMSVerification(ctx, err)
		}
		f.notifyOf(ctx, message.SMSVerification, fmt.Sprintf("%dh", hour), f.smsVerificationHours-hour)
	}
	early, err := f.untilVerified(ctx, start.Add(limit), over)
	if err == nil && !early {
		f.smsVerification = smsVerificationExpired
	}
	return f.endSMSVerification(ctx, err)
}

// untilVerified waits like within, and shows each person who has verified while another still has to.
func (f *run) untilVerified(ctx workflow.Context, until time.Time, over func() bool) (bool, error) {
	fresh := func() bool { return f.smsVerifiedShown < len(f.smsVerifiedBy) }
	for {
		early, err := f.within(ctx, until, func() bool { return over() || fresh() })
		if err != nil || !early || over() {
			return early, err
		}
		person := f.smsVerifiedBy[f.smsVerifiedShown]
		if err := f.advance(ctx, activities.Progress{EventKind: filing.EventSMSVerificationPart, Actor: f.actor,
			Detail: person}); err != nil {
			return false, err
		}
		f.smsVerifiedShown++
	}
}

// within waits for a condition until a time.
func (f *run) within(ctx workflow.Context, until time.Time, ready func() bool) (bool, error) {
	return workflow.AwaitWithTimeout(ctx, until.Sub(workflow.Now(ctx)), ready)
}

// endSMSVerification records how the verification ended.
func (f *run) endSMSVerification(ctx workflow.Context, err error) error {
	if err != nil {
		return err
	}
	switch f.smsVerification {
	case smsVerificationExpired:
		return f.attend(ctx, filing.AttentionSMSVerificationExpired, filing.EventSMSVerificationExpired)
	case smsVerificationDone:
		return f.advance(ctx,
			activities.Progress{Attention: new(filing.Attention), EventKind: filing.EventSMSVerificationDone, Actor: f.actor})
	}
	f.smsVerification = smsVerificationNone // decided without it: the next stage clears the attention
	return nil
}
