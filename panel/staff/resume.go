package staff

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// maxStaffReason bounds what staff write about what they do, in characters: what the
// audit log's column takes.
const maxStaffReason = 1000

// resumeData is the page that asks why a stuck filing's step is left out, or the filing given up.
type resumeData struct {
	web.Form
	Filing     store.Filing
	Resolution workflows.Resolution
	// ReturnTo is where the page was opened from.
	ReturnTo string
}

// needsReason tells whether staff must say why: what is tried again loses nothing, the
// others can't be taken back.
func needsReason(r workflows.Resolution) bool { return r != workflows.Retry }

// staffReason reads why staff do something, which goes into the audit log, sealed.
func staffReason(values url.Values, required bool) (reason string, problems filing.Problems) {
	return staffReasonOf(values, "reason", required)
}

func staffReasonOf(values url.Values, name string, required bool) (reason string, problems filing.Problems) {
	reason = web.Trimmed(values, name)
	switch {
	case reason == "" && required:
		problems = filing.Problems{{Field: name, Key: "staff_reason_required"}}
	case utf8.RuneCountInString(reason) > maxStaffReason:
		problems = filing.Problems{{Field: name, Key: "too_long", Args: map[string]any{"max": maxStaffReason}}}
	}
	return reason, problems
}

// resumeForm asks for the reason of what can't be taken back.
func (p *Pages) resumeForm(c *gin.Context) error {
	resolution := workflows.Resolution(c.Query("resolution"))
	if resolution != workflows.Skip && resolution != workflows.Abandon {
		return web.ErrBadRequest
	}
	return p.showResume(c, http.StatusOK, resolution, c.Query("serial"), nil, nil)
}

func (p *Pages) showResume(c *gin.Context, status int, resolution workflows.Resolution, serial string, values url.Values, problems filing.Problems) error {
	n, _ := strconv.Atoi(serial) // nonsense is the first
	f, err := p.Store.FilingBySerial(c.Request.Context(), c.Param("number"), n)
	if err != nil {
		return err
	}
	if !f.Stuck() || resolution == workflows.Skip && !workflows.Skippable(f.StuckStep) { // of an old page
		return p.finishStaffForm(c, workflows.ErrWrongStage)
	}
	from := cmp.Or(values.Get(web.FieldReturnTo), c.Query(web.FieldReturnTo))
	fields := []web.Field{{Name: "reason", Type: "textarea", Required: needsReason(resolution)}}
	data := resumeData{Form: web.Build(p.Texts.For(p.Lang(c)), "resume", fields, values, problems), Filing: f, Resolution: resolution, ReturnTo: from}
	return p.RenderTemplate(c, status, "resume", web.Page{Title: "resume." + string(resolution), Data: data})
}

// resume mends a stuck filing. Why stands in the audit log, and nowhere in Temporal.
func (p *Pages) resume(c *gin.Context) error {
	values := web.PostForm(c)
	resolution := workflows.Resolution(values.Get("resolution"))
	if resolution != workflows.Retry && resolution != workflows.Skip && resolution != workflows.Abandon {
		return web.ErrBadRequest
	}
	reason, problems := staffReason(values, needsReason(resolution))
	if len(problems) > 0 {
		return p.showResume(c, http.StatusUnprocessableEntity, resolution, values.Get("serial"), values, problems)
	}
	ref := postedRef(c)
	end := p.finishStaffForm
	if values.Get(web.FieldReturnTo) == web.ReturnToFiling {
		end = func(c *gin.Context, err error) error {
			if f, ok := p.postedFiling(c, values); ok {
				return p.finishAct(c, f, err)
			}

			return nil
		}
	}
	return end(c, p.Asked(c, p.AuditEntry(c, "filing."+string(resolution), "filing", ref, reason), func() error {
		_, err := p.Filings.Resume(c.Request.Context(), ref, workflows.Resume{Resolution: resolution, Actor: p.Actor(c)})
		return err
	}))
}
