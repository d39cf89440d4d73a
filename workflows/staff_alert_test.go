package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/workflows"
)

// A webhook that is down is retried until it is back, and doesn't delay the mail.
func TestStaffAreAlertedWhenTheWebhookIsBack(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	env.RegisterActivity(&activities.Message{})
	begin, mailed, tries := env.Now(), 0, 0
	env.OnActivity(messageActivities.MailStaffAlert, mock.Anything,
		mock.Anything).Return(func(_ context.Context, id int64) error {
		require.EqualValues(t, 7, id)
		mailed++
		return nil
	})
	env.OnActivity(messageActivities.PostStaffAlert, mock.Anything,
		mock.Anything).Return(func(context.Context, int64) error {
		if tries++; tries <= 8 { // the test environment allows ten attempts at most
			return temporal.NewApplicationError("down", activities.ReasonUnreachable)
		}
		return nil
	})
	env.ExecuteWorkflow(workflows.StaffAlert, workflows.StaffAlertInput{AlertID: 7})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	env.AssertExpectations(t)
	require.Equal(t, 1, mailed)
	require.Greater(t, env.Now().Sub(begin), 5*time.Minute, "with growing pauses")
}
