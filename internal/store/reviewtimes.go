package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// maxReviewTimes is how far back the product's own history is looked at, in records.
const maxReviewTimes = 200

// ReviewTime is how long a bureau had a record.
type ReviewTime struct {
	Accepted time.Time `db:"accepted_at"`
	Decided  time.Time `db:"decided_at"`
}

// ReviewTimes are the newest times that a bureau, an account's, took from
// accepting a record to its decision, as it reached us.
func (s *Store) ReviewTimes(ctx context.Context, accountID int64) (list []ReviewTime, err error) {
	err = s.db.SelectContext(ctx, &list, `
		SELECT u.accepted_at, d.created_at AS decided_at
		FROM records r JOIN bureau_uploads u ON u.account_id = r.account_id AND u.sequence = r.sequence JOIN decisions d ON d.record_id = r.id
		WHERE r.account_id = ? AND u.accepted_at IS NOT NULL AND d.approved IS NOT NULL AND d.created_at >= u.accepted_at
		ORDER BY r.sequence DESC, r.id DESC LIMIT ?`, accountID, maxReviewTimes)
	return list, err
}

// AccountOfFiling is the account that a filing's newest record went to;
// ErrNotFound before there is one.
func (s *Store) AccountOfFiling(ctx context.Context, filingID int64) (id int64, err error) {
	err = s.db.GetContext(ctx, &id, `SELECT account_id FROM records WHERE filing_id = ? ORDER BY revision DESC LIMIT 1`, filingID)
	return id, one(err, "record")
}

// FilingSeqs are how far filings' projections are, by ID, in one query.
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
