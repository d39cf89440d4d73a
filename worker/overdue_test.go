package worker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"go.temporal.io/sdk/interceptor"

	"github.com/beian/beian/internal/observe"
)

func TestActivitiesThatFailForLongAreNoticed(t *testing.T) {
	begin := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	forever, few := &temporal.RetryPolicy{MaximumInterval: time.Minute}, &temporal.RetryPolicy{MaximumAttempts: 3}
	for name, c := range map[string]struct {
		policy  *temporal.RetryPolicy
		attempt int32
		since   time.Duration
		endless bool
	}{
		"failing":               {forever, 20, time.Hour, true},
		"without a policy":      {nil, 2, time.Hour, true},
		"waited for a worker":   {forever, 1, 0, true},
		"gets stuck by itself":  {few, 3, 0, false},
		"is given up by itself": {few, 1, 0, false},
	} {
		since, endless := failingSince(activity.Info{RetryPolicy: c.policy, Attempt: c.attempt, ScheduledTime: begin,
			StartedTime: begin.Add(time.Hour)})
		require.Equal(t, c.since, since, name)
		require.Equal(t, c.endless, endless, name)
	}
}

func TestEveryActivityIsWatched(t *testing.T) {
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&around{run: watched}}})
	env.RegisterActivityWithOptions(func() error { return nil }, activity.RegisterOptions{Name: "WatchedOnce"})
	_, err := env.ExecuteActivity("WatchedOnce")
	require.NoError(t, err)
	families, err := observe.New().Registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() != "beian_activity_overdue_attempts_total" {
			continue
		}
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == "WatchedOnce" {
				require.Zero(t, m.GetCounter().GetValue(), "there from the first attempt, so that an increase is seen")
				return
			}
		}
	}
	require.Fail(t, "no counter")
}
