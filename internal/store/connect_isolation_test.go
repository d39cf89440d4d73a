package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// A transaction sees what others commit while it lasts.
func TestTransactionsReadWhatIsCommitted(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	tx, err := s.DB().BeginTx(ctx, nil)
	require.NoError(t, err)
	defer tx.Rollback() //nolint:errcheck // it changes nothing
	accounts := func() (n int) {
		require.NoError(t, tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM bureau_accounts`).Scan(&n))
		return n
	}
	require.Zero(t, accounts())
	_, err = s.EnsureAccount(ctx, "another's")
	require.NoError(t, err)
	require.Equal(t, 1, accounts())
}

// An entry that can't be written leaves nothing behind: neither what it goes with, nor a lock on the log.
func TestFailedEntryLeavesNothingBehind(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	entry := store.AuditEntry{Action: "paper.view", Kind: "paper", Object: "1"}
	first, err := s.Audit(ctx, entry)
	require.NoError(t, err)
	var head []byte
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT sealed FROM audit_head WHERE id = 1`).Scan(&head))
	set := func(sealed []byte) {
		t.Helper()
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		_, err := s.DB().ExecContext(ctx, `UPDATE audit_head SET sealed = ? WHERE id = 1`, sealed)
		require.NoError(t, err, "the row is locked")
	}
	set([]byte("not ours"))
	for range 9 { // more than there are connections
		_, err = s.Audit(ctx, entry)
		require.Error(t, err)
	}
	set(head)
	next, err := s.Audit(ctx, entry)
	require.NoError(t, err)
	require.Equal(t, first+1, next)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = s.Audit(cancelled, entry)
	require.Error(t, err)
	next, err = s.Audit(ctx, entry)
	require.NoError(t, err)
	require.Equal(t, first+2, next)
	_, err = s.VerifyAudit(ctx, store.AuditMark{})
	require.NoError(t, err)
}
