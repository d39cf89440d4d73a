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
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// withForm runs a handler of one of a filing's forms, with the filing's blank dossier. People whose page is
// old, or whose dossier doesn't have the form, are sent elsewhere.
func (p *Pages) withForm(form string, h func(*gin.Context, Current, filing.Dossier) error) web.Handler {
	return p.withFiling(p.consented(func(c *gin.Context, cur Current) error {
		blank, err := p.Blank(c.Request.Context(), cur)
		if err != nil {
			return err
		}
		if forms := blank.Forms(); !slices.Contains(forms, form) {
			return web.Redirect(c, web.FilingPath(c)+"/"+forms[0])
		}
		return h(c, cur, blank)
	}), editing...)
}

// shownForm is what a form's page shows besides what is saved.
type shownForm struct {
	name string
	// blank is the filing's dossier with nothing filled in.
	blank filing.Dossier
	// values are what was just typed; nil: show the draft.
	values   url.Values
	problems filing.Problems
	// check: show everything that breaks a rule; saved: without what is only missing yet.
	check, saved bool
	// note is shown above the form, instead of a refusal.
	note string
	// overtaken: another page has saved other values since this one was made.
	overtaken bool
	// found is what the pre-check found in what was saved.
	found []dossierview.FoundLine
}

// status is the page's HTTP status.
func (s shownForm) status(c *gin.Context) int {
	switch {
	case s.overtaken:
		return http.StatusConflict
	case c.Request.Method == http.MethodGet, s.values == nil && len(s.problems) == 0:
		return http.StatusOK
	}
	return http.StatusUnprocessableEntity
}

// checkSaved is the value of ?check after a form was saved.
const checkSaved = "saved"

// dossierForm is the page of one of a dossier's forms. With ?check, which links from the review page
// have, it shows the form's problems too; after a save, those of what was typed.
func (p *Pages) dossierForm(form string) web.Handler {
	return p.withForm(form, func(c *gin.Context, cur Current, blank filing.Dossier) error {
		saved, err := p.SavedValues(c)
		if err != nil {
			return err
		}
		return p.showDossierForm(c, cur, shownForm{
			name: form, blank: blank, values: saved, check: c.Query("check") != "" && c.Query("check") != checkSaved,
			saved: c.Query("check") == checkSaved,
		})
	})
}

type dossierData struct {
	web.Form
	Kind filing.Kind
	// Forms are the dossier's.
	Forms []string
	// HasPassword: a password is saved. Pages don't show it again.
	HasPassword bool
}

// lead introduces the form: its kind may have a text of its own.
func (d dossierData) lead(p *web.Page) string {
	if lead := "kind_lead." + string(d.Kind) + "." + d.Name; p.T.Has(lead) {
		return p.Text(lead)
	}
	return p.Text(d.Name + ".lead")
}

// buttonTexts are keys of what a form's buttons say.
type buttonTexts struct{ next, save string }

var formTexts = buttonTexts{next: "controls.next", save: "controls.save"}

func (p *Pages) showDossierForm(c *gin.Context, cur Current, shown shownForm) error {
	ctx, name, status := c.Request.Context(), shown.name, shown.status(c)
	draft, values, err := p.drafted(ctx, cur, shown)
	if err != nil {
		return err
	}
	d, err := p.Typed(ctx, cur, shown.blank, name, values)
	if err != nil {
		return err
	}
	t, codes, problems := p.Texts.For(p.Lang(c)), p.Tables(ctx), shown.problems
	if shown.check || shown.saved {
		broken, err := p.Problems(c, cur, d, name, codes)
		if err != nil {
			return err
		}
		if shown.saved {
			broken = slices.DeleteFunc(broken, dossierview.Unfilled)
		}
		problems = append(problems, broken...)
		if shown.found, err = p.FormFindings(c, cur, name); err != nil {
			return err
		}
	}
	if name == web.FormSite {
		values.Set("provider", p.Provider.Name)
		if shown.values == nil { // it was typed as a host name, and is filed as its domain
			values.Set("domains", strings.Join(d.Site.Domains, "\n"))
		}
	}
	if name == web.FormHolder {
		problems = dossierview.WithoutTwice(problems, values)
	}
	fields := func(v url.Values) []web.Field {
		return dossierview.WithManagerSame(t, p.PageFields(t, codes, d, name, v))
	}
	data := dossierData{Form: web.Build(t, name, fields(values), values, problems), Kind: d.Kind,
		Forms: shown.blank.Forms(), HasPassword: values.Get("password") != "" && d.Asks(name, "password")}
	data.Draft, data.ReturnTo = draft, web.ReturnTo(c, values)
	if name == web.FormSite {
		addServed(t, &data.Form, served(cur, d))
	}
	p.MarkFound(t, &data.Form, shown.found)
	if err := p.overtaken(c, cur, shown, &data.Form, fields); err != nil {
		return err
	}
	if err := p.MarkRefused(c, cur, d, &data.Form, values); err != nil {
		return err
	}
	head := web.Page{Title: name + ".title", Wrong: data.HasProblems()}
	return p.Render(c, status, head, web.With(dossierFormPage, data))
}

