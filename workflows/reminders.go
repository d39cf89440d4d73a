package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
)

// reminderDays are after how many days in a step of their own customers are reminded
// of it: soon enough to help who was interrupted, and three times at most, because
// who doesn't answer then has decided. The hour is that at which the step began,
// when people or the bureau were at work.
var reminderDays = []int{3, 7, 14}

// startReminders reminds the customer of a stage until it is stopped. It goes on beside
// what the stage does.
func (f *run) startReminders(ctx workflow.Context, stage filing.Stage) (stop func()) {
	waiting, stop := workflow.WithCancel(ctx)
	start, revision := workflow.Now(ctx), f.revision
	workflow.Go(waiting, func(waiting workflow.Context) {
		for _, day := range reminderDays {
			at := start.Add(time.Duration(day) * 24 * time.Hour)
			if workflow.Sleep(waiting, at.Sub(workflow.Now(waiting))) != nil {
				return // moved on
			}
			if f.customerCanAct(stage) {
				f.sendReminder(ctx, stage, fmt.Sprintf("filing-%d-%d-%s-%s-%dd", f.in.FilingID, revision, templateWaiting, stage, day))
			}
		}
	})
	return stop
}

// customerCanAct tells whether the filing is in the stage and it is the customer's turn.
func (f *run) customerCanAct(stage filing.Stage) bool {
	return f.stage == stage && !f.withdrawn && filing.TurnOf(stage, f.attention, f.stuck != nil) == filing.TurnCustomer
}

// sendReminder sends one reminder by each channel. What doesn't go out is left: a reminder
// is no reason to leave a filing stuck.
func (f *run) sendReminder(ctx workflow.Context, stage filing.Stage, key string) {
	for _, channel := range filing.Channels {
		f.notices.wg.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer f.notices.wg.Done()
			notice := activities.Notice{FilingID: f.in.FilingID, Channel: channel, Template: templateWaiting, Key: key + "-" + string(channel), Stage: stage}
			err := workflow.ExecuteActivity(messageActivity(ctx), a.message.Notify, notice).Get(ctx, nil)
			if err != nil && !temporal.IsCanceledError(err) {
				workflow.GetLogger(ctx).Warn("a reminder did not go out", "filing", f.in.FilingID, "channel", channel, "reason", reasonOf(err))
			}
		})
	}
}
