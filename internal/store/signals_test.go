package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// A new workflow gets its predecessor's signals again, unless the row has moved on.
func TestRestartTellsAgain(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "default")
	require.NoError(t, err)
	f := filed(t, s, account, "D1", store.Verdict{Approved: true, Code: 1001, HolderNumber: "沪ICP备2026000001号"})
	_, err = s.DB().ExecContext(ctx, `INSERT INTO signals (signal_key, filing_id, name, payload, created_at)
		VALUES ('k', ?, 'accepted', '{}', NOW())`, f.ID)
	require.NoError(t, err)
	unsent := func() []store.Signal {
		list, err := s.UnsentSignals(ctx, 0, 10)
		require.NoError(t, err)
		return list
	}
	told := unsent()
	require.NotEmpty(t, told)
	for _, signal := range told {
		require.NoError(t, s.SignalSent(ctx, signal.ID))
	}
	require.Empty(t, unsent())
	restart := store.Progress{FilingID: f.ID, Seq: f.Seq + 1, EventKind: "restarted", Actor: "system"}
	for range 2 { // a retried activity
		require.NoError(t, s.Restart(ctx, restart))
		require.Equal(t, told, unsent())
	}
	events, err := s.Events(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, filing.EventRestarted, events[len(events)-1].Kind)
	require.NotEqual(t, filing.EventRestarted, events[len(events)-2].Kind)

	require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: f.Seq + 2, EventKind: "told", Actor: "system"}))
	require.ErrorIs(t, s.Restart(ctx, restart), store.ErrConflict, "it has moved on")
	require.ErrorIs(t, s.Restart(ctx, store.Progress{FilingID: f.ID, Seq: f.Seq + 9, EventKind: "restarted"}),
		store.ErrConflict)
}

// Open filings, and those completed recently, are listed page by page.
func TestOpenFilingsAreListed(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "default")
	require.NoError(t, err)
	done := filed(t, s, account, "D1", store.Verdict{Approved: true, Code: 1001, HolderNumber: "沪ICP备2026000001号"})
	_, begun := opened(t, s, "D2", "demo")
	require.NoError(t, s.Advance(ctx,
		store.Progress{FilingID: begun.ID, Seq: 1, Stage: filing.Contact, EventKind: "opened", Actor: "system"}))
	_, over := opened(t, s, "D3", "demo")
	require.NoError(t, s.Advance(ctx,
		store.Progress{FilingID: over.ID, Seq: 1, Stage: filing.Withdrawn, EventKind: "withdrawn", Actor: "system"}))
	opened(t, s, "D4", "demo") // has no workflow yet: its page starts it
	ids := func(filedAfter time.Time, after int64, limit int) (ids []int64) {
		list, err := s.OpenFilings(ctx, filedAfter, after, limit)
		require.NoError(t, err)
		for _, f := range list {
			ids = append(ids, f.ID)
		}
		return ids
	}
	require.Equal(t, []int64{done.ID, begun.ID}, ids(time.Now().Add(-time.Hour), 0, 9))
	require.Equal(t, []int64{begun.ID}, ids(time.Now().Add(time.Hour), 0, 9))
	require.Equal(t, []int64{done.ID}, ids(time.Now().Add(-time.Hour), 0, 1))
	require.Equal(t, []int64{begun.ID}, ids(time.Now().Add(-time.Hour), done.ID, 1))
}
