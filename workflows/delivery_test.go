package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/workflows"
)

// A sweep goes on while there is more to ask, but leaves the rest to the next one in the end, or after a failure.
func TestDeliverySweepEnds(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	sweep := func(times int, more bool, failure error) error {
		env := suite.NewTestWorkflowEnvironment()
		var message *activities.Message
		env.RegisterActivity(message)
		if times > 1 {
			env.OnActivity(message.AskDeliveries, mock.Anything).Return(true, nil).Times(times - 1)
		}
		env.OnActivity(message.AskDeliveries, mock.Anything).Return(more, failure).Once()
		env.ExecuteWorkflow(workflows.DeliverySweep)
		env.AssertExpectations(t)
		return env.GetWorkflowError()
	}
	require.NoError(t, sweep(1, false, nil))
	require.NoError(t, sweep(3, false, nil))
	require.NoError(t, sweep(20, true, nil))
	require.Error(t, sweep(2, false, temporal.NewApplicationError("away", activities.ReasonTemporary)))
}
