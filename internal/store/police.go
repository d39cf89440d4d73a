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

func policeState(ctx context.Context, tx *sqlx.Tx, filingID int64) (p PoliceState, err error) {
	var stage filing.Stage
	var filed, theirs bool
	if err := scan(ctx, tx, "filing", fragmentOf(`
		SELECT o.id, f.stage, o.filing_number IS NOT NULL, COALESCE(o.police_number, ''), o.police_declined,
			`+filingCustomer+` = o.customer_id
		FROM filings f JOIN orders o ON o.id = f.order_id WHERE f.id = ?`, filingID),
		&p.OrderID, &stage, &filed, &p.Number, &p.Declined, &theirs); err != nil {
		return p, err
	}
	if !theirs { // the order has another customer now, whose number is no business of this filing's
		return PoliceState{OrderID: p.OrderID}, nil
	}
	approved, since, err := approvedSince(ctx, tx, filingID)
	if err != nil || stage == filing.Withdrawn || stage == filing.Deregistered {
		return p, err
	}
	p.Open = filed || approved && stage == filing.Installing
	if approved {
		p.Since = since
	}
	return p, nil
}

// approvedSince reports whether the filing, or its base, was approved, and when; the time is zero for a registered
// number. The bureau's date counts, or else the time when the approval arrived.
func approvedSince(ctx context.Context, tx *sqlx.Tx, filingID int64) (approved bool, since time.Time, err error) {
	for {
		var kind filing.Kind
		var base sql.NullInt64
		var at sql.NullTime
		if err := scan(ctx, tx, "filing", fragmentOf(`
			SELECT f.kind, f.base_id, (SELECT COALESCE(d.reviewed_at, d.signalled_at, d.created_at) FROM records r
				JOIN decisions d ON d.record_id = r.id WHERE r.filing_id = f.id AND d.approved ORDER BY r.revision DESC LIMIT 1)
			FROM filings f WHERE f.id = ?`, filingID), &kind, &base, &at); err != nil {
			return false, since, err
		}
		if kind.FollowsUp() && base.Valid {
			filingID = base.Int64
			continue
		}
		if !kind.Registers() {
			since = at.Time
		}
		return at.Valid, since, nil
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
		f, err := lockFiling(ctx, tx, p.FilingID)
		if err != nil {
			return err
		}
		if err := exec(ctx, tx, `SELECT id FROM orders WHERE id = ? FOR UPDATE`, f.OrderID); err != nil {
			return err
		}
		if state, err := policeState(ctx, tx, p.FilingID); err != nil {
			return err
		} else if !state.Open {
			return ErrConflict
		}
		if err := exec(ctx, tx, `UPDATE orders SET `+set.sql+`, updated_at = ? WHERE id = ?`,
			set.with(s.utcNow(), f.OrderID)...); err != nil {
			return err
		}
		if f.Stage != filing.Filed {
			return nil // the workflow numbers the timeline of a filing under way
		}
		p.Seq = f.Seq + 1
		return s.advance(ctx, tx, p)
	})
}
