package panel

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// viewsShown is how many looks at papers staff see.
const viewsShown = 20

type supportDossierData struct {
	Filing   store.Filing
	Revision int
	Kind     filing.Kind
	Lines    []reviewLine
	Papers   []supportPaper
	Views    []store.PaperView
}

type supportPaper struct {
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
	data := supportDossierData{Filing: f}
	if data.Revision, err = s.cfg.Store.LatestRevision(ctx, f.ID); err != nil {
		s.fail(c, err)
		return
	}
	if data.Revision > 0 {
		if err := s.handedIn(c, &data); err != nil {
			s.fail(c, err)
			return
		}
	}
	if data.Views, err = s.cfg.Store.PaperViews(ctx, f.ID, viewsShown); err != nil {
		s.fail(c, err)
		return
	}
	s.cfg.Logger.Info("a dossier was viewed", "filing", f.ID, "revision", data.Revision, "actor", s.actor(c))
	s.render(c, http.StatusOK, "support_dossier", page{Title: "support_dossier.title", Data: data})
}

// handedIn fills in a revision's forms and papers.
func (s *Server) handedIn(c *gin.Context, data *supportDossierData) error {
	ctx := c.Request.Context()
	d, err := s.cfg.Store.Dossier(ctx, data.Filing.ID, data.Revision)
	if err != nil {
		return err
	}
	data.Kind = d.Kind
	if d.Kind == "" {
		data.Kind = filing.KindNew
	}
	t, codes := s.texts.For(s.lang(c)), s.tables(ctx)
	for _, form := range formsOf(data.Kind) {
		values := valuesOf(d, form)
		for _, f := range build(t, form, s.fields(t, codes, data.Kind, form, values), values, nil).Fields {
			if f.Type != "password" {
				data.Lines = append(data.Lines, reviewLine{Key: "field." + form + "." + f.Name, Text: shown(f)})
			}
		}
	}
	list, err := s.cfg.Store.PapersOfRevision(ctx, data.Filing.ID, data.Revision)
	if err != nil {
		return err
	}
	needed := s.neededPapers(d)
	for _, p := range list {
		row := supportPaper{Paper: p, Label: p.Key} // a paper that the list doesn't know any more
		for _, n := range needed {
			if n.Key == p.Key && n.Item == p.Item {
				row.Label = s.paperLabel(c, n)
				if number := d.Site.ApprovalNumbers[p.Item]; number != "" {
					row.Label += " " + number
				}
			}
		}
		data.Papers = append(data.Papers, row)
	}
	return nil
}
