package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
)

// noticeGroup counts messages in progress.
type noticeGroup struct {
	wg         workflow.WaitGroup
	inProgress int
}

func (g *noticeGroup) add() {
	g.wg.Add(1)
	g.inProgress++
}

func (g *noticeGroup) done() {
	g.wg.Done()
	g.inProgress--
}

func (g *noticeGroup) Wait(ctx workflow.Context) error {
	g.wg.Wait(ctx)
	return ctx.Err()
}

// notify sends a message to the customer on every channel, while the filing continues. The recipient was confirmed
// once, so a refusal is only recorded.
func (f *run) notify(ctx workflow.Context, template message.Template) {
	f.notifyOf(ctx, template, "", 0)
}

// notifyOf is notify for a template that is sent several times for a revision: part tells them apart, and left is
// how many hours the customer still has.
func (f *run) notifyOf(ctx workflow.Context, template message.Template, part string, left int) {
	revision, suffix := f.revision, ""
	if part != "" {
		suffix = "-" + part
	}
	for _, channel := range filing.Channels {
		f.notices.add()
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer f.notices.done()
			notice := activities.Notice{
				FilingID: f.in.FilingID,
				Channel:  channel,
				Template: template,
				Key:      fmt.Sprintf("filing-%d-%d-%s-%s", f.in.FilingID, revision, template, channel) + suffix,
				Left:     left,
			}
			_, err := f.step(ctx, notifyStep(channel), a.message.Notify, notice, nil)
			if errors.Is(err, errEnded) && (template == message.Filed || template == message.Ended) {
				err = sendLate(ctx, notice)
			}
			if errors.Is(err, errRecipient) {
				_ = f.advance(ctx, activities.Progress{EventKind: filing.EventNoticeRefused, Actor: systemActor,
					Detail: string(channel) + ": " + string(template)})
			}
		})
	}
}

// sendLate sends a notice that failed after the filing had ended, which nobody resumes: what it needs mended, such as
// the SMS account's balance, is mended because of other filings. It returns errRecipient for one that never went out.
func sendLate(ctx workflow.Context, notice activities.Notice) error {
	for _, pause := range lateNoticePauses {
		if err := workflow.Sleep(ctx, pause); err != nil {
			return err
		}
		err := workflow.ExecuteActivity(messageActivity(ctx), a.message.Notify, notice).Get(ctx, nil)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if reasonOf(err) == activities.ReasonRecipient {
			break
		}
	}
	return errRecipient
}

// alertStaff alerts staff to why a step is stuck, unless they know already.
func (f *run) alertStaff(ctx workflow.Context, step, reason string) {
	notice := activities.StuckReport{FilingID: f.in.FilingID, Step: step, Reason: reason}
	f.notices.add()
	detached, _ := workflow.NewDisconnectedContext(ctx)
	workflow.Go(detached, func(ctx workflow.Context) {
		defer f.notices.done()
		err := workflow.ExecuteActivity(staffMailActivity(ctx), a.message.AlertStaff, notice).Get(ctx, nil)
		if err != nil {
			workflow.GetLogger(ctx).Warn("alerting staff to a stuck filing failed", "order", f.in.OrderNumber, "step", step)
		}
	})
}
