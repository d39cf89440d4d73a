package staff

import (
	"net/url"
	"unicode/utf8"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// maxStaffReason bounds the reason for a staff action, in characters: what the audit log's column takes.
const maxStaffReason = 1000

// resumeData is the page that asks why a stuck filing's step is skipped, or the filing abandoned.
type resumeData struct {
	filingForm
	Resolution workflows.Resolution
	// ReturnTo is where the page was opened from.
	ReturnTo string
}

// needsReason tells whether staff must give a reason: a retry loses nothing, the others can't be undone.
func needsReason(r workflows.Resolution) bool { return r != workflows.Retry }

// staffReason reads the reason for a staff action, which the audit log keeps sealed.
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

// resumePath is the page that asks for the reason of a resolution.
func resumePath(f store.Filing, resolution workflows.Resolution, returnTo string) string {
	path := filingSubpath(f, "resume") + "&resolution=" + string(resolution)
	if returnTo != "" {
		path += "&" + web.FieldReturnTo + "=" + returnTo
	}
	return path
}

// resumeForm asks for the reason of a resolution that can't be undone.
func (p *Pages) resumeForm(c *gin.Context) error {
	resolution := workflows.Resolution(c.Query("resolution"))
	if resolution != workflows.Skip && resolution != workflows.Abandon {
		return web.ErrBadRequest
	}
	values := url.Values{"serial": {c.Query("serial")}, web.FieldReturnTo: {c.Query(web.FieldReturnTo)}}
	return p.showResume(c, resolution, filledForm{values: values})
}

func (p *Pages) showResume(c *gin.Context, resolution workflows.Resolution, filled filledForm) error {
	f, err := p.postedFiling(c, filled.values)
	if err != nil {
		return err
	}
	if !f.Stuck() || resolution == workflows.Skip && !workflows.Skippable(f.StuckStep) { // an outdated page
		return p.finishStaffForm(c, workflows.ErrWrongStage)
	}
	fields := []web.Field{{Name: "reason", Type: "textarea", Required: needsReason(resolution)}}
	form := filled.build(p.Texts.For(p.Lang(c)), "resume", fields)
	data := resumeData{filingForm{form, f}, resolution, filled.values.Get(web.FieldReturnTo)}
	page := web.Page{Title: "resume." + string(resolution)}
	return p.Render(c, filled.status(), page, func(page *web.Page) templ.Component { return resumePage(page, data) })
}

// resume resolves what a filing is stuck at. The reason is kept in the audit log and never reaches Temporal.
func (p *Pages) resume(c *gin.Context) error {
	values := web.PostForm(c)
	resolution := workflows.Resolution(values.Get("resolution"))
	if resolution != workflows.Retry && resolution != workflows.Skip && resolution != workflows.Abandon {
		return web.ErrBadRequest
	}
	reason, problems := staffReason(values, needsReason(resolution))
	if len(problems) > 0 {
		return p.showResume(c, resolution, filledForm{values, problems})
	}
	ref := postedRef(c)
	err := p.Asked(c, p.AuditEntry(c, "filing."+string(resolution), "filing", ref, reason), func() error {
		_, err := p.Filings.Resume(c.Request.Context(), ref, workflows.Resume{Resolution: resolution, Actor: p.Actor(c)})
		return err
	})
	if values.Get(web.FieldReturnTo) != web.ReturnToFiling {
		return p.finishStaffForm(c, err)
	}
	f, err2 := p.postedFiling(c, values)
	if err2 != nil {
		return err2
	}
	return p.finishAct(c, f, err)
}
