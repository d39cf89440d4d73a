package dossierview

import (
	"net/url"
	"slices"
	"strings"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/panel/web"
)

// listFields are the fields whose choices depend on another field.
var listFields = []string{"document_type", "city", "county"}

// ListsAsked is the field whose choices a button asks for: without JavaScript, it saves the form and
// shows it again.
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
		return ownershipFields(d.Kind, &d.OwnershipProof)
	case web.FormEnding:
		return endingFields(&d.Ending)
	}
	return nil
}

// HolderFields are the fields of the holder and the manager.
func HolderFields(h *filing.Holder) []web.BoundField {
	return append(holderFields(h), managerFields(&h.Manager)...)
}

func holderFields(h *filing.Holder) []web.BoundField {
	natures := func(t filing.Tables) []filing.Code { return t.Natures }
	documents := func(x web.Choosing) []web.Option {
		return web.Choose(x.Localizer, web.CodeOptions(x.Lang(), DocumentsOf(x.Codes, x.Typed)))
	}
	provinces := func(r filing.Regions, _ string) []filing.Region { return r.Provinces() }
	return []web.BoundField{
		{Field: web.Field{Name: "name", Type: "text", Required: true}, Value: &h.Name},
		{Field: web.Field{Name: "nature", Type: "select", Required: true}, Value: &h.Nature, Choices: web.OneOf(natures)},
		{
			Field: web.Field{
				Name: "document_type", Type: "select", Required: true, Follows: "nature", Lists: "/documents?nature=",
			},
			Value: &h.DocumentType, Choices: documents,
		},
		{
			Field: web.Field{Name: "document_number", Type: "text", Required: true, Autocomplete: "off"},
			Value: &h.DocumentNumber,
		},
		{Field: web.Field{Name: "document_address", Type: "text", Required: true}, Value: &h.DocumentAddress},
		{Field: web.Field{Name: "superior", Type: "text", Required: true}, Value: &h.Superior},
		{
			Field: web.Field{Name: "province", Type: "select", Required: true},
			Value: &h.Province, Choices: web.Divisions("", provinces),
		},
		{
			Field: web.Field{
				Name: "city", Type: "select", Required: true, Follows: "province", Lists: "/regions?parent=",
			},
			Value: &h.City, Choices: web.Divisions("province", filing.Regions.Cities),
		},
		{
			Field: web.Field{Name: "county", Type: "select", Follows: "city", Lists: "/regions?parent="},
			Value: &h.County, Choices: web.Divisions("city", filing.Regions.Counties),
		},
		{Field: web.Field{Name: "address", Type: "text", Required: true}, Value: &h.Address},
	}
}

func managerFields(m *filing.Manager) []web.BoundField {
	documents := func(t filing.Tables) []filing.Code { return t.DocumentsFor(filing.NaturePerson) }
	return []web.BoundField{
		{
			Field: web.Field{Name: "manager_name", Type: "text", Required: true, Autocomplete: "name"},
			Value: &m.Name,
		},
		{
			Field: web.Field{Name: "manager_document_type", Type: "select", Required: true},
			Value: &m.DocumentType, Choices: web.OneOf(documents),
		},
		{
			Field: web.Field{Name: "manager_document_number", Type: "text", Required: true, Autocomplete: "off"},
			Value: &m.DocumentNumber,
		},
		{
			Field: web.Field{Name: "manager_office_phone", Type: "tel", Autocomplete: "work tel-national"},
			Value: &m.OfficePhone,
		},
		{
			Field: web.Field{Name: "manager_mobile", Type: "tel", Required: true, Autocomplete: "tel-national"},
			Value: &m.Mobile,
		},
		{
			Field: web.Field{Name: "manager_email", Type: "email", Required: true, Autocomplete: "email"},
			Value: &m.Email,
		},
	}
}

