package panel

import (
	"net/http"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

type resultLine struct{ Key, Text string }

type resultData struct {
	current
	Number          string
	Lines           []resultLine
	Snippet         string
	CertificatePath string // empty: this kind brings no certificate
	Checks          []store.SiteCheck
	// CanPlace: the web space is known, so that the number can be put there.
	CanPlace bool
	Police   policeData
}

// result is the bureau's result page, with what is still to do on the site.
func (s *Server) result(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Installing, filing.Filed) {
		return
	}
	ctx := c.Request.Context()
	decision, err := s.cfg.Store.LatestDecision(ctx, cur.Filing.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	dossier, err := s.cfg.Store.Dossier(ctx, cur.Filing.ID, decision.Revision)
	if err != nil {
		s.fail(c, err)
		return
	}
	if dossier.Holder.Name == "" && !dossier.Kind.Registers() { // filed before, by others: only the bureau's data name it
		if dossier, err = s.asFiled(ctx, dossier, decision); err != nil {
			s.fail(c, err)
			return
		}
	}
	checks, err := s.cfg.Store.SiteChecks(ctx, cur.Filing.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	canPlace, err := s.knowsSpace(ctx, cur)
	if err != nil {
		s.fail(c, err)
		return
	}
	police, err := s.cfg.Store.Police(ctx, cur.Filing.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "result", page{Title: "result.title", Data: resultData{
		current: cur, Number: decision.Number(), Lines: s.resultLines(c, dossier, decision),
		Snippet: s.snippet(decision.Number(), cur.Order), CertificatePath: certificatePath(decision), Checks: checks, CanPlace: canPlace, Police: s.police(s.texts.For(s.lang(c)), cur, decision.Number(), police, nil, nil),
	}})
}

func certificatePath(d store.Decision) string {
	if len(d.Certificate) == 0 {
		return ""
	}
	return activities.CertificatePath
}

// resultLines are the columns of the bureau's result page.
func (s *Server) resultLines(c *gin.Context, d filing.Dossier, decision store.Decision) []resultLine {
	if d.Kind.Registers() {
		return []resultLine{{"number", decision.Number()}, {"home_page", d.Site.HomePage}, {"registered", decision.HandedInAt.In(china).Format("2006-01-02")}}
	}
	t, codes, builtIn := s.texts.For(s.lang(c)), s.tables(c.Request.Context()), filing.BuiltIn()
	name := func(table, old []filing.Code, id int) string {
		code, present := filing.CodeByID(table, id)
		if !present { // handed in before the bureau dropped it
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
		{"holder", h.Name}, {"number", decision.Number()}, {"reported", decision.HandedInAt.In(china).Format("2006-01-02")},
		{"home_page", d.Site.HomePage}, {"access_mode", name(codes.AccessModes, builtIn.AccessModes, d.Site.AccessMode)}, {"kind", t.T("result.non_commercial", nil)},
		{"document", mask(h.DocumentNumber)}, {"superior", h.Superior}, {"content", t.List(content)},
		{"server_place", name(codes.ServerPlaces, builtIn.ServerPlaces, d.Site.ServerPlace)}, {"provider", d.Site.Provider},
		{"address", codes.Regions.Name(h.Province) + codes.Regions.Name(h.City) + codes.Regions.Name(h.County) + h.Address},
	}
	if !decision.ReviewedAt.IsZero() {
		lines = append(lines, resultLine{"reviewed", decision.ReviewedAt.In(china).Format("2006-01-02")})
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

// certificate gives the certificate file, for those who install it by hand.
func (s *Server) certificate(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Installing, filing.Filed) {
		return
	}
	decision, err := s.cfg.Store.LatestDecision(c.Request.Context(), cur.Filing.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	if len(decision.Certificate) == 0 {
		s.fail(c, store.ErrNotFound)
		return
	}
	c.Header("Content-Disposition", `attachment; filename="bazu.cert"`)
	c.Data(http.StatusOK, "application/octet-stream", decision.Certificate)
}

// checkNow has the site looked at at once. A filing that is done isn't moved by
// what is seen.
func (s *Server) checkNow(c *gin.Context, cur current) {
	if cur.Filing.Stage == filing.Filed {
		s.workFooter(c.Request.Context(), cur, 0, workflows.FooterLook)
		to(c, filingPath(c)+"/result")
		return
	}
	_, err := s.cfg.Filings.CheckNow(c.Request.Context(), cur.Filing.Ref(), workflows.ByActor{Actor: s.actor(c)})
	if err == nil {
		s.flash(c, "flash.checking")
	}
	s.moveOn(c, err, filingPath(c)+"/result")
}

// withdraw ends a filing that hasn't left for the bureau.
func (s *Server) withdraw(c *gin.Context, cur current) {
	if c.PostForm("sure") != "yes" {
		s.unsure(c, "withdraw")
		return
	}
	_, err := s.cfg.Filings.Withdraw(c.Request.Context(), cur.Filing.Ref(), workflows.ByActor{Actor: s.actor(c)})
	if err == nil {
		s.flash(c, "flash.withdrawn")
	}
	s.moveOn(c, err, "/orders")
}
