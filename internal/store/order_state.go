package store

import (
	"context"
	"database/sql"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// trueState is filing.StateOf in SQL, for an order's open filing f. A test compares the two.
const trueState = `CASE WHEN f.stage IS NULL OR f.stage IN ('withdrawn', 'deregistered') THEN 'none'
	WHEN f.stage = 'filed' THEN 'filed'
	WHEN f.stuck_step <> '' OR f.attention = '` + string(filing.AttentionRefusedOurs) + `' THEN 'under_way'
	WHEN f.attention = '` + string(filing.AttentionSMSVerification) +
	`' OR f.stage IN ('contact', 'verifying', 'preparing', 'correcting')
		OR f.stage = 'installing' AND f.attention <> '' THEN 'yours' ELSE 'under_way' END`

// showsTruth updates an order's state to match its open filing f, if it doesn't already.
const (
	trueStage  = `COALESCE(f.stage, '')`
	showsTruth = `UPDATE orders o LEFT JOIN filings f ON f.open_order_id = o.id
		SET o.filing_state = ` + trueState + `, o.filing_stage = ` + trueStage + `
		WHERE (o.filing_state <> ` + trueState + ` OR o.filing_stage <> ` + trueStage + `) AND `
)

// updateOrderState updates an order's state and stage from its open filing, in the transaction that moved the filing.
func updateOrderState(ctx context.Context, tx *sqlx.Tx, orderID int64) error {
	return exec(ctx, tx, showsTruth+`o.id = ?`, orderID)
}

// showTurn is updateOrderState for a filing that got stuck or unstuck. It locks no rows of other filings, because many
// get stuck at once and already queue for the lock of their cause.
func showTurn(ctx context.Context, tx *sqlx.Tx, filingID int64) error {
	var orderID sql.NullInt64
	var stage filing.Stage
	var attention filing.Attention
	var stuck bool
	if err := scan(ctx, tx, "filing", fragmentOf(`SELECT open_order_id, stage, attention, stuck_step <> '' FROM filings
		WHERE id = ?`, filingID), &orderID, &stage, &attention, &stuck); err != nil {
		return err
	}
	return exec(ctx, tx, `UPDATE orders SET filing_state = ? WHERE id = ?`,
		filing.StateOf(stage, attention, stuck), orderID)
}
