package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// A block is changed and removed only once the bureau has it, one operation at a time; a refused one is reported again,
// and one that never went out is simply gone.
func TestBlocksAreChangedOneOperationAtATime(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	id := account(t, s, "default", "31")
	block := store.BlockValues{From: 10, To: 20, Source: 1, Remark: "rack 7"}
	report := func() int64 {
		require.NoError(t, s.ReportBlocks(ctx, id, []store.BlockValues{block}, "support:a"))
		list, err := s.Blocks(ctx, 0, 1)
		require.NoError(t, err)
		require.Len(t, list, 1)
		return list[0].ID
	}
	at := func(block int64, state string) store.AddressBlock {
		b, err := s.Block(ctx, block)
		require.NoError(t, err)
		require.Equal(t, state, b.State)
		return b
	}
	answered := func(block int64, approved bool, bureauID int64) {
		b, err := s.Block(ctx, block)
		require.NoError(t, err)
		_, err = s.DB().ExecContext(ctx, `UPDATE staff_records SET sequence = 1 WHERE id = ?`, b.Latest.ID)
		require.NoError(t, err)
		require.NoError(t, s.ApplyAddresses(ctx, id, []store.AddressVerdict{{RecordID: b.Latest.ID, Done: approved,
			Source: true, Operation: b.Latest.Operation, Code: map[bool]int{true: 1001, false: 1002}[approved],
			BureauID: bureauID}}))
	}
	first := report()
	b := at(first, store.BlockWaiting)
	require.True(t, b.UnderWay())
	require.Equal(t, []any{uint32(10), uint32(20), int64(1)}, []any{b.From, b.To, b.Source})
	require.ErrorIs(t, s.ChangeBlock(ctx, first, block, "support:a"), store.ErrConflict, "it waits for the bureau")
	require.NoError(t, s.RemoveBlock(ctx, first, "support:a"))
	_, err := s.Block(ctx, first+99)
	require.ErrorIs(t, err, store.ErrNotFound)

	second := report()
	answered(second, false, 0)
	require.False(t, at(second, store.BlockRefused).UnderWay())
	block.To = 30
	require.NoError(t, s.ChangeBlock(ctx, second, block, "support:a"))
	require.EqualValues(t, 30, at(second, store.BlockWaiting).To, "it is reported again with the new values")
	answered(second, true, 7)
	b = at(second, store.BlockReported)
	require.EqualValues(t, 7, b.BureauID.Int64)

	block.To, block.Source = 40, 0
	require.ErrorIs(t, s.ChangeBlock(ctx, second, block, "support:a"), store.ErrConflict, "of another kind")
	block.Source = 1
	require.NoError(t, s.ChangeBlock(ctx, second, block, "support:a"))
	b = at(second, store.BlockReported)
	require.True(t, b.UnderWay())
	require.EqualValues(t, 30, b.To, "until the bureau accepts it")
	require.ErrorIs(t, s.ChangeBlock(ctx, second, block, "support:a"), store.ErrConflict, "one at a time")
	require.ErrorIs(t, s.RemoveBlock(ctx, second, "support:a"), store.ErrConflict)
	answered(second, true, 7)
	require.EqualValues(t, 40, at(second, store.BlockReported).To)

	require.NoError(t, s.RemoveBlock(ctx, second, "support:a"))
	at(second, store.BlockReported)
	answered(second, false, 7)
	at(second, store.BlockReported)
	require.NoError(t, s.RemoveBlock(ctx, second, "support:a"))
	answered(second, true, 7)
	at(second, store.BlockRemoved)
	require.ErrorIs(t, s.RemoveBlock(ctx, second, "support:a"), store.ErrConflict)
	require.ErrorIs(t, s.ChangeBlock(ctx, second, block, "support:a"), store.ErrConflict)
}
