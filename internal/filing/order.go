package filing

import (
	"slices"
	"strings"
)

// OrderState is how an order's filing stands, for the list of orders: one of
// four, by who must act.
type OrderState string

// The states.
const (
	// OrderNone: no filing is open or done (未备案).
	OrderNone OrderState = "none"
	// OrderYours: the customer must act (需要您处理).
	OrderYours OrderState = "yours"
	// OrderUnderWay: the provider or the bureau acts (办理中).
	OrderUnderWay OrderState = "under_way"
	// OrderFiled: done (已备案).
	OrderFiled OrderState = "filed"
)

// AttentionRefusedOurs is what shows on a filing that the bureau refused for
// something that the provider must mend: nothing is wanted of the customer.
const AttentionRefusedOurs = "refused_ours"

// OrderStates lists them in the order of the filter.
var OrderStates = []OrderState{OrderNone, OrderYours, OrderUnderWay, OrderFiled}

// OrderStages are the stages in which an order's filing stands while it is open or
// done, for the filter: one that was withdrawn or deregistered stands on no order.
var OrderStages = slices.DeleteFunc(slices.Clone(Stages), func(s Stage) bool { return s == Withdrawn || s == Deregistered })

// StateOf is the state of an order by its open filing's stage and what the
// customer must look at; without a filing the stage is empty.
func StateOf(stage Stage, attention string) OrderState {
	switch stage {
	case "", Withdrawn, Deregistered:
		return OrderNone
	case Filed:
		return OrderFiled
	case Contact, Verifying, Preparing, Correcting:
		if attention == AttentionRefusedOurs {
			return OrderUnderWay
		}
		return OrderYours
	}
	if attention != "" {
		return OrderYours
	}
	return OrderUnderWay
}

// SearchedDomains are the names under which an order could list a domain as it
// is typed: itself, its www host, what it is below, and wildcards that stand for
// it. None when the text isn't a domain.
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
