package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// The templates by which customers are told that a filing was taken away by the bureau, or
// withdrawn by staff; activities send them as message.Deregistered and message.Withdrawn.
const (
	tellDeregistered = "deregistered"
	tellWithdrawn    = "withdrawn"
)

// tellWithin is how long what wasn't told is tried: later it would only puzzle.
const tellWithin = 14 * 24 * time.Hour

// Telling is something that a filing's customer must be told.
type Telling struct {
	FilingID int64  `db:"filing_id"`
	Template string `db:"template"`
}

// tell notes it, in the transaction of what it tells of.
func (s *Store) tell(ctx context.Context, tx *sqlx.Tx, t Telling) error {
	_, err := tx.ExecContext(ctx, `INSERT IGNORE INTO customer_notices (filing_id, template, created_at) VALUES (?, ?, ?)`, t.FilingID, t.Template, s.utcNow())
	return err
}

// Untold lists what customers must still be told, oldest first.
func (s *Store) Untold(ctx context.Context, limit int) ([]Telling, error) {
	var list []Telling
	err := s.db.SelectContext(ctx, &list, `
		SELECT filing_id, template FROM customer_notices WHERE notified_at IS NULL AND created_at > ? ORDER BY created_at, filing_id LIMIT ?`, s.utcNow().Add(-tellWithin), limit)
	return list, err
}

// Told notes that a customer was told, or can't be.
func (s *Store) Told(ctx context.Context, t Telling) error {
	_, err := s.db.ExecContext(ctx, `UPDATE customer_notices SET notified_at = ? WHERE filing_id = ? AND template = ? AND notified_at IS NULL`, s.utcNow(), t.FilingID, t.Template)
	return err
}
