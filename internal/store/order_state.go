package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// notBegun: filing f waits until the filing that it shares its holder with has a verified contact.
const notBegun = `f.seq = 0 AND f.start_due IS NULL AND (f.awaits_holder OR f.carrier_id IS NOT NULL)`

// trueState is filing.StateOf in SQL, for an open filing f. A test compares the two.
const trueState = `CASE WHEN f.stage IS NULL OR f.stage IN ('withdrawn', 'deregistered') THEN 'none'
	WHEN f.stage = 'filed' THEN 'filed'
	WHEN f.stuck_step <> '' OR f.attention = '` + string(filing.AttentionRefusedOurs) + `' OR ` + notBegun + `
		OR f.attention = '` + string(filing.AttentionReturnedTogether) + `' THEN 'under_way'
	WHEN f.attention = '` + string(filing.AttentionSMSVerification) +
	`' OR f.stage IN ('contact', 'verifying', 'preparing', 'correcting')
		OR f.stage = 'installing' AND f.attention <> '' THEN 'yours' ELSE 'under_way' END`

// showsTruth updates the states of an order's sites to match their open filings f, where they don't already.
const (
	trueStage  = `COALESCE(f.stage, '')`
	showsTruth = `UPDATE sites w LEFT JOIN filings f ON f.open_site_id = w.id
		SET w.filing_state = ` + trueState + `, w.filing_stage = ` + trueStage + `
		WHERE (w.filing_state <> ` + trueState + ` OR w.filing_stage <> ` + trueStage + `) AND `
)

// leading sorts open filings f of an order by filing.OrderState.Precedence: the first stands for the order.
var leading = ` ORDER BY FIELD(` + trueState + `, 'yours', 'under_way', 'none', 'filed'), f.id LIMIT 1`

// updateOrderState updates the states of an order's sites from their open filings, and the order's from its sites, in
// the transaction that moved a filing.
func (s *Store) updateOrderState(ctx context.Context, tx *sqlx.Tx, orderID int64) error {
	if err := exec(ctx, tx, `SELECT id FROM orders WHERE id = ? FOR UPDATE`, orderID); err != nil {
		return err
	}
	if err := s.placeOlder(ctx, tx, orderID); err != nil {
		return err
	}
	if err := exec(ctx, tx, showsTruth+`w.order_id = ?`, orderID); err != nil {
		return err
	}
	return summarise(ctx, tx, orderID)
}

// showTurn is updateOrderState for a filing that got stuck or unstuck. It locks no rows of other filings, because many
// get stuck at once and already queue for the lock of their cause.
func (s *Store) showTurn(ctx context.Context, tx *sqlx.Tx, filingID int64) error {
	var siteID, openOrder sql.NullInt64
	var orderID int64
	var state filing.OrderState
	if err := scan(ctx, tx, "filing", fragmentOf(`SELECT f.order_id, f.open_order_id, f.open_site_id, `+trueState+`
		FROM filings f WHERE f.id = ?`, filingID), &orderID, &openOrder, &siteID, &state); err != nil {
		return err
	}
	if !openOrder.Valid {
		return nil // another filing stands for the site
	}
	if !siteID.Valid {
		return s.updateOrderState(ctx, tx, orderID)
	}
	if err := exec(ctx, tx, `SELECT id FROM orders WHERE id = ? FOR UPDATE`, orderID); err != nil {
		return err
	}
	if err := exec(ctx, tx, `UPDATE sites SET filing_state = ? WHERE id = ?`, state, siteID.Int64); err != nil {
		return err
	}
	return summarise(ctx, tx, orderID)
}

// siteSummary is what a site contributes to its order.
type siteSummary struct {
	State          filing.OrderState `db:"filing_state"`
	Stage          filing.Stage      `db:"filing_stage"`
	Number         sql.NullString    `db:"filing_number"`
	NumberAt       sql.NullTime      `db:"filing_number_at"`
	Police         sql.NullString    `db:"police_number"`
	PoliceAt       sql.NullTime      `db:"police_number_at"`
	PoliceDeclined bool              `db:"police_declined"`
	Removed        bool              `db:"removed"`
	UpdatedAt      time.Time         `db:"updated_at"`
}

const numberColumns = `filing_number, filing_number_at, police_number, police_number_at, police_declined`

// summarise writes an order's columns from its sites: the state by filing.OrderState.Precedence, and the numbers of the
// first site that has one, for lists. The order's row is locked.
func summarise(ctx context.Context, tx *sqlx.Tx, orderID int64) error {
	sites, err := selectAll[siteSummary](ctx, tx, `SELECT filing_state, filing_stage, `+numberColumns+`,
		removed_at IS NOT NULL AS removed, updated_at FROM sites WHERE order_id = ? ORDER BY id`, orderID)
	if err != nil || len(sites) == 0 {
		return err
	}
	if err := takeOlderNumber(ctx, tx, orderID, sites); err != nil {
		return err
	}
	shown := sites[0]
	if i := slices.IndexFunc(sites, func(s siteSummary) bool { return s.Number.Valid }); i >= 0 {
		shown = sites[i]
	}
	counted := slices.DeleteFunc(slices.Clone(sites),
		func(s siteSummary) bool { return s.Removed && s.State == filing.OrderNone })
	lead := siteSummary{State: filing.OrderNone}
	if len(counted) > 0 {
		lead = slices.MinFunc(counted, func(a, b siteSummary) int {
			return a.State.Precedence() - b.State.Precedence()
		})
	}
	return exec(ctx, tx, `UPDATE orders SET filing_state = ?, filing_stage = ?, filing_number = ?, filing_number_at = ?,
		police_number = ?, police_number_at = ?, police_declined = ? WHERE id = ?`, lead.State, lead.Stage, shown.Number,
		shown.NumberAt, shown.Police, shown.PoliceAt, shown.PoliceDeclined, orderID)
}

// takeOlderNumber takes over what a build without sites wrote to the order since its sites were last written.
func takeOlderNumber(ctx context.Context, tx *sqlx.Tx, orderID int64, sites []siteSummary) error {
	written := slices.MaxFunc(sites, func(a, b siteSummary) int { return a.UpdatedAt.Compare(b.UpdatedAt) }).UpdatedAt
	older, err := get[siteSummary](ctx, tx, `SELECT `+numberColumns+`, updated_at FROM orders WHERE id = ?`, orderID)
	if err != nil || !older.UpdatedAt.After(written) || older.sameNumbers(sites[0]) {
		return err
	}
	if len(sites) > 1 && slices.ContainsFunc(sites, older.sameNumbers) {
		return nil // shown for another site
	}
	older.State, older.Stage, older.Removed = sites[0].State, sites[0].Stage, sites[0].Removed
	sites[0] = older
	return exec(ctx, tx, `UPDATE sites SET filing_number = ?, filing_number_at = ?, police_number = ?, police_number_at = ?,
		police_declined = ?, updated_at = ? WHERE order_id = ? ORDER BY id LIMIT 1`, older.Number, older.NumberAt,
		older.Police, older.PoliceAt, older.PoliceDeclined, older.UpdatedAt, orderID)
}

func (s siteSummary) sameNumbers(o siteSummary) bool {
	return s.Number == o.Number && s.Police == o.Police && s.PoliceDeclined == o.PoliceDeclined
}
