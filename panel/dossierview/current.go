package dossierview

import (
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// Current is the filing that a page is about, with its order: the customer's own.
type Current struct {
	Order  store.Order
	Filing store.Filing
}

// Over tells that the order has no filing any more: this is its last one.
func (cur Current) Over() bool {
	return cur.Filing.Stage == filing.Withdrawn || cur.Filing.Stage == filing.Deregistered
}
