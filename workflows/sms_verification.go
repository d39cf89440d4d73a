package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
)

// smsVerification is where the bureau's own SMS verification stands: some provinces send
// the applicant a code of their own, to be entered on the bureau's site within a
// day (短信核验). Nothing tells the provider that it was; only the customer can.
type smsVerification int

const (
	smsVerificationNone smsVerification = iota
	smsVerificationAwaited
	smsVerificationDone
	smsVerificationExpired
)

// smsVerificationReminders are when the customer is reminded, in hours from the record's acceptance.
var smsVerificationReminders = []int{2, 12, 22}

// awaitDecision waits for the bureau's word, and meanwhile reminds of its SMS
// check where there is one.
func (f *run) awaitDecision(ctx workflow.Context) error {
	decided := func() bool { return f.decision().Revision == f.revision }
	if f.smsVerificationHours > 0 && !decided() {
		if err := f.remindOfSMSVerification(ctx, decided); err != nil {
			return err
		}
	}
	return f.await(ctx, decided)
}

// remindOfSMSVerification ends when the check is done, its time is over, or the bureau
// has decided: then nobody needs it any more.
func (f *run) remindOfSMSVerification(ctx workflow.Context, decided func() bool) error {
	start := workflow.Now(ctx)
	limit := time.Duration(f.smsVerificationHours) * time.Hour
	f.smsVerification = smsVerificationAwaited
	due := filing.AttentionSMSVerification
	if err := f.advance(ctx, activities.Progress{
		Attention: &due, EventKind: filing.EventSMSVerification, Actor: bureauActor, Detail: start.Add(limit).UTC().Format(time.RFC3339),
	}); err != nil {
		return err
	}
	f.notifyOf(ctx, templateSMSVerification, "0h", f.smsVerificationHours)
	over := func() bool { return f.smsVerification != smsVerificationAwaited || decided() || f.withdrawn }
	for _, hour := range smsVerificationReminders {
		at := time.Duration(hour) * time.Hour
		if at >= limit {
			break
		}
		if early, err := f.within(ctx, start.Add(at), over); err != nil || early {
			return f.endSMSVerification(ctx, err)
		}
		f.notifyOf(ctx, templateSMSVerification, fmt.Sprintf("%dh", hour), f.smsVerificationHours-hour)
	}
	early, err := f.within(ctx, start.Add(limit), over)
	if err == nil && !early {
		f.smsVerification = smsVerificationExpired
	}
	return f.endSMSVerification(ctx, err)
}

// within waits until a time for something to be so.
func (f *run) within(ctx workflow.Context, until time.Time, ready func() bool) (bool, error) {
	return workflow.AwaitWithTimeout(ctx, until.Sub(workflow.Now(ctx)), ready)
}

// endSMSVerification writes how the check ended.
func (f *run) endSMSVerification(ctx workflow.Context, err error) error {
	if err != nil {
		return err
	}
	switch f.smsVerification {
	case smsVerificationExpired:
		return f.attend(ctx, filing.AttentionSMSVerificationExpired, filing.EventSMSVerificationExpired)
	case smsVerificationDone:
		return f.advance(ctx, activities.Progress{Attention: new(filing.Attention), EventKind: filing.EventSMSVerificationDone, Actor: f.actor})
	}
	f.smsVerification = smsVerificationNone // decided without it: the next stage clears what the customer looks at
	return nil
}
