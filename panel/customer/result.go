package customer

import (
	"fmt"
	"net/http"
	"path"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

type resultLine struct{ Key, Text string }

type resultData struct {
	Current
	Number          string
	Lines           []resultLine
	Snippet         string
	CertificatePath string // empty: the bureau issued no certificate
	SiteChecks      []store.SiteCheck
	// CanPlace: the web space is known, so the panel can put the number there.
	CanPlace bool
	Police   policeData
}

// result is the bureau's result page; it also tells what is left to do on the site.
func (p *Pages) result(c *gin.Context, cur Current) error {
	ctx := c.Request.Context()
	decision, err := p.Store.LatestDecision(ctx, cur.Filing.ID)
	if err != nil {
		return err
	}
	dossier, err := p.Store.Dossier(ctx, cur.Filing.ID, decision.Revision)
	if err != nil {
		return err
	}
	if dossier.Holder.Name == "" && !dossier.Kind.Registers() { // filed elsewhere: the bureau's data have the holder
		if dossier, err = p.AsFiled(ctx, dossier, decision); err != nil {
			return err
		}
	}
	police, err := p.Store.Police(ctx, cur.Filing.ID)
	if err != nil {
		return err
	}
	data := resultData{
		Current: cur, Number: decision.Number(), Lines: p.resultLines(c, dossier, decision),
		Snippet: p.snippet(decision.Number(), cur.Order), Police: p.police(cur, decision.Number(), police),
	}
	if data.SiteChecks, err = p.Store.SiteChecks(ctx, cur.Filing.ID); err != nil {
		return err
	}
	if data.CanPlace, err = p.knowsSpace(ctx, cur); err != nil {
		return err
	}
	if len(decision.Certificate) > 0 {
		data.CertificatePath = filing.CertificatePath(p.Provider.CertificateName)
	}
	data.Police.Form = p.policeForm(c, police, nil, nil)
	return p.Render(c, http.StatusOK, web.Page{Title: "result.title"}, web.With(resultPage, data))
}

// siteCheckClass is the class that colours a check by its outcome.
func siteCheckClass(c store.SiteCheck) string {
	switch {
	case c.Kind == "wildcard":
		return "open"
	case c.OK:
		return "good"
	}
	return "bad"
}

// siteHelp says what to do about a failed check.
func siteHelp(p *web.Page, c store.SiteCheck) string {
	of := "certificate"
	if c.Target == store.HomeTarget {
		of = "home"
	}
	if key := "site_check_help." + of + "." + c.Kind; p.T.Has(key) {
		return p.Text(key)
	}
	return p.Text("site_check_help." + c.Kind)
}

// resultLines are the columns of the bureau's result page.
func (p *Pages) resultLines(c *gin.Context, d filing.Dossier, decision store.Decision) []resultLine {
	if d.Kind.Registers() {
		return []resultLine{
			{"number", decision.Number()}, {"home_page", d.Site.HomePage}, {"registered", web.Date(decision.SubmittedAt)},
		}
	}
	t, codes, builtIn := p.Texts.For(p.Lang(c)), p.Tables(c.Request.Context()), filing.BuiltIn()
	name := func(table, old []filing.Code, id int) string {
		code, present := filing.CodeByID(table, id)
		if !present { // the bureau dropped it after the submission
			code, _ = filing.CodeByID(old, id)
		}
		return code.In(t.Lang())
	}
	var content []string
	for _, id := range d.Site.PreApprovals {
		content = append(content, name(codes.PreApprovals, builtIn.PreApprovals, id))
	}
	if len(content) == 0 {
		content = []string{t.T("result.other_content", nil)}
	}
	h := d.Holder
	lines := []resultLine{
		{"holder", h.Name},
		{"number", decision.Number()},
		{"reported", web.Date(decision.SubmittedAt)},
		{"home_page", d.Site.HomePage},
		{"access_mode", name(codes.AccessModes, builtIn.AccessModes, d.Site.AccessMode)},
		{"kind", t.T("result.non_commercial", nil)},
		{"document", mask(h.DocumentNumber)},
		{"superior", h.Superior},
		{"content", t.List(content)},
		{"server_place", name(codes.ServerPlaces, builtIn.ServerPlaces, d.Site.ServerPlace)},
		{"provider", d.Site.Provider},
		{"address", codes.Regions.Name(h.Province) + codes.Regions.Name(h.City) + codes.Regions.Name(h.County) + h.Address},
	}
	if !decision.ReviewedAt.IsZero() {
		lines = append(lines, resultLine{"reviewed", web.Date(decision.ReviewedAt)})
	}
	return lines
}

// mask hides the middle of a document's number.
func mask(number string) string {
	r := []rune(number)
	if n := utf8.RuneCountInString(number); n > 8 {
		for i := 4; i < n-4; i++ {
			r[i] = '*'
		}
	}
	return string(r)
}

// certificate downloads the certificate file, for those who install it by hand.
func (p *Pages) certificate(c *gin.Context, cur Current) error {
	decision, err := p.Store.LatestDecision(c.Request.Context(), cur.Filing.ID)
	if err != nil {
		return err
	}
	if len(decision.Certificate) == 0 {
		return store.ErrNotFound
	}
	c.Header("Content-Disposition", fmt.Sprintf("attachment; filename=%q",
		path.Base(filing.CertificatePath(p.Provider.CertificateName))))
	c.Data(http.StatusOK, "application/octet-stream", decision.Certificate)
	return nil
}

// checkSiteNow checks the site at once. The outcome doesn't change a completed filing.
func (p *Pages) checkSiteNow(c *gin.Context, cur Current) error {
	if cur.Filing.Stage == filing.Filed {
		p.workFooter(c.Request.Context(), cur, 0, workflows.FooterSiteCheck)
		return web.Redirect(c, web.FilingPath(c)+"/result")
	}
	_, err := p.Filings.CheckSiteNow(c.Request.Context(), cur.Filing.Ref(), workflows.ByActor{Actor: p.Actor(c)})
	return p.finish(c, err, "flash.site_check_asked", web.FilingPath(c)+"/result")
}

// withdraw ends a filing that hasn't been submitted to the bureau.
func (p *Pages) withdraw(c *gin.Context, cur Current) error {
	if c.PostForm("sure") != "yes" {
		return p.askToConfirm(c, "withdraw")
	}
	_, err := p.Filings.Withdraw(c.Request.Context(), cur.Filing.Ref(), workflows.ByActor{Actor: p.Actor(c)})
	return p.finish(c, err, "flash.withdrawn", allPath(c))
}
