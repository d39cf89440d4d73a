package customer

import (
	"math"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// smsVerificationLeft is how many hours are left for the bureau's own SMS verification; nil if none is pending.
func smsVerificationLeft(f store.Filing, events []store.Event, now time.Time) *int {
	if f.Attention != filing.AttentionSMSVerification {
		return nil
	}
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Kind != filing.EventSMSVerification {
			continue
		}
		until, err := time.Parse(time.RFC3339, events[i].Detail)
		if err != nil {
			return nil
		}
		left := max(0, int(math.Ceil(until.Sub(now).Hours())))
		return &left
	}
	return nil
}

// confirmSMSVerification is 已完成核验: the customer entered the bureau's code.
func (p *Pages) confirmSMSVerification(c *gin.Context, cur Current) error {
	_, err := p.Filings.ConfirmSMSVerification(c.Request.Context(), cur.Filing.Ref(), workflows.ByActor{Actor: p.Actor(c)})
	return p.FinishUpdate(c, err, web.FilingPath(c))
}

// withSMSVerification inserts the bureau's SMS verification, if this filing has one, as a step before the review.
func withSMSVerification(list []task, cur Current, events []store.Event) []task {
	if !slices.ContainsFunc(events, func(e store.Event) bool { return e.Kind == filing.EventSMSVerification }) {
		return list
	}
	at := slices.IndexFunc(list, func(t task) bool { return t.Key == "reviewing" })
	step := task{Key: "sms_verification", Status: statusDone}
	if cur.Filing.Attention == filing.AttentionSMSVerification {
		step.Status, list[at].Status = statusNow, statusLater
	}
	return slices.Insert(list, at, step)
}
