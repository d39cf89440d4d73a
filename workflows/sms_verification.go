package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
)

// smsVerification is the state of the bureau's own SMS verification (短信核验): some provinces send the applicant a
// code, to be entered on the bureau's site within a day. Only the customer can tell the provider that it was.
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
	f.smsVerification = smsVerificationAwaited
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
		if early, err := f.within(ctx, start.Add(at), over); err != nil || early {
			return f.endSMSVerification(ctx, err)
		}
		f.notifyOf(ctx, message.SMSVerification, fmt.Sprintf("%dh", hour), f.smsVerificationHours-hour)
	}
	early, err := f.within(ctx, start.Add(limit), over)
	if err == nil && !early {
		f.smsVerification = smsVerificationExpired
	}
	return f.endSMSVerification(ctx, err)
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
