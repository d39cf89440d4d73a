package panel

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// dossierForms are the forms that make a dossier, by the name of their draft.
var dossierForms = map[string]bool{"holder": true, "site": true, "contact": true}

func holderFields(t *locale.Localizer, codes filing.Tables, v url.Values) []field {
	documents := codes.DocumentTypes
	if list := codes.DocumentsFor(number(v, "nature")); len(list) > 0 {
		documents = list
	}
	personal := codeOptions(t.Lang(), codes.DocumentsFor(filing.NaturePerson))
	return []field{
		{Name: "name", Type: "text", Required: true},
		{Name: "nature", Type: "select", Required: true, Options: choose(t, codeOptions(t.Lang(), codes.Natures))},
		{Name: "document_type", Type: "select", Required: true, Options: choose(t, codeOptions(t.Lang(), documents))},
		{Name: "document_number", Type: "text", Required: true, Autocomplete: "off"},
		{Name: "document_address", Type: "text", Required: true},
		{Name: "superior", Type: "text", Required: true},
		{Name: "province", Type: "select", Required: true, Options: choose(t, regionOptions(codes.Regions.Provinces()))},
		{Name: "city", Type: "select", Required: true, Options: choose(t, regionOptions(codes.Regions.Cities(v.Get("province"))))},
		{Name: "county", Type: "select", Options: choose(t, regionOptions(codes.Regions.Counties(v.Get("city"))))},
		{Name: "address", Type: "text", Required: true},
		{Name: "manager_name", Type: "text", Required: true},
		{Name: "manager_document_type", Type: "select", Required: true, Options: choose(t, personal)},
		{Name: "manager_document_number", Type: "text", Required: true, Autocomplete: "off"},
		{Name: "manager_office_phone", Type: "tel"},
		{Name: "manager_mobile", Type: "tel", Required: true},
		{Name: "manager_email", Type: "email", Required: true},
	}
}

func holderOf(v url.Values) filing.Holder {
	h := filing.Holder{
		Name: v.Get("name"), Nature: number(v, "nature"), DocumentType: number(v, "document_type"), DocumentNumber: v.Get("document_number"),
		DocumentAddress: v.Get("document_address"), Superior: v.Get("superior"),
		Province: v.Get("province"), City: v.Get("city"), County: v.Get("county"), Address: v.Get("address"),
		Manager: filing.Manager{
			Name: v.Get("manager_name"), DocumentType: number(v, "manager_document_type"), DocumentNumber: v.Get("manager_document_number"),
			OfficePhone: v.Get("manager_office_phone"), Mobile: v.Get("manager_mobile"), Email: v.Get("manager_email"),
		},
	}
	h.Normalise()
	return h
}

func siteFields(t *locale.Localizer, codes filing.Tables) []field {
	lang := t.Lang()
	return []field{
		{Name: "name", Type: "text", Required: true},
		{Name: "home_page", Type: "text", Required: true},
		{Name: "provider", Type: "fixed"},
		{Name: "access_mode", Type: "select", Required: true, Options: choose(t, codeOptions(lang, codes.AccessModes))},
		{Name: "server_place", Type: "select", Required: true, Options: choose(t, codeOptions(lang, codes.ServerPlaces))},
		{Name: "ip_only", Type: "select", Options: yesNo(t)},
		{Name: "domains", Type: "textarea", Required: true},
		{Name: "dynamic_ip", Type: "select", Options: []option{{Value: "no", Label: t.T("form.static", nil)}, {Value: "yes", Label: t.T("form.dynamic", nil)}}},
		{Name: "ips", Type: "textarea", Required: true},
		{Name: "pre_approvals", Type: "checkboxes", Options: codeOptions(lang, codes.PreApprovals)},
		{Name: "languages", Type: "checkboxes", Required: true, Options: codeOptions(lang, codes.Languages)},
		{Name: "services", Type: "checkboxes", Required: true, Options: codeOptions(lang, codes.Services)},
		{Name: "remark", Type: "textarea"},
	}
}

func yesNo(t *locale.Localizer) []option {
	return []option{{Value: "no", Label: t.T("form.no", nil)}, {Value: "yes", Label: t.T("form.yes", nil)}}
}

func (s *Server) siteOf(v url.Values) filing.Site {
	site := filing.Site{
		Name: v.Get("name"), HomePage: v.Get("home_page"), Provider: s.cfg.Provider.Name,
		AccessMode: number(v, "access_mode"), ServerPlace: number(v, "server_place"),
		IPOnly: v.Get("ip_only") == "yes", DynamicIP: v.Get("dynamic_ip") == "yes",
		Domains: filing.ParseLines(v.Get("domains")), IPs: filing.ParseLines(v.Get("ips")),
		PreApprovals: numbers(v, "pre_approvals"), Languages: numbers(v, "languages"), Services: numbers(v, "services"),
		Remark: v.Get("remark"),
	}
	site.Normalise()
	return site
}

