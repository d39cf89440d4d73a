package panel

import (
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
)

// dossierPart is a part of a dossier as people read and copy it.
type dossierPart struct {
	// Title is a key of the locale files.
	Title string
	Lines []copyLine
}

// copyLine is one value; ID is the element's on the page.
type copyLine struct {
	ID, Label, Text string
	// Secret values show on the screen and not on paper.
	Secret bool
}

// dossierParts are the parts that a dossier of its kind has, every field with its
// label, codes by their names.
func (s *Server) dossierParts(c *gin.Context, d filing.Dossier) []dossierPart {
	t := s.texts.For(s.lang(c))
	codes := withBuiltIn(s.tables(c.Request.Context()))
	var parts []dossierPart
	add := func(present any, title string, lines []copyLine) {
		if !reflect.ValueOf(present).IsZero() {
			parts = append(parts, dossierPart{title, lines})
		}
	}
	line := func(part, name, text string) copyLine {
		return copyLine{ID: "v-" + part + "-" + name, Label: t.T("dossiers."+part+"_"+name, nil), Text: text}
	}
	password := line("claim", "password", d.Claim.Password)
	password.Secret = true
	add(d.Claim, "dossiers.claim", []copyLine{line("claim", "number", d.Claim.Number), password})
	add(d.Subject, "dossiers.subject", []copyLine{line("subject", "holder", d.Subject.HolderNumber), line("subject", "site", d.Subject.SiteNumber)})
	reason, known := filing.CodeByID(codes.EndingReasons, d.Ending.Reason)
	if !known {
		reason = filing.Code{Name: strconv.Itoa(d.Ending.Reason), English: strconv.Itoa(d.Ending.Reason)}
	}
	add(d.Ending, "dossiers.ending", []copyLine{line("ending", "reason", codeOptions(t.Lang(), []filing.Code{reason})[0].Label), line("ending", "note", d.Ending.Note)})
	for _, form := range dossierFormsOf(d) {
		fields := dossierFields(t, codes, form.name, form.values)
		parts = append(parts, dossierPart{form.name + ".title", formLines(t, form.name, fields, form.values)})
	}
	return parts
}

// dossierForm is a form's part of a dossier, as the form would hold it.
type dossierForm struct {
	name   string
	values url.Values
}

// dossierFormsOf are the forms that a dossier of its kind has.
func dossierFormsOf(d filing.Dossier) (forms []dossierForm) {
	if d.Holder != (filing.Holder{}) {
		forms = append(forms, dossierForm{"holder", holderAsForm(d.Holder)})
	}
	if !reflect.ValueOf(d.Site).IsZero() {
		forms = append(forms, dossierForm{"site", siteAsForm(d.Site)})
	}
	return forms
}

// dossierFields are the fields of one of the two forms.
func dossierFields(t *locale.Localizer, codes filing.Tables, name string, values url.Values) []field {
	if name == "holder" {
		return holderFields(t, codes, values)
	}
	return siteFields(t, codes)
}

func formLines(t *locale.Localizer, name string, fields []field, values url.Values) []copyLine {
	var lines []copyLine
	for _, f := range build(t, name, fields, values, nil).Fields {
		lines = append(lines, copyLine{ID: "v-" + name + "-" + f.Name, Label: t.T("field."+name+"."+f.Name, nil), Text: copied(f)})
	}
	return lines
}

// copied is a field's value as people copy it: lists line by line. A code that no
// table knows any more shows as its number.
func copied(f field) string {
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
		case v == "" || v == "0":
		case known:
			list = append(list, label)
		default:
			list = append(list, v)
		}
	}
	return strings.Join(list, "、")
}

// withBuiltIn adds the built-in values that the bureau's edition dropped:
// dossiers may still hold them.
func withBuiltIn(t filing.Tables) filing.Tables {
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

// holderAsForm is holderOf backwards.
func holderAsForm(h filing.Holder) url.Values {
	m := h.Manager
	return url.Values{
		"name": {h.Name}, "nature": {strconv.Itoa(h.Nature)}, "document_type": {strconv.Itoa(h.DocumentType)}, "document_number": {h.DocumentNumber},
		"document_address": {h.DocumentAddress}, "superior": {h.Superior},
		"province": {h.Province}, "city": {h.City}, "county": {h.County}, "address": {h.Address},
		"manager_name": {m.Name}, "manager_document_type": {strconv.Itoa(m.DocumentType)}, "manager_document_number": {m.DocumentNumber},
		"manager_office_phone": {m.OfficePhone}, "manager_mobile": {m.Mobile}, "manager_email": {m.Email},
	}
}

// siteAsForm is siteOf backwards.
func siteAsForm(s filing.Site) url.Values {
	yesNo := map[bool]string{true: "yes", false: "no"}
	texts := func(ids []int) (list []string) {
		for _, id := range ids {
			list = append(list, strconv.Itoa(id))
		}
		return list
	}
	return url.Values{
		"name": {s.Name}, "home_page": {s.HomePage}, "provider": {s.Provider}, "access_mode": {strconv.Itoa(s.AccessMode)}, "server_place": {strconv.Itoa(s.ServerPlace)},
		"ip_only": {yesNo[s.IPOnly]}, "domains": {strings.Join(s.Domains, "\n")}, "dynamic_ip": {yesNo[s.DynamicIP]}, "ips": {strings.Join(s.IPs, "\n")},
		"pre_approvals": texts(s.PreApprovals), "languages": texts(s.Languages), "services": texts(s.Services), "remark": {s.Remark},
	}
}
