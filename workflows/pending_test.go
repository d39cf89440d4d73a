package workflows

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/mocks"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Only the type of a failure is shown: its text may hold what nobody should read.
func TestPendingActivitiesAreListed(t *testing.T) {
	next := time.Date(2026, 3, 2, 3, 4, 5, 0, time.UTC)
	app := func(kind string) *failure.Failure {
		return &failure.Failure{Message: "13900001234", FailureInfo: &failure.Failure_ApplicationFailureInfo{
			ApplicationFailureInfo: &failure.ApplicationFailureInfo{Type: kind}}}
	}
	e := executionOf(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflow.WorkflowExecutionInfo{Execution: &common.WorkflowExecution{WorkflowId: "filing/D1",
			RunId: "r"}, Status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING},
		PendingActivities: []*workflow.PendingActivityInfo{
			{ActivityId: "5", ActivityType: &common.ActivityType{Name: "SendCode"}, Attempt: 4, MaximumAttempts: 12,
				State: enums.PENDING_ACTIVITY_STATE_SCHEDULED, LastFailure: app("limit"), ScheduledTime: timestamppb.New(next)},
			{ActivityId: "9", ActivityType: &common.ActivityType{Name: "Check"}, Attempt: 1,
				State: enums.PENDING_ACTIVITY_STATE_STARTED, ScheduledTime: timestamppb.New(next)},
		},
	})
	require.Equal(t, Execution{Running: true, Pending: []PendingActivity{
		{Workflow: "filing/D1", Run: "r", ID: "9", Name: "Check", Attempt: 1, Running: true},
		{Workflow: "filing/D1", Run: "r", ID: "5", Name: "SendCode", Attempt: 4, MaxAttempts: 12, Reason: "limit",
			Next: next},
	}}, e)
	require.False(t, e.Pending[0].BackedOff(next.Add(-time.Hour)), "a running activity can't be retried at once")
	require.True(t, e.Pending[1].BackedOff(next.Add(-time.Second)))
	require.False(t, e.Pending[1].BackedOff(next), "it is due: it only waits for a worker")
	require.Equal(t, "internal", reasonOfFailure(app("something else")))
	require.Equal(t, "unreachable",
		reasonOfFailure(&failure.Failure{FailureInfo: &failure.Failure_TimeoutFailureInfo{
			TimeoutFailureInfo: &failure.TimeoutFailureInfo{}}, Cause: app("limit")}))
}

// A filing's history may be deleted before its aftercare ends: the aftercare is still shown.
func TestRelatedWorkflowsAreListedWithoutTheFilingsHistory(t *testing.T) {
	temporal, gone := mocks.NewClient(t), serviceerror.NewNotFound("gone")
	client := NewClient(temporal, false)
	temporal.On("DescribeWorkflowExecution", mock.Anything, "filing/D1", "").Return(nil, gone)
	temporal.On("DescribeWorkflowExecution", mock.Anything, "footer/1", "").Return(nil, gone)
	temporal.On("DescribeWorkflowExecution", mock.Anything, "aftercare/D1",
		"").Return(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflow.WorkflowExecutionInfo{Execution: &common.WorkflowExecution{
			WorkflowId: "aftercare/D1", RunId: "r"}, Status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING},
		PendingActivities: []*workflow.PendingActivityInfo{
			{ActivityId: "5", ActivityType: &common.ActivityType{Name: "Notify"}, Attempt: 3}},
	}, nil)
	e, err := client.Execution(t.Context(), "D1", "footer/1", "aftercare/D1")
	require.ErrorIs(t, err, ErrNoExecution)
	require.Equal(t,
		Execution{Pending: []PendingActivity{{Workflow: "aftercare/D1", Run: "r", ID: "5", Name: "Notify", Attempt: 3}}}, e)

	down := errors.New("down")
	temporal.On("DescribeWorkflowExecution", mock.Anything, "filing/D2", "").Return(nil, down)
	_, err = client.Execution(t.Context(), "D2", "aftercare/D1")
	require.ErrorIs(t, err, down)
	require.NotErrorIs(t, err, ErrNoExecution)
}
