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

// correctionNoticeFor is how long the notice of a correction is retried. It is how people learn that somebody took
// over their filing, so it must outlast an outage over a holiday.
const correctionNoticeFor = 7 * 24 * time.Hour

// CorrectionCodeInput identifies a code for a corrected contact.
type CorrectionCodeInput struct {
	CorrectionID int64
	Send         int
}

// CorrectionCode sends the code; its row holds the details.
func CorrectionCode(ctx workflow.Context, in CorrectionCodeInput) error {
	return workflow.ExecuteActivity(messageActivity(ctx), a.message.SendCorrectionCode,
		activities.CorrectionCodeRef(in)).Get(ctx, nil)
}

// CorrectionNoticeInput identifies a correction by its form's token.
type CorrectionNoticeInput struct{ Token string }

// CorrectionNotice tells a contact, at the old address, that staff corrected it. It starts before the correction
// is written, so a crash in between can't lose the notice; if the correction never happens, no notice goes out.
func CorrectionNotice(ctx workflow.Context, in CorrectionNoticeInput) error {
	ctx = noticeActivity(ctx)
	var sending []workflow.Future
	for _, channel := range filing.Channels {
		sending = append(sending, workflow.ExecuteActivity(ctx, a.message.NotifyContactCorrected,
			activities.CorrectionRef{Token: in.Token, Channel: channel}))
	}
	for i, f := range sending {
		if err := f.Get(ctx, nil); err != nil { // the old number is often lost, so a refusal is to be expected
			workflow.GetLogger(ctx).Warn("sending the notice of a contact correction failed", "channel", filing.Channels[i],
				"reason", reasonOf(err))
		}
	}
	return nil
}

// noticeActivity is messageActivity with retries over several days.
func noticeActivity(ctx workflow.Context) workflow.Context {
	ctx = messageActivity(ctx)
	options := workflow.GetActivityOptions(ctx)
	options.ScheduleToCloseTimeout = correctionNoticeFor
	options.RetryPolicy = &temporal.RetryPolicy{InitialInterval: 2 * time.Second, MaximumInterval: 10 * time.Minute}
	return workflow.WithActivityOptions(ctx, options)
}

// SendCorrectionCode starts sending a code and doesn't wait. A code that can't be sent before it expires isn't
// sent at all.
func (c *Client) SendCorrectionCode(ctx context.Context, correctionID int64, send int) error {
	return c.start(ctx, fmt.Sprintf("correction-code/%d/%d", correctionID, send), filing.CodeTTL, CorrectionCode,
		CorrectionCodeInput{correctionID, send})
}

// NotifyContactCorrected starts the notice of a correction that is about to be made, and doesn't wait.
func (c *Client) NotifyContactCorrected(ctx context.Context, token string) error {
	return c.start(ctx, "correction/"+token, correctionNoticeFor+time.Hour, CorrectionNotice, CorrectionNoticeInput{token})
}
