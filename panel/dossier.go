package panel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// draftForms are the forms that are kept while they are typed.
var draftForms = map[string]bool{formHolder: true, formSite: true, formClaim: true, formEnding: true, formPapers: true, draftContact: true}

// actionLists begins the action of a button that saves and shows the form again with
// the lists that follow what was chosen, for those without JavaScript; the field's
// name follows.
const actionLists = "lists."

// listFields are the fields with such a button.
var listFields = []string{"document_type", "city", "county"}

func holderOf(v url.Values) filing.Holder {
	var h filing.Holder
	readFields(holderFields(&h), v)
	h.Normalise()
	return h
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
	if !slices.Contains(kind.Forms(), form) {
		to(c, filingPath(c)+"/"+kind.Forms()[0])
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
	// Person is the nature whose manager may be the holder, for the page's script.
	Person int
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
	fields := func(v url.Values) []field { return withSame(t, s.fields(t, codes, kind, name, v)) }
	if name == formHolder {
		problems = withoutTwice(problems, values)
	}
	data := dossierData{form: build(t, name, fields(values), values, problems), Kind: kind, Kept: values.Get("password") != "", Person: filing.NaturePerson}
	data.Draft, data.From = mark, opened(c, values)
	if overtaken {
		status = http.StatusConflict
		if err := s.conflict(c.Request.Context(), t, cur, name, values, fields, &data.form); err != nil {
			s.fail(c, err)
			return
		}
	}
	for _, other := range kind.Forms() {
		if other != name {
			data.Others = append(data.Others, other)
		}
	}
	if err := s.markRefused(c, cur, kind, &data.form, values); err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, status, "dossier_form", page{Title: name + ".title", Data: data})
}

// holderProblems are the rules' and whether the provider can file in the
// holder's province at all. When the database doesn't answer, the rules' alone:
// the filing finds its account, or is told, when it is handed in.
func (s *Server) holderProblems(c *gin.Context, h filing.Holder, codes filing.Tables) filing.Problems {
	return s.served(c.Request.Context(), h.Province, h.Validate(codes))
}

// served adds to a form's problems that the provider can't file in its province.
func (s *Server) served(ctx context.Context, province string, problems filing.Problems) filing.Problems {
	if served, err := s.cfg.Store.ServesProvince(ctx, province); err == nil && !served && problems.For("province") == nil {
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
	from := fromOf(values)
	if action := values.Get("action"); action == "save" {
		s.flash(c, "flash.saved")
		to(c, withFrom(filingPath(c)+"/"+name, from))
		return
	} else if at, ok := strings.CutPrefix(action, actionLists); ok && slices.Contains(listFields, at) { // back where it was pressed
		s.flash(c, "flash.lists_updated")
		to(c, withFrom(filingPath(c)+"/"+name, from)+"#f-"+at)
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
		to(c, filingPath(c)+"/"+nextForm(kind, name, from))
	}
}

// pageReview is 核对并提交.
const pageReview = "review"

// nextForm is the page after a form that was opened from somewhere.
func nextForm(kind filing.Kind, name, from string) string {
	forms := kind.Forms()
	if i := slices.Index(forms, name); from != fromReview && i+1 < len(forms) {
		return forms[i+1]
	}
	return pageReview
}

// handIn looks once more for what blocks and hands the dossier in.
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
	found, err := s.findings(c, cur, d, false)
	if err != nil {
		s.fail(c, err)
		return
	}
	if blocks(found) {
		to(c, filingPath(c)+"/"+pageReview)
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

// documents lists the kinds of document that a nature of holder has, for the form's
// script; all where none is chosen, as the form does.
func (s *Server) documents(c *gin.Context) {
	t := s.texts.For(s.lang(c))
	list := []filing.Region{}
	for _, o := range codeOptions(t.Lang(), documentsOf(s.tables(c.Request.Context()), c.Request.URL.Query())) {
		list = append(list, filing.Region{Code: o.Value, Name: o.Label})
	}
	c.JSON(http.StatusOK, list) // not cached: the names are in the reader's language
}

func documentsOf(codes filing.Tables, v url.Values) []filing.Code {
	if list := codes.DocumentsFor(number(v, "nature")); len(list) > 0 {
		return list
	}
	return codes.DocumentTypes
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
