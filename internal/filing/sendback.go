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
	// Stage is who finds it: provider, sms, bureau, or check after the approval; empty: only our vetting names it.
	Stage string
	// Reason and Fix are what the help centre says, Source and Date where that comes from; empty without a Stage.
	Reason, Fix  Bilingual
	Source, Date string
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
		r := SendBackReason{Key: cells[0], Form: cells[1], Field: cells[2], Code: code,
			Bilingual: Bilingual{cells[4], cells[5]}, Stage: cells[6],
			Reason: Bilingual{cells[7], cells[8]}, Fix: Bilingual{cells[9], cells[10]}, Source: cells[11], Date: cells[12]}
		if r.Chinese == "" {
			r.Bilingual = Bilingual{r.Reason.Chinese + r.Fix.Chinese, r.Reason.English + " " + r.Fix.English}
		}
		list = append(list, r)
	}
	return list
})
