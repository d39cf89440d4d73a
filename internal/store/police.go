package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// PoliceState is how an order's public-security filing (公安联网备案) stands.
type PoliceState struct {
	OrderID int64
	// Since is when the filing number came; zero: there is none on the order.
	Since time.Time
	// Number is empty until it is recorded.
	Number   string
	Declined bool
}

// Due tells whether the customer has still to do something about it.
func (p PoliceState) Due() bool { return !p.Since.IsZero() && p.Number == "" && !p.Declined }

// Police tells how the public-security filing of a filing's order stands.
func (s *Store) Police(ctx context.Context, filingID int64) (PoliceState, error) {
	var row struct {
		OrderID  int64          `db:"id"`
		Since    sql.NullTime   `db:"filing_number_at"`
		Filed    sql.NullString `db:"filing_number"`
		Number   sql.NullString `db:"police_number"`
		Declined bool           `db:"police_declined"`
	}
	err := s.db.GetContext(ctx, &row, `
		SELECT o.id, o.filing_number_at, o.filing_number, o.police_number, o.police_declined FROM filings f JOIN orders o ON o.id = f.order_id WHERE f.id = ?`, filingID)
	if err != nil {
		return PoliceState{}, one(err, "filing")
	}
	p := PoliceState{OrderID: row.OrderID, Number: row.Number.String, Declined: row.Declined}
	if row.Filed.Valid {
		p.Since = row.Since.Time
	}
	return p, nil
}

// RecordPoliceNumber keeps the public-security filing's number on the order;
// ErrConflict when the order has no filing number.
func (s *Store) RecordPoliceNumber(ctx context.Context, filingID int64, number filing.PoliceNumber, actor string) error {
	return s.setPolice(ctx, filingID, "police_recorded", number.String(), actor,
		`police_number = ?, police_number_at = ?, police_declined = FALSE`, number.String(), s.utcNow())
}

// DeclinePolice notes that the customer needs no public-security filing.
func (s *Store) DeclinePolice(ctx context.Context, filingID int64, actor string) error {
	return s.setPolice(ctx, filingID, "police_declined", "", actor, `police_number = NULL, police_number_at = NULL, police_declined = TRUE`)
}

func (s *Store) setPolice(ctx context.Context, filingID int64, kind, detail, actor, set string, args ...any) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var f struct {
			OrderID int64        `db:"order_id"`
			Stage   filing.Stage `db:"stage"`
			Seq     int64        `db:"seq"`
		}
		if err := tx.GetContext(ctx, &f, `SELECT order_id, stage, seq FROM filings WHERE id = ? FOR UPDATE`, filingID); err != nil {
			return one(err, "filing")
		}
		var number sql.NullString
		if err := tx.GetContext(ctx, &number, `SELECT filing_number FROM orders WHERE id = ? FOR UPDATE`, f.OrderID); err != nil {
			return err
		}
		if !number.Valid {
			return ErrConflict
		}
		if _, err := tx.ExecContext(ctx, `UPDATE orders SET `+set+`, updated_at = ? WHERE id = ?`, append(args, s.utcNow(), f.OrderID)...); err != nil {
			return err
		}
		if f.Stage != filing.Filed {
			return nil // a follow-up's timeline is its workflow's to number
		}
		return s.advance(ctx, tx, Progress{FilingID: filingID, Seq: f.Seq + 1, Kind: kind, Actor: actor, Detail: detail})
	})
}
