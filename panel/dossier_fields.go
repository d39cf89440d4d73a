package panel

import (
	"net/url"
	"strings"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
)

// dossierField is a field of a form that fills a struct: how it is asked, and where its value
// goes. Reading a form, filling one in, and showing what was handed in all follow it.
type dossierField struct {
	field
	// value points to a *string, a *bool, a code (*int), codes (*[]int) or lines (*[]string);
	// nil: the field is the page's own.
	value any
	// choices are the options, where there are any.
	choices func(choosing) []option
}

// choosing is what options depend on: the language, the code tables, and what is chosen already.
type choosing struct {
	*locale.Localizer
	codes filing.Tables
	typed url.Values
}

// table offers a code table to choose one value from.
func table(pick func(filing.Tables) []filing.Code) func(choosing) []option {
	return func(x choosing) []option { return choose(x.Localizer, codeOptions(x.Lang(), pick(x.codes))) }
}

// several offers a code table to choose any number of values from.
func several(pick func(filing.Tables) []filing.Code) func(choosing) []option {
	return func(x choosing) []option { return codeOptions(x.Lang(), pick(x.codes)) }
}

// divisions offers the divisions below what is chosen in a field.
func divisions(below string, pick func(filing.Regions, string) []filing.Region) func(choosing) []option {
	return func(x choosing) []option {
		return choose(x.Localizer, regionOptions(pick(x.codes.Regions, x.typed.Get(below))))
	}
}

// choice offers two texts, of which the first stands for no.
func choice(no, yes string) func(choosing) []option {
	return func(x choosing) []option {
		return []option{{Value: "no", Label: x.T(no, nil)}, {Value: "yes", Label: x.T(yes, nil)}}
	}
}

// asked are the fields as a page asks them.
func asked(list []dossierField, x choosing) []field {
	fields := make([]field, len(list))
	for i, f := range list {
		fields[i] = f.field
		if f.choices != nil {
			fields[i].Options = f.choices(x)
		}
	}
	return fields
}

// readFields reads what was typed to where the fields' values go.
func readFields(list []dossierField, v url.Values) {
	for _, f := range list {
		switch to := f.value.(type) {
		case *string:
			*to = v.Get(f.Name)
		case *bool:
			*to = v.Get(f.Name) == "yes"
		case *int:
			*to = number(v, f.Name)
		case *[]int:
			*to = numbers(v, f.Name)
		case *[]string:
			*to = filing.ParseLines(v.Get(f.Name))
		}
	}
}

// typedValues are the fields' values as they would be typed.
func typedValues(list []dossierField) url.Values {
	v := url.Values{}
	for _, f := range list {
		switch from := f.value.(type) {
		case *string:
			v.Set(f.Name, *from)
		case *bool:
			v.Set(f.Name, map[bool]string{true: "yes", false: "no"}[*from])
		case *int:
			v.Set(f.Name, code(*from))
		case *[]int:
			v[f.Name] = nil
			for _, n := range *from {
				v.Add(f.Name, code(n))
			}
		case *[]string:
			v.Set(f.Name, strings.Join(*from, "\n"))
		}
	}
	return v
}

// formFields are the fields of one of a dossier's forms; papers have a page of their own.
func formFields(d *filing.Dossier, form string) []dossierField {
	switch form {
	case formHolder:
		return holderFields(&d.Holder)
	case formSite:
		return siteFields(&d.Site)
	case formClaim:
		return claimFields(d.Kind, &d.Claim)
	case formEnding:
		return endingFields(&d.Ending)
	}
	return nil
}

