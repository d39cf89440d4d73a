package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

func broken(id, kind, cause string) store.BrokenExecution {
	return store.BrokenExecution{Execution: store.Execution{WorkflowID: id, RunID: "run-" + id}, Type: kind,
		Category: "WorkflowTaskFailed", Cause: cause}
}

// A finding keeps the time when it was first found, and goes when a complete check no longer finds it.
func TestBrokenExecutionsComeAndGo(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	begin := time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)
	now := begin
	s.SetClock(func() time.Time { return now })
	misfit, panics := "NonDeterministicError", "WorkflowWorkerUnhandledFailure"
	one, two, other := broken("filing/A", "Filing", misfit), broken("filing/B", "Filing", misfit),
		broken("exchange/1", "Exchange", panics)
	require.NoError(t, s.SaveBroken(ctx, []store.BrokenExecution{one, other}, false))
	now = begin.Add(time.Hour)
	one.Inspected, one.BuildID = true, "b2"
	require.NoError(t, s.SaveBroken(ctx, []store.BrokenExecution{one, two}, true)) // a partial check
	groups, err := s.BrokenGroups(ctx)
	require.NoError(t, err)
	require.Len(t, groups, 2)
	require.Equal(t, "Exchange", groups[0].Type)
	require.Equal(t, "Filing", groups[1].Type)
	require.Equal(t, "2", groups[1].Text())
	require.Equal(t, begin, groups[1].Oldest.Time)
	f, err := s.CountFigures(ctx)
	require.NoError(t, err)
	require.Equal(t, 3, f.Broken)

	now = begin.Add(2 * time.Hour)
	require.NoError(t, s.SaveBroken(ctx, []store.BrokenExecution{one}, false))
	list, err := s.BrokenExecutions(ctx, "", "", 0)
	require.NoError(t, err)
	require.Len(t, list, 1)
	_, err = s.DB().ExecContext(ctx, `ALTER TABLE broken_executions ADD COLUMN later INT NOT NULL DEFAULT 0`)
	require.NoError(t, err)
	list, err = s.BrokenExecutions(ctx, "", "", 0)
	require.NoError(t, err, "a later version's column is ignored")
	require.Len(t, list, 1)
	require.Equal(t, begin, list[0].FirstSeen)
	require.Equal(t, now, list[0].LastSeen)
	require.Equal(t, "b2", list[0].BuildID)
	list, err = s.BrokenExecutions(ctx, "Exchange", panics, 9)
	require.NoError(t, err)
	require.Empty(t, list)
	now = begin.Add(3 * time.Hour)
	require.NoError(t, s.SaveBroken(ctx, nil, false))
	groups, err = s.BrokenGroups(ctx)
	require.NoError(t, err)
	require.Empty(t, groups)
}
