package workflows

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// troubleFor is for how long staff are tried to be told: a mail server or webhook that is
// down for longer is what somebody must mend first, and the pages show it all the time. The
// end of the next exchange begins anew.
const troubleFor = 24 * time.Hour

// StaffTellingInput names what staff are told of.
type StaffTellingInput struct{ TellingID int64 }

// StaffTelling tells staff by mail and by webhook, beside each other, each once.
func StaffTelling(ctx workflow.Context, in StaffTellingInput) error {
	ctx = troubleActivity(ctx)
	mailed := workflow.ExecuteActivity(ctx, a.message.MailStaff, in.TellingID)
	posted := workflow.ExecuteActivity(ctx, a.message.PostStaff, in.TellingID)
	failure := mailed.Get(ctx, nil)
	if err := posted.Get(ctx, nil); err != nil {
		return err
	}
	return failure
}

// troubleActivity is for one mail or one POST to staff.
func troubleActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              QueueMessage,
		HeartbeatTimeout:       heartbeatTimeout,
		StartToCloseTimeout:    45 * time.Second, // one SMTP conversation or one POST
		ScheduleToCloseTimeout: troubleFor,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 2 * time.Second,
			MaximumInterval: 10 * time.Minute,
		},
	})
}

// TellOfTrouble has staff told and doesn't wait for it.
func (c *Client) TellOfTrouble(ctx context.Context, tellingID int64) error {
	return c.start(ctx, fmt.Sprintf("staff-telling/%d", tellingID), troubleFor+time.Hour, StaffTelling, StaffTellingInput{tellingID})
}
