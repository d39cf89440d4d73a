package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

func TestReviewTimesAreOfOneAccountsDecisions(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := registered(t, s)
	accepted := time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC)
	exec := func(query string, args ...any) int64 {
		t.Helper()
		res, err := s.DB().ExecContext(ctx, query, args...)
		require.NoError(t, err)
		id, err := res.LastInsertId()
		require.NoError(t, err)
		return id
	}
	revision := 0
	record := func(account, sequence int64, acceptedAt any, approved any, decided time.Time) {
		revision++
		exec(`INSERT INTO bureau_uploads (account_id, sequence, sealed, records, stored_at, accepted_at) VALUES (?, ?, '', 1, ?, ?)`, account, sequence, accepted, acceptedAt)
		id := exec(`INSERT INTO records (filing_id, revision, account_id, sequence, created_at) VALUES (?, ?, ?, ?, ?)`, f.ID, revision, account, sequence, accepted)
		exec(`INSERT INTO decisions (record_id, approved, created_at) VALUES (?, ?, ?)`, id, approved, decided)
	}
	one, err := s.EnsureAccount(ctx, "one", "310000")
	require.NoError(t, err)
	two, err := s.EnsureAccount(ctx, "two", "330000")
	require.NoError(t, err)
	_, err = s.AccountOfFiling(ctx, f.ID)
	require.ErrorIs(t, err, store.ErrNotFound)
	record(one, 1, accepted, true, accepted.Add(48*time.Hour))
	record(one, 2, accepted, false, accepted.Add(72*time.Hour))
	record(one, 3, accepted, nil, accepted.Add(time.Hour))   // only its data came yet
	record(one, 4, nil, true, accepted.Add(time.Hour))       // never accepted, as far as we know
	record(one, 5, accepted, true, accepted.Add(-time.Hour)) // rows that were recovered
	record(two, 1, accepted, true, accepted.Add(time.Hour))
	times, err := s.ReviewTimes(ctx, one)
	require.NoError(t, err)
	require.Equal(t, []store.ReviewTime{{Accepted: accepted, Decided: accepted.Add(72 * time.Hour)}, {Accepted: accepted, Decided: accepted.Add(48 * time.Hour)}}, times)
	account, err := s.AccountOfFiling(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, two, account)
}

func TestFilingSeqs(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, a := opened(t, s, "D1", "demo")
	_, b := opened(t, s, "D2", "demo")
	require.NoError(t, s.Advance(ctx, store.Progress{FilingID: b.ID, Seq: 4, Stage: filing.Verifying, Kind: "x", Actor: "system"}))
	ids := []int64{a.ID, b.ID}
	for i := range 700 {
		ids = append(ids, int64(10_000+i))
	}
	seqs, err := s.FilingSeqs(ctx, ids)
	require.NoError(t, err)
	require.Equal(t, map[int64]int64{a.ID: 0, b.ID: 4}, seqs)
	seqs, err = s.FilingSeqs(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, seqs)
}
