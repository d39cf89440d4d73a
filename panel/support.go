package panel

import (
	"errors"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/workflows"
)

// postedRef is how the filing is called that a form is about: its order's, and
// which of them; the first where the form doesn't say.
func postedRef(c *gin.Context) string {
	serial, _ := strconv.Atoi(c.PostForm("serial")) // nonsense is the first
	return filing.Ref(c.Param("number"), serial)
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
