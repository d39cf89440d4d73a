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

// A verdict is written first and then sent to the filing's workflow. A crash in between leaves
// a decided vetting and a filing that still waits: sending the same form again, or the queue's
// button, delivers it. The workflow never hears of the first verdict of two.

// postedVerdict is a verdict that a form gives, with what it is about.
type postedVerdict struct {
	filing   store.Filing
	dossier  filing.Dossier
	decision store.VettingDecision
}

// postedDecision reads a verdict; ErrWrongStage if its revision doesn't exist.
func (p *Pages) postedDecision(
	c *gin.Context, f store.Filing, verdict store.VettingVerdict,
) (v postedVerdict, err error) {
	values := web.PostForm(c)
	v.filing = f
	v.decision = store.VettingDecision{
		FilingID: v.filing.ID, Revision: web.Number(values, "revision"), Round: max(1, web.Number(values, "round")),
		Reviewer: p.UserID(c), Verdict: verdict,
	}
	v.dossier, err = p.Store.Dossier(c.Request.Context(), v.filing.ID, v.decision.Revision)
	if errors.Is(err, store.ErrNotFound) { // nonsense, or from an old page
		err = workflows.ErrWrongStage
	}
	return v, err
}

// pass submits a dossier to the bureau, or leaves it to the second reviewer.
func (p *Pages) pass(c *gin.Context, f store.Filing) error {
	v, err := p.postedDecision(c, f, store.VettingPassed)
	if err != nil {
		return p.verdictGiven(c, f, err, "")
	}
	if v.decision.Round == 1 && p.SecondVetting.Requires(v.dossier.Kind, v.dossier.Holder.Nature) {
		v.decision.Verdict = store.VettingPassedOn
		entry := p.AuditEntry(c, "filing.pass_on", "filing", f.Ref(), "")
		err := p.Audited(c, entry, func(ctx context.Context) error { return p.Store.DecideVetting(ctx, v.decision) })
		return p.nextAfter(c, f, err, "flash.passed_on")
	}
	err = p.Asked(c, p.AuditEntry(c, "filing.pass", "filing", f.Ref(), ""), func() error { return p.decide(c, v) })
	return p.nextAfter(c, f, err, "flash.done")
}

// decide writes a verdict and sends it to the filing.
func (p *Pages) decide(c *gin.Context, v postedVerdict) error {
	ctx := c.Request.Context()
	if err := p.Store.DecideVetting(ctx, v.decision); err != nil {
		return err
	}
	verdict := workflows.Verdict{Revision: v.decision.Revision, Actor: p.Actor(c)}
	return p.sendVerdict(ctx, v.filing, v.decision.Verdict, verdict)
}

func (p *Pages) sendVerdict(ctx context.Context, f store.Filing, v store.VettingVerdict, in workflows.Verdict) error {
	send := p.Filings.Pass
	if v == store.VettingSentBack {
		send = p.Filings.SendBack
	}
	_, err := send(ctx, f.Ref(), in)
	return err
}

// flashNext are what the next dossier's page says of the one before, by what the queue would say.
var flashNext = map[string]string{"flash.done": "flash.vetting_next", "flash.passed_on": "flash.vetting_next_second"}

// nextAfter answers a verdict with the reviewer's next dossier: the oldest that they hold, or else the oldest free one,
// which they take. A form that is sent twice thus takes only one. Without any, it answers as verdictGiven does.
func (p *Pages) nextAfter(c *gin.Context, f store.Filing, err error, flash string) error {
	if err != nil {
		return p.verdictGiven(c, f, err, flash)
	}
	held, err := p.Store.VettingQueue(c.Request.Context(), store.VettingsMine, p.UserID(c), store.Cursor{}, 1)
	next := store.QueuedVetting{}
	switch {
	case err == nil && len(held) > 0:
		next = held[0]
	case err == nil:
		next, err = p.takeFreeVetting(c)
	}
	if err != nil { // the verdict counts all the same
		if !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrConflict) {
			p.Logger.Error("taking the next dossier after a verdict failed", "error", err)
		}
		return p.verdictGiven(c, f, nil, flash)
	}
	return p.RedirectWith(c, vettingPath(next.OrderNumber, next.Serial), flashNext[flash])
}

// verdictGiven answers a verdict; err is why it didn't count.
func (p *Pages) verdictGiven(c *gin.Context, f store.Filing, err error, flash string) error {
	if errors.Is(err, store.ErrHeld) { // the page says who has it
		return p.RedirectWith(c, vettingPath(f.OrderNumber, f.Serial), "flash.vetting_not_yours")
	}
	return p.Finish(c, err, queuePath(c), flash, web.MovedOn)
}

// finishVetting sends a filing the verdict that didn't reach it, whoever gave it.
func (p *Pages) finishVetting(c *gin.Context, f store.Filing) error {
	ctx := c.Request.Context()
	vetting, err := p.Store.Vetting(ctx, f.ID)
	if err != nil {
		return err
	}
	err = p.Asked(c, p.AuditEntry(c, "vetting.finish", "filing", f.Ref(), ""), func() error {
		if vetting.Verdict == "" {
			return workflows.ErrWrongStage
		}
		verdict := workflows.Verdict{Revision: vetting.Revision, Actor: string(store.RoleSupport) + ":" + vetting.Login}
		return p.sendVerdict(ctx, f, vetting.Verdict, verdict)
	})
	return p.verdictGiven(c, f, err, "flash.done")
}
