package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/beian/beian/internal/store"
)

const (
	// reportedProblems is the search attribute by which servers from 1.29 on mark runs whose workflow tasks keep
	// failing. A task that succeeds on retry isn't among them.
	reportedProblems = "TemporalReportedProblems"
	// brokenPage is the page size of listings, brokenMost the total: with that many broken runs, nobody needs the
	// rest.
	brokenPage, brokenMost = 1000, 5000
	// maxInspections bounds the runs whose build and cause one check looks up; the next check continues. New runs come
	// first; the rest of the budget refreshes known ones.
	maxInspections = 200
	// maxRunningInspected bounds the running workflows that are inspected one by one, newest first, on a server
	// without the search attribute.
	maxRunningInspected = 500
	// brokenAttempt is the workflow task attempt that counts as broken there: two have failed, as with the search
	// attribute.
	brokenAttempt = 3
)

// BrokenFinder asks Temporal which runs of a namespace are blocked because their code fails or doesn't match their
// histories.
type BrokenFinder struct {
	service   workflowservice.WorkflowServiceClient
	namespace string
}

// NewBrokenFinder makes one; service is a client's WorkflowService.
func NewBrokenFinder(service workflowservice.WorkflowServiceClient, namespace string) *BrokenFinder {
	return &BrokenFinder{service, namespace}
}

// FindBroken finds broken runs by what the server reports or, if it reports nothing, by inspecting those known
// from last time and the newest running ones. part says that there may be more.
func (b *BrokenFinder) FindBroken(ctx context.Context,
	known []store.BrokenExecution) (found []store.BrokenExecution, part bool, err error) {
	answer, err := b.service.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: b.namespace})
	if err != nil {
		return nil, false, fmt.Errorf("describing the namespace: %w", err)
	}
	if answer.GetNamespaceInfo().GetCapabilities().GetReportedProblemsSearchAttribute() {
		found, part, err = b.reported(ctx)
	} else {
		found, err = b.asked(ctx, known)
	}
	if err != nil {
		return nil, false, err
	}
	return found, part, b.inspectEach(ctx, found, known)
}

// reported returns the runs that the server reports.
func (b *BrokenFinder) reported(ctx context.Context) (found []store.BrokenExecution, part bool, err error) {
	err = b.list(ctx, reportedProblems+` IS NOT NULL AND ExecutionStatus = "Running"`, brokenMost,
		func(info *workflowpb.WorkflowExecutionInfo) error {
			one := brokenOf(info)
			one.Category, one.Cause = problemsOf(info.GetSearchAttributes())
			found = append(found, one)
			return nil
		})
	return found, len(found) == brokenMost, err
}

func brokenOf(info *workflowpb.WorkflowExecutionInfo) store.BrokenExecution {
	return store.BrokenExecution{Execution: executionKey(info), Type: info.GetType().GetName()}
}

func executionKey(info *workflowpb.WorkflowExecutionInfo) store.Execution {
	return store.Execution{WorkflowID: info.GetExecution().GetWorkflowId(), RunID: info.GetExecution().GetRunId()}
}

// list returns the workflows of a query, up to a limit.
func (b *BrokenFinder) list(ctx context.Context, query string, most int,
	give func(*workflowpb.WorkflowExecutionInfo) error) error {
	var token []byte
	for n := 0; ; {
		answer, err := b.service.ListWorkflowExecutions(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: b.namespace, Query: query, PageSize: int32(min(brokenPage, most-n)), NextPageToken: token,
		})
		if err != nil {
			return fmt.Errorf("listing executions: %w", err)
		}
		for _, info := range answer.GetExecutions() {
			if err := give(info); err != nil {
				return err
			}
			if n++; n == most {
				return nil
			}
		}
		if token = answer.GetNextPageToken(); len(token) == 0 {
			return nil
		}
	}
}

// problemsOf reads what the server reports: "category=WorkflowTaskFailed" and
// "cause=WorkflowTaskFailedCauseNonDeterministicError".
func problemsOf(attributes *common.SearchAttributes) (category, cause string) {
	var words []string
	if err := converter.GetDefaultDataConverter().FromPayload(attributes.GetIndexedFields()[reportedProblems],
		&words); err != nil {
		return "", ""
	}
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "category":
			category = value
		case "cause":
			cause = value
		}
	}
	return category, strings.TrimPrefix(cause, category+"Cause")
}

