package panel

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
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

func isPerson(v url.Values) bool { return number(v, "nature") == filing.NaturePerson }

func isSame(v url.Values) bool { return isPerson(v) && v.Get(fieldSame) == sameYes }

// withSame puts the checkbox before the manager's fields, where the holder's are
// on the same page.
func withSame(t *locale.Localizer, fields []field) []field {
	named := func(name string) func(field) bool { return func(f field) bool { return f.Name == name } }
	at := slices.IndexFunc(fields, named("manager_name"))
	if at < 0 || !slices.ContainsFunc(fields, named("nature")) {
		return fields
	}
	return slices.Insert(fields, at, field{Name: fieldSame, Type: "checkboxes", Options: []option{{Value: sameYes, Label: t.T("form.yes", nil)}}})
}

// fillPerson fills, in a holder's form that was typed, what a person needn't type
// again. The name stands above the person until another is typed there.
func (s *Server) fillPerson(ctx context.Context, cur current, v url.Values) error {
	if !isPerson(v) {
		return nil
	}
	if isSame(v) {
		for of, to := range mirrored {
			v.Set(to, v.Get(of))
		}
	}
	if v.Get("superior") != v.Get("name") && v.Get("superior") != "" {
		before := url.Values{}
		err := s.cfg.Store.Draft(ctx, cur.Filing.ID, formHolder, &before)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if v.Get("superior") != before.Get("name") || v.Get("superior") != before.Get("superior") {
			return nil // typed by hand
		}
	}
	v.Set("superior", v.Get("name"))
	return nil
}

// withoutTwice tells what is wrong with fields that the holder's fill at the
// holder's, once.
func withoutTwice(problems filing.Problems, v url.Values) filing.Problems {
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
