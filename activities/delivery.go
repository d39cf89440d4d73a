package activities

import (
	"context"
	"errors"

	"go.temporal.io/sdk/activity"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
)

// deliveriesAtOnce bounds one run of AskDeliveries: each question is a call to Aliyun.
const deliveriesAtOnce = 50

// AskDeliveries asks Aliyun what became of the SMS that it hasn't reported about. It reports whether there may be more.
// While Aliyun can't be asked, everything is left for the next run; a question that it refuses holds up no other one.
func (a *Message) AskDeliveries(ctx context.Context) (more bool, err error) {
	list, failure := a.Store.UnsettledSMS(ctx, deliveriesAtOnce)
	for _, m := range list {
		d, err := a.SMS.Outcome(ctx, message.SMSMessage{Key: m.Key, To: m.To, Begun: m.BegunAt})
		var e *message.Error
		switch {
		case errors.As(err, &e) && (e.Kind == message.Recipient || e.Kind == message.Operator):
			activity.GetLogger(ctx).Warn("Aliyun doesn't say what became of an SMS", "message", m.Key, "error", err)
			failure, err = errors.Join(failure, err), a.Store.AskedAboutSMS(ctx, m)
		case err != nil:
			return false, errors.Join(failure, messageFailed(err))
		case d.Outcome == filing.OutcomeDelivered || d.Outcome == filing.OutcomeRefused:
			_, err = a.Store.SettleSMS(ctx, m.Key, m.To, d)
		default:
			err = a.Store.AskedAboutSMS(ctx, m)
		}
		if err != nil {
			return false, errors.Join(failure, err)
		}
	}
	return failure == nil && len(list) == deliveriesAtOnce, failure
}
