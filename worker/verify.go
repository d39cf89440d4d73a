package worker

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/workflows"
)

// VerifyOptions say what is replayed.
type VerifyOptions struct {
	Namespace string
	// Sample is how many histories are taken of each workflow type: this many running and this many ended ones.
	Sample int
	// Workflows are this build's; nil means the product's. Tests set others.
	Workflows map[string]any
}

// Report is the result of replaying a sample of live histories with this build.
type Report struct {
	Kinds   []VerifiedKind
	Misfits []Misfit
}

// Replayed is the number of replayed histories.
func (r Report) Replayed() (n int) {
	for _, k := range r.Kinds {
		n += k.Running + k.Ended
	}
	return n
}

// VerifiedKind counts a workflow's histories.
type VerifiedKind struct {
	Type                   string
	Running, Ended, Failed int
}

// Misfit is a history that this build can't continue.
type Misfit struct {
	Type, WorkflowID, RunID string
	// Why is what the SDK expected and found: names of events and commands. Payloads are sealed.
	Why string
}

// maxWhy bounds Why, in characters: what follows repeats the event.
const maxWhy = 400

// ages are the starts of the time windows from which histories are taken in turn, so that the sample includes old
// ones, which meet the most changes.
var ages = []time.Duration{0, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour}

// Verify replays a sample of the live histories with this build's workflows. options seal and open payloads.
func Verify(ctx context.Context, c client.Client, options client.Options, o VerifyOptions) (Report, error) {
	if o.Workflows == nil {
		o.Workflows = map[string]any{}
		for _, w := range Workflows {
			o.Workflows[NameOf(w)] = w
		}
	}
	v := verifier{c: c, options: options, o: o}
	for _, name := range slices.Sorted(maps.Keys(o.Workflows)) {
		if err := v.kind(ctx, name); err != nil {
			return v.report, err
		}
	}
	return v.report, v.unknown(ctx)
}

// silent discards the SDK's log: the report has the failures, without stacks.
var silent = sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))

type verifier struct {
	c       client.Client
	options client.Options
	o       VerifyOptions
	report  Report
}

// NameOf is a workflow's name, derived from its function as the SDK does.
func NameOf(w any) string {
	name := runtime.FuncForPC(reflect.ValueOf(w).Pointer()).Name()
	return name[strings.LastIndex(name, ".")+1:]
}

func (v *verifier) kind(ctx context.Context, name string) error {
	k := VerifiedKind{Type: name}
	for _, running := range []bool{true, false} {
		state := `ExecutionStatus = 'Running'`
		if !running {
			state = `ExecutionStatus != 'Running'`
		}
		sample, err := v.sample(ctx, fmt.Sprintf("WorkflowType = '%s' AND %s", name, state))
		if err != nil {
			return err
		}
		for _, e := range sample {
			h, err := v.history(ctx, e)
			if err != nil {
				return err
			}
			if running {
				k.Running++
			} else {
				k.Ended++
			}
			if err := v.replay(e, h); err != nil {
				k.Failed++
				v.misfit(e, err.Error())
			}
		}
	}
	v.report.Kinds = append(v.report.Kinds, k)
	return nil
}

// unknown finds running workflows that this build doesn't have.
func (v *verifier) unknown(ctx context.Context) error {
	var names []string
	for name := range v.o.Workflows {
		names = append(names, "'"+name+"'")
	}
	list, err := v.list(ctx, fmt.Sprintf("ExecutionStatus = 'Running' AND TaskQueue = '%s' AND WorkflowType NOT IN (%s)",
		workflows.QueueFiling, strings.Join(names, ", ")))
	for _, e := range list {
		v.misfit(e, "this build lacks the workflow")
	}
	return err
}

func (v *verifier) misfit(e *workflowpb.WorkflowExecutionInfo, why string) {
	if r := []rune(why); len(r) > maxWhy {
		why = string(r[:maxWhy]) + "…"
	}
	v.report.Misfits = append(v.report.Misfits, Misfit{
		Type: e.GetType().GetName(), WorkflowID: e.GetExecution().GetWorkflowId(),
		RunID: e.GetExecution().GetRunId(), Why: why,
	})
}

// sample takes histories from each age window in turn, the newest first.
func (v *verifier) sample(ctx context.Context, query string) ([]*workflowpb.WorkflowExecutionInfo, error) {
	var windows [][]*workflowpb.WorkflowExecutionInfo
	now := time.Now()
	for i, age := range ages {
		window := fmt.Sprintf("%s AND StartTime <= '%s'", query, now.Add(-age).Format(time.RFC3339))
		if i == 0 { // other machines' clocks may be ahead
			window = query
		}
		if i+1 < len(ages) {
			window += fmt.Sprintf(" AND StartTime > '%s'", now.Add(-ages[i+1]).Format(time.RFC3339))
		}
		list, err := v.list(ctx, window)
		if err != nil {
			return nil, err
		}
		windows = append(windows, list)
	}
	var sample []*workflowpb.WorkflowExecutionInfo
	for place := 0; place < v.o.Sample && len(sample) < v.o.Sample; place++ {
		for _, w := range windows {
			if place < len(w) && len(sample) < v.o.Sample {
				sample = append(sample, w[place])
			}
		}
	}
	return sample, nil
}

func (v *verifier) list(ctx context.Context, query string) ([]*workflowpb.WorkflowExecutionInfo, error) {
	r, err := v.c.ListWorkflow(ctx,
		&workflowservice.ListWorkflowExecutionsRequest{Namespace: v.o.Namespace, PageSize: int32(v.o.Sample), Query: query})
	if err != nil {
		return nil, fmt.Errorf("listing workflows: %w", err)
	}
	return r.GetExecutions(), nil
}

func (v *verifier) history(ctx context.Context, e *workflowpb.WorkflowExecutionInfo) (*historypb.History, error) {
	h := &historypb.History{}
	events := v.c.GetWorkflowHistory(ctx, e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId(), false,
		enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return nil, fmt.Errorf("reading the history of %s: %w", e.GetExecution().GetWorkflowId(), err)
		}
		h.Events = append(h.Events, event)
	}
	return h, nil
}

// replay fails if the history doesn't match. A history without a finished workflow task matches anything.
func (v *verifier) replay(e *workflowpb.WorkflowExecutionInfo, h *historypb.History) error {
	begun := false
	for _, e := range h.GetEvents() {
		begun = begun || e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
	}
	if !begun {
		return nil
	}
	r, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		DataConverter: v.options.DataConverter, FailureConverter: v.options.FailureConverter,
		DisableDeadlockDetection: true, // slow isn't wrong
	})
	if err != nil {
		return err
	}
	for name, w := range v.o.Workflows {
		r.RegisterWorkflowWithOptions(w, registered(name))
	}
	return r.ReplayWorkflowHistoryWithOptions(silent, h, worker.ReplayWorkflowHistoryOptions{
		// IDs of children are derived from it
		OriginalExecution: workflow.Execution{ID: e.GetExecution().GetWorkflowId(), RunID: e.GetExecution().GetRunId()},
	})
}
