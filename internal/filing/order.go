package filing

import (
	"slices"
	"strings"
)

// OrderState is the state of an order's filing in the list of orders: one of four, by who must act.
type OrderState string

// The states.
const (
	// OrderNone: no filing is open or done (未备案).
	OrderNone OrderState = "none"
	// OrderYours: the customer must act (需要您处理).
	OrderYours OrderState = "yours"
	// OrderUnderWay: the provider or the bureau acts (办理中).
	OrderUnderWay OrderState = "under_way"
	// OrderFiled: complete (已备案).
	OrderFiled OrderState = "filed"
)

// OrderStates lists them in the order of the filter.
var OrderStates = []OrderState{OrderNone, OrderYours, OrderUnderWay, OrderFiled}

// Precedence says which of several sites' states is shown for their order, the lowest first: what the customer must do,
// what is under way, what isn't filed yet.
func (s OrderState) Precedence() int {
	return slices.Index([]OrderState{OrderYours, OrderUnderWay, OrderNone, OrderFiled}, s)
}

// OrderStages are the stages of open and completed filings, for the filter: withdrawn and deregistered filings don't
// belong to any order.
var OrderStages = slices.DeleteFunc(slices.Clone(Stages),
	func(s Stage) bool { return s == Withdrawn || s == Deregistered })

// StateOf is the state of an order by its open filing; without one the stage is empty.
func StateOf(stage Stage, attention Attention, stuck bool) OrderState {
	switch {
	case stage == Filed:
		return OrderFiled
	case stage == "" || stage.Final():
		return OrderNone
	case TurnOf(stage, attention, stuck) == TurnCustomer:
		return OrderYours
	}
	return OrderUnderWay
}

// SearchedDomains returns the names under which an order could list a domain as typed: itself, its www host, its
// parents, and matching wildcards. None if the text isn't a domain.
func SearchedDomains(text string) []string {
	text = strings.TrimSpace(text)
	if _, after, url := strings.Cut(text, "://"); url { // copied from a browser
		text = after
	}
	text, _, _ = strings.Cut(text, "/")
	domain, key := NormaliseDomain(strings.TrimRight(text, "。"))
	if key != "" {
		return nil
	}
	name := strings.TrimPrefix(domain, "*.")
	list := []string{domain, "www." + name}
	for _, above := range ListedAs(name) {
		list = append(list, above, "*."+above)
	}
	return unique(list)
}
