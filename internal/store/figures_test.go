package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

func TestFiguresCountWhatIsThere(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "default")
	require.NoError(t, err)
	_, f := opened(t, s, "D1", "demo")
	_, g := opened(t, s, "D2", "demo")
	yes, attention := true, filing.AttentionFooterMissing
	require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 1, Stuck: &yes, StuckStep: "send_sms",
		StuckReason: "operator", EventKind: "stuck"}))
	require.NoError(t, s.Advance(ctx,
		store.Progress{FilingID: g.ID, Seq: 1, Stage: filing.Installing, Attention: &attention, EventKind: "x"}))
	require.NoError(t, s.QueueRecord(ctx, store.NewRecord{AccountID: account, FilingID: g.ID, Revision: 1, Operation: 1}))

	got, err := s.Figures(ctx, time.Minute)
	require.NoError(t, err)
	require.Len(t, got.Stages, len(filing.Stages), "including empty stages")
	require.Equal(t, 1, got.Stages[filing.Contact])
	require.Equal(t, 1, got.Stages[filing.Installing])
	require.Equal(t, map[string]int{"footer_missing": 1}, got.Attention)
	require.Len(t, got.Stuck, 1)
	require.Equal(t, "send_sms", got.Stuck[0].Step)
	require.Equal(t, 1, got.Stuck[0].N)
	require.False(t, got.Stuck[0].Oldest.IsZero())
	require.Len(t, got.Accounts, 1)
	require.Equal(t, 1, got.Accounts[0].Waiting)
	require.NotNil(t, got.Accounts[0].Oldest)
	require.True(t, got.Accounts[0].Exchanges)

	_, _ = opened(t, s, "D3", "demo")
	young, err := s.Figures(ctx, time.Minute)
	require.NoError(t, err)
	require.Equal(t, got.CountedAt, young.CountedAt, "a young count is good for everybody")
	require.Equal(t, got.Stages, young.Stages)
	anew, err := s.Figures(ctx, 0)
	require.NoError(t, err)
	require.Equal(t, 2, anew.Stages[filing.Contact])
}

// However many processes find the count outdated, one counts.
func TestFiguresAreCountedByOne(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	first, err := s.Figures(ctx, time.Minute)
	require.NoError(t, err)
	s.SetClock(func() time.Time { return first.CountedAt.Add(2 * time.Minute) })
	counted := make([]time.Time, 8)
	var all sync.WaitGroup
	for i := range counted {
		all.Go(func() {
			f, err := s.Figures(ctx, time.Minute)
			if err == nil {
				counted[i] = f.CountedAt
			}
		})
	}
	all.Wait()
	for _, at := range counted {
		require.False(t, at.IsZero(), "those that don't count make do with the last count")
	}
	last, err := s.Figures(ctx, time.Minute)
	require.NoError(t, err)
	require.Equal(t, first.CountedAt.Add(2*time.Minute), last.CountedAt)
}

// The counts read only indexes, except for the few stuck filings.
func TestFiguresReadIndexes(t *testing.T) {
	s := testdb.New(t)
	many(t, s, 14)
	_, err := s.DB().ExecContext(t.Context(), `ANALYZE TABLE filings`)
	require.NoError(t, err)
	for _, query := range store.FigureQueries {
		for _, step := range explain(t.Context(), t, s.DB(), query, nil) {
			require.Contains(t, []string{"filings_stage", "filings_attention", "filings_stuck"}, step["key"], "%v", step)
			if step["key"] != "filings_stuck" {
				require.Contains(t, step["Extra"], "Using index", "%v", step)
			}
		}
	}
	_, err = s.CountFigures(t.Context())
	require.NoError(t, err)
}
