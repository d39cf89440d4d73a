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

// A mail that can't be sent doesn't hold up the others.
func TestSweepGoesOnAfterAFailure(t *testing.T) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	var message *activities.Message
	env.RegisterActivity(message)
	left := []activities.TicketRef{{TicketID: 1}, {TicketID: 2, AnswerID: 7}, {TicketID: 3}}
	env.OnActivity(message.UnsentTickets, mock.Anything).Return(left, nil)
	env.OnActivity(message.SendTicket, mock.Anything,
		left[0]).Return(temporal.NewNonRetryableApplicationError("refused", activities.ReasonOperator, nil)).Once()
	env.OnActivity(message.SendTicket, mock.Anything, left[1]).Return(nil).Once()
	env.OnActivity(message.SendTicket, mock.Anything, left[2]).Return(nil).Once()
	env.ExecuteWorkflow(workflows.TicketSweep)
	require.NoError(t, env.GetWorkflowError())
	env.AssertExpectations(t)
}
