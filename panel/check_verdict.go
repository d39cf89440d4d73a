package panel

import (
	"context"
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// A verdict is written first, and then told to the filing's workflow. A crash in between
// leaves a check that is decided and a filing that waits: the same form sent again tells
// it, and the queue offers to. What is passed on to a second pair of eyes, the workflow
// never hears of.

// postedDecision is the verdict that a form gives, and the dossier that it is about; not ok
// where there is none, which the reader was told.
func (s *Server) postedDecision(c *gin.Context, v store.CheckVerdict) (f store.Filing, decision store.CheckDecision, d filing.Dossier, ok bool) {
	f, err := s.postedCheck(c)
	if err != nil {
		s.fail(c, err)
		return f, decision, d, false
	}
	values := posted(c)
	decision = store.CheckDecision{
		FilingID: f.ID, Revision: number(values, "revision"), Round: max(1, number(values, "round")), Reviewer: s.userID(c), Verdict: v,
	}
	d, err = s.cfg.Store.Dossier(c.Request.Context(), f.ID, decision.Revision)
	switch {
	case errors.Is(err, store.ErrNotFound): // nonsense, or of an old page
		s.verdictGiven(c, f, workflows.ErrWrongStage, "")
	case err != nil:
		s.fail(c, err)
	}
	return f, decision, d, err == nil
}

// pass lets a dossier go to the bureau, or on to the second pair of eyes.
func (s *Server) pass(c *gin.Context) {
	ctx := c.Request.Context()
	f, decision, d, ok := s.postedDecision(c, store.CheckPassed)
	if !ok {
		return
	}
	if decision.Round == 1 && s.cfg.SecondCheck.Wants(d.Kind, d.Holder.Nature) {
		decision.Verdict = store.CheckPassedOn
		err := s.did(c, s.deed(c, "filing.pass_on", "filing", f.Ref(), ""), func(ctx context.Context) error {
			return s.cfg.Store.DecideCheck(ctx, decision)
		})
		s.verdictGiven(c, f, err, "flash.passed_on")
		return
	}
	err := s.asked(c, s.deed(c, "filing.pass", "filing", f.Ref(), ""), func() error { return s.decide(ctx, f, decision, s.actor(c)) })
	s.verdictGiven(c, f, err, "flash.done")
}

// decide writes a verdict and tells the filing.
func (s *Server) decide(ctx context.Context, f store.Filing, d store.CheckDecision, actor string) error {
	if err := s.cfg.Store.DecideCheck(ctx, d); err != nil {
		return err
	}
	return s.tellVerdict(ctx, f, d.Revision, d.Verdict, actor)
}

func (s *Server) tellVerdict(ctx context.Context, f store.Filing, revision int, v store.CheckVerdict, actor string) (err error) {
	verdict := workflows.Verdict{Revision: revision, Actor: actor}
	if v == store.CheckSentBack {
		_, err = s.cfg.Filings.SendBack(ctx, f.Ref(), verdict)
	} else {
		_, err = s.cfg.Filings.Pass(ctx, f.Ref(), verdict)
	}
	return err
}

// verdictGiven answers a verdict.
func (s *Server) verdictGiven(c *gin.Context, f store.Filing, err error, flash string) {
	switch {
	case err == nil:
		s.flash(c, flash)
	case errors.Is(err, store.ErrHeld): // the page says who has it
		s.flash(c, "flash.check_not_yours")
		to(c, checkPath(f.OrderNumber, f.Serial))
		return
	case errors.Is(err, workflows.ErrWrongStage), errors.Is(err, store.ErrConflict):
		s.flash(c, "flash.moved_on")
	default:
		s.fail(c, err)
		return
	}
	to(c, pathCheck)
}

// finishCheck tells a filing the verdict that stands and that it hasn't heard, whoever
// gave it.
func (s *Server) finishCheck(c *gin.Context) {
	ctx := c.Request.Context()
	f, err := s.postedCheck(c)
	var check store.Check
	if err == nil {
		check, err = s.cfg.Store.Check(ctx, f.ID)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	err = s.asked(c, s.deed(c, "check.finish", "filing", f.Ref(), ""), func() error {
		if check.Verdict == "" {
			return workflows.ErrWrongStage
		}
		return s.tellVerdict(ctx, f, check.Revision, check.Verdict, string(store.RoleSupport)+":"+check.Login)
	})
	s.verdictGiven(c, f, err, "flash.done")
}
