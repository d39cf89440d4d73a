package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// PoliceState is the state of an order's public-security filing (公安联网备案).
type PoliceState struct {
	OrderID int64
	// Open: the order has an approved filing, so its site needs one.
	Open bool
	// Since is the bureau's approval, which starts the time limit; zero: there is none, or the customer registered a
	// number whose date we don't know.
	Since time.Time
	// Number is empty until it is recorded.
	Number   string
	Declined bool
}

// Missing reports whether the customer still has to act on it.
func (p PoliceState) Missing() bool { return p.Open && p.Number == "" && !p.Declined }

// Due reports whether it is missing and has a deadline, so that reminders make sense.
func (p PoliceState) Due() bool { return p.Missing() && !p.Since.IsZero() }

// Police returns the state of the public-security filing for a filing's order. A change doesn't restart the time limit:
// it runs from the approval of the original filing.
func (s *Store) Police(ctx context.Context, filingID int64) (PoliceState, error) {
	var p PoliceState
	err := s.tx(ctx, func(tx *sqlx.Tx) (err error) {
		p, err = policeState(ctx, tx, filingID)
		return err
	})
	return p, err
}

func policeState(ctx context.Context, tx *sqlx.Tx, filingID int64) (PoliceState, error) {
	var row struct {
		OrderID  int64          `db:"id"`
		Stage    filing.Stage   `db:"stage"`
		Filed    sql.NullString `db:"filing_number"`
		Number   sql.NullString `db:"police_number"`
		Declined bool           `db:"police_declined"`
	}
	err := tx.GetContext(ctx, &row, `
		SELECT o.id, f.stage, o.filing_number, o.police_number, o.police_declined FROM filings f JOIN orders o
		ON o.id = f.order_id WHERE f.id = ?`, filingID)
	if err != nil {
		return PoliceState{}, notFoundAs(err, "filing")
	}
	p := PoliceState{OrderID: row.OrderID, Number: row.Number.String, Declined: row.Declined}
	approved, since, err := approvedSince(ctx, tx, filingID)
	if err != nil || row.Stage == filing.Withdrawn || row.Stage == filing.Deregistered {
		return p, err
	}
	p.Open = row.Filed.Valid || approved && row.Stage == filing.Installing
	if approved {
		p.Since = since
	}
	return p, nil
}

// approvedSince reports whether the filing, or its base, was approved, and when; the time is zero for a registered
// number. The bureau's date counts, or else the time when the approval arrived.
func approvedSince(ctx context.Context, tx *sqlx.Tx, filingID int64) (approved bool, since time.Time, err error) {
	for {
		var row struct {
			Kind filing.Kind   `db:"kind"`
			Base sql.NullInt64 `db:"base_id"`
			At   sql.NullTime  `db:"at"`
		}
		if err := tx.GetContext(ctx, &row, `
			SELECT f.kind, f.base_id, (SELECT COALESCE(d.reviewed_at, d.signalled_at, d.created_at) FROM records r
			JOIN decisions d ON d.record_id = r.id
				WHERE r.filing_id = f.id AND d.approved ORDER BY r.revision DESC LIMIT 1) AS at
			FROM filings f WHERE f.id = ?`, filingID); err != nil {
			return false, since, err
		}
		if row.Kind.FollowsUp() && row.Base.Valid {
			filingID = row.Base.Int64
			continue
		}
		if !row.Kind.Registers() {
			since = row.At.Time
		}
		return row.At.Valid, since, nil
	}
}

// RecordPoliceNumber stores the public-security number on the order; ErrConflict if its site has no approval.
func (s *Store) RecordPoliceNumber(ctx context.Context, filingID int64, number filing.PoliceNumber,
	actor string) error {
	return s.setPolice(ctx,
		Progress{FilingID: filingID, EventKind: filing.EventPoliceRecorded, Actor: actor, Detail: number.String()},
		fragmentOf(`police_number = ?, police_number_at = ?, police_declined = FALSE`, number.String(), s.utcNow()))
}

// DeclinePolice records that the customer needs no public-security filing.
func (s *Store) DeclinePolice(ctx context.Context, filingID int64, actor string) error {
	return s.setPolice(ctx, Progress{FilingID: filingID, EventKind: filing.EventPoliceDeclined, Actor: actor},
		fragmentOf(`police_number = NULL, police_number_at = NULL, police_declined = TRUE`))
}

func (s *Store) setPolice(ctx context.Context, p Progress, set fragment) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var f struct {
			OrderID int64        `db:"order_id"`
			Stage   filing.Stage `db:"stage"`
			Seq     int64        `db:"seq"`
		}
		if err := tx.GetContext(ctx, &f, `SELECT order_id, stage, seq FROM filings WHERE id = ?
			FOR UPDATE`, p.FilingID); err != nil {
			return notFoundAs(err, "filing")
		}
		if _, err := tx.ExecContext(ctx, `SELECT id FROM orders WHERE id = ? FOR UPDATE`, f.OrderID); err != nil {
			return err
		}
		if state, err := policeState(ctx, tx, p.FilingID); err != nil {
			return err
		} else if !state.Open {
			return ErrConflict
		}
		if _, err := tx.ExecContext(ctx, `UPDATE orders SET `+set.sql+`, updated_at = ? WHERE id =
			?`, set.with(s.utcNow(), f.OrderID)...); err != nil {
			return err
		}
		if f.Stage != filing.Filed {
			return nil // the workflow numbers the timeline of a filing under way
		}
		p.Seq = f.Seq + 1
		return s.advance(ctx, tx, p)
	})
}
