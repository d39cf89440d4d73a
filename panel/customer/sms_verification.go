package customer

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// confirmSMSVerification is 已完成核验: somebody entered the ministry's code.
func (p *Pages) confirmSMSVerification(c *gin.Context, cur Current) error {
	ctx := c.Request.Context()
	events, err := p.Store.Events(ctx, cur.Filing.ID)
	if err != nil {
		return err
	}
	s, err := p.SMSVerification(c, cur, events, dossierview.SeenByOwner)
	if err != nil {
		return err
	}
	in := workflows.SMSVerified{Actor: p.Actor(c)}
	if s != nil && len(s.People) > 1 {
		in.Of, in.Person = s.Keys(), web.PostForm(c).Get("person")
		if !slices.Contains(in.Of, in.Person) {
			return web.ErrBadRequest
		}
	}
	_, err = p.Filings.ConfirmSMSVerification(ctx, cur.Filing.Ref(), in)
	return p.FinishUpdate(c, err, web.FilingPath(c))
}

// isUnchanged tells whether a dossier that was returned because nobody verified it in time is as it was then.
func (p *Pages) isUnchanged(
	ctx context.Context, cur Current, d filing.Dossier, papers []store.SubmittedPaper,
) (bool, error) {
	if cur.Filing.Attention != filing.AttentionSMSVerificationReturned {
		return false, nil
	}
	before, err := p.Store.Dossier(ctx, cur.Filing.ID, cur.Filing.Revision)
	if err != nil {
		return false, err
	}
	then, err := p.Store.PapersOfRevision(ctx, cur.Filing.ID, cur.Filing.Revision)
	if err != nil {
		return false, err
	}
	old, now := map[int64]bool{}, map[int64]bool{}
	for _, paper := range then {
		old[paper.ID] = true
	}
	for _, paper := range papers {
		now[paper.PaperID] = true
	}
	was, err := json.Marshal(before)
	if err != nil {
		return false, err
	}
	is, err := json.Marshal(d)
	return bytes.Equal(was, is) && maps.Equal(old, now), err
}

// withSMSVerification inserts the ministry's SMS verification, if this filing has one, as a step before the review.
func withSMSVerification(list []task, cur Current, events []store.Event) []task {
	if !slices.ContainsFunc(events, func(e store.Event) bool { return e.Kind == filing.EventSMSVerification }) {
		return list
	}
	at := slices.IndexFunc(list, func(t task) bool { return t.Key == "reviewing" })
	step := task{Key: "sms_verification", Status: statusDone}
	switch {
	case cur.Filing.Attention == filing.AttentionSMSVerification:
		step.Status, list[at].Status = statusNow, statusLater
	case list[at].Status == statusLater: // it comes again, with the next submission
		step.Status = statusLater
	}
	return slices.Insert(list, at, step)
}
