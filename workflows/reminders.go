package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
)

// reminderDays are the days after which customers are reminded of their own step: soon enough to help those who
// were interrupted, and three times at most, because whoever ignores three has decided. They go out at the hour at
// which the step began, when people were at work.
var reminderDays = []int{3, 7, 14}

// smsVerificationReminders are the hours after the record's acceptance at which the customer is reminded of the
// bureau's SMS verification. Reminders of the public-security filing are in aftercare.go.
var smsVerificationReminders = []int{2, 12, 22}

// reminders is how far the reminders of the present stage have come.
type reminders struct {
	// Since is when they began.
	Since time.Time
	Sent  int
}

// startReminders reminds the customer in the background until the stage ends; carried, as the previous run would have.
func (f *run) startReminders(ctx workflow.Context, stage filing.Stage, carried bool) (stop func()) {
	waiting, stop := workflow.WithCancel(ctx)
	if !carried {
		f.reminders, f.idle = reminders{Since: workflow.Now(ctx)}, idle{}
	}
	revision := f.revision
	workflow.Go(waiting, func(waiting workflow.Context) {
		for _, days := range reminderDays[f.reminders.Sent:] {
			at := f.reminders.Since.Add(time.Duration(days) * day)
			if workflow.Sleep(waiting, at.Sub(workflow.Now(waiting))) != nil {
				return // moved on
			}
			f.reminders.Sent++
			if f.customerCanAct(stage) {
				f.sendReminder(ctx, activities.Notice{Template: message.Waiting, Stage: stage,
					Key: fmt.Sprintf("filing-%d-%d-%s-%s-%dd", f.in.FilingID, revision, message.Waiting, stage, days)})
			}
		}
		f.endIfAbandoned(waiting, stage)
	})
	return stop
}

// customerCanAct reports whether the filing is in the stage and it is the customer's turn.
func (f *run) customerCanAct(stage filing.Stage) bool {
	return f.stage == stage && !f.withdrawn && filing.TurnOf(stage, f.attention, f.stuck != nil) == filing.TurnCustomer
}

// sendReminder sends one reminder on each channel. A failure is only logged: a reminder is no reason to leave a
// filing stuck.
func (f *run) sendReminder(ctx workflow.Context, notice activities.Notice) {
	for _, channel := range filing.Channels {
		f.notices.add()
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer f.notices.done()
			notice.FilingID, notice.Channel, notice.Key = f.in.FilingID, channel, notice.Key+"-"+string(channel)
			err := workflow.ExecuteActivity(messageActivity(ctx), a.message.Notify, notice).Get(ctx, nil)
			if err != nil && !temporal.IsCanceledError(err) {
				workflow.GetLogger(ctx).Warn("sending a reminder failed", "filing", f.in.FilingID, "channel", channel, "reason",
					reasonOf(err))
			}
		})
	}
}