// served are the order's host names below the site's domains, as people read them: they are checked, but not filed.
func served(cur Current, d filing.Dossier) (hosts []string) {
	for _, host := range filing.HostsOf(d.Site.Domains, cur.Order.Domains) {
		if !slices.Contains(d.Site.Domains, host) {
			hosts = append(hosts, filing.DisplayDomain(host))
		}
	}
	return hosts
}

// addServed shows host names below the field of the domains that cover them.
func addServed(t *locale.Localizer, f *web.Form, hosts []string) {
	at := slices.IndexFunc(f.Fields, func(field web.Field) bool { return field.Name == "domains" })
	if len(hosts) == 0 || at < 0 {
		return
	}
	shown := web.Build(t, f.Name, []web.Field{{Name: "served", Type: "fixed"}}, url.Values{"served": {t.List(hosts)}}, nil)
	f.Fields = slices.Insert(f.Fields, at+1, shown.Fields...)
}

// saveDossierForm saves a form as it was typed. It goes on to the next page if the form is right and the pre-check
// finds nothing that blocks it, or comes back if only saving was asked for.
func (p *Pages) saveDossierForm(form string) web.Handler {
	return p.withForm(form, func(c *gin.Context, cur Current, blank filing.Dossier) error {
		return p.saveForm(c, cur, shownForm{name: form, blank: blank, values: web.PostForm(c)})
	})
}

func (p *Pages) saveForm(c *gin.Context, cur Current, form shownForm) error {
	ctx, name, values := c.Request.Context(), form.name, form.values
	if _, err := p.storeDraft(ctx, cur, name, values); errors.Is(err, store.ErrConflict) {
		form.overtaken = true
		return p.showDossierForm(c, cur, form)
	} else if err != nil {
		return err
	}
	returnTo := web.ReturnToOf(values)
	again := web.WithReturnTo(web.FilingPath(c)+"/"+name, returnTo)
	if action := values.Get("action"); action == "save" {
		p.Flash(c, "flash.saved")
		return web.Redirect(c, web.WithQuery(again, "check", checkSaved))
	} else if field, ok := dossierview.ListsAsked(action); ok {
		p.Flash(c, "flash.lists_updated")
		return web.Redirect(c, again+"#f-"+field)
	}
	d, err := p.Typed(ctx, cur, form.blank, name, values)
	if err != nil {
		return err
	}
	problems, err := p.Problems(c, cur, d, name, p.Tables(ctx))
	if err == nil && len(problems) == 0 && name == web.FormOwnership {
		problems, err = p.ProveOwnership(ctx, cur, d)
	}
	if err == nil {
		form.found, err = p.FormFindings(c, cur, name)
	}
	if err != nil {
		return err
	}
	if len(problems) > 0 || dossierview.Blocks(form.found) {
		form.problems = problems
		return p.showDossierForm(c, cur, form)
	}
	return web.Redirect(c, web.FilingPath(c)+"/"+nextForm(d, name, returnTo))
}

// pageReview is 核对并提交.
const pageReview = "review"

// nextForm is the page after a form: the review, if the form was opened from there.
func nextForm(d filing.Dossier, name, returnTo string) string {
	forms := d.Forms()
	if i := slices.Index(forms, name); returnTo != web.ReturnToReview && i+1 < len(forms) {
		return forms[i+1]
	}
	return pageReview
}

// submit runs the checks once more and submits the dossier if nothing blocks it.
func (p *Pages) submit(c *gin.Context, cur Current) error {
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
	papers, err := p.SubmittedPapers(ctx, cur, d)
	if err != nil {
		return err
	}
	unchanged, err := p.isUnchanged(ctx, cur, d, papers)
	if err != nil {
		return err
	}
	revision, err := p.Store.SaveDossier(ctx, cur.Filing.ID, d, papers...)
	if errors.Is(err, store.ErrHolderMissing) {
		return web.Redirect(c, web.FilingPath(c)+"/"+pageReview)
	} else if err != nil {
		return p.FinishUpdate(c, err, "")
	}
	submission := workflows.Submission{Revision: revision, Kind: d.Kind, Actor: p.Actor(c), Unchanged: unchanged}
	_, err = p.Filings.Submit(ctx, cur.Filing.Ref(), submission)
	return p.FinishUpdate(c, err, web.FilingPath(c))
}

// documents lists the document types of a nature of holder for the form's script; all of them before
// a nature is chosen, as in the form.
func (p *Pages) documents(c *gin.Context) error {
	t := p.Texts.For(p.Lang(c))
	list := []filing.Region{}
	documents := dossierview.DocumentsOf(p.Tables(c.Request.Context()), c.Request.URL.Query())
	for _, o := range web.CodeOptions(t.Lang(), documents) {
		list = append(list, filing.Region{Code: o.Value, Name: o.Label})
	}
	c.JSON(http.StatusOK, list) // not cached: the names are in the reader's language
	return nil
}

// regions lists the divisions of a region for the form's script.
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
