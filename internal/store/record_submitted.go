package store

import (
	"context"
	"database/sql"
	"time"
)

// SubmittedRecord is a revision of a filing with the data file that submitted it.
type SubmittedRecord struct {
	Revision  int            `db:"revision"`
	CreatedAt time.Time      `db:"created_at"`
	AccountID sql.NullInt64  `db:"account_id"`
	Account   sql.NullString `db:"account"`
	// Sequence is the data file's number; null before there is one, and for manual accounts.
	Sequence   sql.NullInt64 `db:"sequence"`
	AcceptedAt sql.NullTime  `db:"accepted_at"`
	RefusedAt  sql.NullTime  `db:"refused_at"`
	// Kept: the file can still be viewed.
	Kept        bool         `db:"kept"`
	SubmittedAt sql.NullTime `db:"submitted_at"`
	SubmittedBy string       `db:"submitted_by"`
}

// SubmittedRecords lists a filing's records, oldest first.
func (s *Store) SubmittedRecords(ctx context.Context, filingID int64) ([]SubmittedRecord, error) {
	return selectAll[SubmittedRecord](ctx, s.db, `
		SELECT r.revision, r.created_at, r.account_id, a.name AS account, r.sequence, u.accepted_at, u.refused_at,
		u.sealed IS NOT NULL AS kept, r.submitted_at, r.submitted_by
		FROM records r LEFT JOIN bureau_accounts a ON a.id = r.account_id LEFT JOIN bureau_uploads u
		ON u.account_id = r.account_id AND u.sequence = r.sequence
		WHERE r.filing_id = ? ORDER BY r.revision`, filingID)
}
