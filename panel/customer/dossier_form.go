package customer

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// dossierForm is the page of one of a dossier's forms; ?check shows its problems
// too: somebody comes back from the review page.
func (p *Pages) dossierForm(form string) func(*gin.Context, dossierview.Current) error {
	return func(c *gin.Context, cur dossierview.Current) error {
		if kind, ok := p.formOf(c, cur, form); ok {
			return p.showDossierForm(c, cur, kind, form, p.SavedValues(c), nil, c.Query("check") != "")
		}

		return nil
	}
}

// formOf tells the filing's kind where the form is one of its, and sends people
// elsewhere where not.
func (p *Pages) formOf(c *gin.Context, cur dossierview.Current, form string) (filing.Kind, bool) {
	if !p.inStage(c, cur, filing.Preparing, filing.Correcting) {
		return "", false
	}
	kind, err := p.KindOf(c.Request.Context(), cur)
	if err != nil {
		p.Fail(c, err)
		return "", false
	}
	if !slices.Contains(kind.Forms(), form) {
		web.Redirect(c, web.FilingPath(c)+"/"+kind.Forms()[0])
		return "", false
	}
	return kind, true
}

type dossierData struct {
	web.Form
	Kind filing.Kind
	// Saved tells that a password is kept, which the page doesn't show again.
	Saved bool
	// Others are the kind's other forms.
	Others []string
	// Person is the nature whose manager may be the holder, for the page's script.
	Person int
}

// showDossierForm draws a form with its draft, or with what was just posted and
// the problems found besides the rules'.
func (p *Pages) showDossierForm(c *gin.Context, cur dossierview.Current, kind filing.Kind, name string, values url.Values, problems filing.Problems, check bool) error {
	return p.drawDossierForm(c, cur, kind, name, values, problems, check, false)
}

// drawDossierForm is showDossierForm, also of a page that another overtook.
func (p *Pages) drawDossierForm(c *gin.Context, cur dossierview.Current, kind filing.Kind, name string, values url.Values, problems filing.Problems, check, overtaken bool) error {
	status := http.StatusOK
	mark, err := p.draftState(c.Request.Context(), cur, name, values)
	if err != nil {
		return err
	}
	if values == nil {
		if values, err = p.Draft(c.Request.Context(), cur, name); err != nil {
			return err
		}
	} else if !c.GetBool(web.ContextSaved) {
		status = http.StatusUnprocessableEntity
	}
	t, codes := p.Texts.For(p.Lang(c)), p.Tables(c.Request.Context())
	if check {
		d := filing.Dossier{Kind: kind}
		p.Fill(&d, name, values)
		found, err := p.Problems(c, cur, d, name, codes)
		if err != nil {
			return err
		}
		problems = append(problems, found...)
	}
	if name == web.FormSite {
		values.Set("provider", p.Provider.Name)
	}
	fields := func(v url.Values) []web.Field {
		return dossierview.WithManagerSame(t, p.Fields(t, codes, kind, name, v))
	}
	if name == web.FormHolder {
		problems = dossierview.WithoutTwice(problems, values)
	}
	data := dossierData{Form: web.Build(t, name, fields(values), values, problems), Kind: kind, Saved: values.Get("password") != "", Person: filing.NaturePerson}
	data.Draft, data.ReturnTo = mark, web.ReturnTo(c, values)
	if overtaken {
		status = http.StatusConflict
		if err := p.conflict(c.Request.Context(), t, cur, name, values, fields, &data.Form); err != nil {
			return err
		}
	}
	for _, other := range kind.Forms() {
		if other != name {
			data.Others = append(data.Others, other)
		}
	}
	if err := p.MarkRefused(c, cur, kind, &data.Form, values); err != nil {
		return err
	}
	return p.RenderTemplate(c, status, "dossier_form", web.Page{Title: name + ".title", Data: data})
}

// saveDossierForm keeps a form as it was typed and goes on to the next page when
// it is right, or when only saving was asked for.
func (p *Pages) saveDossierForm(form string) func(*gin.Context, dossierview.Current) error {
	return func(c *gin.Context, cur dossierview.Current) error {
		if kind, ok := p.formOf(c, cur, form); ok {
			return p.saveForm(c, cur, kind, form)
		}

		return nil
	}
}

