package workflows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

// exchangeTimeout bounds one exchange: the schedule skips while one runs, so a hanging run would block the next
// for ever.
const exchangeTimeout = time.Hour

// exchangeID is the ID of an account's schedule, and the prefix of its runs' IDs.
func exchangeID(accountID int64) string { return fmt.Sprintf("exchange/%d", accountID) }

// ScheduleExchange runs an account's exchange at an interval, never two at once.
func ScheduleExchange(ctx context.Context, c client.Client, accountID int64, every time.Duration) error {
	return ensureSchedule(ctx, c, exchangeID(accountID), every, &client.ScheduleWorkflowAction{
		Workflow: Exchange, Args: []any{ExchangeInput{AccountID: accountID}}, WorkflowExecutionTimeout: exchangeTimeout,
	})
}

// ensureSchedule creates a schedule, or makes the one of an earlier build what this build wants, all of it. Whether
// somebody paused it stays.
func ensureSchedule(ctx context.Context, c client.Client, id string, every time.Duration,
	action *client.ScheduleWorkflowAction) error {
	action.ID, action.TaskQueue = id, QueueFiling
	spec := client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: every}}}
	_, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{ID: id, Spec: spec,
		Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP, Action: action})
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	return c.ScheduleClient().GetHandle(ctx, id).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			return &client.ScheduleUpdate{Schedule: &client.Schedule{
				Action: action, Spec: &spec, State: in.Description.Schedule.State,
				Policy: &client.SchedulePolicies{Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP},
			}}, nil
		},
	})
}

// UnscheduleExchange ends the exchange of an account that is no longer used.
func UnscheduleExchange(ctx context.Context, c client.Client, accountID int64) error {
	err := c.ScheduleClient().GetHandle(ctx, exchangeID(accountID)).Delete(ctx)
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return nil
	}
	return err
}

// sweep is a workflow without input that runs at an interval, never two at once.
type sweep struct {
	id       string
	workflow any
	every    time.Duration
	// timeout bounds a run, so that a hanging one doesn't block the next.
	timeout time.Duration
}

func (s sweep) schedule(ctx context.Context, c client.Client) error {
	return ensureSchedule(ctx, c, s.id, s.every, &client.ScheduleWorkflowAction{Workflow: s.workflow,
		WorkflowExecutionTimeout: s.timeout})
}
