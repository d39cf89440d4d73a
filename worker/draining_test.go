package worker

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/beian/beian/activities"
)

func running(t *testing.T, handBack context.Context, activity any) error {
	t.Helper()
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{draining(handBack)}})
	env.RegisterActivity(activity)
	_, err := env.ExecuteActivity(activity)
	return err
}

func TestActivityIsHandedBackWhenTheWorkerStops(t *testing.T) {
	handBack, cut := context.WithCancel(t.Context())
	started := make(chan struct{})
	go func() {
		<-started
		cut()
	}()
	err := running(t, handBack, func(ctx context.Context) error {
		close(started)
		<-ctx.Done() // a call that waits for its answer
		return ctx.Err()
	})
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.False(t, app.NonRetryable(), "another worker continues it")
	require.True(t, activities.KnownReason(app.Type()))
	require.Equal(t, handBackAfter, app.NextRetryDelay())
}

func TestWhatEndsInTimeIsItsOwnResult(t *testing.T) {
	handBack, cut := context.WithCancel(t.Context())
	require.NoError(t, running(t, handBack, func(context.Context) error {
		cut()
		return nil // its effect happened: nothing to repeat
	}))
	final := temporal.NewNonRetryableApplicationError("no", activities.ReasonRecipient, nil)
	err := running(t, handBack, func(context.Context) error { return final })
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, activities.ReasonRecipient, app.Type())
	alive, cutLater := context.WithCancel(t.Context())
	defer cutLater()
	err = running(t, alive, func(context.Context) error { return errors.New("of its own") })
	require.ErrorContains(t, err, "of its own")
}

func TestPatienceLeavesTimeToReport(t *testing.T) {
	require.Equal(t, 25*time.Second, patience(30*time.Second))
	require.Equal(t, 1500*time.Millisecond, patience(2*time.Second))
	require.Zero(t, patience(0))
}
