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
	id := exchangeID(accountID)
	return schedule(ctx, c, every, client.ScheduleWorkflowAction{
		ID:                       id,
		Workflow:                 Exchange,
		Args:                     []any{ExchangeInput{AccountID: accountID}},
		TaskQueue:                QueueFiling,
		WorkflowExecutionTimeout: exchangeTimeout,
	})
}

// schedule makes a schedule with the ID of its workflow, or brings an existing one up to date as a whole: it may be of
// an earlier build. Whether operators paused it stays.
func schedule(ctx context.Context, c client.Client, every time.Duration, action client.ScheduleWorkflowAction) error {
	spec := client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: every}}}
	const overlap = enums.SCHEDULE_OVERLAP_POLICY_SKIP
	_, err := c.ScheduleClient().Create(ctx,
		client.ScheduleOptions{ID: action.ID, Spec: spec, Overlap: overlap, Action: &action})
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	return c.ScheduleClient().GetHandle(ctx, action.ID).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			now := &in.Description.Schedule
			now.Spec, now.Action = &spec, &action
			if now.Policy == nil {
				now.Policy = &client.SchedulePolicies{}
			}
			now.Policy.Overlap, now.Policy.PauseOnFailure = overlap, false
			return &client.ScheduleUpdate{Schedule: now}, nil
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
	return schedule(ctx, c, s.every, client.ScheduleWorkflowAction{ID: s.id, Workflow: s.workflow, TaskQueue: QueueFiling,
		WorkflowExecutionTimeout: s.timeout})
}
