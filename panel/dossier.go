package panel

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// draftForms are the forms that are kept while they are typed.
var draftForms = map[string]bool{formHolder: true, formSite: true, formClaim: true, formEnding: true, draftContact: true}

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

// dossierForm is the page of one of a dossier's forms; ?check shows its problems
// too: somebody comes back from the review page.
func (s *Server) dossierForm(form string) func(*gin.Context, current) {
	return func(c *gin.Context, cur current) {
		if kind, ok := s.formOf(c, cur, form); ok {
			s.showDossierForm(c, cur, kind, form, s.keptValues(c), nil, c.Query("check") != "")
		}
	}
}

// formOf tells the filing's kind where the form is one of its, and sends people
// elsewhere where not.
func (s *Server) formOf(c *gin.Context, cur current, form string) (filing.Kind, bool) {
	if !s.inStage(c, cur, filing.Preparing, filing.Correcting) {
		return "", false
	}
	kind, err := s.kindOf(c.Request.Context(), cur)
	if err != nil {
		s.fail(c, err)
		return "", false
	}
	if !slices.Contains(formsOf(kind), form) {
		to(c, filingPath(c)+"/"+formsOf(kind)[0])
		return "", false
	}
	return kind, true
}

type dossierData struct {
	form
	Kind filing.Kind
	// Kept tells that a password is kept, which the page doesn't show again.
	Kept bool
	// Others are the kind's other forms.
	Others []string
}

// showDossierForm draws a form with its draft, or with what was just posted and
// the problems found besides the rules'.
func (s *Server) showDossierForm(c *gin.Context, cur current, kind filing.Kind, name string, values url.Values, problems filing.Problems, check bool) {
	s.drawDossierForm(c, cur, kind, name, values, problems, check, false)
}

// drawDossierForm is showDossierForm, also of a page that another overtook.
func (s *Server) drawDossierForm(c *gin.Context, cur current, kind filing.Kind, name string, values url.Values, problems filing.Problems, check, overtaken bool) {
	status := http.StatusOK
	mark, err := s.draftState(c.Request.Context(), cur, name, values)
	if err != nil {
		s.fail(c, err)
		return
	}
	if values == nil {
		if values, err = s.draft(c.Request.Context(), cur, name); err != nil {
			s.fail(c, err)
			return
		}
	} else if !c.GetBool(contextKept) {
		status = http.StatusUnprocessableEntity
	}
	t, codes := s.texts.For(s.lang(c)), s.tables(c.Request.Context())
	if check {
		d := filing.Dossier{Kind: kind}
		s.fill(&d, name, values)
		found, err := s.problems(c, cur, d, name, codes)
		if err != nil {
			s.fail(c, err)
			return
		}
		problems = append(problems, found...)
	}
	if name == formSite {
		values.Set("provider", s.cfg.Provider.Name)
	}
	data := dossierData{form: build(t, name, s.fields(t, codes, kind, name, values), values, problems), Kind: kind, Kept: values.Get("password") != ""}
	data.Draft = mark
	if overtaken {
		status = http.StatusConflict
		fields := func(v url.Values) []field { return s.fields(t, codes, kind, name, v) }
		if err := s.conflict(c.Request.Context(), cur, name, values, fields, &data.form); err != nil {
			s.fail(c, err)
			return
		}
	}
	for _, other := range formsOf(kind) {
		if other != name {
			data.Others = append(data.Others, other)
		}
	}
	if err := s.markRefused(c, cur, &data.form); err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, status, "dossier_form", page{Title: name + ".title", Data: data})
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

// saveDossierForm keeps a form as it was typed and goes on to the next page when
// it is right, or when only saving was asked for.
func (s *Server) saveDossierForm(form string) func(*gin.Context, current) {
	return func(c *gin.Context, cur current) {
		if kind, ok := s.formOf(c, cur, form); ok {
			s.saveForm(c, cur, kind, form)
		}
	}
}

func (s *Server) saveForm(c *gin.Context, cur current, kind filing.Kind, name string) {
	ctx := c.Request.Context()
	values := posted(c)
	if _, err := s.keepDraft(ctx, cur, name, values); errors.Is(err, store.ErrConflict) {
		s.drawDossierForm(c, cur, kind, name, values, nil, false, true)
		return
	} else if err != nil {
		s.fail(c, err)
		return
	}
	if values.Get("action") == "save" {
		s.flash(c, "flash.saved")
		to(c, filingPath(c)+"/"+name)
		return
	}
	d := filing.Dossier{Kind: kind}
	s.fill(&d, name, values)
	problems, err := s.problems(c, cur, d, name, s.tables(ctx))
	if err == nil && len(problems) == 0 && name == formClaim {
		problems, err = s.proveClaim(ctx, cur, d.Claim)
	}
	switch {
	case err != nil:
		s.fail(c, err)
	case len(problems) > 0:
		s.showDossierForm(c, cur, kind, name, values, problems, false)
	default:
		to(c, filingPath(c)+"/"+nextForm(kind, name))
	}
}

