package dossierview

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/panel/web"
)

// DossierPart is a part of a dossier as people read and copy it.
type DossierPart struct {
	// Title and Note are keys of the locale files; no note: empty.
	Title, Note string
	Lines       []DossierLine
}

// Changed tells whether any of the part's lines did.
func (part DossierPart) Changed() bool {
	return slices.ContainsFunc(part.Lines, func(l DossierLine) bool { return l.Changed })
}

// DossierLine is one value; ID is the element's on the page, Path where it is changed.
type DossierLine struct {
	ID, Label, Text, Path string
	// Secret values show on the screen and not on paper.
	Secret bool
	// Before is what stood there before, where the line was Changed.
	Before  string
	Changed bool
}

// DossierParts are the parts that a dossier of its kind has, every field with its
// label, codes by their names, after what the bureau knows the filing by.
func (v *View) DossierParts(c *gin.Context, d filing.Dossier) []DossierPart {
	t := v.Texts.For(v.Lang(c))
	codes := WithBuiltIn(v.Tables(c.Request.Context()))
	var parts []DossierPart
	if d.Subject.HolderNumber != "" || d.Subject.SiteNumber != "" {
		line := func(name, text string) DossierLine {
			return DossierLine{ID: "v-subject-" + name, Label: t.T("dossiers.subject_"+name, nil), Text: text}
		}
		parts = append(parts, DossierPart{Title: "dossiers.subject", Lines: []DossierLine{line("holder", d.Subject.HolderNumber), line("site", d.Subject.SiteNumber)}})
	}
	for _, f := range FilledForms(d) {
		fields := v.Fields(t, codes, d.Kind, f.Name, f.Values)
		parts = append(parts, DossierPart{Title: f.Name + ".title", Lines: FormLines(t, f.Name, fields, f.Values)})
	}
	return parts
}

// MarkChanges tells the lines of a dossier that differ from what stood there before.
func MarkChanges(parts, before []DossierPart) {
	var old []DossierLine
	for _, part := range before {
		old = append(old, part.Lines...)
	}
	for _, part := range parts {
		MarkLines(part.Lines, old)
	}
}

func MarkLines(lines, before []DossierLine) {
	old := map[string]string{}
	for _, line := range before {
		old[line.ID] = line.Text
	}
	for i := range lines {
		line := &lines[i]
		line.Before = old[line.ID]
		line.Changed = line.Before != line.Text
	}
}

// filledForm is a form's part of a dossier, as the form would hold it.
type filledForm struct {
	Name   string
	Values url.Values
}

// FilledForms are the forms that a dossier of its kind has; papers are shown as pictures.
func FilledForms(d filing.Dossier) (forms []filledForm) {
	for _, name := range d.Kind.Forms() {
		if name == web.FormPapers {
			continue
		}
		forms = append(forms, filledForm{name, valuesOf(d, name)})
	}
	return forms
}

// valuesOf is fill backwards.
func valuesOf(d filing.Dossier, form string) url.Values { return web.TypedValues(FormFields(&d, form)) }

func FormLines(t *locale.Localizer, name string, fields []web.Field, values url.Values) []DossierLine {
	var lines []DossierLine
	for _, f := range web.Build(t, name, fields, values, nil).Fields {
		line := DossierLine{ID: "v-" + name + "-" + f.Name, Label: t.T("field."+name+"."+f.Name, nil), Text: copied(t, f)}
		if f.Type == "password" { // build leaves it out; staff type it at the bureau
			line.Text, line.Secret = values.Get(f.Name), true
		}
		lines = append(lines, line)
	}
	return lines
}

// copied is a field's value as people copy it: lists line by line. A code that no
// table knows any more shows as its number.
func copied(t *locale.Localizer, f web.Field) string {
	if len(f.Options) == 0 {
		return strings.Join(f.Values, "\n")
	}
	labels := map[string]string{}
	for _, o := range f.Options {
		labels[o.Value] = o.Label
	}
	var list []string
	for _, v := range f.Values {
		label, known := labels[v]
		switch {
		case v == "":
		case known:
			list = append(list, label)
		default:
			list = append(list, v)
		}
	}
	return t.List(list)
}

// Shown is a field's value on one line.
func Shown(t *locale.Localizer, f web.Field) string {
	return strings.Join(strings.Fields(copied(t, f)), " ")
}

// WithBuiltIn adds the built-in values that the bureau's edition dropped:
// dossiers may still hold them.
func WithBuiltIn(t filing.Tables) filing.Tables {
	old := filing.BuiltIn()
	for _, table := range []struct {
		present *[]filing.Code
		old     []filing.Code
	}{
		{&t.Natures, old.Natures}, {&t.DocumentTypes, old.DocumentTypes}, {&t.AccessModes, old.AccessModes}, {&t.PreApprovals, old.PreApprovals},
		{&t.Languages, old.Languages}, {&t.Services, old.Services}, {&t.EndingReasons, old.EndingReasons}, {&t.ServerPlaces, old.ServerPlaces},
	} {
		merged := append([]filing.Code{}, *table.present...)
		for _, code := range table.old {
			if _, known := filing.CodeByID(merged, code.ID); !known {
				merged = append(merged, code)
			}
		}
		*table.present = merged
	}
	return t
}
