package store

import (
	"context"
	"slices"
	"time"
)

// maxReviewTimes limits how many records of our own history are read.
const maxReviewTimes = 200

// ReviewTime is how long a bureau took for a record.
type ReviewTime struct {
	Accepted time.Time `db:"accepted_at"`
	Decided  time.Time `db:"decided_at"`
}

// ReviewTimes are the latest review times of a province's bureau for some operations (Czlx): from receiving a record,
// by the interface or by hand, to its decision arriving here. Sites that travel in one record count once.
func (s *Store) ReviewTimes(ctx context.Context, province string, operations []int) ([]ReviewTime, error) {
	return selectAll[ReviewTime](ctx, s.db, `
		SELECT COALESCE(r.submitted_at, u.accepted_at) AS accepted_at, d.created_at AS decided_at
		FROM records r LEFT JOIN bureau_uploads u ON u.account_id = r.account_id AND u.sequence = r.sequence
		JOIN decisions d ON d.record_id = r.id
		WHERE r.province = ? AND r.operation IN (?) AND d.approved IS NOT NULL AND r.carrier_id IS NULL
		AND d.created_at >= COALESCE(r.submitted_at, u.accepted_at)
		ORDER BY r.id DESC LIMIT ?`, province, operations, maxReviewTimes)
}

// FilingSeqs returns the projections' sequence numbers of filings, by ID, in one query.
func (s *Store) FilingSeqs(ctx context.Context, ids []int64) (map[int64]int64, error) {
	seqs := make(map[int64]int64, len(ids))
	for some := range slices.Chunk(ids, 500) {
		rows, err := selectAll[Filing](ctx, s.db, `SELECT id, seq FROM filings WHERE id IN (?)`, some)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			seqs[r.ID] = r.Seq
		}
	}
	return seqs, nil
}
