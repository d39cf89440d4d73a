package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

func TestReviewTimesAreOfOneProvincesDecisions(t *testing.T) {
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
	account, err := s.EnsureAccount(ctx, "one", "310000", "330000")
	require.NoError(t, err)
	revision := 0
	decided := func(id int64, approved any, after time.Duration) {
		exec(`INSERT INTO decisions (record_id, approved, created_at) VALUES (?, ?, ?)`, id, approved, accepted.Add(after))
	}
	record := func(province string, kind filing.Kind, acceptedAt any) int64 {
		revision++
		exec(`INSERT INTO bureau_uploads (account_id, sequence, sealed, records, stored_at, accepted_at)
			VALUES (?, ?, '', 1, ?, ?)`, account, revision, accepted, acceptedAt)
		return exec(`INSERT INTO records (filing_id, revision, account_id, sequence, operation, province, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, f.ID, revision, account, revision, kind.Operation(), province, accepted)
	}
	carrier := record("310000", filing.KindNew, accepted)
	decided(carrier, true, 48*time.Hour)
	companion := record("310000", filing.KindNew, accepted)
	exec(`UPDATE records SET carrier_id = ? WHERE id = ?`, carrier, companion)
	decided(companion, true, 48*time.Hour)
	decided(record("310000", filing.KindNewAccess, accepted), false, 72*time.Hour)
	decided(record("310000", filing.KindNew, accepted), nil, time.Hour)     // only its data has arrived yet
	decided(record("310000", filing.KindNew, nil), true, time.Hour)         // never accepted, as far as we know
	decided(record("310000", filing.KindNew, accepted), true, -time.Hour)   // recovered rows
	decided(record("330000", filing.KindNew, accepted), true, time.Hour)    // the same account's other bureau
	decided(record("310000", filing.KindChange, accepted), true, time.Hour) // another kind of review
	decided(record("", filing.KindNew, accepted), true, time.Hour)          // no province recorded
	revision++
	byHand := exec(`INSERT INTO records (filing_id, revision, account_id, operation, province, submitted_at, created_at)
		VALUES (?, ?, ?, 1, '310000', ?, ?)`, f.ID, revision, account, accepted, accepted)
	decided(byHand, true, 96*time.Hour)
	times := func(province string, kind filing.Kind) (after []time.Duration) {
		list, err := s.ReviewTimes(ctx, province, kind.ReviewedAlike())
		require.NoError(t, err)
		for _, r := range list {
			require.Equal(t, accepted, r.Accepted)
			after = append(after, r.Decided.Sub(r.Accepted))
		}
		return after
	}
	require.Equal(t, []time.Duration{96 * time.Hour, 72 * time.Hour, 48 * time.Hour}, times("310000", filing.KindNewSite))
	require.Equal(t, []time.Duration{time.Hour}, times("330000", filing.KindNew))
	require.Equal(t, []time.Duration{time.Hour}, times("310000", filing.KindChange))
	require.Empty(t, times("310000", filing.KindEndSite))
	require.Empty(t, times("440000", filing.KindNew))
}

// A queued record has its province.
func TestARecordNotesItsProvince(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := registered(t, s)
	account, err := s.EnsureAccount(ctx, "one", "310000", "330000")
	require.NoError(t, err)
	require.NoError(t, s.QueueRecord(ctx,
		store.NewRecord{AccountID: account, FilingID: f.ID, Revision: submitted(t, s, f), Operation: 1, Province: "330000"}))
	var province string
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT province FROM records
		WHERE filing_id = ?`, f.ID).Scan(&province))
	require.Equal(t, "330000", province)
}

func TestFilingSeqs(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, a := opened(t, s, "D1", "demo")
	_, b := opened(t, s, "D2", "demo")
	require.NoError(t,
		s.Advance(ctx, store.Progress{FilingID: b.ID, Seq: 4, Stage: filing.Verifying, EventKind: "x", Actor: "system"}))
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
