package dossierview

import (
	"net/url"
	"slices"
	"strings"

	"github.com/beian/beian/internal/filing"
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

func HolderOf(v url.Values) filing.Holder {
	var h filing.Holder
	web.ReadFields(HolderFields(&h), v)
	h.Normalise()
	return h
}

func DocumentsOf(codes filing.Tables, v url.Values) []filing.Code {
	if list := codes.DocumentsFor(web.Number(v, "nature")); len(list) > 0 {
		return list
	}
	return codes.DocumentTypes
}

// FormFields are the fields of one of a dossier's forms; papers have a page of their own.
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

func HolderFields(h *filing.Holder) []web.BoundField {
	m := &h.Manager
	documents := func(x web.Choosing) []web.Option {
		return web.Choose(x.Localizer, web.CodeOptions(x.Lang(), DocumentsOf(x.Codes, x.Typed)))
	}
	personal := web.OneOf(func(t filing.Tables) []filing.Code { return t.DocumentsFor(filing.NaturePerson) })
	provinces := func(r filing.Regions, _ string) []filing.Region { return r.Provinces() }
	return []web.BoundField{
		{Field: web.Field{Name: "name", Type: "text", Required: true}, Value: &h.Name, Choices: nil},
		{Field: web.Field{Name: "nature", Type: "select", Required: true}, Value: &h.Nature, Choices: web.OneOf(func(t filing.Tables) []filing.Code { return t.Natures })},
		{Field: web.Field{Name: "document_type", Type: "select", Required: true, Follows: "nature", Lists: "/documents?nature="}, Value: &h.DocumentType, Choices: documents},
		{Field: web.Field{Name: "document_number", Type: "text", Required: true, Autocomplete: "off"}, Value: &h.DocumentNumber, Choices: nil},
		{Field: web.Field{Name: "document_address", Type: "text", Required: true}, Value: &h.DocumentAddress, Choices: nil},
		{Field: web.Field{Name: "superior", Type: "text", Required: true}, Value: &h.Superior, Choices: nil},
		{Field: web.Field{Name: "province", Type: "select", Required: true}, Value: &h.Province, Choices: web.Divisions("", provinces)},
		{Field: web.Field{Name: "city", Type: "select", Required: true, Follows: "province", Lists: "/regions?parent="}, Value: &h.City, Choices: web.Divisions("province", filing.Regions.Cities)},
		{Field: web.Field{Name: "county", Type: "select", Follows: "city", Lists: "/regions?parent="}, Value: &h.County, Choices: web.Divisions("city", filing.Regions.Counties)},
		{Field: web.Field{Name: "address", Type: "text", Required: true}, Value: &h.Address, Choices: nil},
		{Field: web.Field{Name: "manager_name", Type: "text", Required: true, Autocomplete: "name"}, Value: &m.Name, Choices: nil},
		{Field: web.Field{Name: "manager_document_type", Type: "select", Required: true}, Value: &m.DocumentType, Choices: personal},
		{Field: web.Field{Name: "manager_document_number", Type: "text", Required: true, Autocomplete: "off"}, Value: &m.DocumentNumber, Choices: nil},
		{Field: web.Field{Name: "manager_office_phone", Type: "tel", Autocomplete: "work tel-national"}, Value: &m.OfficePhone, Choices: nil},
		{Field: web.Field{Name: "manager_mobile", Type: "tel", Required: true, Autocomplete: "tel-national"}, Value: &m.Mobile, Choices: nil},
		{Field: web.Field{Name: "manager_email", Type: "email", Required: true, Autocomplete: "email"}, Value: &m.Email, Choices: nil},
	}
}

func siteFields(s *filing.Site) []web.BoundField {
	return []web.BoundField{
		{Field: web.Field{Name: "name", Type: "text", Required: true}, Value: &s.Name, Choices: nil},
		{Field: web.Field{Name: "home_page", Type: "text", Required: true}, Value: &s.HomePage, Choices: nil},
		{Field: web.Field{Name: "provider", Type: "fixed"}, Value: &s.Provider, Choices: nil},
		{Field: web.Field{Name: "access_mode", Type: "select", Required: true}, Value: &s.AccessMode, Choices: web.OneOf(func(t filing.Tables) []filing.Code { return t.AccessModes })},
		{Field: web.Field{Name: "server_place", Type: "select", Required: true}, Value: &s.ServerPlace, Choices: web.OneOf(func(t filing.Tables) []filing.Code { return t.ServerPlaces })},
		{Field: web.Field{Name: "ip_only", Type: "select"}, Value: &s.IPOnly, Choices: web.NoOrYes("form.no", "form.yes")},
		{Field: web.Field{Name: "domains", Type: "textarea", Required: true}, Value: &s.Domains, Choices: nil},
		{Field: web.Field{Name: "dynamic_ip", Type: "select"}, Value: &s.DynamicIP, Choices: web.NoOrYes("form.static", "form.dynamic")},
		{Field: web.Field{Name: "ips", Type: "textarea", Required: true}, Value: &s.IPs, Choices: nil},
		{Field: web.Field{Name: "pre_approvals", Type: "checkboxes"}, Value: &s.PreApprovals, Choices: web.AnyOf(func(t filing.Tables) []filing.Code { return t.PreApprovals })},
		{Field: web.Field{Name: "languages", Type: "checkboxes", Required: true}, Value: &s.Languages, Choices: web.AnyOf(func(t filing.Tables) []filing.Code { return t.Languages })},
		{Field: web.Field{Name: "services", Type: "checkboxes", Required: true}, Value: &s.Services, Choices: web.AnyOf(func(t filing.Tables) []filing.Code { return t.Services })},
		{Field: web.Field{Name: "remark", Type: "textarea"}, Value: &s.Remark, Choices: nil},
	}
}

func ownershipFields(kind filing.Kind, c *filing.OwnershipProof) []web.BoundField {
	return []web.BoundField{
		{Field: web.Field{Name: "number", Type: "text", Required: true, Autocomplete: "off"}, Value: &c.Number, Choices: nil},
		{Field: web.Field{Name: "password", Type: "password", Required: kind.Spec().NeedsPassword, Autocomplete: "off"}, Value: &c.Password, Choices: nil},
	}
}

func endingFields(e *filing.Ending) []web.BoundField {
	return []web.BoundField{
		{Field: web.Field{Name: "reason", Type: "select", Required: true}, Value: &e.Reason, Choices: web.OneOf(func(t filing.Tables) []filing.Code { return t.EndingReasons })},
		{Field: web.Field{Name: "note", Type: "textarea"}, Value: &e.Note, Choices: nil},
	}
}

// HolderValues are a holder's form as it would be typed.
func HolderValues(h filing.Holder) url.Values { return web.TypedValues(HolderFields(&h)) }

// SiteValues are a site's form as it would be typed.
func SiteValues(site filing.Site) url.Values { return web.TypedValues(siteFields(&site)) }
