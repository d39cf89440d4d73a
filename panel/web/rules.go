package web

import (
	"strings"

	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/rules"
)

// OriginText says where a rule comes from, when that was, and how sure it is.
func (k *Kit) OriginText(t *locale.Localizer, o rules.Origin) string {
	certainty := t.T("rules.certainty."+string(o.Certainty), nil)
	if o.Own {
		certainty = t.T("rules.own", nil)
	}
	return t.T("rules.origin", map[string]any{
		"source": k.Rules.Credit(o, t.Lang()), "date": originDate(t, o.Date), "certainty": certainty,
	})
}

// CreditText says where something comes from and when that was, without how sure it is.
func (k *Kit) CreditText(t *locale.Localizer, o rules.Origin) string {
	return t.T("rules.credit", map[string]any{"source": k.Rules.Credit(o, t.Lang()), "date": originDate(t, o.Date)})
}

// originDate reads a date of the data: a day, month or year, an estimate (~), or a span.
func originDate(t *locale.Localizer, date string) string {
	if date == "" {
		return t.T("rules.undated", nil)
	}
	date, estimated := strings.CutPrefix(date, "~")
	from, until, span := strings.Cut(date, "/")
	switch {
	case span && until == "":
		date = t.T("rules.after", map[string]any{"from": from})
	case span:
		date = t.T("rules.until", map[string]any{"from": from, "until": until})
	}
	if estimated {
		date = t.T("rules.about", map[string]any{"date": date})
	}
	return date
}
