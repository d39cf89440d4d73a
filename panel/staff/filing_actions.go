package staff

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// What staff do to one filing from its page, beside resuming it: each is noted with its
// reason before it happens, and after, and refused where the filing isn't so any more.

// codeLine is how far a channel's verification is: never its code.
type codeLine struct {
	Channel  filing.Channel
	Sends    int
	Verified bool
	// Locked: too many wrong codes were typed.
	Locked bool
	// Waits: sending is what the filing is stuck at.
	Waits bool
	store.Verification
}

// staffActs is what its reader may do to a filing now.
type staffActs struct {
	Codes       []codeLine
	Corrections []store.Correction
	// Mend is the page where what the stuck step needs is corrected; empty: there is none.
	Mend                              string
	CanCorrect, CanWithdraw, CanSpace bool
	// Reason is the optional one of what can be done at once.
	Reason web.Form
}

// fieldWhy is the reason of what is done, where the page has another field of the name
// reason, or another form with one.
const fieldWhy = "why"

// staffPath is a filing's page for staff.
func staffPath(f store.Filing) string {
	return "/support/filings/" + url.PathEscape(f.OrderNumber) + "?serial=" + strconv.Itoa(f.Serial)
}

// staffSubpath is a page of a filing's page for staff.
func staffSubpath(f store.Filing, page string) string {
	return "/support/filings/" + url.PathEscape(f.OrderNumber) + "/" + page + "?serial=" + strconv.Itoa(f.Serial)
}

// correctionPage is where staff correct what a stuck step failed for: what waiting, or the
// provider of messages, has to mend has no page here.
func correctionPage(f store.Filing) string {
	switch {
	case f.StuckStep == "install_certificate" && f.StuckReason != activities.ReasonInternal:
		return staffSubpath(f, "space")
	case f.StuckReason == activities.ReasonNoAccount:
		return "/support/bureau"
	}
	return ""
}

// fillActs reads what can be done to a filing.
func (p *Pages) fillActs(c *gin.Context, data *staffFiling, a pageAsk) (err error) {
	f, ctx := data.Filing, c.Request.Context()
	if data.Corrections, err = p.Store.Corrections(ctx, f.ID, web.CorrectionsShown); err != nil {
		return err
	}
	if !p.Allowed(c, web.CanActOnFilings) {
		return nil
	}
	var problems filing.Problems
	if a.act != nil {
		problems = a.problems
	}
	data.Reason = web.Build(p.Texts.For(p.Lang(c)), "staff_act", []web.Field{{Name: fieldWhy, Type: "text", Maxlength: maxStaffReason}}, a.act, problems)
	data.Mend = correctionPage(f)
	data.CanWithdraw = f.Kind.Withdrawable(f.Stage)
	data.CanCorrect = store.Correctable(f.Stage) && !f.Kind.Registers()
	data.CanSpace = canSpace(f.Stage)
	if f.Stage != filing.Verifying {
		return nil
	}
	verifications, err := p.Store.Verifications(ctx, f.ID)
	for _, channel := range filing.Channels {
		v := verifications[channel]
		data.Codes = append(data.Codes, codeLine{
			Channel: channel, Sends: v.Sends, Verified: v.VerifiedAt.Valid, Locked: v.LockedUntil.Valid && v.LockedUntil.Time.After(p.Store.Now()),
			Waits: f.StuckStep == "send_"+string(channel), Verification: v,
		})
	}
	return err
}

// relatedWorkflows are the workflows that go on beside a filing's: what follows its approval, and
// what is being done to its home page.
func (p *Pages) relatedWorkflows(c *gin.Context, f store.Filing) ([]string, error) {
	list := []string{workflows.AftercareWorkflowID(f.Ref())}
	edits, err := p.Store.FooterEdits(c.Request.Context(), f.ID)
	for _, e := range edits {
		if step, working := map[store.FooterState]workflows.FooterStep{
			store.FooterAsked: workflows.FooterPreview, store.FooterAgreed: workflows.FooterPlace, store.FooterUndoing: workflows.FooterUndo,
		}[e.State]; working {
			list = append(list, workflows.FooterWorkflowID(e.ID, step))
		}
	}
	return list, err
}

// postedFiling finds the filing that a form of staff's is about.
func (p *Pages) postedFiling(c *gin.Context, values url.Values) (f store.Filing, ok bool) {
	f, err := p.Store.FilingBySerial(c.Request.Context(), c.Param("number"), web.Number(values, "serial"))
	if err != nil {
		p.Fail(c, err)
	}
	return f, err == nil
}

// finishAct ends a form of a filing's page, on that page, which shows what is so now.
func (p *Pages) finishAct(c *gin.Context, f store.Filing, err error) error {
	return p.finishActWith(c, f, err, "")
}

// finishActWith is acted with a word of its own for what was done.
func (p *Pages) finishActWith(c *gin.Context, f store.Filing, err error, done string) error {
	switch {
	case err == nil && done != "":
		p.Flash(c, done)
	case err == nil:
		p.Flash(c, "flash.done")
	case errors.Is(err, workflows.ErrWrongStage), errors.Is(err, store.ErrConflict):
		p.Flash(c, "flash.moved_on")
	default:
		return err
	}
	return web.Redirect(c, staffPath(f))
}

