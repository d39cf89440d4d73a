package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
)

// bureauCheck is where the bureau's own SMS check stands: some provinces send
// the applicant a code of their own, to be entered on the bureau's site within a
// day (短信核验). Nothing tells the provider that it was; only the customer can.
type bureauCheck int

const (
	checkNone bureauCheck = iota
	checkAwaited
	checkDone
	checkExpired
)

// checkReminders are when the customer is reminded, in hours from the record's acceptance.
var checkReminders = []int{2, 12, 22}

// awaitDecision waits for the bureau's word, and meanwhile reminds of its SMS
// check where there is one.
func (f *run) awaitDecision(ctx workflow.Context) error {
	decided := func() bool { return f.decision().Revision == f.revision }
	if f.checkHours > 0 && !decided() {
		if err := f.remindOfCheck(ctx, decided); err != nil {
			return err
		}
	}
	return f.await(ctx, decided)
}

// remindOfCheck ends when the check is done, its time is over, or the bureau
// has decided: then nobody needs it any more.
func (f *run) remindOfCheck(ctx workflow.Context, decided func() bool) error {
	start := workflow.Now(ctx)
	limit := time.Duration(f.checkHours) * time.Hour
	f.bureauCheck = checkAwaited
	due := filing.AttentionBureauCheck
	if err := f.advance(ctx, activities.Progress{
		Attention: &due, Kind: filing.EventBureauCheck, Actor: bureauActor, Detail: start.Add(limit).UTC().Format(time.RFC3339),
	}); err != nil {
		return err
	}
	f.notifyOf(ctx, templateBureauCheck, "0h", f.checkHours)
	over := func() bool { return f.bureauCheck != checkAwaited || decided() || f.withdrawn }
	for _, hour := range checkReminders {
		at := time.Duration(hour) * time.Hour
		if at >= limit {
			break
		}
		if early, err := f.within(ctx, start.Add(at), over); err != nil || early {
			return f.endCheck(ctx, err)
		}
		f.notifyOf(ctx, templateBureauCheck, fmt.Sprintf("%dh", hour), f.checkHours-hour)
	}
	early, err := f.within(ctx, start.Add(limit), over)
	if err == nil && !early {
		f.bureauCheck = checkExpired
	}
	return f.endCheck(ctx, err)
}

// within waits until a time for something to be so.
func (f *run) within(ctx workflow.Context, until time.Time, ready func() bool) (bool, error) {
	return workflow.AwaitWithTimeout(ctx, until.Sub(workflow.Now(ctx)), ready)
}

// endCheck writes how the check ended.
func (f *run) endCheck(ctx workflow.Context, err error) error {
	if err != nil {
		return err
	}
	switch f.bureauCheck {
	case checkExpired:
		return f.attend(ctx, filing.AttentionCheckExpired, filing.EventBureauCheckExpired)
	case checkDone:
		return f.advance(ctx, activities.Progress{Attention: new(filing.Attention), Kind: filing.EventBureauCheckDone, Actor: f.actor})
	}
	f.bureauCheck = checkNone // decided without it: the next stage clears what the customer looks at
	return nil
}