func (p *Pages) saveForm(c *gin.Context, cur dossierview.Current, kind filing.Kind, name string) error {
	ctx := c.Request.Context()
	values := web.PostForm(c)
	if _, err := p.storeDraft(ctx, cur, name, values); errors.Is(err, store.ErrConflict) {
		return p.drawDossierForm(c, cur, kind, name, values, nil, false, true)
	} else if err != nil {
		return err
	}
	from := web.ReturnToOf(values)
	if action := values.Get("action"); action == "save" {
		p.Flash(c, "flash.saved")
		return web.Redirect(c, web.WithReturnTo(web.FilingPath(c)+"/"+name, from))
	} else if at, ok := strings.CutPrefix(action, dossierview.ActionLists); ok && slices.Contains(dossierview.ListFields, at) { // back where it was pressed
		p.Flash(c, "flash.lists_updated")
		return web.Redirect(c, web.WithReturnTo(web.FilingPath(c)+"/"+name, from)+"#f-"+at)
	}
	d := filing.Dossier{Kind: kind}
	p.Fill(&d, name, values)
	problems, err := p.Problems(c, cur, d, name, p.Tables(ctx))
	if err == nil && len(problems) == 0 && name == web.FormOwnership {
		problems, err = p.ProveClaim(ctx, cur, d.OwnershipProof)
	}
	switch {
	case err != nil:
		return err
	case len(problems) > 0:
		return p.showDossierForm(c, cur, kind, name, values, problems, false)
	default:
		return web.Redirect(c, web.FilingPath(c)+"/"+nextForm(kind, name, from))
	}
}

// pageReview is 核对并提交.
const pageReview = "review"

// nextForm is the page after a form that was opened from somewhere.
func nextForm(kind filing.Kind, name, back string) string {
	forms := kind.Forms()
	if i := slices.Index(forms, name); back != web.ReturnToReview && i+1 < len(forms) {
		return forms[i+1]
	}
	return pageReview
}

// submit looks once more for what blocks and hands the dossier in.
func (p *Pages) submit(c *gin.Context, cur dossierview.Current) error {
	if !p.inStage(c, cur, filing.Preparing, filing.Correcting) {
		return nil
	}
	ctx := c.Request.Context()
	d, err := p.Dossier(ctx, cur)
	if err != nil {
		return err
	}
	found, err := p.Findings(c, cur, d, false)
	if err != nil {
		return err
	}
	if dossierview.Blocks(found) {
		return web.Redirect(c, web.FilingPath(c)+"/"+pageReview)
	}
	papers, err := p.HandedPapers(ctx, cur, d)
	if err != nil {
		return err
	}
	revision, err := p.Store.SaveDossier(ctx, cur.Filing.ID, d, papers...)
	if err != nil {
		return p.FinishUpdate(c, err, "")
	}
	_, err = p.Filings.Submit(ctx, cur.Filing.Ref(), workflows.Submission{Revision: revision, Kind: d.Kind, Actor: p.Actor(c)})
	return p.FinishUpdate(c, err, web.FilingPath(c))
}

// documents lists the kinds of document that a nature of holder has, for the form's
// script; all where none is chosen, as the form does.
func (p *Pages) documents(c *gin.Context) error {
	t := p.Texts.For(p.Lang(c))
	list := []filing.Region{}
	for _, o := range web.CodeOptions(t.Lang(), dossierview.DocumentsOf(p.Tables(c.Request.Context()), c.Request.URL.Query())) {
		list = append(list, filing.Region{Code: o.Value, Name: o.Label})
	}
	c.JSON(http.StatusOK, list) // not cached: the names are in the reader's language

	return nil
}

// regions lists the divisions below one, for the form's script.
func (p *Pages) regions(c *gin.Context) error {
	parent := c.Query("parent")
	known := p.Tables(c.Request.Context()).Regions
	list := known.Cities(parent)
	if len(list) == 0 {
		list = known.Counties(parent)
	}
	if list == nil {
		list = []filing.Region{}
	}
	c.Header("Cache-Control", fmt.Sprintf("private, max-age=%.0f", web.TablesFor.Seconds()))
	c.JSON(http.StatusOK, list)

	return nil
}
