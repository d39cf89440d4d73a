package panel

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

const filingsPerPage = 100

type supportData struct {
	Filings []store.Filing
	Filter  store.FilingFilter
	Stages  []filing.Stage
	Next    int64
}

// supportList is every filing, with what is stuck and why.
func (s *Server) supportList(c *gin.Context) {
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64) // nonsense is the start
	data := supportData{Stages: filing.Stages, Filter: store.FilingFilter{
		Stage: filing.Stage(c.Query("stage")), StuckOnly: c.Query("stuck") == "1", Order: c.Query("order"),
	}}
	list, err := s.cfg.Store.Filings(c.Request.Context(), data.Filter, store.Cursor{ID: after}, filingsPerPage+1)
	if err != nil {
		s.fail(c, err)
		return
	}
	if len(list) > filingsPerPage {
		list = list[:filingsPerPage]
		data.Next = list[len(list)-1].ID
	}
	data.Filings = list
	s.render(c, http.StatusOK, "support", page{Title: "support.title", Data: data})
}

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
