package panel

import (
	"errors"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

func (s *Server) pass(c *gin.Context) {
	ref := postedRef(c)
	s.supported(c, s.asked(c, s.deed(c, "filing.pass", "filing", ref, ""), func() error {
		_, err := s.cfg.Filings.Pass(c.Request.Context(), ref, s.verdict(c))
		return err
	}))
}

// postedRef is how the filing is called that a form is about: its order's, and
// which of them; the first where the form doesn't say.
func postedRef(c *gin.Context) string {
	serial, _ := strconv.Atoi(c.PostForm("serial")) // nonsense is the first
	return filing.Ref(c.Param("number"), serial)
}

func (s *Server) verdict(c *gin.Context) workflows.Verdict {
	revision, _ := strconv.Atoi(c.PostForm("revision")) // nonsense is refused by the filing
	return workflows.Verdict{Revision: revision, Actor: s.actor(c)}
}

func (s *Server) supported(c *gin.Context, err error) {
	switch {
	case err == nil:
		s.flash(c, "flash.done")
	case errors.Is(err, workflows.ErrWrongStage):
		s.flash(c, "flash.moved_on")
	default:
		s.fail(c, err)
		return
	}
	to(c, "/support/filings")
}
