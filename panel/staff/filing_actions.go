package staff

import (
	"cmp"
	"errors"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// What staff do to a filing from its page, besides resuming it. Each action is audited with its reason before
// and after, and refused once the filing has moved on.

// codeLine is the state of one channel's verification, without its code.
type codeLine struct {
	Channel  filing.Channel
	Sends    int
	Verified bool
	// Locked: too many wrong codes were typed.
	Locked bool
	// Waits: the filing is stuck at sending the code.
	Waits bool
	store.Verification
}

// filingActs are the actions that the reader may take on a filing now.
type filingActs struct {
	Codes       []codeLine
	Corrections []store.Correction
	// CorrectionPath is the page that corrects what the stuck step needs; empty: there is none.
	CorrectionPath                    string
	CanCorrect, CanWithdraw, CanSpace bool
	// Reason takes the optional reason for an immediate action.
	Reason web.Form
}

// fieldWhy is the field of the reason where the page has another field named reason.
const fieldWhy = "why"

// filingPath is a filing's page for staff.
func filingPath(f store.Filing) string {
	return web.URL("/support/filings/%s?serial=%d", f.OrderNumber, f.Serial)
}

// filingSubpath is a staff page about a filing.
func filingSubpath(f store.Filing, page string) string {
	return "/support/filings/" + url.PathEscape(f.OrderNumber) + "/" + page + "?serial=" + strconv.Itoa(f.Serial)
}

// correctionPath is where staff correct what a stuck step failed for. Failures that only time or the message
// provider can fix have no page.
func correctionPath(f store.Filing) string {
	switch {
	case f.StuckStep == "install_certificate" && f.StuckReason != activities.ReasonInternal:
		return filingSubpath(f, "space")
	case f.StuckReason == activities.ReasonNoAccount:
		return "/support/bureau"
	}
	return ""
}

// fillActs reads what can be done to a filing.
func (p *Pages) fillActs(c *gin.Context, data *filingData, r filingRequest) (err error) {
	f, ctx := data.Filing, c.Request.Context()
	if data.Corrections, err = p.Store.Corrections(ctx, f.ID, web.CorrectionsShown); err != nil {
		return err
	}
	if !p.Allowed(c, web.CanActOnFilings) {
		return nil
	}
	var problems filing.Problems
	if r.action != nil {
		problems = r.problems
	}
	fields := []web.Field{{Name: fieldWhy, Type: "text", Maxlength: maxStaffReason}}
	data.Reason = p.Form(c, "staff_filing_act", fields, r.action, problems)
	data.CorrectionPath = correctionPath(f)
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
			Channel: channel, Sends: v.Sends, Verified: v.VerifiedAt.Valid,
			Locked: v.LockedUntil.Valid && v.LockedUntil.Time.After(p.Store.Now()),
			Waits:  f.StuckStep == "send_"+string(channel), Verification: v,
		})
	}
	return err
}

// footerWorkflows are the steps that work on a home page, by the state of the edit.
var footerWorkflows = map[store.FooterState]workflows.FooterStep{
	store.FooterAsked:   workflows.FooterPreview,
	store.FooterAgreed:  workflows.FooterPlace,
	store.FooterUndoing: workflows.FooterUndo,
}

// relatedWorkflows are the workflows that run alongside a filing's: the aftercare of its approval, and edits
// of its home page.
func (p *Pages) relatedWorkflows(c *gin.Context, f store.Filing) ([]string, error) {
	list := []string{workflows.AftercareWorkflowID(f.Ref())}
	edits, err := p.Store.FooterEdits(c.Request.Context(), f.ID)
	for _, e := range edits {
		if step, working := footerWorkflows[e.State]; working {
			list = append(list, workflows.FooterWorkflowID(e.ID, step))
		}
	}
	return list, err
}

// withFiling finds the filing that a page or a form is about, by the serial in its address or among its fields.
func (p *Pages) withFiling(handle func(*gin.Context, store.Filing) error) web.Handler {
	return func(c *gin.Context) error {
		serial := cmp.Or(web.Number(web.PostForm(c), "serial"), web.QueryNumber(c, "serial"))
		f, err := p.Store.FilingBySerial(c.Request.Context(), c.Param("number"), serial)
		if err != nil {
			return err
		}
		return handle(c, f)
	}
}

// finishAct ends a form of a filing's page on that page, which shows the new state.
func (p *Pages) finishAct(c *gin.Context, f store.Filing, err error, done string) error {
	return p.Finish(c, err, filingPath(f), done, web.MovedOn)
}

// finishInList ends a form on the list of filings that it was opened from.
func (p *Pages) finishInList(c *gin.Context, values url.Values, err error) error {
	return p.Finish(c, err, p.listPath(values), "flash.done",
		web.Refusals{workflows.ErrWrongStage: "flash.moved_on"})
}

