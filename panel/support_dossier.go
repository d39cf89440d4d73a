package panel

import (
	"net/http"
	"net/url"

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
	// SendBack asks why the revision is sent back, while it is with staff.
	SendBack *form
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
	if d.Kind == "" {
		d.Kind = filing.KindNew
	}
	data.Kind = d.Kind
	data.Parts = s.dossierParts(c, d)
	if data.Filing.Stage == filing.Checking && data.Filing.Revision == data.Revision {
		back := s.sendBackForm(c, d, values, problems)
		data.SendBack = &back
	}
	data.Again = canHandInAgain(data.Filing)
	data.Papers, err = s.papersForStaff(c, data.Filing.ID, data.Revision, d)
	return err
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
