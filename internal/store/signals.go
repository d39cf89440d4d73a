package store

import (
	"context"

	"github.com/beian/beian/internal/filing"
)

// Signal waits to be sent to a filing's workflow.
type Signal struct {
	ID          int64  `db:"id"`
	FilingID    int64  `db:"filing_id"`
	OrderNumber string `db:"order_number"`
	Serial      int    `db:"serial"`
	Name        string `db:"name"`
	Payload     string `db:"payload"` // JSON
}

// Ref is how the signal's filing is called.
func (s Signal) Ref() string { return filing.Ref(s.OrderNumber, s.Serial) }

// UnsentSignals lists signals that wait, oldest first.
func (s *Store) UnsentSignals(ctx context.Context, limit int) ([]Signal, error) {
	var list []Signal
	err := s.db.SelectContext(ctx, &list, `
		SELECT s.id, s.filing_id, o.number AS order_number, f.serial, s.name, s.payload
		FROM signals s JOIN filings f ON f.id = s.filing_id JOIN orders o ON o.id = f.order_id
		WHERE s.sent_at IS NULL ORDER BY s.id LIMIT ?`, limit)
	return list, err
}

// SignalSent notes that a signal went out.
func (s *Store) SignalSent(ctx context.Context, id int64) error {
	_, err := s.db.ExecContext(ctx, `UPDATE signals SET sent_at = ? WHERE id = ? AND sent_at IS NULL`, s.utcNow(), id)
	return err
}