// runNow retries an activity at once instead of after its backoff.
func (p *Pages) runNow(c *gin.Context, f store.Filing) error {
	values := web.PostForm(c)
	reason, problems := staffReason(values, fieldWhy, false)
	if len(problems) > 0 {
		return p.showFiling(c, f, filingRequest{action: values, problems: problems})
	}
	related, err := p.relatedWorkflows(c, f)
	if err != nil {
		return err
	}
	ctx, ref := c.Request.Context(), f.Ref()
	// The form isn't trusted: Temporal says which activities are this filing's.
	e, err := p.Filings.Execution(ctx, ref, related...)
	if err != nil && !errors.Is(err, workflows.ErrNoExecution) {
		return err
	}
	err = p.Asked(c, p.AuditEntry(c, "filing.run_now", "filing", ref, reason), func() error {
		for _, a := range e.Pending {
			if a.Key() == values.Get("activity") {
				return p.Filings.RunNow(ctx, a)
			}
		}
		return workflows.ErrWrongStage
	})
	return p.Finish(c, err, filingPath(f), "flash.done", web.Refusals{
		workflows.ErrWrongStage: "flash.not_backed_off", store.ErrConflict: "flash.moved_on",
	})
}

// sendCodeFor resends a channel's code, at most once a minute, as customers can themselves. Staff never see it.
func (p *Pages) sendCodeFor(c *gin.Context, f store.Filing) error {
	values := web.PostForm(c)
	channel := filing.Channel(values.Get("channel"))
	if web.CodeField[channel] == "" {
		return web.ErrBadRequest
	}
	reason, problems := staffReason(values, fieldWhy, false)
	if len(problems) > 0 {
		return p.showFiling(c, f, filingRequest{action: values, problems: problems})
	}
	entry := p.AuditEntry(c, "filing.send_code", "filing", f.Ref()+" "+string(channel), reason)
	err := p.Asked(c, entry, func() error {
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
	return p.Finish(c, err, filingPath(f), "flash.done", web.Refusals{
		store.ErrCodeTooSoon: "flash.code_too_soon", store.ErrConflict: "flash.already_verified",
		workflows.ErrWrongStage: "flash.moved_on",
	})
}

// withdrawForm asks why staff withdraw a filing for its customer.
func (p *Pages) withdrawForm(c *gin.Context, f store.Filing) error {
	return p.showWithdraw(c, f, filledForm{})
}

func (p *Pages) showWithdraw(c *gin.Context, f store.Filing, filled filledForm) error {
	if !f.Kind.Withdrawable(f.Stage) {
		return p.finishAct(c, f, workflows.ErrWrongStage, "")
	}
	fields := []web.Field{{Name: "reason", Type: "textarea", Required: true}}
	data := filingForm{p.Form(c, "staff_filing_act", fields, filled.values, filled.problems), f}
	page := web.Page{Title: "staff_filing_withdraw.title"}
	return p.Render(c, web.StatusOf(filled.problems), page, web.With(withdrawPage, data))
}

// filingForm is a form about a filing.
type filingForm struct {
	web.Form
	Filing store.Filing
}

// filledForm is what a form starts with, or what was typed in it and is wrong.
type filledForm struct {
	values   url.Values
	problems filing.Problems
}

// withdrawAsStaff withdraws a filing that hasn't gone to the bureau, as its customer could. The customer sees it
// in the timeline and gets a message (store.CustomerNotice).
func (p *Pages) withdrawAsStaff(c *gin.Context, f store.Filing) error {
	values := web.PostForm(c)
	reason, problems := staffReason(values, "reason", true)
	if len(problems) > 0 {
		return p.showWithdraw(c, f, filledForm{values, problems})
	}
	return p.finishAct(c, f, p.Asked(c, p.AuditEntry(c, "filing.withdraw", "filing", f.Ref(), reason), func() error {
		_, err := p.Filings.Withdraw(c.Request.Context(), f.Ref(), workflows.ByActor{Actor: p.Actor(c)})
		return err
	}), "flash.done")
}

// canResubmit tells whether the bureau refused a filing for something that staff correct
// themselves: then they submit the same dossier again.
func canResubmit(f store.Filing) bool {
	return f.Stage == filing.Correcting && f.Attention == filing.AttentionRefusedOurs
}

// resubmit submits the customer's latest revision again, as the next one.
func (p *Pages) resubmit(c *gin.Context, f store.Filing) error {
	ctx := c.Request.Context()
	if !canResubmit(f) || f.Revision != web.Number(web.PostForm(c), "revision") {
		return p.finishAct(c, f, workflows.ErrWrongStage, "")
	}
	d, err := p.Store.Dossier(ctx, f.ID, f.Revision)
	if err != nil {
		return err
	}
	papers, err := p.SubmittedPapers(ctx, dossierview.Current{Filing: f}, d)
	if err != nil {
		return err
	}
	return p.finishAct(c, f, p.Asked(c, p.AuditEntry(c, "filing.resubmit", "filing", f.Ref(), ""), func() error {
		revision, err := p.Store.SaveDossier(ctx, f.ID, d, papers...)
		if errors.Is(err, store.ErrConflict) {
			return workflows.ErrWrongStage
		} else if err != nil {
			return err
		}
		_, err = p.Filings.Submit(ctx, f.Ref(), workflows.Submission{Revision: revision, Kind: d.Kind, Actor: p.Actor(c)})
		return err
	}), "flash.done")
}