// draft is a form as it was left, or as it starts.
func (s *Server) draft(c *gin.Context, cur current, name string) (url.Values, error) {
	values := url.Values{}
	err := s.cfg.Store.Draft(c.Request.Context(), cur.Filing.ID, name, &values)
	if !errors.Is(err, store.ErrNotFound) {
		if name == "site" {
			values.Set("provider", s.cfg.Provider.Name)
		}
		return values, err
	}
	if name == "site" {
		return s.firstSite(cur), nil
	}
	contact, err := s.cfg.Store.Contact(c.Request.Context(), cur.Filing.ID)
	if err != nil {
		return nil, err
	}
	d := contact.Details // the manager is who registered, as a rule
	return url.Values{"province": {d.Province}, "manager_name": {d.Name}, "manager_mobile": {d.Mobile}, "manager_email": {d.Email}}, nil
}

// firstSite fills the site's form from the order and the provider's settings.
func (s *Server) firstSite(cur current) url.Values {
	v := url.Values{
		"provider": {s.cfg.Provider.Name}, "access_mode": {strconv.Itoa(s.cfg.Provider.AccessMode)}, "server_place": {strconv.Itoa(s.cfg.Provider.ServerPlace)},
		"ip_only": {"no"}, "dynamic_ip": {"no"}, "languages": {"1"},
		"domains": {strings.Join(cur.Order.Domains, "\n")}, "ips": {strings.Join(cur.Order.IPs, "\n")},
	}
	for _, d := range cur.Order.Domains {
		if !strings.HasPrefix(d, "*.") {
			v.Set("home_page", "http://"+d+"/")
			break
		}
	}
	return v
}

func (s *Server) holderForm(c *gin.Context, cur current) {
	s.showDossierForm(c, cur, "holder", nil, c.Query("check") != "")
}
func (s *Server) siteForm(c *gin.Context, cur current) {
	s.showDossierForm(c, cur, "site", nil, c.Query("check") != "")
}

// showDossierForm draws a form with its draft, or with what was just posted.
// check shows its problems too: somebody comes back from the review page.
func (s *Server) showDossierForm(c *gin.Context, cur current, name string, values url.Values, check bool) {
	if !s.inStage(c, cur, filing.Preparing, filing.Correcting) {
		return
	}
	status := http.StatusOK
	if values == nil {
		var err error
		if values, err = s.draft(c, cur, name); err != nil {
			s.fail(c, err)
			return
		}
	} else {
		status = http.StatusUnprocessableEntity
	}
	t, codes := s.texts.For(s.lang(c)), s.tables(c.Request.Context())
	var fields []field
	var problems filing.Problems
	if name == "holder" {
		fields = holderFields(t, codes, values)
		problems = s.holderProblems(c, holderOf(values), codes)
	} else {
		values.Set("provider", s.cfg.Provider.Name)
		fields = siteFields(t, codes)
		problems = s.siteOf(values).Validate(codes)
	}
	if !check {
		problems = nil
	}
	f := build(t, name, fields, values, problems)
	if err := s.markRefused(c, cur, &f); err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, status, name, page{Title: name + ".title", Data: f})
}

// markRefused puts the bureau's reason at the field that it is about.
func (s *Server) markRefused(c *gin.Context, cur current, f *form) error {
	if cur.Filing.Stage != filing.Correcting {
		return nil
	}
	note, err := s.refusalNote(c, cur)
	if err != nil || note == "" {
		return err
	}
	f.Note = note
	decision, err := s.cfg.Store.LatestDecision(c.Request.Context(), cur.Filing.ID)
	if err != nil {
		return err
	}
	refusal, _ := filing.RefusalByCode(decision.Code)
	if refusal.Form != f.Name {
		return nil
	}
	for i := range f.Fields {
		if f.Fields[i].Name == refusal.Field && f.Fields[i].Problem == "" {
			f.Fields[i].Problem = note
		}
	}
	return nil
}

// refusalNote says in the reader's language why the bureau, or the provider's
// own check, sent a filing back.
func (s *Server) refusalNote(c *gin.Context, cur current) (string, error) {
	t := s.texts.For(s.lang(c))
	if cur.Filing.Attention == "sent_back" {
		return t.T("attention.sent_back", nil), nil
	}
	decision, err := s.cfg.Store.LatestDecision(c.Request.Context(), cur.Filing.ID)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	refusal, known := filing.RefusalByCode(decision.Code)
	text := refusal.Chinese
	if t.Lang() == "en" {
		text = refusal.English
	}
	if !known {
		text = t.T("refusal.unknown", map[string]any{"code": decision.Code})
	}
	if decision.Opinion != "" {
		text += t.T("refusal.opinion", map[string]any{"opinion": decision.Opinion})
	}
	return text, nil
}

