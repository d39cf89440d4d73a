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
	for id, workflow := range map[string]string{"exchange/7": "Exchange", "exchange/8": "Exchange", "broken": "BrokenCheck"} {
		action := described(id).Action.(*client.ScheduleWorkflowAction)
		require.Equal(t, id, action.ID)
		require.Equal(t, workflow, action.Workflow)
		require.Equal(t, workflows.QueueFiling, action.TaskQueue)
		require.Greater(t, action.WorkflowExecutionTimeout, time.Minute)
		require.Len(t, action.Args, map[string]int{"Exchange": 1}[workflow])
	}
}
