package cli_test

import (
	"log/slog"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/beian/beian/internal/history"
	"github.com/beian/beian/internal/seal"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// Operators with the key read a filing's history, which is audited first; nothing of it reaches the log.
func TestHistoryIsShownToOperators(t *testing.T) {
	b := newBench(t)
	code, _, said := b.run(t, "migrate")
	require.Zero(t, code, said)
	raw, err := os.ReadFile(b.file("keys.json"))
	require.NoError(t, err)
	keys, err := seal.Load(raw)
	require.NoError(t, err)
	temporal, err := history.Dial(t.Context(), history.Server{Address: b.temporal, Namespace: "default"}, keys,
		slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer temporal.Close()
	_, err = temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: workflows.FilingWorkflowID("D1/2"),
		TaskQueue: workflows.QueueFiling}, "Filing", map[string]string{"OrderNumber": "D1-sealed"})
	require.NoError(t, err)

	code, out, said := b.run(t, "history", "show", "D1/2", "--reason", "a test")
	require.Zero(t, code, said)
	require.Contains(t, out, `"OrderNumber":"D1-sealed"`)
	require.NotContains(t, said, "D1-sealed")
	require.Contains(t, said, "Don't keep it in logs")
	db, err := store.Open(t.Context(), b.db.DSN("beian"), keys)
	require.NoError(t, err)
	defer db.Close()
	rows, err := db.AuditRows(t.Context(), store.AuditFilter{Action: "history.show"}, 0, 9)
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Equal(t, "D1/2", rows[0].Object)
	require.Equal(t, "a test", rows[0].Reason)

	code, out, said = b.run(t, "history", "show", "D9")
	require.Equal(t, 1, code)
	require.Empty(t, out)
	require.Contains(t, said, "no workflow of a filing D9 is in Temporal")
}
