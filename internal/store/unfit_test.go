package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// What our own check leaves out of a data file is decided by us, at its field; only without one do staff get a task.
func TestUnfitRecordsAreOurDecision(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account := account(t, s, "default")
	queued(t, s, account, "D1")
	unfit := filing.Unfit{Code: 5008, Field: "holder.name", Character: "䶮 (U+4DAE)"}
	pack := func() {
		sequence, err := s.PackNext(ctx, account, 1000,
			store.Builders{Filings: func(_ int64, rows []store.WaitingRecord) ([]byte, map[int64]filing.Unfit, error) {
				require.Len(t, rows, 1)
				return nil, map[int64]filing.Unfit{rows[0].ID: unfit}, nil
			}})
		require.NoError(t, err)
		require.Zero(t, sequence, "nothing travels")
	}
	pack()
	payload := signalled(t, s)[store.SignalDecided]
	require.Equal(t, filing.ActorOwnCheck, payload["actor"])
	require.Equal(t, true, payload["named"])
	require.NotContains(t, payload, "character", "personal data stays out of histories")
	d, err := s.LatestDecision(ctx, int64(payload["filing"].(float64)))
	require.NoError(t, err)
	require.True(t, d.Ours())
	require.False(t, d.Approved)
	require.Equal(t, []string{"holder.name"}, d.Fields)
	require.Equal(t, "䶮 (U+4DAE)", d.Opinion)
	tasks, err := s.OpenTasks(ctx, 0, 10)
	require.NoError(t, err)
	require.Empty(t, tasks)

	queued(t, s, account, "D2")
	unfit = filing.Unfit{Code: 5001}
	pack()
	payload = signalled(t, s)[store.SignalDecided]
	require.NotContains(t, payload, "named")
	tasks, err = s.OpenTasks(ctx, 0, 10)
	require.NoError(t, err)
	require.Len(t, tasks, 1)
}
