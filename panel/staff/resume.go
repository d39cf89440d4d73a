package staff

import (
	"net/url"
	"strconv"

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
	// ReturnTo is where the page was opened from: List with its address ListPath, or the filing's page.
	ReturnTo, List, ListPath string
}

// needsReason tells whether staff must give a reason: a retry loses nothing, the others can't be undone.
func needsReason(r workflows.Resolution) bool { return r != workflows.Retry }

// staffReason reads the reason for a staff action, which the audit log keeps sealed, from the field name.
func staffReason(values url.Values, name string, required bool) (reason string, problems filing.Problems) {
	reason = web.Trimmed(values, name)
	return reason, web.CheckText(name, reason, maxStaffReason, web.When(required, "staff_reason_required"))
}

// fieldStuckSeq is the form field that says which failure a decision answers (store.Filing.StuckSeq): the filing may be
// stuck at something else by the time it is sent.
const fieldStuckSeq = "stuck_seq"

// stuckSeqOf reads it; 0, which no failure has, if it isn't a number.
func stuckSeqOf(values url.Values) int64 {
	seq, _ := strconv.ParseInt(values.Get(fieldStuckSeq), 10, 64)
	return seq
}

// resumePath is the page that asks for the reason of a resolution; returnTo says where it was opened from.
func resumePath(f store.Filing, resolution workflows.Resolution, returnTo url.Values) string {
	path := filingSubpath(f, "resume") + "&resolution=" + string(resolution) + "&" + fieldStuckSeq + "=" +
		web.IdText(f.StuckSeq)
	for _, name := range []string{web.FieldReturnTo, fieldList} {
		if value := returnTo.Get(name); value != "" {
			path = web.WithQuery(path, name, value)
		}
	}
	return path
}

// resumeForm asks for the reason of a resolution that can't be undone.
func (p *Pages) resumeForm(c *gin.Context, f store.Filing) error {
	resolution := workflows.Resolution(c.Query("resolution"))
	if resolution != workflows.Skip && resolution != workflows.Abandon {
		return web.ErrBadRequest
	}
	values := url.Values{}
	for _, name := range []string{fieldStuckSeq, web.FieldReturnTo, fieldList} {
		values.Set(name, c.Query(name))
	}
	return p.showResume(c, f, resolution, filledForm{values: values})
}

func (p *Pages) showResume(c *gin.Context, f store.Filing, resolution workflows.Resolution, filled filledForm) error {
	if !f.Stuck() || f.StuckSeq != stuckSeqOf(filled.values) ||
		resolution == workflows.Skip && !workflows.Skippable(f.StuckStep) { // an outdated page
		return p.finishInList(c, filled.values, workflows.ErrWrongStage)
	}
	fields := []web.Field{{Name: "reason", Type: "textarea", Required: needsReason(resolution)}}
	form := p.Form(c, "resume", fields, filled.values, filled.problems)
	data := resumeData{filingForm{form, f}, resolution, filled.values.Get(web.FieldReturnTo),
		filled.values.Get(fieldList), p.listPath(filled.values)}
	page := web.Page{Title: "resume." + string(resolution)}
	return p.Render(c, web.StatusOf(filled.problems), page, web.With(resumePage, data))
}

// resume resolves what a filing is stuck at. The reason is kept in the audit log and never reaches Temporal.
func (p *Pages) resume(c *gin.Context) error {
	values := web.PostForm(c)
	resolution := workflows.Resolution(values.Get("resolution"))
	if resolution != workflows.Retry && resolution != workflows.Skip && resolution != workflows.Abandon {
		return web.ErrBadRequest
	}
	reason, problems := staffReason(values, "reason", needsReason(resolution))
	if len(problems) > 0 {
		return p.withFiling(func(c *gin.Context, f store.Filing) error {
			return p.showResume(c, f, resolution, filledForm{values, problems})
		})(c)
	}
	ref := filing.Ref(c.Param("number"), web.Number(values, "serial"))
	err := p.resolve(c, ref, resolution, stuckSeqOf(values), reason)
	if values.Get(web.FieldReturnTo) != web.ReturnToFiling {
		return p.finishInList(c, values, err)
	}
	return p.withFiling(func(c *gin.Context, f store.Filing) error { return p.finishAct(c, f, err, "flash.done") })(c)
}

func (p *Pages) resolve(c *gin.Context, ref string, resolution workflows.Resolution, stuckSeq int64,
	reason string) error {
	return p.Asked(c, p.AuditEntry(c, "filing."+string(resolution), "filing", ref, reason), func() error {
		in := workflows.Resume{Resolution: resolution, Actor: p.Actor(c), StuckSeq: stuckSeq}
		_, err := p.Filings.Resume(c.Request.Context(), ref, in)
		return err
	})
}
