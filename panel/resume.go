package panel

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// maxStaffReason bounds what staff write about what they do, in characters: what the
// audit log's column takes.
const maxStaffReason = 1000

// resumeData is the page that asks why a stuck filing's step is left out, or the filing given up.
type resumeData struct {
	form
	Filing     store.Filing
	Resolution workflows.Resolution
	// From is where the page was opened from.
	From string
}

// needsReason tells whether staff must say why: what is tried again loses nothing, the
// others can't be taken back.
func needsReason(r workflows.Resolution) bool { return r != workflows.Retry }

// staffReason reads why staff do something, which goes into the audit log, sealed.
func staffReason(values url.Values, required bool) (reason string, problems filing.Problems) {
	return staffReasonOf(values, "reason", required)
}

func staffReasonOf(values url.Values, name string, required bool) (reason string, problems filing.Problems) {
	reason = trimmed(values, name)
	switch {
	case reason == "" && required:
		problems = filing.Problems{{Field: name, Key: "staff_reason_required"}}
	case utf8.RuneCountInString(reason) > maxStaffReason:
		problems = filing.Problems{{Field: name, Key: "too_long", Args: map[string]any{"max": maxStaffReason}}}
	}
	return reason, problems
}

// resumeForm asks for the reason of what can't be taken back.
func (s *Server) resumeForm(c *gin.Context) {
	resolution := workflows.Resolution(c.Query("resolution"))
	if resolution != workflows.Skip && resolution != workflows.Abandon {
		s.fail(c, errBadRequest)
		return
	}
	s.showResume(c, http.StatusOK, resolution, c.Query("serial"), nil, nil)
}

func (s *Server) showResume(c *gin.Context, status int, resolution workflows.Resolution, serial string, values url.Values, problems filing.Problems) {
	n, _ := strconv.Atoi(serial) // nonsense is the first
	f, err := s.cfg.Store.FilingBySerial(c.Request.Context(), c.Param("number"), n)
	if err != nil {
		s.fail(c, err)
		return
	}
	if !f.Stuck() || resolution == workflows.Skip && !workflows.Skippable(f.StuckStep) { // of an old page
		s.supported(c, workflows.ErrWrongStage)
		return
	}
	from := cmp.Or(values.Get(fieldFrom), c.Query(fieldFrom))
	fields := []field{{Name: "reason", Type: "textarea", Required: needsReason(resolution)}}
	data := resumeData{form: build(s.texts.For(s.lang(c)), "resume", fields, values, problems), Filing: f, Resolution: resolution, From: from}
	s.render(c, status, "resume", page{Title: "resume." + string(resolution), Data: data})
}

// resume mends a stuck filing. Why stands in the audit log, and nowhere in Temporal.
func (s *Server) resume(c *gin.Context) {
	values := posted(c)
	resolution := workflows.Resolution(values.Get("resolution"))
	if resolution != workflows.Retry && resolution != workflows.Skip && resolution != workflows.Abandon {
		s.fail(c, errBadRequest)
		return
	}
	reason, problems := staffReason(values, needsReason(resolution))
	if len(problems) > 0 {
		s.showResume(c, http.StatusUnprocessableEntity, resolution, values.Get("serial"), values, problems)
		return
	}
	ref := postedRef(c)
	end := s.supported
	if values.Get(fieldFrom) == fromFiling {
		end = func(c *gin.Context, err error) {
			if f, ok := s.postedFiling(c, values); ok {
				s.acted(c, f, err)
			}
		}
	}
	end(c, s.asked(c, s.deed(c, "filing."+string(resolution), "filing", ref, reason), func() error {
		_, err := s.cfg.Filings.Resume(c.Request.Context(), ref, workflows.Resume{Resolution: resolution, Actor: s.actor(c)})
		return err
	}))
}
