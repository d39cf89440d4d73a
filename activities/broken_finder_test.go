package activities_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/deployment/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/store"
)

// temporalStub is a server whose workflows have a known number of attempts since the last success.
type temporalStub struct {
	workflowservice.WorkflowServiceClient
	t *testing.T
	// reports: it has the search attribute.
	reports bool
	ids     []string
	attempt map[string]int32
	// build is the build that runs are moving to.
	build string
	// polls are when workers polled, by queue.
	polls map[string][]time.Time
	// described and inspected count the requests.
	described, inspected int
}

func (s *temporalStub) DescribeNamespace(context.Context, *workflowservice.DescribeNamespaceRequest,
	...grpc.CallOption) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{NamespaceInfo: &namespace.NamespaceInfo{
		Capabilities: &namespace.NamespaceInfo_Capabilities{ReportedProblemsSearchAttribute: s.reports}}}, nil
}

func (s *temporalStub) info(id string) *workflowpb.WorkflowExecutionInfo {
	return &workflowpb.WorkflowExecutionInfo{
		Execution: &common.WorkflowExecution{WorkflowId: id, RunId: "run"}, Type: &common.WorkflowType{Name: "Filing"},
		Status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING,
	}
}

func (s *temporalStub) ListWorkflowExecutions(_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
	_ ...grpc.CallOption) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	require.Equal(s.t, s.reports, strings.Contains(in.GetQuery(), "TemporalReportedProblems"),
		"a server without it refuses the query")
	from := 0
	if len(in.GetNextPageToken()) > 0 {
		_, err := fmt.Sscan(string(in.GetNextPageToken()), &from)
		require.NoError(s.t, err)
	}
	answer := &workflowservice.ListWorkflowExecutionsResponse{}
	until := min(len(s.ids), from+int(in.GetPageSize()))
	for _, id := range s.ids[from:until] {
		info := s.info(id)
		if s.reports {
			if s.attempt[id] < 3 {
				continue
			}
			words, err := converter.GetDefaultDataConverter().ToPayload(
				[]string{"category=WorkflowTaskFailed", "cause=WorkflowTaskFailedCauseNonDeterministicError"})
			require.NoError(s.t, err)
			info.SearchAttributes = &common.SearchAttributes{
				IndexedFields: map[string]*common.Payload{"TemporalReportedProblems": words}}
		}
		answer.Executions = append(answer.Executions, info)
	}
	if until < len(s.ids) {
		answer.NextPageToken = fmt.Append(nil, until)
	}
	return answer, nil
}

func (s *temporalStub) DescribeWorkflowExecution(_ context.Context,
	in *workflowservice.DescribeWorkflowExecutionRequest,
	_ ...grpc.CallOption) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	s.described++
	attempt, there := s.attempt[in.GetExecution().GetWorkflowId()]
	if !there {
		return nil, serviceerror.NewNotFound("gone")
	}
	info := s.info(in.GetExecution().GetWorkflowId())
	info.VersioningInfo = &workflowpb.WorkflowExecutionVersioningInfo{
		DeploymentVersion: &deployment.WorkerDeploymentVersion{BuildId: "b1"},
		VersionTransition: &workflowpb.DeploymentVersionTransition{
			DeploymentVersion: &deployment.WorkerDeploymentVersion{BuildId: s.build}},
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: info, PendingWorkflowTask: &workflowpb.PendingWorkflowTaskInfo{Attempt: attempt},
	}, nil
}

func (s *temporalStub) GetWorkflowExecutionHistoryReverse(context.Context,
	*workflowservice.GetWorkflowExecutionHistoryReverseRequest,
	...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryReverseResponse, error) {
	s.inspected++
	return &workflowservice.GetWorkflowExecutionHistoryReverseResponse{
		History: &historypb.History{Events: []*historypb.HistoryEvent{
			{EventType: enums.EVENT_TYPE_WORKFLOW_TASK_FAILED,
				Attributes: &historypb.HistoryEvent_WorkflowTaskFailedEventAttributes{
					WorkflowTaskFailedEventAttributes: &historypb.WorkflowTaskFailedEventAttributes{
						Cause: enums.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR, Failure: &failure.Failure{Message: "林先生"},
					}}},
		}}}, nil
}

