package dossierview

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/panel/web"
)

// listFields are the fields whose choices depend on another field.
var listFields = []string{"document_type", "city", "county"}

// ListsAsked is the field whose choices a button asks for: without JavaScript, it saves the form and shows it again.
func ListsAsked(action string) (field string, asked bool) {
	field, asked = strings.CutPrefix(action, "lists.")
	return field, asked && slices.Contains(listFields, field)
}

// DocumentFields are the fields that the bureau is asked about when the kind is chosen. They are typed
// once: the holder's form starts with them.
var DocumentFields = []string{"nature", "document_type", "document_number", "province"}

// FormFields are the fields of one of a dossier's forms, for every kind. Papers have a page of their own.
func FormFields(d *filing.Dossier, form string) []web.BoundField {
	switch form {
	case web.FormHolder:
		return HolderFields(&d.Holder)
	case web.FormSite:
		return siteFields(&d.Site)
	case web.FormOwnership:
		return ownershipFields(d)
	case web.FormEnding:
		return endingFields(&d.Ending)
	}
	return nil
}

// HolderFields are the fields of the holder and its manager.
func HolderFields(h *filing.Holder) []web.BoundField {
	answers := func(x web.Choosing) []web.Option {
		return web.Choose(x.Localizer, []web.Option{{Value: filing.Yes, Label: x.T("controls.yes", nil)},
			{Value: filing.No, Label: x.T("controls.no", nil)}})
	}
	representative := choice("manager_legal_representative", "select", &h.Manager.LegalRepresentative, answers)
	return slices.Concat(holderFields(h), []web.BoundField{hiddenIf("nature", filing.NaturePerson, representative)},
		managerFields(&h.Manager))
}

// siteFields are the fields of the site, and of its manager where that isn't the holder's.
func siteFields(s *filing.Site) []web.BoundField {
	other := choice("manager_other", "select", &s.OtherManager,
		web.NoOrYes("controls.manager_same", "controls.manager_other"))
	fields := append(ownSiteFields(s), optional(other))
	for _, f := range managerFields(&s.Manager) {
		f.Autocomplete = "off" // somebody else's, whoever fills in the form
		fields = append(fields, hiddenIf("manager_other", filing.No, f))
	}
	return fields
}

// input is a required field that is typed; autocomplete is HTML's attribute.
func input(name, kind, autocomplete string, value any) web.BoundField {
	return web.BoundField{
		Field: web.Field{Name: name, Type: kind, Required: true, Autocomplete: autocomplete}, Value: value,
	}
}

// choice is a required field with choices, of the type "select" or "checkboxes".
func choice(name, kind string, value any, choices func(web.Choosing) []web.Option) web.BoundField {
	return web.BoundField{Field: web.Field{Name: name, Type: kind, Required: true}, Value: value, Choices: choices}
}

func optional(f web.BoundField) web.BoundField {
	f.Required = false
	return f
}

// below makes a field's choices depend on another field; a script gets them from lists.
func below(follows, lists string, f web.BoundField) web.BoundField {
	f.Follows, f.Lists = follows, lists
	return f
}

// hiddenIf has a script hide a field while another field of the form has a value.
func hiddenIf(other string, value any, f web.BoundField) web.BoundField {
	f.HiddenIf, f.HiddenValue = other, fmt.Sprint(value)
	return f
}

const regionLists = "/regions?parent="

func holderFields(h *filing.Holder) []web.BoundField {
	natures := func(t filing.Tables) []filing.Code { return t.Natures }
	documents := func(x web.Choosing) []web.Option {
		return web.Choose(x.Localizer, web.CodeOptions(x.Lang(), DocumentsOf(x.Codes, x.Typed)))
	}
	provinces := func(r filing.Regions, _ string) []filing.Region { return r.Provinces() }
	cities, counties := web.Divisions("province", filing.Regions.Cities), web.Divisions("city", filing.Regions.Counties)
	return []web.BoundField{
		input("name", "text", "", &h.Name),
		choice("nature", "select", &h.Nature, web.OneOf(natures)),
		below("nature", "/documents?nature=", choice("document_type", "select", &h.DocumentType, documents)),
		input("document_number", "text", "off", &h.DocumentNumber),
		input("document_address", "text", "", &h.DocumentAddress),
		input("superior", "text", "", &h.Superior),
		choice("province", "select", &h.Province, web.Divisions("", provinces)),
		below("province", regionLists, choice("city", "select", &h.City, cities)),
		below("city", regionLists, optional(choice("county", "select", &h.County, counties))),
		input("address", "text", "", &h.Address),
	}
}

func managerFields(m *filing.Manager) []web.BoundField {
	documents := func(t filing.Tables) []filing.Code { return t.DocumentsFor(filing.NaturePerson) }
	return []web.BoundField{
		input("manager_name", "text", "name", &m.Name),
		choice("manager_document_type", "select", &m.DocumentType, web.OneOf(documents)),
		input("manager_document_number", "text", "off", &m.DocumentNumber),
		optional(input("manager_office_phone", "tel", "work tel-national", &m.OfficePhone)),
		input("manager_mobile", "tel", "tel-national", &m.Mobile),
		input("manager_email", "email", "email", &m.Email),
		optional(input("manager_emergency_phone", "tel", "off", &m.EmergencyPhone)),
	}
}