// holderProblems are the rules' and whether the provider can file in the
// holder's province at all. When the database doesn't answer, the rules' alone:
// the filing finds its account, or is told, when it is handed in.
func (s *Server) holderProblems(c *gin.Context, h filing.Holder, codes filing.Tables) filing.Problems {
	problems := h.Validate(codes)
	if served, err := s.cfg.Store.ServesProvince(c.Request.Context(), h.Province); err == nil && !served && problems.For("province") == nil {
		problems = append(problems, filing.Problem{Field: "province", Key: "province_not_served"})
	}
	return problems
}

func (s *Server) saveHolder(c *gin.Context, cur current) { s.saveForm(c, cur, "holder", "/site") }
func (s *Server) saveSite(c *gin.Context, cur current)   { s.saveForm(c, cur, "site", "/review") }

// saveForm keeps a form as it was typed and goes on to the next page when it is
// right, or when only saving was asked for.
func (s *Server) saveForm(c *gin.Context, cur current, name, next string) {
	if !s.inStage(c, cur, filing.Preparing, filing.Correcting) {
		return
	}
	values := posted(c)
	if err := s.cfg.Store.SaveDraft(c.Request.Context(), cur.Filing.ID, name, withoutSecrets(values)); err != nil {
		s.fail(c, err)
		return
	}
	if values.Get("action") == "save" {
		s.flash(c, "flash.saved")
		to(c, filingPath(c)+"/"+name)
		return
	}
	codes := s.tables(c.Request.Context())
	problems := s.siteOf(values).Validate(codes)
	if name == "holder" {
		problems = s.holderProblems(c, holderOf(values), codes)
	}
	if len(problems) > 0 {
		s.showDossierForm(c, cur, name, values, true)
		return
	}
	to(c, filingPath(c)+next)
}

// saveDraft keeps a form while it is typed.
func (s *Server) saveDraft(c *gin.Context, cur current) {
	name := c.Param("form")
	if !dossierForms[name] || cur.Filing.Stage.Final() {
		s.fail(c, errBadRequest)
		return
	}
	if err := s.cfg.Store.SaveDraft(c.Request.Context(), cur.Filing.ID, name, withoutSecrets(posted(c))); err != nil {
		s.fail(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

type reviewLine struct{ Key, Text, Path string }

// reviewForm is 核对并提交: everything, with a way to change each.
func (s *Server) reviewForm(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Preparing, filing.Correcting) {
		return
	}
	t, codes := s.texts.For(s.lang(c)), s.tables(c.Request.Context())
	var lines []reviewLine
	for _, name := range []string{"holder", "site"} {
		values, err := s.draft(c, cur, name)
		if err != nil {
			s.fail(c, err)
			return
		}
		fields := siteFields(t, codes)
		if name == "holder" {
			fields = holderFields(t, codes, values)
		}
		for _, f := range build(t, name, fields, values, nil).Fields {
			lines = append(lines, reviewLine{Key: "field." + name + "." + f.Name, Text: shown(f), Path: filingPath(c) + "/" + name + "#f-" + f.Name})
		}
	}
	s.render(c, http.StatusOK, "review", page{Title: "review.title", Data: lines})
}

// shown is a field's value as people read it.
func shown(f field) string {
	var chosen []string
	for _, o := range f.Options {
		if o.Selected && o.Value != "" {
			chosen = append(chosen, o.Label)
		}
	}
	if len(f.Options) > 0 {
		return strings.Join(chosen, "、")
	}
	return strings.Join(strings.Fields(f.Value()), " ")
}

// handIn checks both forms once more and hands the dossier in.
func (s *Server) handIn(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Preparing, filing.Correcting) {
		return
	}
	ctx := c.Request.Context()
	holder, err := s.draft(c, cur, "holder")
	if err != nil {
		s.fail(c, err)
		return
	}
	site, err := s.draft(c, cur, "site")
	if err != nil {
		s.fail(c, err)
		return
	}
	d := filing.Dossier{Holder: holderOf(holder), Site: s.siteOf(site)}
	codes := s.tables(ctx)
	if len(s.holderProblems(c, d.Holder, codes)) > 0 {
		to(c, filingPath(c)+"/holder?check=1")
		return
	}
	if len(d.Site.Validate(codes)) > 0 {
		to(c, filingPath(c)+"/site?check=1")
		return
	}
	revision, err := s.cfg.Store.SaveDossier(ctx, cur.Filing.ID, d)
	if err != nil {
		s.moveOn(c, err, "")
		return
	}
	_, err = s.cfg.Filings.HandIn(ctx, cur.Order.Number, workflows.HandIn{Revision: revision, Actor: s.actor(c)})
	s.moveOn(c, err, filingPath(c))
}

// regions lists the divisions below one, for the form's script.
func (s *Server) regions(c *gin.Context) {
	parent := c.Query("parent")
	known := s.tables(c.Request.Context()).Regions
	list := known.Cities(parent)
	if len(list) == 0 {
		list = known.Counties(parent)
	}
	if list == nil {
		list = []filing.Region{}
	}
	c.Header("Cache-Control", fmt.Sprintf("private, max-age=%.0f", tablesFor.Seconds()))
	c.JSON(http.StatusOK, list)
}
