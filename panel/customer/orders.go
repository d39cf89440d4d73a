package customer

import (
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

type orderLine struct {
	store.OrderRow
	// Action is the key of the row's main action, "action.ACTION".
	Action string
	// Expiry is past, near or empty; a key below "orders.expiry_".
	Expiry string
}

// registrable tells whether a number that the customer holds can be registered.
func (l orderLine) registrable() bool { return l.Action == actionStart }

const actionStart = "start"

type ordersData struct {
	Orders []orderLine
	Filter store.OrderFilter
	// Chosen is a state or a stage.
	Chosen string
	States []filing.OrderState
	Stages []filing.Stage
	// Filtered tells that something is filtered for, Cut that more was found than is shown.
	Filtered, Cut bool
	Next          string // query of the next page; empty on the last
	// Notices are the provider's newest.
	Notices []web.NoticeLink
}
