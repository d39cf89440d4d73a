package filing

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// SendBackReason is a common reason for which the provider's own staff send a
// dossier back (初审退回), with what it is about and what would be right.
type SendBackReason struct {
	// Key names it for ever: what was sent back keeps it.
	Key string
	// Form and Field name what it is about; a paper is of the form "papers". Both
	// empty: the whole dossier.
	Form, Field string
	// Code is the bureau's for the refusal that it spares the customer; 0: none.
	Code int
	Bilingual
}

// About is the field as "form.field"; empty for the whole dossier.
func (r SendBackReason) About() string {
	if r.Form == "" {
		return ""
	}
	return r.Form + "." + r.Field
}

//go:embed data/sendbacks.tsv
var sendBacksFile string

// SendBackReasons lists them in the order of the file, which is that of the forms.
func SendBackReasons() []SendBackReason { return sendBacks() }

// SendBackByKey finds one.
func SendBackByKey(key string) (r SendBackReason, known bool) {
	for _, r := range sendBacks() {
		if r.Key == key {
			return r, true
		}
	}
	return r, false
}

// sendBacks reads the table once; its form is tested.
var sendBacks = sync.OnceValue(func() (list []SendBackReason) {
	for line := range strings.Lines(sendBacksFile) {
		cells := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(cells) != 6 || strings.HasPrefix(line, "#") {
			continue // the heading
		}
		code, _ := strconv.Atoi(cells[3]) // empty is none
		list = append(list, SendBackReason{Key: cells[0], Form: cells[1], Field: cells[2], Code: code, Bilingual: Bilingual{cells[4], cells[5]}})
	}
	return list
})
