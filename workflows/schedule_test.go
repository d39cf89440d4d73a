package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/beian/beian/internal/testtemporal"
	"github.com/beian/beian/workflows"
)

// A schedule of an earlier build becomes what this build wants in every respect but that somebody paused it.
func TestSchedulesAreBroughtUpToDate(t *testing.T) {
	c := testtemporal.New(t)
	for _, id := range []string{"exchange/7", "broken"} {
		_, err := c.ScheduleClient().Create(t.Context(), client.ScheduleOptions{
			ID: id, Spec: client.ScheduleSpec{CronExpressions: []string{"0 3 * * *"}, Jitter: time.Minute},
			Overlap: enums.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL, PauseOnFailure: true, Paused: true, Note: "by hand",
			Action: &client.ScheduleWorkflowAction{ID: "former", Workflow: "Former", TaskQueue: "former",
				Args: []any{"former"}, WorkflowExecutionTimeout: time.Second},
		})
		require.NoError(t, err)
	}
	for range 2 {
		require.NoError(t, workflows.ScheduleExchange(t.Context(), c, 7, 5*time.Minute))
		require.NoError(t, workflows.ScheduleExchange(t.Context(), c, 8, 5*time.Minute))
		require.NoError(t, workflows.ScheduleBroken(t.Context(), c))
		require.NoError(t, workflows.ScheduleDeliveries(t.Context(), c))
		require.NoError(t, workflows.ScheduleFigures(t.Context(), c))
		require.NoError(t, workflows.ScheduleTickets(t.Context(), c))
	}
	described := func(id string) client.Schedule {
		d, err := c.ScheduleClient().GetHandle(t.Context(), id).Describe(t.Context())
		require.NoError(t, err)
		return d.Schedule
	}
	former, fresh := described("exchange/7"), described("exchange/8")
	require.Equal(t, fresh.Spec, former.Spec)
	require.Equal(t, fresh.Policy, former.Policy)
	require.True(t, former.State.Paused)
	require.Equal(t, "by hand", former.State.Note)
	for _, id := range []string{"exchange/7", "broken", "deliveries", "figures", "tickets"} {
		s := described(id)
		require.Equal(t, enums.SCHEDULE_OVERLAP_POLICY_SKIP, s.Policy.Overlap, "never two at once")
		require.Len(t, s.Spec.Intervals, 1)
		every, most := s.Spec.Intervals[0].Every, s.Action.(*client.ScheduleWorkflowAction).WorkflowExecutionTimeout
		require.True(t, every >= time.Minute && every <= time.Hour, "%s: %s", id, every)
		require.True(t, most >= 5*time.Minute && most <= 6*time.Hour, "%s: a run that hangs ends, after %s", id, most)
	}
	for id, workflow := range map[string]string{"exchange/7": "Exchange", "exchange/8": "Exchange", "broken": "BrokenCheck"} {
		action := described(id).Action.(*client.ScheduleWorkflowAction)
		require.Equal(t, id, action.ID)
		require.Equal(t, workflow, action.Workflow)
		require.Equal(t, workflows.QueueFiling, action.TaskQueue)
		require.Greater(t, action.WorkflowExecutionTimeout, time.Minute)
		require.Len(t, action.Args, map[string]int{"Exchange": 1}[workflow])
	}
	for range 2 { // an account that is no longer used, or was never
		require.NoError(t, workflows.UnscheduleExchange(t.Context(), c, 8))
	}
	_, err := c.ScheduleClient().GetHandle(t.Context(), "exchange/8").Describe(t.Context())
	require.Error(t, err)
}
