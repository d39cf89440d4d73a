package filing

import (
	"cmp"
	_ "embed"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Refusal says what a result code of the bureau (interface 3.0, section 3-5) is
// about and what to do.
type Refusal struct {
	Code int
	// Form and Field name what must be corrected; empty when it isn't a field.
	Form, Field string
	// Staff tells that the provider must act, not the customer.
	Staff bool
	// Done tells that the code reports success: nobody must act.
	Done bool
	Bilingual
}

//go:embed data/results.tsv
var resultsFile string

// RefusalByCode finds a result code. A code that the interface doesn't list is
// for staff to look into, with the bureau's own words.
func RefusalByCode(code int) (r Refusal, known bool) {
	r, known = refusals()[code]
	if !known {
		r = Refusal{Code: code, Staff: true}
	}
	return r, known
}

// Refusals lists the result codes that the interface knows, by code.
func Refusals() []Refusal {
	return slices.SortedFunc(maps.Values(refusals()), func(a, b Refusal) int { return cmp.Compare(a.Code, b.Code) })
}

// refusals reads the table once; its form is tested.
var refusals = sync.OnceValue(func() map[int]Refusal {
	table := map[int]Refusal{}
	for line := range strings.Lines(resultsFile) {
		cells := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(cells) != 6 {
			continue // the heading
		}
		code, err := strconv.Atoi(cells[0])
		if err != nil {
			continue
		}
		table[code] = Refusal{Code: code, Form: cells[1], Field: cells[2], Staff: cells[3] == "staff", Done: cells[3] == "done", Bilingual: Bilingual{cells[4], cells[5]}}
	}
	return table
})