func siteFields(s *filing.Site) []web.BoundField {
	accessModes := func(t filing.Tables) []filing.Code { return t.AccessModes }
	serverPlaces := func(t filing.Tables) []filing.Code { return t.ServerPlaces }
	preApprovals := func(t filing.Tables) []filing.Code { return t.PreApprovals }
	languages := func(t filing.Tables) []filing.Code { return t.Languages }
	services := func(t filing.Tables) []filing.Code { return t.Services }
	return []web.BoundField{
		{Field: web.Field{Name: "name", Type: "text", Required: true}, Value: &s.Name},
		{Field: web.Field{Name: "home_page", Type: "text", Required: true}, Value: &s.HomePage},
		{Field: web.Field{Name: "provider", Type: "fixed"}, Value: &s.Provider},
		{
			Field: web.Field{Name: "access_mode", Type: "select", Required: true},
			Value: &s.AccessMode, Choices: web.OneOf(accessModes),
		},
		{
			Field: web.Field{Name: "server_place", Type: "select", Required: true},
			Value: &s.ServerPlace, Choices: web.OneOf(serverPlaces),
		},
		{
			Field: web.Field{Name: "ip_only", Type: "select"},
			Value: &s.IPOnly, Choices: web.NoOrYes("form.no", "form.yes"),
		},
		{Field: web.Field{Name: "domains", Type: "textarea", Required: true}, Value: &s.Domains},
		{
			Field: web.Field{Name: "dynamic_ip", Type: "select"},
			Value: &s.DynamicIP, Choices: web.NoOrYes("form.static", "form.dynamic"),
		},
		{Field: web.Field{Name: "ips", Type: "textarea", Required: true}, Value: &s.IPs},
		{
			Field: web.Field{Name: "pre_approvals", Type: "checkboxes"},
			Value: &s.PreApprovals, Choices: web.AnyOf(preApprovals),
		},
		{
			Field: web.Field{Name: "languages", Type: "checkboxes", Required: true},
			Value: &s.Languages, Choices: web.AnyOf(languages),
		},
		{
			Field: web.Field{Name: "services", Type: "checkboxes", Required: true},
			Value: &s.Services, Choices: web.AnyOf(services),
		},
		{Field: web.Field{Name: "remark", Type: "textarea"}, Value: &s.Remark},
	}
}

func ownershipFields(kind filing.Kind, proof *filing.OwnershipProof) []web.BoundField {
	return []web.BoundField{
		{Field: web.Field{Name: "number", Type: "text", Required: true, Autocomplete: "off"}, Value: &proof.Number},
		{
			Field: web.Field{
				Name: "password", Type: "password", Required: kind.Spec().NeedsPassword, Autocomplete: "off",
			},
			Value: &proof.Password,
		},
	}
}

func endingFields(e *filing.Ending) []web.BoundField {
	reasons := func(t filing.Tables) []filing.Code { return t.EndingReasons }
	return []web.BoundField{
		{Field: web.Field{Name: "reason", Type: "select", Required: true}, Value: &e.Reason, Choices: web.OneOf(reasons)},
		{Field: web.Field{Name: "note", Type: "textarea"}, Value: &e.Note},
	}
}

// Fields are a form's fields for a kind of filing.
func (v *View) Fields(
	t *locale.Localizer, codes filing.Tables, kind filing.Kind, form string, values url.Values,
) []web.Field {
	bound := FormFields(&filing.Dossier{Kind: kind}, form)
	all := web.Asked(bound, web.Choosing{Localizer: t, Codes: codes, Typed: values})
	all = slices.DeleteFunc(all, func(f web.Field) bool { return !kind.Asks(form, f.Name) })
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
	case web.FormPapers:
		d.Site.ApprovalNumbers = approvalNumbers(d.Site, values)
	case web.FormOwnership:
		d.OwnershipProof.Normalise(d.Kind)
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

// DocumentsOf are the document types for the chosen nature of the holder; all of them before it is
// chosen.
func DocumentsOf(codes filing.Tables, v url.Values) []filing.Code {
	if list := codes.DocumentsFor(web.Number(v, "nature")); len(list) > 0 {
		return list
	}
	return codes.DocumentTypes
}
