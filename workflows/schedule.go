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

// ScheduleExchange runs an account's exchange at an interval, never two at once. Calling it again updates the
// interval.
func ScheduleExchange(ctx context.Context, c client.Client, accountID int64, every time.Duration) error {
	id := exchangeID(accountID)
	spec := client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: every}}}
	_, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:      id,
		Spec:    spec,
		Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP,
		Action: &client.ScheduleWorkflowAction{
			ID:                       id,
			Workflow:                 Exchange,
			Args:                     []any{ExchangeInput{AccountID: accountID}},
			TaskQueue:                QueueFiling,
			WorkflowExecutionTimeout: exchangeTimeout,
		},
	})
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	return c.ScheduleClient().GetHandle(ctx, id).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			in.Description.Schedule.Spec = &spec
			return &client.ScheduleUpdate{Schedule: &in.Description.Schedule}, nil
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
	_, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:      s.id,
		Spec:    client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: s.every}}},
		Overlap: enums.SCHEDULE_OVERLAP_POLICY_SKIP,
		Action: &client.ScheduleWorkflowAction{ID: s.id, Workflow: s.workflow, TaskQueue: QueueFiling,
			WorkflowExecutionTimeout: s.timeout},
	})
	if errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return nil
	}
	return err
}
