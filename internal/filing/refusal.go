package filing

import (
	"cmp"
	_ "embed"
	"maps"
	"slices"
	"strconv"
	"sync"
)

// Refusal explains a result code of the bureau (interface 3.0, section 3-5): what it is about and what to do.
type Refusal struct {
	Code int
	// Form and Field are what must be corrected; empty if it isn't a field.
	Form, Field string
	// Staff: the provider must act, not the customer.
	Staff bool
	// Done: the code reports success, so nobody must act.
	Done bool
	Bilingual
}

//go:embed data/results.tsv
var resultsFile string

// RefusalByCode explains a result code. A code that the interface doesn't list is for staff to look into, with the
// bureau's own opinion.
func RefusalByCode(code int) (r Refusal, known bool) {
	r, known = refusals()[code]
	if !known {
		r = Refusal{Code: code, Staff: true}
	}
	return r, known
}

// Refusals lists the interface's result codes, in order.
func Refusals() []Refusal {
	return slices.SortedFunc(maps.Values(refusals()), func(a, b Refusal) int { return cmp.Compare(a.Code, b.Code) })
}

// refusals reads the table once; a test checks its format.
var refusals = sync.OnceValue(func() map[int]Refusal {
	table := map[int]Refusal{}
	for cells := range rows(resultsFile) {
		code, _ := strconv.Atoi(cells[0])
		table[code] = Refusal{Code: code, Form: cells[1], Field: cells[2], Staff: cells[3] == "staff",
			Done: cells[3] == "done", Bilingual: Bilingual{cells[4], cells[5]}}
	}
	return table
})
