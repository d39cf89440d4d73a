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

// DossierPart is a part of a dossier, for people to read and copy.
type DossierPart struct {
	// Title and Note are keys of the locale files. Note may be empty.
	Title, Note string
	Lines       []DossierLine
}

// Changed tells whether any of the part's lines did.
func (part DossierPart) Changed() bool {
	return slices.ContainsFunc(part.Lines, func(l DossierLine) bool { return l.Changed })
}

// DossierLine is one value of a dossier. ID is its element's on the page, Path where it is changed.
type DossierLine struct {
	ID, Label, Text, Path string
	// Secret values are shown on the screen, but not printed.
	Secret bool
	// Changed: the line differs from an earlier dossier, which had Before.
	Changed bool
	Before  string
}

// DossierParts are the filing's numbers, if the bureau has given any, and the forms of the dossier's
// kind. Codes are shown by their names.
func (v *View) DossierParts(c *gin.Context, d filing.Dossier) []DossierPart {
	t := v.Texts.For(v.Lang(c))
	codes := WithBuiltIn(v.Tables(c.Request.Context()))
	var parts []DossierPart
	if d.Subject.HolderNumber != "" || d.Subject.SiteNumber != "" {
		line := func(name, text string) DossierLine {
			return DossierLine{ID: "v-subject-" + name, Label: t.T("manual_dossiers.subject_"+name, nil), Text: text}
		}
		lines := []DossierLine{line("holder", d.Subject.HolderNumber), line("site", d.Subject.SiteNumber)}
		parts = append(parts, DossierPart{Title: "manual_dossiers.subject", Lines: lines})
	}
	for _, f := range FilledForms(d) {
		lines := FormLines(t, f.Name, v.Fields(t, codes, d, f.Name, f.Values), f.Values)
		parts = append(parts, DossierPart{Title: f.Name + ".title", Lines: lines})
	}
	return parts
}

// MarkChanges marks the lines of a dossier that differ from an earlier one.
func MarkChanges(parts, before []DossierPart) {
	var old []DossierLine
	for _, part := range before {
		old = append(old, part.Lines...)
	}
	for _, part := range parts {
		MarkLines(part.Lines, old)
	}
}

// MarkLines marks the lines that differ from earlier ones.
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

// filledForm is a form of a dossier with what was typed into it.
type filledForm struct {
	Name   string
	Values url.Values
}

// FilledForms are the forms of a dossier's kind. Papers are shown as pictures instead.
func FilledForms(d filing.Dossier) (forms []filledForm) {
	for _, name := range d.Forms() {
		if name != web.FormPapers {
			forms = append(forms, filledForm{name, valuesOf(d, name)})
		}
	}
	return forms
}

// FormLines are the lines of a form.
func FormLines(t *locale.Localizer, name string, fields []web.Field, values url.Values) []DossierLine {
	var lines []DossierLine
	for _, f := range web.Build(t, name, fields, values, nil).Fields {
		line := DossierLine{ID: "v-" + name + "-" + f.Name, Label: t.T("field."+name+"."+f.Name, nil), Text: copied(t, f)}
		if f.Type == "password" { // Build leaves it out, but staff type it at the bureau
			line.Text, line.Secret = values.Get(f.Name), true
		}
		lines = append(lines, line)
	}
	return lines
}

// copied is a field's value as people copy it. Lines stay lines, and a code that is in no table any
// more is shown as its number.
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

// WithBuiltIn adds the built-in codes that the bureau's tables no longer have: dossiers may still have them.
func WithBuiltIn(t filing.Tables) filing.Tables {
	old := filing.BuiltIn()
	for _, table := range []struct {
		present *[]filing.Code
		old     []filing.Code
	}{
		{&t.Natures, old.Natures}, {&t.DocumentTypes, old.DocumentTypes},
		{&t.AccessModes, old.AccessModes}, {&t.PreApprovals, old.PreApprovals},
		{&t.PreApprovals, filing.EndedPreApprovals()},
		{&t.Languages, old.Languages}, {&t.Services, old.Services},
		{&t.EndingReasons, old.EndingReasons}, {&t.ServerPlaces, old.ServerPlaces},
	} {
		merged := slices.Clone(*table.present)
		for _, code := range table.old {
			if _, known := filing.CodeByID(merged, code.ID); !known {
				merged = append(merged, code)
			}
		}
		*table.present = merged
	}
	return t
}
