package dossierview

import (
	"context"
	"net/url"
	"slices"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/panel/web"
)

// A person usually manages their own site, and is their own superior (上级单位或投资者). They needn't type
// their data twice (WCAG 2.2, 3.3.7).

// fieldSame is the checkbox "the manager is the holder". It isn't part of the dossier.
const (
	fieldSame = "manager_same"
	sameYes   = "yes"
)

// mirrored maps the holder's fields to the manager's that they fill.
var mirrored = map[string]string{
	"name": "manager_name", "document_type": "manager_document_type", "document_number": "manager_document_number",
}

func isPerson(v url.Values) bool { return web.Number(v, "nature") == filing.NaturePerson }

func isSame(v url.Values) bool { return isPerson(v) && v.Get(fieldSame) == sameYes }

// WithManagerSame puts the checkbox before the manager's fields if the holder's are on the same page.
func WithManagerSame(t *locale.Localizer, fields []web.Field) []web.Field {
	named := func(name string) func(web.Field) bool { return func(f web.Field) bool { return f.Name == name } }
	at := slices.IndexFunc(fields, named("manager_name"))
	if at < 0 || !slices.ContainsFunc(fields, named("nature")) {
		return fields
	}
	yes := []web.Option{{Value: sameYes, Label: t.T("controls.yes", nil)}}
	return slices.Insert(fields, at, web.Field{Name: fieldSame, Type: "checkboxes", Options: yes})
}

// FillPerson fills in what a person needn't type twice in a holder's form. The superior follows the name
// until something else is typed there.
func (v *View) FillPerson(ctx context.Context, cur Current, values url.Values) error {
	if !isPerson(values) {
		return nil
	}
	if isSame(values) {
		for of, to := range mirrored {
			values.Set(to, values.Get(of))
		}
	}
	if values.Get("superior") != values.Get("name") && values.Get("superior") != "" {
		before, _, err := v.StartedDraft(ctx, cur, web.FormHolder)
		if err != nil {
			return err
		}
		if values.Get("superior") != before.Get("name") || values.Get("superior") != before.Get("superior") {
			return nil // typed by the customer
		}
	}
	values.Set("superior", values.Get("name"))
	return nil
}

// WithoutTwice moves problems of the manager's fields that the holder's fill to the holder's fields, each once.
func WithoutTwice(problems filing.Problems, v url.Values) filing.Problems {
	if !isSame(v) {
		return problems
	}
	var kept filing.Problems
	for _, p := range problems {
		for of, to := range mirrored {
			if p.Field == to {
				p.Field = of
			}
		}
		if !slices.ContainsFunc(kept, func(k filing.Problem) bool { return k.Field == p.Field && k.Key == p.Key }) {
			kept = append(kept, p)
		}
	}
	return kept
}
