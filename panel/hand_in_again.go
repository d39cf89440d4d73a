package panel

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// canHandInAgain tells whether the bureau refused a filing for something that our
// own staff mend: then they hand the same dossier in again.
func canHandInAgain(f store.Filing) bool {
	return f.Stage == filing.Correcting && f.Attention == filing.AttentionRefusedOurs
}

// handInAgain hands in, as the next revision, what the customer handed in last.
func (s *Server) handInAgain(c *gin.Context) {
	ctx := c.Request.Context()
	f, err := s.cfg.Store.FilingBySerial(ctx, c.Param("number"), max(1, number(posted(c), "serial")))
	if err != nil {
		s.fail(c, err)
		return
	}
	if !canHandInAgain(f) || f.Revision != number(posted(c), "revision") {
		s.supported(c, workflows.ErrWrongStage)
		return
	}
	d, err := s.cfg.Store.Dossier(ctx, f.ID, f.Revision)
	if err != nil {
		s.fail(c, err)
		return
	}
	papers, err := s.handedPapers(ctx, current{Filing: f}, d)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.supported(c, s.asked(c, s.deed(c, "filing.hand_in_again", "filing", f.Ref(), ""), func() error {
		revision, err := s.cfg.Store.SaveDossier(ctx, f.ID, d, papers...)
		if errors.Is(err, store.ErrConflict) {
			return workflows.ErrWrongStage
		} else if err != nil {
			return err
		}
		_, err = s.cfg.Filings.HandIn(ctx, f.Ref(), workflows.HandIn{Revision: revision, Kind: d.Kind, Actor: s.actor(c)})
		return err
	}))
}
