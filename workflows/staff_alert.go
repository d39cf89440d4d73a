package workflows

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// staffAlertLifetime is for how long staff are tried to be told: a mail server or webhook that is
// down for longer is what somebody must mend first, and the pages show it all the time. The
// end of the next exchange begins anew.
const staffAlertLifetime = 24 * time.Hour

// StaffAlertInput names what staff are told of.
type StaffAlertInput struct{ AlertID int64 }

// StaffAlert tells staff by mail and by webhook, beside each other, each once.
func StaffAlert(ctx workflow.Context, in StaffAlertInput) error {
	ctx = staffAlertActivity(ctx)
	mailed := workflow.ExecuteActivity(ctx, a.message.MailStaffAlert, in.AlertID)
	posted := workflow.ExecuteActivity(ctx, a.message.PostStaffAlert, in.AlertID)
	failure := mailed.Get(ctx, nil)
	if err := posted.Get(ctx, nil); err != nil {
		return err
	}
	return failure
}

// staffAlertActivity is for one mail or one POST to staff.
func staffAlertActivity(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              QueueMessage,
		HeartbeatTimeout:       heartbeatTimeout,
		StartToCloseTimeout:    45 * time.Second, // one SMTP conversation or one POST
		ScheduleToCloseTimeout: staffAlertLifetime,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 2 * time.Second,
			MaximumInterval: 10 * time.Minute,
		},
	})
}

// StartStaffAlert has staff told and doesn't wait for it.
func (c *Client) StartStaffAlert(ctx context.Context, alertID int64) error {
	return c.start(ctx, fmt.Sprintf("staff-alert/%d", alertID), staffAlertLifetime+time.Hour, StaffAlert, StaffAlertInput{alertID})
}
