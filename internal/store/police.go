package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"github.com/beian/beian/internal/filing"
)

// PoliceState is the state of a site's public-security filing (公安联网备案).
type PoliceState struct {
	OrderID int64
	// Open: the site has an approved filing, so it needs one.
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

// Police returns the state of the public-security filing for a filing's site. A change doesn't restart the time limit:
// it runs from the approval of the original filing.
func (s *Store) Police(ctx context.Context, filingID int64) (PoliceState, error) {
	var row policeRow
	var a approvedAt
	var both errgroup.Group
	both.Go(func() (err error) { row, err = readPolice(ctx, s.db, filingID); return err })
	both.Go(func() (err error) { a, err = approvedSince(ctx, s.db, filingID); return err })
	err := both.Wait()
	return row.state(a), err
}

func policeState(ctx context.Context, tx *sqlx.Tx, filingID int64) (PoliceState, error) {
	row, err := readPolice(ctx, tx, filingID)
	if err != nil {
		return PoliceState{}, err
	}
	a, err := approvedSince(ctx, tx, filingID)
	return row.state(a), err
}

// policeRow is what a filing and its site say of the public-security filing.
type policeRow struct {
	OrderID  int64        `db:"id"`
	Stage    filing.Stage `db:"stage"`
	Filed    bool         `db:"filed"`
	Number   string       `db:"number"`
	Declined bool         `db:"police_declined"`
	// Theirs: the order is still the filing's customer's.
	Theirs bool `db:"theirs"`
}

func readPolice(ctx context.Context, db sqlx.QueryerContext, filingID int64) (policeRow, error) {
	return find[policeRow](ctx, db, "filing", `
		SELECT o.id, f.stage, w.filing_number IS NOT NULL AS filed, COALESCE(w.police_number, '') AS number,
			COALESCE(w.police_declined, FALSE) AS police_declined, `+filingCustomer+` = o.customer_id AS theirs
		FROM filings f JOIN orders o ON o.id = f.order_id LEFT JOIN sites w ON w.id = f.site_id WHERE f.id = ?`, filingID)
}

// approvedAt says whether a filing was approved, and since when; see approvedSince.
type approvedAt struct {
	approved bool
	since    time.Time
}

func (r policeRow) state(a approvedAt) PoliceState {
	p := PoliceState{OrderID: r.OrderID}
	if !r.Theirs { // the order has another customer now, whose number is no business of this filing's
		return p
	}
	p.Number, p.Declined = r.Number, r.Declined
	if r.Stage == filing.Withdrawn || r.Stage == filing.Deregistered {
		return p
	}
	p.Open = r.Filed || a.approved && r.Stage == filing.Installing
	if a.approved {
		p.Since = a.since
	}
	return p
}

// approvedSince reports whether the filing, or its base, was approved, and when; the time is zero for a registered
// number. The bureau's date counts, or else the time when the approval arrived.
func approvedSince(ctx context.Context, db sqlx.QueryerContext, filingID int64) (a approvedAt, err error) {
	for {
		var kind filing.Kind
		var base sql.NullInt64
		var at sql.NullTime
		if err := scan(ctx, db, "filing", fragmentOf(`
			SELECT f.kind, f.base_id, (SELECT COALESCE(d.reviewed_at, d.signalled_at, d.created_at) FROM records r
				JOIN decisions d ON d.record_id = r.id WHERE r.filing_id = f.id AND d.approved ORDER BY r.revision DESC LIMIT 1)
			FROM filings f WHERE f.id = ?`, filingID), &kind, &base, &at); err != nil {
			return a, err
		}
		if kind.FollowsUp() && base.Valid {
			filingID = base.Int64
			continue
		}
		if !kind.Registers() {
			a.since = at.Time
		}
		a.approved = at.Valid
		return a, nil
	}
}

// RecordPoliceNumber stores the public-security number of a filing's site; ErrConflict if it has no approval.
func (s *Store) RecordPoliceNumber(ctx context.Context, filingID int64, number filing.PoliceNumber,
	actor string) error {
	return s.setPolice(ctx,
		Progress{FilingID: filingID, EventKind: filing.EventPoliceRecorded, Actor: actor, Detail: number.String()},
		fragmentOf(`w.police_number = ?, w.police_number_at = ?, w.police_declined = FALSE`, number.String(), s.utcNow()))
}

// DeclinePolice records that the customer needs no public-security filing.
func (s *Store) DeclinePolice(ctx context.Context, filingID int64, actor string) error {
	return s.setPolice(ctx, Progress{FilingID: filingID, EventKind: filing.EventPoliceDeclined, Actor: actor},
		fragmentOf(`w.police_number = NULL, w.police_number_at = NULL, w.police_declined = TRUE`))
}

func (s *Store) setPolice(ctx context.Context, p Progress, set fragment) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := s.adoptSite(ctx, tx, p.FilingID); err != nil {
			return err
		}
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
		if err := s.setNumber(ctx, tx, p.FilingID, set); err != nil {
			return err
		}
		if err := s.updateOrderState(ctx, tx, f.OrderID); err != nil {
			return err
		}
		if f.Stage != filing.Filed {
			return nil // the workflow numbers the timeline of a filing under way
		}
		p.Seq = f.Seq + 1
		return s.advance(ctx, tx, p)
	})
}
