package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
)

// The messages that a filing sends besides codes; their texts are in internal/message.
const (
	templateApproved        = "approved"
	templateRefused         = "refused"
	templateFooterNeeded    = "footer_needed"
	templateFiled           = "filed"
	templateSMSVerification = "sms_verification"
	templateEnded           = "ended"
	templateSentBack        = "sent_back"
	templateRefusedOurs     = "refused_ours"
	templateWaiting         = "waiting"
)

// noticeGroup counts messages under way.
type noticeGroup struct{ wg workflow.WaitGroup }

func (g noticeGroup) Wait(ctx workflow.Context) error {
	g.wg.Wait(ctx)
	return ctx.Err()
}

// notify sends a message to the customer by every channel, beside the filing's
// way: it goes on meanwhile. A recipient that is refused now was confirmed
// once, so it is noted and left.
func (f *run) notify(ctx workflow.Context, template string) { f.notifyOf(ctx, template, "", 0) }

// notifyOf is notify for a template that goes out several times for a revision:
// part tells which, left for how many hours what it asks for can still be done.
func (f *run) notifyOf(ctx workflow.Context, template, part string, left int) {
	revision, suffix := f.revision, ""
	if part != "" {
		suffix = "-" + part
	}
	for _, channel := range filing.Channels {
		f.notices.wg.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer f.notices.wg.Done()
			notice := activities.Notice{
				FilingID: f.in.FilingID,
				Channel:  channel,
				Template: template,
				Key:      fmt.Sprintf("filing-%d-%d-%s-%s", f.in.FilingID, revision, template, channel) + suffix,
				Left:     left,
			}
			_, err := f.step(ctx, notifyStep(channel), a.message.Notify, notice, nil)
			if errors.Is(err, errRecipient) {
				_ = f.advance(ctx, activities.Progress{EventKind: filing.EventNoticeRefused, Actor: systemActor, Detail: string(channel) + ": " + template})
			}
		})
	}
}

// alertStaff has staff told why a step is stuck, if they don't know yet.
func (f *run) alertStaff(ctx workflow.Context, step, reason string) {
	notice := activities.StuckReport{FilingID: f.in.FilingID, Step: step, Reason: reason}
	f.notices.wg.Add(1)
	detached, _ := workflow.NewDisconnectedContext(ctx)
	workflow.Go(detached, func(ctx workflow.Context) {
		defer f.notices.wg.Done()
		err := workflow.ExecuteActivity(staffMailActivity(ctx), a.message.AlertStaff, notice).Get(ctx, nil)
		if err != nil {
			workflow.GetLogger(ctx).Warn("staff could not be told of a stuck filing", "order", f.in.OrderNumber, "step", step)
		}
	})
}
