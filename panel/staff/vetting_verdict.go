package staff

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// A verdict is written first, and then told to the filing's workflow. A crash in between
// leaves a check that is decided and a filing that waits: the same form sent again tells
// it, and the queue offers to. What is passed on to a second pair of eyes, the workflow
// never hears of.

// postedDecision is the verdict that a form gives, and the dossier that it is about; not ok
// where there is none, which the reader was told.
func (p *Pages) postedDecision(c *gin.Context, v store.VettingVerdict) (f store.Filing, decision store.VettingDecision, d filing.Dossier, ok bool) {
	f, err := p.postedVetting(c)
	if err != nil {
		p.Fail(c, err)
		return f, decision, d, false
	}
	values := web.PostForm(c)
	decision = store.VettingDecision{
		FilingID: f.ID, Revision: web.Number(values, "revision"), Round: max(1, web.Number(values, "round")), Reviewer: p.UserID(c), Verdict: v,
	}
	d, err = p.Store.Dossier(c.Request.Context(), f.ID, decision.Revision)
	switch {
	case errors.Is(err, store.ErrNotFound): // nonsense, or of an old page
		p.verdictGiven(c, f, workflows.ErrWrongStage, "")
	case err != nil:
		p.Fail(c, err)
	}
	return f, decision, d, err == nil
}

// pass lets a dossier go to the bureau, or on to the second pair of eyes.
func (p *Pages) pass(c *gin.Context) error {
	ctx := c.Request.Context()
	f, decision, d, ok := p.postedDecision(c, store.VettingPassed)
	if !ok {
		return nil
	}
	if decision.Round == 1 && p.SecondVetting.Requires(d.Kind, d.Holder.Nature) {
		decision.Verdict = store.VettingPassedOn
		err := p.Audited(c, p.AuditEntry(c, "filing.pass_on", "filing", f.Ref(), ""), func(ctx context.Context) error {
			return p.Store.DecideVetting(ctx, decision)
		})
		return p.verdictGiven(c, f, err, "flash.passed_on")
	}
	err := p.Asked(c, p.AuditEntry(c, "filing.pass", "filing", f.Ref(), ""), func() error { return p.decide(ctx, f, decision, p.Actor(c)) })
	return p.verdictGiven(c, f, err, "flash.done")
}

// decide writes a verdict and tells the filing.
func (p *Pages) decide(ctx context.Context, f store.Filing, d store.VettingDecision, actor string) error {
	if err := p.Store.DecideVetting(ctx, d); err != nil {
		return err
	}
	return p.sendVerdict(ctx, f, d.Revision, d.Verdict, actor)
}

func (p *Pages) sendVerdict(ctx context.Context, f store.Filing, revision int, v store.VettingVerdict, actor string) (err error) {
	verdict := workflows.Verdict{Revision: revision, Actor: actor}
	if v == store.VettingSentBack {
		_, err = p.Filings.SendBack(ctx, f.Ref(), verdict)
	} else {
		_, err = p.Filings.Pass(ctx, f.Ref(), verdict)
	}
	return err
}

// verdictGiven answers a verdict.
func (p *Pages) verdictGiven(c *gin.Context, f store.Filing, err error, flash string) error {
	switch {
	case err == nil:
		p.Flash(c, flash)
	case errors.Is(err, store.ErrHeld): // the page says who has it
		p.Flash(c, "flash.vetting_not_yours")
		return web.Redirect(c, vettingPath(f.OrderNumber, f.Serial))
	case errors.Is(err, workflows.ErrWrongStage), errors.Is(err, store.ErrConflict):
		p.Flash(c, "flash.moved_on")
	default:
		return err
	}
	return web.Redirect(c, pathVetting)
}

// finishVetting tells a filing the verdict that stands and that it hasn't heard, whoever
// gave it.
func (p *Pages) finishVetting(c *gin.Context) error {
	ctx := c.Request.Context()
	f, err := p.postedVetting(c)
	var check store.Vetting
	if err == nil {
		check, err = p.Store.Vetting(ctx, f.ID)
	}
	if err != nil {
		return err
	}
	err = p.Asked(c, p.AuditEntry(c, "vetting.finish", "filing", f.Ref(), ""), func() error {
		if check.Verdict == "" {
			return workflows.ErrWrongStage
		}
		return p.sendVerdict(ctx, f, check.Revision, check.Verdict, string(store.RoleSupport)+":"+check.Login)
	})
	return p.verdictGiven(c, f, err, "flash.done")
}