// asked inspects the known runs and the newest running ones, and returns those whose workflow task has failed too
// often.
func (b *BrokenFinder) asked(ctx context.Context,
	known []store.BrokenExecution) (found []store.BrokenExecution, err error) {
	var candidates []store.Execution
	for _, k := range known {
		candidates = append(candidates, k.Execution)
	}
	err = b.list(ctx, `ExecutionStatus = "Running"`, maxRunningInspected,
		func(info *workflowpb.WorkflowExecutionInfo) error {
			if key := executionKey(info); !slices.ContainsFunc(known,
				func(k store.BrokenExecution) bool { return k.Execution == key }) {
				candidates = append(candidates, key)
			}
			return nil
		})
	if err != nil {
		return nil, err
	}
	for _, e := range candidates {
		answer, err := b.describe(ctx, e)
		if err != nil {
			return nil, err
		}
		info := answer.GetWorkflowExecutionInfo()
		if info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING &&
			answer.GetPendingWorkflowTask().GetAttempt() >= brokenAttempt {
			found = append(found, brokenOf(info))
		}
	}
	return found, nil
}

// describe returns nothing for an execution that is gone.
func (b *BrokenFinder) describe(ctx context.Context,
	e store.Execution) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	answer, err := b.service.DescribeWorkflowExecution(ctx,
		&workflowservice.DescribeWorkflowExecutionRequest{Namespace: b.namespace, Execution: execution(e)})
	if _, gone := errors.AsType[*serviceerror.NotFound](err); gone {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("describing an execution: %w", err)
	}
	return answer, nil
}

func execution(e store.Execution) *common.WorkflowExecution {
	return &common.WorkflowExecution{WorkflowId: e.WorkflowID, RunId: e.RunID}
}

// buildOf is the build that a run is moving to, or else the one it is on; empty if workers are unversioned.
func buildOf(v *workflowpb.WorkflowExecutionVersioningInfo) string {
	return cmp.Or(v.GetVersionTransition().GetDeploymentVersion().GetBuildId(), v.GetDeploymentVersion().GetBuildId())
}

// inspectEach inspects runs that are new or fail for another cause. The others keep their cause and build, but the
// rest of the budget goes to a random sample of them, which needs no state: their build changes when a new one
// fails the same way. It reads a history only for why a task failed, if the server didn't say, never for the
// failure itself.
func (b *BrokenFinder) inspectEach(ctx context.Context, found, known []store.BrokenExecution) error {
	before := make(map[store.Execution]store.BrokenExecution, len(known))
	for _, k := range known {
		before[k.Execution] = k
	}
	var fresh, old []int
	for i, one := range found {
		if k := before[one.Execution]; k.Inspected &&
			(one.Cause == "" || one.Cause == k.Cause && one.Category == k.Category) {
			old = append(old, i)
		} else {
			fresh = append(fresh, i)
		}
	}
	rand.Shuffle(len(old), func(i, j int) { old[i], old[j] = old[j], old[i] })
	for looks, i := range append(fresh, old...) {
		one := &found[i]
		if looks < maxInspections {
			if err := b.inspect(ctx, one); err != nil {
				return err
			}
		}
		k := before[one.Execution]
		if looks < len(fresh) {
			continue
		}
		if one.Cause == "" {
			one.Category, one.Cause = k.Category, k.Cause
		}
		if !one.Inspected {
			one.BuildID, one.Inspected = k.BuildID, true
		}
	}
	return nil
}

// inspect asks which build a run is on, and reads the end of its history.
func (b *BrokenFinder) inspect(ctx context.Context, one *store.BrokenExecution) error {
	described, err := b.describe(ctx, one.Execution)
	if err != nil || described == nil { // ended meanwhile: the next check notices
		return err
	}
	one.BuildID = buildOf(described.GetWorkflowExecutionInfo().GetVersioningInfo())
	one.Inspected = true
	if one.Cause != "" {
		return nil
	}
	const events = 20 // repeated failures write no events, so the failure is among the last
	answer, err := b.service.GetWorkflowExecutionHistoryReverse(ctx,
		&workflowservice.GetWorkflowExecutionHistoryReverseRequest{
			Namespace: b.namespace, Execution: execution(one.Execution), MaximumPageSize: events,
		})
	if err != nil {
		return fmt.Errorf("reading the end of a history: %w", err)
	}
	for _, event := range answer.GetHistory().GetEvents() {
		if failed := event.GetWorkflowTaskFailedEventAttributes(); failed != nil {
			one.Category, one.Cause = "WorkflowTaskFailed", failed.GetCause().String()
			return nil
		}
		if timedOut := event.GetWorkflowTaskTimedOutEventAttributes(); timedOut != nil {
			one.Category, one.Cause = "WorkflowTaskTimedOut", timedOut.GetTimeoutType().String()
			return nil
		}
	}
	return nil
}