// nextForm is the page after a form.
func nextForm(kind filing.Kind, name string) string {
	forms := formsOf(kind)
	if i := slices.Index(forms, name); i+1 < len(forms) {
		return forms[i+1]
	}
	return "review"
}

// reviewLine is a field; Before is its value in the filing that is changed, where
// that is another.
type reviewLine struct {
	// Label is the field's name where it isn't a text of the locale files by Key.
	Key, Label, Text, Path, Before string
	Changed                        bool
}

type reviewData struct {
	Kind  filing.Kind
	Lines []reviewLine
	// Unchanged: a change that changes nothing.
	Unchanged bool
	// Found is what the pre-check found; what blocks keeps the dossier here.
	Found  []foundLine
	Blocks bool
}

// reviewForm is 核对并提交: everything, with a way to change each.
func (s *Server) reviewForm(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Preparing, filing.Correcting) {
		return
	}
	ctx := c.Request.Context()
	kind, err := s.kindOf(ctx, cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	data := reviewData{Kind: kind}
	d, err := s.dossier(ctx, cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	for _, name := range formsOf(kind) {
		var lines []reviewLine
		if name == formPapers {
			lines, err = s.paperLines(c, cur, d)
		} else {
			lines, err = s.reviewLines(c, cur, kind, name)
		}
		if err != nil {
			s.fail(c, err)
			return
		}
		data.Lines = append(data.Lines, lines...)
	}
	data.Unchanged = kind == filing.KindChange && !slices.ContainsFunc(data.Lines, func(l reviewLine) bool { return l.Changed })
	if data.Found, err = s.findings(c, cur, d, true); err != nil {
		s.fail(c, err)
		return
	}
	data.Blocks = blocks(data.Found)
	s.render(c, http.StatusOK, "review", page{Title: "review.title", Data: data})
}

func (s *Server) reviewLines(c *gin.Context, cur current, kind filing.Kind, name string) (lines []reviewLine, err error) {
	ctx := c.Request.Context()
	t, codes := s.texts.For(s.lang(c)), s.tables(ctx)
	values, err := s.draft(ctx, cur, name)
	if err != nil {
		return nil, err
	}
	before := values
	if kind == filing.KindChange && name != formClaim {
		if before, err = s.firstValues(ctx, cur, name); err != nil {
			return nil, err
		}
		if name == formSite {
			before.Set("provider", values.Get("provider"))
		}
	}
	old := build(t, name, s.fields(t, codes, kind, name, before), before, nil)
	for i, f := range build(t, name, s.fields(t, codes, kind, name, values), values, nil).Fields {
		line := reviewLine{Key: "field." + name + "." + f.Name, Text: shown(f), Path: filingPath(c) + "/" + name + "#f-" + f.Name}
		if was := shown(old.Fields[i]); was != line.Text {
			line.Changed, line.Before = true, was
		}
		if f.Type == "password" && values.Get(f.Name) != "" {
			line.Text = t.T("review.given", nil)
		}
		lines = append(lines, line)
	}
	return lines, nil
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

// handIn checks every form once more and hands the dossier in.
func (s *Server) handIn(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Preparing, filing.Correcting) {
		return
	}
	ctx := c.Request.Context()
	d, err := s.dossier(ctx, cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	for _, form := range formsOf(d.Kind) {
		problems, err := s.problems(c, cur, d, form, s.tables(ctx))
		if err != nil {
			s.fail(c, err)
			return
		}
		if len(problems) > 0 {
			to(c, filingPath(c)+"/"+form+"?check=1")
			return
		}
	}
	found, err := s.findings(c, cur, d, false)
	if err != nil {
		s.fail(c, err)
		return
	}
	if blocks(found) {
		to(c, filingPath(c)+"/review")
		return
	}
	papers, err := s.handedPapers(ctx, cur, d)
	if err != nil {
		s.fail(c, err)
		return
	}
	revision, err := s.cfg.Store.SaveDossier(ctx, cur.Filing.ID, d, papers...)
	if err != nil {
		s.moveOn(c, err, "")
		return
	}
	_, err = s.cfg.Filings.HandIn(ctx, cur.Filing.Ref(), workflows.HandIn{Revision: revision, Kind: d.Kind, Actor: s.actor(c)})
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
