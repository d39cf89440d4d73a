package staff

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// viewsShown is how many looks at papers staff see.
const viewsShown = 20

type supportDossierData struct {
	staffPapers
	Revision int
	Kind     filing.Kind
	Parts    []dossierview.DossierPart
	// Vetting is how vetting of it stands, while it is with staff; nil else.
	Vetting *vettingView
	// SendBack asks why the revision is sent back, of who checks it.
	SendBack *sendBackData
	// Found is what the pre-check finds.
	Found []dossierview.FoundLine
	// Marked: lines are marked that changed since the revision before or, of a change's
	// first, from what is filed.
	Marked bool
	// SentBackFor is why the revision before was sent back.
	SentBackFor string
	// Again: the bureau refused it for something of ours.
	Again bool
	Views []store.PaperView
}

// staffPapers are a filing's pictures as staff see them.
type staffPapers struct {
	Filing store.Filing
	Papers []staffPaper
}

type staffPaper struct {
	store.Paper
	Label string
	// New: the revision before had another, or none.
	New bool
}

// supportDossier is what was submitted last, with its papers, for those who check it.
func (p *Pages) supportDossier(c *gin.Context) error {
	ctx := c.Request.Context()
	f, err := p.Store.FilingBySerial(ctx, c.Param("number"), web.QueryNumber(c, "serial"))
	if err != nil {
		return err
	}
	return p.showSupportDossier(c, http.StatusOK, f, url.Values{}, nil)
}

// showSupportDossier draws a dossier's page; values and problems are those of the
// form that sends it back.
func (p *Pages) showSupportDossier(c *gin.Context, status int, f store.Filing, values url.Values, problems filing.Problems) error {
	ctx := c.Request.Context()
	var err error
	data := supportDossierData{staffPapers: staffPapers{Filing: f}}
	if data.Revision, err = p.Store.LatestRevision(ctx, f.ID); err != nil {
		return err
	}
	if data.Revision > 0 {
		if err := p.submitted(c, &data, values, problems); err != nil {
			return err
		}
	}
	if data.Views, err = p.Store.PaperViews(ctx, f.ID, viewsShown); err != nil {
		return err
	}
	if err := p.AuditView(c, "dossier.view", "filing", f.Ref()); err != nil {
		return err
	}
	return p.RenderTemplate(c, status, "support_dossier", web.Page{Title: "support_dossier.title", Data: data})
}

// submitted fills in a revision's forms and papers, and what staff can do with it.
func (p *Pages) submitted(c *gin.Context, data *supportDossierData, values url.Values, problems filing.Problems) error {
	ctx := c.Request.Context()
	d, err := p.Store.Dossier(ctx, data.Filing.ID, data.Revision)
	if err != nil {
		return err
	}
	d.Kind = d.Kind.OrNew()
	data.Kind = d.Kind
	data.Parts = p.DossierParts(c, d)
	data.Again = canResubmit(data.Filing)
	if data.Papers, err = p.papersForStaff(c, data.Filing.ID, data.Revision, d); err != nil {
		return err
	}
	if data.Filing.Stage != filing.Vetting || data.Filing.Revision != data.Revision {
		return nil
	}
	return p.fillVetting(c, data, d, values, problems)
}

// fillVetting fills in what vetting of a revision needs.
func (p *Pages) fillVetting(c *gin.Context, data *supportDossierData, d filing.Dossier, values url.Values, problems filing.Problems) error {
	ctx, f := c.Request.Context(), data.Filing
	check, err := p.vettingOf(c, f, d)
	if err != nil {
		return err
	}
	data.Vetting = &check
	if p.Allowed(c, web.CanVet) && (check.Mine || saysWhy(values)) {
		back := p.sendBackForm(c, d, values, problems)
		data.SendBack = &back
	}
	order, err := p.Store.Order(ctx, f.OrderID)
	if err != nil {
		return err
	}
	cur := dossierview.Current{Order: order, Filing: f}
	if data.Found, err = p.Prechecked(c, cur, d, check.Mine); err != nil { // domains are looked up for who checks
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

// sinceBefore marks what changed since the revision before, and says why that came back.
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
		data.Papers[i].New = !slices.ContainsFunc(papers, func(paper store.Paper) bool { return paper.ID == data.Papers[i].ID })
	}
	said, err := p.Told(ctx, f.ID)
	if err != nil {
		return err
	}
	t := p.Texts.For(p.Lang(c))
	if decision, decided := said.Decisions[before]; decided && !decision.Approved {
		data.SentBackFor = dossierview.DecisionText(t, decision)
	} else {
		data.SentBackFor = dossierview.SendBackText(t, said.SentBack[before])
	}
	return nil
}

// papersForStaff are the pictures that a revision carries, named.
func (p *Pages) papersForStaff(c *gin.Context, filingID int64, revision int, d filing.Dossier) (papers []staffPaper, err error) {
	list, err := p.Store.PapersOfRevision(c.Request.Context(), filingID, revision)
	needed := p.NeededPapers(d)
	for _, paper := range list {
		row := staffPaper{Paper: paper, Label: paper.Key} // a paper that the list doesn't know any more
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
