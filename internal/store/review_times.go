package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// maxReviewTimes limits how many records of our own history are read.
const maxReviewTimes = 200

// ReviewTime is how long a bureau took for a record.
type ReviewTime struct {
	Accepted time.Time `db:"accepted_at"`
	Decided  time.Time `db:"decided_at"`
}

// ReviewTimes are the latest review times of a province's bureau for some operations (Czlx): from receiving a record,
// by the interface or by hand, to its decision arriving here.
func (s *Store) ReviewTimes(ctx context.Context, province string, operations []int) (list []ReviewTime, err error) {
	query, args, err := sqlx.In(`
		SELECT COALESCE(r.submitted_at, u.accepted_at) AS accepted_at, d.created_at AS decided_at
		FROM records r LEFT JOIN bureau_uploads u ON u.account_id = r.account_id AND u.sequence = r.sequence JOIN decisions d
		ON d.record_id = r.id
		WHERE r.province = ? AND r.operation IN (?) AND d.approved IS NOT NULL
		AND d.created_at >= COALESCE(r.submitted_at, u.accepted_at)
		ORDER BY r.id DESC LIMIT ?`, province, operations, maxReviewTimes)
	if err != nil {
		return nil, err
	}
	err = s.db.SelectContext(ctx, &list, query, args...)
	return list, err
}

// FilingSeqs returns the projections' sequence numbers of filings, by ID, in one query.
func (s *Store) FilingSeqs(ctx context.Context, ids []int64) (map[int64]int64, error) {
	seqs := make(map[int64]int64, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), 500)
		if err := s.filingSeqs(ctx, ids[:n], seqs); err != nil {
			return nil, err
		}
		ids = ids[n:]
	}
	return seqs, nil
}

func (s *Store) filingSeqs(ctx context.Context, ids []int64, seqs map[int64]int64) error {
	query, args, err := sqlx.In(`SELECT id, seq FROM filings WHERE id IN (?)`, ids)
	if err != nil {
		return err
	}
	var rows []struct {
		ID  int64 `db:"id"`
		Seq int64 `db:"seq"`
	}
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return err
	}
	for _, r := range rows {
		seqs[r.ID] = r.Seq
	}
	return nil
}
