package staff

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// viewsShown is how many views of papers the page lists.
const viewsShown = 20

type supportDossierData struct {
	staffPapers
	Revision int
	Kind     filing.Kind
	Parts    []dossierview.DossierPart
	// Vetting is nil unless the revision is in vetting.
	Vetting *vettingView
	// SendBack is the form that sends the revision back; nil for who can't.
	SendBack *sendBackData
	// Found is what the pre-check found.
	Found []dossierview.FoundLine
	// Marked: what changed since the previous revision is marked; in the first revision of a
	// change, what differs from the filed data.
	Marked bool
	// SentBackFor is why the previous revision came back.
	SentBackFor string
	// Again: the bureau refused it for something that the provider corrects.
	Again bool
	Views []store.PaperView

	// renewed waits until the reader's lease is renewed.
	renewed func() error
}

// statusPath is the part of the page that tells who vets the dossier.
func (d supportDossierData) statusPath() string {
	return web.URL("/support/filings/%s/vetting/state?serial=%d&revision=%d",
		d.Filing.OrderNumber, d.Filing.Serial, d.Revision)
}

// staffPapers are a filing's pictures as staff see them.
type staffPapers struct {
	Filing store.Filing
	Papers []staffPaper
}

type staffPaper struct {
	store.Paper
	Label string
	// Code is the fingerprint that a printed form must show; empty for other papers.
	Code string
	// New: the previous revision had another, or none.
	New bool
}

// supportDossier is the latest revision with its papers, for those who vet it.
func (p *Pages) supportDossier(c *gin.Context, f store.Filing) error {
	return p.showSupportDossier(c, http.StatusOK, f, filledForm{})
}

// showSupportDossier draws a dossier's page; back is the form that sends it back.
func (p *Pages) showSupportDossier(c *gin.Context, status int, f store.Filing, back filledForm) error {
	ctx := c.Request.Context()
	var err error
	data := supportDossierData{staffPapers: staffPapers{Filing: f}}
	if err := p.AuditView(c, "dossier.view", "filing", f.Ref()); err != nil {
		return err
	}
	data.renewed = p.renewVetting(c, f)
	p.readDossierAhead(c, f)
	if data.Revision, err = p.Store.LatestRevision(ctx, f.ID); err != nil {
		return err
	}
	if data.Revision > 0 {
		if err := p.submitted(c, &data, back); err != nil {
			return err
		}
	}
	if data.Views, err = p.Store.PaperViews(ctx, f.ID, viewsShown); err != nil {
		return err
	}
	return p.Render(c, status, web.Page{Title: "staff_dossier.title"}, web.With(dossierPage, data))
}

// readDossierAhead reads what a dossier's page shows at once. While it is vetted, the latest revision is the filing's.
func (p *Pages) readDossierAhead(c *gin.Context, f store.Filing) {
	ctx := c.Request.Context()
	web.Ahead(c,
		func() error { _, err := p.Store.LatestRevision(ctx, f.ID); return err },
		func() error { _, err := p.Store.PaperViews(ctx, f.ID, viewsShown); return err },
		func() error { _, err := p.Store.PaperStatements(ctx, f.ID); return err },
		func() error { _, err := p.Store.Dossier(ctx, f.ID, f.Revision); return err },
		func() error { _, err := p.Store.PapersOfRevision(ctx, f.ID, f.Revision); return err },
	)
	if f.Stage != filing.Vetting {
		return
	}
	web.Ahead(c,
		func() error { return p.ReadPrecheckAhead(ctx, f) },
		func() error { _, err := p.Store.Dossier(ctx, f.ID, f.Revision-1); return err },
		func() error { _, err := p.Store.PapersOfRevision(ctx, f.ID, f.Revision-1); return err },
		func() error { _, err := p.Store.SendBacks(ctx, f.ID); return err },
		func() error { _, err := p.Store.Decisions(ctx, f.ID); return err },
	)
}

// withoutSecrets leaves out what a reviewer needn't see: passwords at the bureau.
func withoutSecrets(parts []dossierview.DossierPart) []dossierview.DossierPart {
	for i := range parts {
		parts[i].Lines = slices.DeleteFunc(parts[i].Lines, func(l dossierview.DossierLine) bool { return l.Secret })
	}
	return parts
}

