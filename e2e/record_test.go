package e2e_test

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"

	"github.com/beian/beian/internal/stack"
)

// record saves this test's histories for the replay tests in the folder BEIAN_RECORD (`make record`): those of an
// order's filings, and the longest of every other workflow.
func record(t *testing.T, s *stack.Stack, order string) {
	t.Helper()
	dir := os.Getenv("BEIAN_RECORD")
	if dir == "" {
		return
	}
	sweepsRun(t, s)
	list, err := s.Temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{PageSize: 1000})
	require.NoError(t, err)
	longest := map[string]*historypb.History{}
	for _, e := range list.GetExecutions() {
		id, kind := e.GetExecution().GetWorkflowId(), strings.ToLower(e.GetType().GetName())
		switch {
		case !slices.Contains([]string{"filing", "footer", "aftercare"}, kind) && e.GetCloseTime() == nil, kind == "filing" &&
			id != "filing/"+order && !strings.HasPrefix(id, "filing/"+order+"/"):
			continue
		case strings.HasPrefix(id, "filing/"+order+"/"):
			kind += "-" + strings.TrimPrefix(id, "filing/"+order+"/")
		}
		h := &historypb.History{}
		events := s.Temporal.GetWorkflowHistory(t.Context(), id, e.GetExecution().GetRunId(), false,
			enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			require.NoError(t, err)
			h.Events = append(h.Events, event)
		}
		if len(h.GetEvents()) > len(longest[kind].GetEvents()) {
			longest[kind] = h
		}
	}
	for kind, h := range longest {
		save(t, dir, t.Name()+"-"+kind, h)
	}
}

// sweepsRun runs what schedules start rarely, so that there is a history of each.
func sweepsRun(t *testing.T, s *stack.Stack) {
	t.Helper()
	for schedule, kind := range map[string]string{"tickets": "TicketSweep", "figures": "FigureDays", "broken": "BrokenCheck",
		"deliveries": "DeliverySweep"} {
		handle := s.Temporal.ScheduleClient().GetHandle(t.Context(), schedule)
		require.NoError(t, handle.Trigger(t.Context(), client.ScheduleTriggerOptions{}))
		require.Eventually(t, func() bool {
			list, err := s.Temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
				PageSize: 1, Query: fmt.Sprintf("WorkflowType = %q AND ExecutionStatus = 'Completed'", kind)})
			return err == nil && len(list.GetExecutions()) > 0
		}, time.Minute, 100*time.Millisecond, kind)
	}
}

func save(t *testing.T, dir, name string, h *historypb.History) {
	t.Helper()
	raw, err := proto.Marshal(h)
	require.NoError(t, err)
	f, err := os.Create(filepath.Join(dir, strings.ReplaceAll(name, "/", "-")+".gz"))
	require.NoError(t, err)
	z := gzip.NewWriter(f)
	_, err = z.Write(raw)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, f.Close())
}
