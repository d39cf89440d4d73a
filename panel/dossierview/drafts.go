package dossierview

import (
	"github.com/beian/beian/internal/store"
)

// RowOf is where a form's draft is kept: with its filing, or, before there is one,
// with the order.
func DraftRow(cur Current, name string) store.DraftRow {
	if cur.Filing.ID == 0 {
		return store.OrderDraft(cur.Order.ID, cur.Order.CustomerID, name)
	}
	return store.FilingDraft(cur.Filing.ID, name)
}