func ownSiteFields(s *filing.Site) []web.BoundField {
	accessModes := func(t filing.Tables) []filing.Code { return t.AccessModes }
	serverPlaces := func(t filing.Tables) []filing.Code { return t.ServerPlaces }
	preApprovals := func(t filing.Tables) []filing.Code { return t.PreApprovals }
	languages := func(t filing.Tables) []filing.Code { return t.Languages }
	services := func(t filing.Tables) []filing.Code { return t.Services }
	return []web.BoundField{
		input("name", "text", "", &s.Name),
		input("home_page", "text", "", &s.HomePage),
		optional(input("provider", "fixed", "", &s.Provider)),
		choice("access_mode", "select", &s.AccessMode, web.OneOf(accessModes)),
		choice("server_place", "select", &s.ServerPlace, web.OneOf(serverPlaces)),
		optional(choice("ip_only", "select", &s.IPOnly, web.NoOrYes("controls.no", "controls.yes"))),
		input("domains", "textarea", "", &s.Domains),
		optional(choice("dynamic_ip", "select", &s.DynamicIP, web.NoOrYes("controls.static", "controls.dynamic"))),
		input("ips", "textarea", "", &s.IPs),
		optional(choice("pre_approvals", "checkboxes", &s.PreApprovals, web.AnyOf(preApprovals))),
		choice("languages", "checkboxes", &s.Languages, web.AnyOf(languages)),
		choice("services", "checkboxes", &s.Services, web.AnyOf(services)),
		optional(input("remark", "textarea", "", &s.Remark)),
	}
}

func ownershipFields(d *filing.Dossier) []web.BoundField {
	password := input("password", "password", "off", &d.OwnershipProof.Password)
	password.Required = d.Kind.Spec().NeedsPassword && d.PasswordPolicy == filing.PasswordRequired
	return []web.BoundField{input("number", "text", "off", &d.OwnershipProof.Number), password}
}

func endingFields(e *filing.Ending) []web.BoundField {
	reasons := func(t filing.Tables) []filing.Code { return t.EndingReasons }
	return []web.BoundField{
		choice("reason", "select", &e.Reason, web.OneOf(reasons)),
		optional(input("note", "textarea", "", &e.Note)),
	}
}

// Fields are the fields of a form that a dossier asks for.
func (v *View) Fields(
	t *locale.Localizer, codes filing.Tables, d filing.Dossier, form string, values url.Values,
) []web.Field {
	all := v.PageFields(t, codes, d, form, values)
	return slices.DeleteFunc(all, func(f web.Field) bool { return !d.Asks(form, f.Name) })
}

// PageFields are the fields on a form's page: also those that it asks for only if another of them says so.
func (v *View) PageFields(
	t *locale.Localizer, codes filing.Tables, d filing.Dossier, form string, values url.Values,
) []web.Field {
	all := web.Asked(FormFields(&d, form), web.Choosing{Localizer: t, Codes: codes, Typed: values})
	all = slices.DeleteFunc(all, func(f web.Field) bool { return !d.Offers(form, f.Name) })
	for i := range all {
		all[i].Update = form == web.FormHolder && slices.Contains(listFields, all[i].Name)
	}
	return all
}

// Fill reads a form as it was typed into a dossier.
func (v *View) Fill(d *filing.Dossier, form string, values url.Values) {
	web.ReadFields(FormFields(d, form), values)
	switch form {
	case web.FormHolder:
		d.Holder.Normalise()
	case web.FormSite:
		d.Site.Provider = v.Provider.Name
		d.Site.Normalise()
		if d.Kind.StaysClosed() {
			d.Site.Domains = filing.RegistrableOf(d.Site.Domains)
		}
	case web.FormPapers:
		d.Site.ApprovalNumbers = approvalNumbers(d.Site, values)
	case web.FormOwnership:
		d.OwnershipProof.Normalise(d.Kind)
		if d.PasswordPolicy == filing.PasswordNone { // given before the settings or the number changed
			d.OwnershipProof.Password = ""
		}
	case web.FormEnding:
		d.Ending.Normalise()
	}
}

// valuesOf is the opposite of Fill.
func valuesOf(d filing.Dossier, form string) url.Values { return web.TypedValues(FormFields(&d, form)) }

// HolderValues is a holder's form as it would be typed.
func HolderValues(h filing.Holder) url.Values { return web.TypedValues(HolderFields(&h)) }

// SiteValues is a site's form as it would be typed.
func SiteValues(site filing.Site) url.Values { return web.TypedValues(siteFields(&site)) }

// HolderOf reads a holder's form.
func HolderOf(v url.Values) filing.Holder {
	var h filing.Holder
	web.ReadFields(HolderFields(&h), v)
	h.Normalise()
	return h
}

// DocumentsOf are the document types for the chosen nature of the holder; all of them before it is chosen.
func DocumentsOf(codes filing.Tables, v url.Values) []filing.Code {
	if list := codes.DocumentsFor(web.Number(v, "nature")); len(list) > 0 {
		return list
	}
	return codes.DocumentTypes
}
