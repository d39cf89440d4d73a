package filing

import (
	_ "embed"
	"strconv"
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

// SendBackByKey returns the reason with a key.
func SendBackByKey(key string) (r SendBackReason, known bool) {
	for _, r := range SendBackReasons() {
		if r.Key == key {
			return r, true
		}
	}
	return r, false
}

// SendBackReasons lists them in the file's order, which follows the forms. A test checks the file's format.
var SendBackReasons = sync.OnceValue(func() (list []SendBackReason) {
	for cells := range rows(sendBacksFile) {
		code, _ := strconv.Atoi(cells[3]) // empty: none
		list = append(list,
			SendBackReason{Key: cells[0], Form: cells[1], Field: cells[2], Code: code, Bilingual: Bilingual{cells[4], cells[5]}})
	}
	return list
})
