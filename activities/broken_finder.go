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
	// reportedProblems is the search attribute by which a server from 1.29 on names runs
	// whose workflow tasks fail one after another. A failed task that passes when it is
	// tried again isn't among them.
	reportedProblems = "TemporalReportedProblems"
	// brokenPage is how many runs are listed at once, brokenMost how many in all: who has
	// broken that many knows it.
	brokenPage, brokenMost = 1000, 5000
	// maxInspections bounds the runs that one check looks after for build and cause; the next goes
	// on. What it has left is for those that were looked after before.
	maxInspections = 200
	// maxRunningInspected is how many running workflows are asked after one by one at a server
	// without the search attribute: the newest.
	maxRunningInspected = 500
	// brokenAttempt is from which attempt on a workflow task counts as failing there: as
	// with the search attribute, two that failed.
	brokenAttempt = 3
)

// BrokenFinder asks Temporal which runs of a namespace stand still because their code fails,
// or doesn't fit their histories.
type BrokenFinder struct {
	service   workflowservice.WorkflowServiceClient
	namespace string
}

// NewBrokenFinder makes one; a client's WorkflowService is the service.
func NewBrokenFinder(service workflowservice.WorkflowServiceClient, namespace string) *BrokenFinder {
	return &BrokenFinder{service, namespace}
}

// FindBroken finds them by what the server reports, or, where it reports nothing, by asking
// after those that are known from last time and the newest that run. Part tells that there
// may be more.
func (b *BrokenFinder) FindBroken(ctx context.Context, known []store.BrokenExecution) (found []store.BrokenExecution, part bool, err error) {
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

// reported are the runs that the server names.
func (b *BrokenFinder) reported(ctx context.Context) (found []store.BrokenExecution, part bool, err error) {
	err = b.list(ctx, reportedProblems+` IS NOT NULL AND ExecutionStatus = "Running"`, brokenMost, func(info *workflowpb.WorkflowExecutionInfo) error {
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

// list gives the workflows of a query, at most so many.
func (b *BrokenFinder) list(ctx context.Context, query string, most int, give func(*workflowpb.WorkflowExecutionInfo) error) error {
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
	if err := converter.GetDefaultDataConverter().FromPayload(attributes.GetIndexedFields()[reportedProblems], &words); err != nil {
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

// asked are the broken ones of those that are known and the newest that run, by how often
// their workflow task was tried.
func (b *BrokenFinder) asked(ctx context.Context, known []store.BrokenExecution) (found []store.BrokenExecution, err error) {
	var candidates []store.Execution
	for _, k := range known {
		candidates = append(candidates, k.Execution)
	}
	err = b.list(ctx, `ExecutionStatus = "Running"`, maxRunningInspected, func(info *workflowpb.WorkflowExecutionInfo) error {
		if key := executionKey(info); !slices.ContainsFunc(known, func(k store.BrokenExecution) bool { return k.Execution == key }) {
			candidates = append(candidates, key)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, e := range candidates {
		answer, err := b.service.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: b.namespace, Execution: execution(e)})
		var gone *serviceerror.NotFound
		switch {
		case errors.As(err, &gone):
			continue
		case err != nil:
			return nil, fmt.Errorf("describing an execution: %w", err)
		}
		info := answer.GetWorkflowExecutionInfo()
		if info.GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING && answer.GetPendingWorkflowTask().GetAttempt() >= brokenAttempt {
			found = append(found, brokenOf(info))
		}
	}
	return found, nil
}

func execution(e store.Execution) *common.WorkflowExecution {
	return &common.WorkflowExecution{WorkflowId: e.WorkflowID, RunId: e.RunID}
}

// buildOf is the build that a run is on its way to, or else the one that it is on; empty where
// workers have no versions.
func buildOf(v *workflowpb.WorkflowExecutionVersioningInfo) string {
	return cmp.Or(v.GetVersionTransition().GetDeploymentVersion().GetBuildId(), v.GetDeploymentVersion().GetBuildId())
}

// inspectEach looks after those that nobody looked at, or that fail for another cause. Others have
// cause and build from before, but as many as there are looks left are looked after again, by
// lot, which wants no memory: their build changes when a new one fails alike. It looks in
// histories only for why a task failed, where the server didn't say, never for the failure.
func (b *BrokenFinder) inspectEach(ctx context.Context, found, known []store.BrokenExecution) error {
	before := make(map[store.Execution]store.BrokenExecution, len(known))
	for _, k := range known {
		before[k.Execution] = k
	}
	var fresh, old []int
	for i, one := range found {
		if k := before[one.Execution]; k.Inspected && (one.Cause == "" || one.Cause == k.Cause && one.Category == k.Category) {
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

// inspect asks on which build a run is, and reads the end of its history.
func (b *BrokenFinder) inspect(ctx context.Context, one *store.BrokenExecution) error {
	described, err := b.service.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: b.namespace, Execution: execution(one.Execution)})
	var gone *serviceerror.NotFound
	switch {
	case errors.As(err, &gone):
		return nil // over meanwhile: the next check sees it
	case err != nil:
		return fmt.Errorf("describing an execution: %w", err)
	}
	one.BuildID = buildOf(described.GetWorkflowExecutionInfo().GetVersioningInfo())
	one.Inspected = true
	if one.Cause != "" {
		return nil
	}
	const events = 20 // what fails again and again writes none: the failure is among the last
	answer, err := b.service.GetWorkflowExecutionHistoryReverse(ctx, &workflowservice.GetWorkflowExecutionHistoryReverseRequest{
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
