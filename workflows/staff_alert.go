package workflows

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// staffAlertLifetime is how long an alert is retried. A mail server or webhook that is down for longer must be
// fixed first; the pages show the trouble all the time, and the end of the next exchange starts the alert again.
const staffAlertLifetime = 24 * time.Hour

// StaffAlertInput identifies an alert.
type StaffAlertInput struct{ AlertID int64 }

// StaffAlert alerts staff by mail and by webhook at once, each once.
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
		StartToCloseTimeout:    45 * time.Second, // one SMTP session or one POST
		ScheduleToCloseTimeout: staffAlertLifetime,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 2 * time.Second,
			MaximumInterval: 10 * time.Minute,
		},
	})
}

// StartStaffAlert starts an alert to staff and doesn't wait.
func (c *Client) StartStaffAlert(ctx context.Context, alertID int64) error {
	return c.start(ctx, fmt.Sprintf("staff-alert/%d", alertID), staffAlertLifetime+time.Hour, StaffAlert,
		StaffAlertInput{alertID})
}
