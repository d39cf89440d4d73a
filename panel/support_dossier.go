package panel

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// viewsShown is how many looks at papers staff see.
const viewsShown = 20

type supportDossierData struct {
	staffPapers
	Revision int
	Kind     filing.Kind
	Parts    []dossierPart
	// Check is how our own check of it stands, while it is with staff; nil else.
	Check *checkView
	// SendBack asks why the revision is sent back, of who checks it.
	SendBack *sendBackData
	// Found is what the pre-check finds.
	Found []foundLine
	// Marked: lines are marked that changed since the revision before or, of a change's
	// first, from what is filed.
	Marked bool
	// Asked is why the revision before was sent back.
	Asked string
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

// supportDossier is what was handed in last, with its papers, for those who check it.
func (s *Server) supportDossier(c *gin.Context) {
	ctx := c.Request.Context()
	f, err := s.cfg.Store.FilingBySerial(ctx, c.Param("number"), queryNumber(c, "serial"))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.showSupportDossier(c, http.StatusOK, f, url.Values{}, nil)
}

// showSupportDossier draws a dossier's page; values and problems are those of the
// form that sends it back.
func (s *Server) showSupportDossier(c *gin.Context, status int, f store.Filing, values url.Values, problems filing.Problems) {
	ctx := c.Request.Context()
	var err error
	data := supportDossierData{staffPapers: staffPapers{Filing: f}}
	if data.Revision, err = s.cfg.Store.LatestRevision(ctx, f.ID); err != nil {
		s.fail(c, err)
		return
	}
	if data.Revision > 0 {
		if err := s.handedIn(c, &data, values, problems); err != nil {
			s.fail(c, err)
			return
		}
	}
	if data.Views, err = s.cfg.Store.PaperViews(ctx, f.ID, viewsShown); err != nil {
		s.fail(c, err)
		return
	}
	if err := s.saw(c, "dossier.view", "filing", f.Ref()); err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, status, "support_dossier", page{Title: "support_dossier.title", Data: data})
}

// handedIn fills in a revision's forms and papers, and what staff can do with it.
func (s *Server) handedIn(c *gin.Context, data *supportDossierData, values url.Values, problems filing.Problems) error {
	ctx := c.Request.Context()
	d, err := s.cfg.Store.Dossier(ctx, data.Filing.ID, data.Revision)
	if err != nil {
		return err
	}
	d.Kind = d.Kind.OrNew()
	data.Kind = d.Kind
	data.Parts = s.dossierParts(c, d)
	data.Again = canHandInAgain(data.Filing)
	if data.Papers, err = s.papersForStaff(c, data.Filing.ID, data.Revision, d); err != nil {
		return err
	}
	if data.Filing.Stage != filing.Checking || data.Filing.Revision != data.Revision {
		return nil
	}
	return s.checked(c, data, d, values, problems)
}

// checked fills in what our own check of a revision needs.
func (s *Server) checked(c *gin.Context, data *supportDossierData, d filing.Dossier, values url.Values, problems filing.Problems) error {
	ctx, f := c.Request.Context(), data.Filing
	check, err := s.checkOf(c, f, d)
	if err != nil {
		return err
	}
	data.Check = &check
	if s.may(c, canCheck) && (check.Mine || saysWhy(values)) {
		back := s.sendBackForm(c, d, values, problems)
		data.SendBack = &back
	}
	order, err := s.cfg.Store.Order(ctx, f.OrderID)
	if err != nil {
		return err
	}
	cur := current{order, f}
	if data.Found, err = s.prechecked(c, cur, d, check.Mine); err != nil { // domains are looked up for who checks
		return err
	}
	if data.Revision > 1 {
		return s.sinceBefore(c, data)
	}
	if d.Kind != filing.KindChange {
		return nil
	}
	base, err := s.based(ctx, cur)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil {
		markChanges(data.Parts, s.dossierParts(c, base))
		data.Marked = true
	}
	return err
}

// sinceBefore marks what changed since the revision before, and says why that came back.
func (s *Server) sinceBefore(c *gin.Context, data *supportDossierData) error {
	ctx, f, before := c.Request.Context(), data.Filing, data.Revision-1
	d, err := s.cfg.Store.Dossier(ctx, f.ID, before)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	markChanges(data.Parts, s.dossierParts(c, d))
	data.Marked = true
	papers, err := s.cfg.Store.PapersOfRevision(ctx, f.ID, before)
	if err != nil {
		return err
	}
	for i := range data.Papers {
		data.Papers[i].New = !slices.ContainsFunc(papers, func(p store.Paper) bool { return p.ID == data.Papers[i].ID })
	}
	said, err := s.told(ctx, f.ID)
	if err != nil {
		return err
	}
	t := s.texts.For(s.lang(c))
	if decision, decided := said.decisions[before]; decided && !decision.Approved {
		data.Asked = decisionText(t, decision)
	} else {
		data.Asked = sendBackText(t, said.sentBack[before])
	}
	return nil
}

// papersForStaff are the pictures that a revision carries, named.
func (s *Server) papersForStaff(c *gin.Context, filingID int64, revision int, d filing.Dossier) (papers []staffPaper, err error) {
	list, err := s.cfg.Store.PapersOfRevision(c.Request.Context(), filingID, revision)
	needed := s.neededPapers(d)
	for _, p := range list {
		row := staffPaper{Paper: p, Label: p.Key} // a paper that the list doesn't know any more
		for _, n := range needed {
			if n.Key == p.Key && n.Item == p.Item {
				row.Label = s.paperLabel(c, n)
				if number := d.Site.ApprovalNumbers[p.Item]; number != "" {
					row.Label += " " + number
				}
			}
		}
		papers = append(papers, row)
	}
	return papers, err
}
