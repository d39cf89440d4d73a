package dossierview

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// A person's site is managed by that person, and what stands above a person
// (上级单位或投资者) is the person: none of it is typed twice (WCAG 2.2, 3.3.7).

// fieldSame is the checkbox that says so. It is the page's own, no part of the dossier.
const (
	fieldSame = "manager_same"
	sameYes   = "yes"
)

// mirrored are the manager's fields that the holder's fill, by the holder's.
var mirrored = map[string]string{"name": "manager_name", "document_type": "manager_document_type", "document_number": "manager_document_number"}

func isPerson(v url.Values) bool { return web.Number(v, "nature") == filing.NaturePerson }

func isSame(v url.Values) bool { return isPerson(v) && v.Get(fieldSame) == sameYes }

// WithManagerSame puts the checkbox before the manager's fields, where the holder's are
// on the same page.
func WithManagerSame(t *locale.Localizer, fields []web.Field) []web.Field {
	named := func(name string) func(web.Field) bool { return func(f web.Field) bool { return f.Name == name } }
	at := slices.IndexFunc(fields, named("manager_name"))
	if at < 0 || !slices.ContainsFunc(fields, named("nature")) {
		return fields
	}
	return slices.Insert(fields, at, web.Field{Name: fieldSame, Type: "checkboxes", Options: []web.Option{{Value: sameYes, Label: t.T("form.yes", nil)}}})
}

// FillPerson fills, in a holder's form that was typed, what a person needn't type
// again. The name stands above the person until another is typed there.
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
		before := url.Values{}
		err := v.Store.Draft(ctx, cur.Filing.ID, web.FormHolder, &before)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if values.Get("superior") != before.Get("name") || values.Get("superior") != before.Get("superior") {
			return nil // typed by hand
		}
	}
	values.Set("superior", values.Get("name"))
	return nil
}

// WithoutTwice tells what is wrong with fields that the holder's fill at the
// holder's, once.
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
