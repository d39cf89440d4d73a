package workflows

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
)

// correctionNoticeFor is for how long the notice of a correction is tried: it is how people
// learn that somebody else took their place, so it outlasts a provider that is down over
// holidays.
const correctionNoticeFor = 7 * 24 * time.Hour

// CorrectionCodeInput names one code of a correction of a filing's contact.
type CorrectionCodeInput struct {
	CorrectionID int64
	Send         int
}

// CorrectionCode sends it: everything about it stands in its row.
func CorrectionCode(ctx workflow.Context, in CorrectionCodeInput) error {
	return workflow.ExecuteActivity(messageActivity(ctx), a.message.SendCorrectionCode, activities.CorrectionCodeRef(in)).Get(ctx, nil)
}

// CorrectionNoticeInput names a correction by its form's token.
type CorrectionNoticeInput struct{ Token string }

// CorrectionNotice tells a contact, where it was until then, that staff correct it. It is
// started before the correction is made, so that no crash between the two keeps it from the
// person; one that never comes is told to nobody.
func CorrectionNotice(ctx workflow.Context, in CorrectionNoticeInput) error {
	ctx = noticeActivity(ctx)
	var sending []workflow.Future
	for _, channel := range filing.Channels {
		sending = append(sending, workflow.ExecuteActivity(ctx, a.message.NotifyContactCorrected, activities.CorrectionRef{Token: in.Token, Channel: channel}))
	}
	for i, f := range sending {
		if err := f.Get(ctx, nil); err != nil { // a lost number is refused, as is only likely
			workflow.GetLogger(ctx).Warn("a contact could not be told that it is corrected", "channel", filing.Channels[i], "reason", reasonOf(err))
		}
	}
	return nil
}

// noticeActivity is messageActivity for what is tried for days.
func noticeActivity(ctx workflow.Context) workflow.Context {
	ctx = messageActivity(ctx)
	options := workflow.GetActivityOptions(ctx)
	options.ScheduleToCloseTimeout = correctionNoticeFor
	options.RetryPolicy = &temporal.RetryPolicy{InitialInterval: 2 * time.Second, MaximumInterval: 10 * time.Minute}
	return workflow.WithActivityOptions(ctx, options)
}

// SendCorrectionCode has a code sent and doesn't wait for it. A code that isn't sent within
// its own life isn't sent any more.
func (c *Client) SendCorrectionCode(ctx context.Context, correctionID int64, send int) error {
	return c.start(ctx, fmt.Sprintf("correction-code/%d/%d", correctionID, send), filing.CodeTTL, CorrectionCode, CorrectionCodeInput{correctionID, send})
}

// NotifyContactCorrected has a contact told of the correction that is about to be made, and doesn't
// wait for it.
func (c *Client) NotifyContactCorrected(ctx context.Context, token string) error {
	return c.start(ctx, "correction/"+token, correctionNoticeFor+time.Hour, CorrectionNotice, CorrectionNoticeInput{token})
}