// submitted fills in a revision's data and papers, and what staff can do with it.
func (p *Pages) submitted(c *gin.Context, data *supportDossierData, back filledForm) error {
	ctx := c.Request.Context()
	d, err := p.Store.Dossier(ctx, data.Filing.ID, data.Revision)
	if err != nil {
		return err
	}
	d.Kind = d.Kind.OrNew()
	data.Kind = d.Kind
	data.Parts = withoutSecrets(p.DossierParts(c, d))
	data.Again = canResubmit(data.Filing)
	if data.Papers, err = p.papersForStaff(c, data.Filing.ID, data.Revision, d); err != nil {
		return err
	}
	if data.Filing.Stage != filing.Vetting || data.Filing.Revision != data.Revision {
		return nil
	}
	return p.fillVetting(c, data, d, back)
}

// fillVetting fills in what vetting of a revision needs.
func (p *Pages) fillVetting(c *gin.Context, data *supportDossierData, d filing.Dossier, back filledForm) error {
	ctx, f := c.Request.Context(), data.Filing
	vetting, err := p.vettingOf(c, f, d, data.renewed)
	if err != nil {
		return err
	}
	data.Vetting = &vetting
	if p.Allowed(c, web.CanVet) && (vetting.Mine || saysWhy(back.values)) {
		if data.SendBack, err = p.sendBackForm(c, d, back); err != nil {
			return err
		}
	}
	order, err := p.Store.Order(ctx, f.OrderID)
	if err != nil {
		return err
	}
	cur := dossierview.Current{Order: order, Filing: f}
	if data.Found, err = p.Prechecked(c, cur, d, vetting.Mine); err != nil { // only the reviewer waits for DNS
		return err
	}
	if data.Revision > 1 {
		return p.sinceBefore(c, data)
	}
	if d.Kind != filing.KindChange {
		return nil
	}
	base, err := p.Based(ctx, cur)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil {
		dossierview.MarkChanges(data.Parts, p.DossierParts(c, base))
		data.Marked = true
	}
	return err
}

// sinceBefore marks what changed since the previous revision, and says why that came back.
func (p *Pages) sinceBefore(c *gin.Context, data *supportDossierData) error {
	ctx, f, before := c.Request.Context(), data.Filing, data.Revision-1
	d, err := p.Store.Dossier(ctx, f.ID, before)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	dossierview.MarkChanges(data.Parts, p.DossierParts(c, d))
	data.Marked = true
	papers, err := p.Store.PapersOfRevision(ctx, f.ID, before)
	if err != nil {
		return err
	}
	for i := range data.Papers {
		data.Papers[i].New = !slices.ContainsFunc(papers,
			func(paper store.Paper) bool { return paper.ID == data.Papers[i].ID })
	}
	said, err := p.Told(ctx, f.ID)
	if err != nil {
		return err
	}
	data.SentBackFor = dossierview.SendBackText(p.T(c), said.SentBack[before])
	if decision, decided := said.Decisions[before]; decided && !decision.Approved {
		data.SentBackFor = dossierview.DecisionText(p.T(c), decision)
	}
	return nil
}

// viewPaperAsStaff shows staff a paper of any filing.
func (p *Pages) viewPaperAsStaff(c *gin.Context, f store.Filing) error {
	if err := p.renewVetting(c, f)(); err != nil {
		return err
	}
	if c.Query("thumb") == "" { // previews belong to the dossier's page, whose view was audited
		d := p.AuditEntry(c, "paper.view", "paper", c.Param("paper"), "")
		c.Request = c.Request.WithContext(store.WithAudit(c.Request.Context(), &d))
	}
	return p.SendPaper(c, f, dossierview.ViewedByStaff+"/"+string(f.Stage))
}

// papersForStaff are a revision's pictures with their names.
func (p *Pages) papersForStaff(
	c *gin.Context, filingID int64, revision int, d filing.Dossier,
) (papers []staffPaper, err error) {
	list, err := p.Store.PapersOfRevision(c.Request.Context(), filingID, revision)
	if err != nil {
		return nil, err
	}
	states, err := p.Store.PaperStatements(c.Request.Context(), filingID)
	needed := p.NeededPapers(d)
	for _, paper := range list {
		row := staffPaper{Paper: paper, Label: paper.Key} // a paper that is on the list no more
		if on, printed := states[paper.ID]; printed {
			row.Code = on.Code()
		}
		for _, n := range needed {
			if n.Key == paper.Key && n.Item == paper.Item {
				row.Label = p.PaperLabel(c, n)
				if number := d.Site.ApprovalNumbers[paper.Item]; number != "" {
					row.Label += " " + number
				}
			}
		}
		papers = append(papers, row)
	}
	return papers, err
}
