package workflows_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	"github.com/beian/beian/internal/history"
	"github.com/beian/beian/internal/seal"
	beian "github.com/beian/beian/worker"
)

// Recorded histories of every path (`make record`) must replay on today's code: otherwise a deploy would break
// filings that are weeks old. They are sealed with a key made for them, stored in the same directory.
func TestRecordedHistoriesReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/histories/*.gz")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 4, "no histories: run `make record`")
	raw, err := os.ReadFile("testdata/histories/keys.json")
	require.NoError(t, err)
	keys, err := seal.Load(raw)
	require.NoError(t, err)
	options := history.Options(keys)
	recorded := map[string]bool{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".gz"), func(t *testing.T) {
			f, err := os.Open(file)
			require.NoError(t, err)
			defer f.Close()
			z, err := gzip.NewReader(f)
			require.NoError(t, err)
			var h historypb.History
			content, err := io.ReadAll(z)
			require.NoError(t, err)
			require.NoError(t, proto.Unmarshal(content, &h))
			require.NotEmpty(t, h.GetEvents())
			replayer, err := worker.NewWorkflowReplayerWithOptions(
				worker.WorkflowReplayerOptions{DataConverter: options.DataConverter, FailureConverter: options.FailureConverter})
			require.NoError(t, err)
			beian.RegisterWorkflows(replayer)
			// A filing's child workflow is named after its order.
			original := workflow.Execution{ID: h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowId()}
			require.NotEmpty(t, original.ID)
			recorded[h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()] = true
			require.NoError(t, replayer.ReplayWorkflowHistoryWithOptions(nil, &h,
				worker.ReplayWorkflowHistoryOptions{OriginalExecution: original}))
		})
	}
	for _, w := range beian.Workflows {
		name := beian.NameOf(w)
		require.True(t, recorded[name], "no history of %s: record one (make record)", name)
	}
}
