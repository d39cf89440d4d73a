package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// trueState is filing.StateOf in SQL, of an order's open filing f.
const trueState = `CASE WHEN f.stage IS NULL THEN 'none' WHEN f.stage = 'filed' THEN 'filed'
	WHEN f.attention = '` + filing.AttentionRefusedOurs + `' THEN 'under_way'
	WHEN f.attention <> '' OR f.stage IN ('contact', 'verifying', 'preparing', 'correcting') THEN 'yours' ELSE 'under_way' END`

// showsTruth writes what an order shows of its open filing f, where that isn't so
// already.
const (
	trueStage  = `COALESCE(f.stage, '')`
	showsTruth = `UPDATE orders o LEFT JOIN filings f ON f.open_order_id = o.id SET o.filing_state = ` + trueState + `, o.filing_stage = ` + trueStage + `
		WHERE (o.filing_state <> ` + trueState + ` OR o.filing_stage <> ` + trueStage + `) AND `
)

// showState makes an order's state and stage what its open filing says, in the
// transaction that moved the filing.
func showState(ctx context.Context, tx *sqlx.Tx, orderID int64) error {
	_, err := tx.ExecContext(ctx, showsTruth+`o.id = ?`, orderID)
	return err
}
