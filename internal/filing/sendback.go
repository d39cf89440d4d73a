package filing

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// SendBackReason is a common reason for which vetting sends a dossier back (初审退回), with what it is about and what to
// do.
type SendBackReason struct {
	// Key identifies it permanently, because stored send-backs refer to it.
	Key string
	// Form and Field are what it is about; papers have the form "papers". Both empty: the whole dossier.
	Form, Field string
	// Code is the bureau's code for the refusal that this prevents; 0: none.
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

// SendBackReasons lists them in the file's order, which follows the forms.
func SendBackReasons() []SendBackReason { return sendBacks() }

// SendBackByKey returns the reason with a key.
func SendBackByKey(key string) (r SendBackReason, known bool) {
	for _, r := range sendBacks() {
		if r.Key == key {
			return r, true
		}
	}
	return r, false
}

// sendBacks reads the table once; a test checks its format.
var sendBacks = sync.OnceValue(func() (list []SendBackReason) {
	for line := range strings.Lines(sendBacksFile) {
		cells := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(cells) != 6 || strings.HasPrefix(line, "#") {
			continue // the header
		}
		code, _ := strconv.Atoi(cells[3]) // empty: none
		list = append(list,
			SendBackReason{Key: cells[0], Form: cells[1], Field: cells[2], Code: code, Bilingual: Bilingual{cells[4], cells[5]}})
	}
	return list
})