func holderFields(h *filing.Holder) []dossierField {
	m := &h.Manager
	documents := func(x choosing) []option {
		return choose(x.Localizer, codeOptions(x.Lang(), documentsOf(x.codes, x.typed)))
	}
	personal := table(func(t filing.Tables) []filing.Code { return t.DocumentsFor(filing.NaturePerson) })
	provinces := func(r filing.Regions, _ string) []filing.Region { return r.Provinces() }
	return []dossierField{
		{field{Name: "name", Type: "text", Required: true}, &h.Name, nil},
		{field{Name: "nature", Type: "select", Required: true}, &h.Nature, table(func(t filing.Tables) []filing.Code { return t.Natures })},
		{field{Name: "document_type", Type: "select", Required: true, Follows: "nature", Lists: "/documents?nature="}, &h.DocumentType, documents},
		{field{Name: "document_number", Type: "text", Required: true, Autocomplete: "off"}, &h.DocumentNumber, nil},
		{field{Name: "document_address", Type: "text", Required: true}, &h.DocumentAddress, nil},
		{field{Name: "superior", Type: "text", Required: true}, &h.Superior, nil},
		{field{Name: "province", Type: "select", Required: true}, &h.Province, divisions("", provinces)},
		{field{Name: "city", Type: "select", Required: true, Follows: "province", Lists: "/regions?parent="}, &h.City, divisions("province", filing.Regions.Cities)},
		{field{Name: "county", Type: "select", Follows: "city", Lists: "/regions?parent="}, &h.County, divisions("city", filing.Regions.Counties)},
		{field{Name: "address", Type: "text", Required: true}, &h.Address, nil},
		{field{Name: "manager_name", Type: "text", Required: true, Autocomplete: "name"}, &m.Name, nil},
		{field{Name: "manager_document_type", Type: "select", Required: true}, &m.DocumentType, personal},
		{field{Name: "manager_document_number", Type: "text", Required: true, Autocomplete: "off"}, &m.DocumentNumber, nil},
		{field{Name: "manager_office_phone", Type: "tel", Autocomplete: "work tel-national"}, &m.OfficePhone, nil},
		{field{Name: "manager_mobile", Type: "tel", Required: true, Autocomplete: "tel-national"}, &m.Mobile, nil},
		{field{Name: "manager_email", Type: "email", Required: true, Autocomplete: "email"}, &m.Email, nil},
	}
}

func siteFields(s *filing.Site) []dossierField {
	return []dossierField{
		{field{Name: "name", Type: "text", Required: true}, &s.Name, nil},
		{field{Name: "home_page", Type: "text", Required: true}, &s.HomePage, nil},
		{field{Name: "provider", Type: "fixed"}, &s.Provider, nil},
		{field{Name: "access_mode", Type: "select", Required: true}, &s.AccessMode, table(func(t filing.Tables) []filing.Code { return t.AccessModes })},
		{field{Name: "server_place", Type: "select", Required: true}, &s.ServerPlace, table(func(t filing.Tables) []filing.Code { return t.ServerPlaces })},
		{field{Name: "ip_only", Type: "select"}, &s.IPOnly, choice("form.no", "form.yes")},
		{field{Name: "domains", Type: "textarea", Required: true}, &s.Domains, nil},
		{field{Name: "dynamic_ip", Type: "select"}, &s.DynamicIP, choice("form.static", "form.dynamic")},
		{field{Name: "ips", Type: "textarea", Required: true}, &s.IPs, nil},
		{field{Name: "pre_approvals", Type: "checkboxes"}, &s.PreApprovals, several(func(t filing.Tables) []filing.Code { return t.PreApprovals })},
		{field{Name: "languages", Type: "checkboxes", Required: true}, &s.Languages, several(func(t filing.Tables) []filing.Code { return t.Languages })},
		{field{Name: "services", Type: "checkboxes", Required: true}, &s.Services, several(func(t filing.Tables) []filing.Code { return t.Services })},
		{field{Name: "remark", Type: "textarea"}, &s.Remark, nil},
	}
}

func claimFields(kind filing.Kind, c *filing.Claim) []dossierField {
	return []dossierField{
		{field{Name: "number", Type: "text", Required: true, Autocomplete: "off"}, &c.Number, nil},
		{field{Name: "password", Type: "password", Required: kind.Spec().NeedsPassword, Autocomplete: "off"}, &c.Password, nil},
	}
}

func endingFields(e *filing.Ending) []dossierField {
	return []dossierField{
		{field{Name: "reason", Type: "select", Required: true}, &e.Reason, table(func(t filing.Tables) []filing.Code { return t.EndingReasons })},
		{field{Name: "note", Type: "textarea"}, &e.Note, nil},
	}
}

// HolderValues are a holder's form as it would be typed.
func HolderValues(h filing.Holder) url.Values { return typedValues(holderFields(&h)) }

// SiteValues are a site's form as it would be typed.
func SiteValues(site filing.Site) url.Values { return typedValues(siteFields(&site)) }