// runNow has an activity that waits for its next try tried at once.
func (p *Pages) runNow(c *gin.Context) error {
	values := web.PostForm(c)
	f, ok := p.postedFiling(c, values)
	if !ok {
		return nil
	}
	reason, problems := staffReasonOf(values, fieldWhy, false)
	if len(problems) > 0 {
		return p.showSupportFiling(c, http.StatusUnprocessableEntity, f, pageAsk{act: values, problems: problems})
	}
	beside, err := p.relatedWorkflows(c, f)
	if err != nil {
		return err
	}
	ctx, ref := c.Request.Context(), f.Ref()
	// What is named must be this filing's: Temporal is asked, not the form believed.
	e, err := p.Filings.Execution(ctx, ref, beside...)
	if err != nil && !errors.Is(err, workflows.ErrNoExecution) {
		return err
	}
	err = p.Asked(c, p.AuditEntry(c, "filing.run_now", "filing", ref, reason), func() error {
		for _, pendingActivity := range e.Pending {
			if pendingActivity.Key() == values.Get("activity") {
				return p.Filings.RunNow(ctx, pendingActivity)
			}
		}
		return workflows.ErrWrongStage
	})
	if errors.Is(err, workflows.ErrWrongStage) {
		p.Flash(c, "flash.not_backed_off")
		return web.Redirect(c, staffPath(f))
	}
	return p.finishAct(c, f, err)
}

// sendCodeFor sends a channel's code again, at most once a minute, as customers themselves
// have it sent. Nobody on staff sees it.
func (p *Pages) sendCodeFor(c *gin.Context) error {
	values := web.PostForm(c)
	f, ok := p.postedFiling(c, values)
	if !ok {
		return nil
	}
	channel := filing.Channel(values.Get("channel"))
	if web.CodeField[channel] == "" {
		return web.ErrBadRequest
	}
	reason, problems := staffReasonOf(values, fieldWhy, false)
	if len(problems) > 0 {
		return p.showSupportFiling(c, http.StatusUnprocessableEntity, f, pageAsk{act: values, problems: problems})
	}
	err := p.Asked(c, p.AuditEntry(c, "filing.send_code", "filing", f.Ref()+" "+string(channel), reason), func() error {
		if f.Stage != filing.Verifying {
			return workflows.ErrWrongStage
		}
		send, err := p.Store.RequestCode(c.Request.Context(), f.ID, channel)
		if err != nil {
			return err
		}
		_, err = p.Filings.SendCode(c.Request.Context(), f.Ref(), workflows.SendCode{Channel: channel, Send: send})
		return err
	})
	switch {
	case errors.Is(err, store.ErrCodeTooSoon):
		p.Flash(c, "flash.code_too_soon")
		return web.Redirect(c, staffPath(f))
	case errors.Is(err, store.ErrConflict):
		p.Flash(c, "flash.already_verified")
		return web.Redirect(c, staffPath(f))
	default:
		return p.finishAct(c, f, err)
	}
}

// withdrawForm asks why staff withdraw a filing for its customer.
func (p *Pages) withdrawForm(c *gin.Context) error {
	if f, ok := p.postedFiling(c, c.Request.URL.Query()); ok {
		return p.showWithdraw(c, http.StatusOK, f, nil, nil)
	}

	return nil
}

func (p *Pages) showWithdraw(c *gin.Context, status int, f store.Filing, values url.Values, problems filing.Problems) error {
	if !f.Kind.Withdrawable(f.Stage) {
		return p.finishAct(c, f, workflows.ErrWrongStage)
	}
	fields := []web.Field{{Name: "reason", Type: "textarea", Required: true}}
	return p.RenderTemplate(c, status, "staff_withdraw", web.Page{Title: "staff_withdraw.title", Data: filingForm{web.Build(p.Texts.For(p.Lang(c)), "staff_act", fields, values, problems), f}})
}

// filingForm is a form about a filing.
type filingForm struct {
	web.Form
	Filing store.Filing
}

// withdrawAsStaff ends a filing that hasn't left for the bureau, as its customer could. They
// see it in the timeline, and are told by message (store.CustomerNotice).
func (p *Pages) withdrawAsStaff(c *gin.Context) error {
	values := web.PostForm(c)
	f, ok := p.postedFiling(c, values)
	if !ok {
		return nil
	}
	reason, problems := staffReason(values, true)
	if len(problems) > 0 {
		return p.showWithdraw(c, http.StatusUnprocessableEntity, f, values, problems)
	}
	return p.finishAct(c, f, p.Asked(c, p.AuditEntry(c, "filing.withdraw", "filing", f.Ref(), reason), func() error {
		_, err := p.Filings.Withdraw(c.Request.Context(), f.Ref(), workflows.ByActor{Actor: p.Actor(c)})
		return err
	}))
}
