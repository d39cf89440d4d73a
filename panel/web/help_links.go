package web

import (
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/locale"
)

// PageProcess has the flow chart, pagePrecheck an anchor for each pre-check rule.
const PageProcess, pagePrecheck = "process", "precheck"

// pagePapers has an anchor for each paper, pageFields for every other field.
const pagePapers, pageFields = "papers", "fields"

// Book returns the help centre in the reader's language.
func (k *Kit) Book(c *gin.Context) *help.Book { return k.HelpLibrary.Book(k.T(c).Lang()) }

// FieldHelp returns the address that explains a form's field; empty if no page does. A suffix after a dot only numbers
// repeated fields (approval.3).
func (k *Kit) FieldHelp(t *locale.Localizer, form, name string) string {
	name, _, _ = strings.Cut(name, ".")
	page := pageFields
	if form == FormPapers {
		page = pagePapers
	}
	return k.placeHelp(t, page, form+"-"+name)
}

// RuleHelp returns the address that explains a pre-check rule; empty if no page does.
func (k *Kit) RuleHelp(t *locale.Localizer, rule string) string {
	return k.placeHelp(t, pagePrecheck, rule)
}

func (k *Kit) placeHelp(t *locale.Localizer, page, anchor string) string {
	if !k.HelpLibrary.Book(t.Lang()).Has(page, anchor) {
		return ""
	}
	return "/help/" + page + "#" + anchor
}

// ReasonHelp returns the address that explains a bureau result code; empty if no page does.
func (k *Kit) ReasonHelp(c *gin.Context, code int) string {
	if place := k.Book(c).Reason(code); place != "" {
		return "/help/" + place
	}
	return ""
}
