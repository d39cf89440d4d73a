package e2e_test

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"

	"github.com/beian/beian/internal/stack"
)

// record keeps the filing's and one exchange's history of this test for the
// replay tests, where BEIAN_RECORD names a folder (`make record`).
func record(t *testing.T, s *stack.Stack, order string) {
	t.Helper()
	dir := os.Getenv("BEIAN_RECORD")
	if dir == "" {
		return
	}
	list, err := s.Temporal.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{PageSize: 1000})
	require.NoError(t, err)
	longest := &historypb.History{}
	for _, e := range list.GetExecutions() {
		id := e.GetExecution().GetWorkflowId()
		h := &historypb.History{}
		events := s.Temporal.GetWorkflowHistory(t.Context(), id, e.GetExecution().GetRunId(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			require.NoError(t, err)
			h.Events = append(h.Events, event)
		}
		switch {
		case id == "filing/"+order:
			save(t, dir, t.Name()+"-filing", h)
		case strings.HasPrefix(id, "exchange/") && e.GetCloseTime() != nil && len(h.GetEvents()) > len(longest.GetEvents()):
			longest = h
		}
	}
	if len(longest.GetEvents()) > 0 {
		save(t, dir, t.Name()+"-exchange", longest)
	}
}

func save(t *testing.T, dir, name string, h *historypb.History) {
	t.Helper()
	raw, err := proto.Marshal(h)
	require.NoError(t, err)
	f, err := os.Create(filepath.Join(dir, name+".gz"))
	require.NoError(t, err)
	z := gzip.NewWriter(f)
	_, err = z.Write(raw)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	require.NoError(t, f.Close())
}