// crowdOf makes n workflows, of which the named ones fail.
func crowdOf(t *testing.T, n int, failing ...string) *temporalStub {
	s := &temporalStub{t: t, attempt: map[string]int32{}, build: "b2"}
	for i := range n {
		id := fmt.Sprintf("filing/%04d", i)
		s.ids, s.attempt[id] = append(s.ids, id), 1
	}
	for _, id := range failing {
		s.attempt[id] = 5
	}
	return s
}

func brokenIDs(list []store.BrokenExecution) (ids []string) {
	for _, b := range list {
		ids = append(ids, b.WorkflowID)
	}
	return ids
}

// A server that reports problems is asked for them, and for the builds of the runs.
func TestBrokenCodeIsFoundByWhatTheServerReports(t *testing.T) {
	server := crowdOf(t, 1500, "filing/0001", "filing/1499")
	server.reports = true
	finder := activities.NewBrokenFinder(server, "default")
	found, part, err := finder.FindBroken(t.Context(), nil)
	require.NoError(t, err)
	require.False(t, part)
	require.Equal(t, []string{"filing/0001", "filing/1499"}, brokenIDs(found))
	require.Equal(t, store.BrokenExecution{
		Execution: store.Execution{WorkflowID: "filing/0001", RunID: "run"}, Type: "Filing", Category: "WorkflowTaskFailed",
		Cause: "NonDeterministicError", BuildID: "b2", Inspected: true,
	}, found[0])
	again, _, err := finder.FindBroken(t.Context(), found)
	require.NoError(t, err)
	require.Equal(t, found, again)
	server.build = "b3" // fails the same way
	again, _, err = finder.FindBroken(t.Context(), again)
	require.NoError(t, err)
	require.Equal(t, "b3", again[0].BuildID)
	require.Equal(t, "b3", again[1].BuildID)
	require.Equal(t, "NonDeterministicError", again[1].Cause)
	require.Zero(t, server.inspected, "the server said why")
}

// When everything broke, one check reads some histories and the next one others; new builds are found in time.
func TestBrokenCodeIsInspectedInBatches(t *testing.T) {
	server := crowdOf(t, 450)
	server.reports = true
	for _, id := range server.ids {
		server.attempt[id] = 9
	}
	finder := activities.NewBrokenFinder(server, "default")
	var found []store.BrokenExecution
	for _, want := range []int{200, 400, 450} {
		var err error
		found, _, err = finder.FindBroken(t.Context(), found)
		require.NoError(t, err)
		require.Len(t, found, 450)
		looked := 0
		for _, one := range found {
			if one.Inspected {
				looked++
			}
		}
		require.Equal(t, want, looked)
	}
	require.Equal(t, 600, server.described)
	server.build = "b3"
	stale := func(one store.BrokenExecution) bool { return one.BuildID != "b3" }
	for n := 0; slices.ContainsFunc(found, stale); n++ {
		require.Less(t, n, 100)
		var err error
		found, _, err = finder.FindBroken(t.Context(), found)
		require.NoError(t, err)
	}
}

// On a server that reports nothing, the newest and the known workflows are inspected, and no more.
func TestBrokenCodeIsFoundByInspection(t *testing.T) {
	server := crowdOf(t, 800, "filing/0002", "filing/0700")
	finder := activities.NewBrokenFinder(server, "default")
	known := []store.BrokenExecution{
		{Execution: store.Execution{WorkflowID: "filing/0700", RunID: "run"}, Category: "WorkflowTaskFailed",
			Cause: "NonDeterministicError", BuildID: "b1", Inspected: true},
		{Execution: store.Execution{WorkflowID: "filing/0701", RunID: "run"}, Inspected: true},  // fixed
		{Execution: store.Execution{WorkflowID: "filing/ended", RunID: "run"}, Inspected: true}, // deleted
	}
	found, part, err := finder.FindBroken(t.Context(), known)
	require.NoError(t, err)
	require.False(t, part)
	require.Equal(t, []string{"filing/0700", "filing/0002"}, brokenIDs(found))
	require.Equal(t, "b2", found[0].BuildID)
	require.Equal(t, "NonDeterministicError", found[1].Cause)
	require.Equal(t, "b2", found[1].BuildID)
	require.Equal(t, 505, server.described)
	require.Equal(t, 2, server.inspected)
	require.NotContains(t, fmt.Sprint(found), "林", "the cause of a failure, never its text")
}
