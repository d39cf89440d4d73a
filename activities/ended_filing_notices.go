package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
)

// customerNoticesAtOnce bounds one run of SendCustomerNotices, in which each notice is an SMS and a mail.
const customerNoticesAtOnce = 10

// SendCustomerNotices tells customers what happened to filings whose workflows have ended, and accounts' owners of
// changes; a row ensures that each
// notice goes out once. It reports whether there may be more. A failure is left for the next run and doesn't hold
// up the others; what reached a limit waits for its end; a refused address is given up.
func (a *Message) SendCustomerNotices(ctx context.Context) (more bool, err error) {
	list, err := a.Store.PendingCustomerNotices(ctx, customerNoticesAtOnce)
	if err != nil {
		return false, err
	}
	failures := a.sendAccountNotices(ctx)
	for _, t := range list {
		err := a.sendCustomerNotice(ctx, t)
		if app, is := errors.AsType[*temporal.ApplicationError](err); is && app.Type() == ReasonLimit {
			failures = errors.Join(failures, a.Store.PostponeCustomerNotice(ctx, t, app.NextRetryDelay()))
			continue
		}
		if err != nil {
			failures = errors.Join(failures, err, a.Store.PostponeCustomerNotice(ctx, t, 0)) // behind the others
			continue
		}
		if err := a.Store.CustomerNoticeDone(ctx, t); err != nil {
			return false, err
		}
	}
	if failures != nil {
		return false, failed(ReasonTemporary, failures, false, 0)
	}
	return len(list) == customerNoticesAtOnce, nil
}

// noticeTemplate is the text for a notice about a filing of a kind. A withdrawn follow-up or registration leaves a
// valid number, for which the words of Withdrawn would be wrong.
func noticeTemplate(t store.CustomerNotice, kind filing.Kind) message.Template {
	name := message.Template(t.Template)
	switch {
	case name == message.Withdrawn && kind.FollowsUp():
		return message.FollowUpWithdrawn
	case name == message.Withdrawn && kind.Registers():
		return message.RegistrationWithdrawn
	}
	return name
}

func (a *Message) sendCustomerNotice(ctx context.Context, t store.CustomerNotice) (err error) {
	f, err := a.Store.Filing(ctx, t.FilingID)
	if err != nil {
		return err
	}
	params := map[string]string{"order": f.OrderNumber, "number": ""}
	name := noticeTemplate(t, f.Kind)
	if name != message.Template(t.Template) {
		params["kind"] = a.Texts.Kind(f.Kind)
	}
	for _, channel := range filing.Channels {
		if channel == filing.SMS && !slices.Contains(message.SMSTemplates, name) {
			continue
		}
		n := Notice{FilingID: t.FilingID, Channel: channel, Template: name,
			Key: fmt.Sprintf("filing-%d-%s-%s", t.FilingID, t.Template, channel)}
		// An earlier run may have sent it, and this activity's attempt count doesn't show that.
		failure := a.notify(ctx, n, []store.Filing{f}, params, true)
		var app *temporal.ApplicationError
		if errors.As(failure, &app) && app.Type() == ReasonRecipient {
			activity.GetLogger(ctx).Warn("giving up on a customer notice: the address was refused", "filing", t.FilingID,
				"channel", channel)
			continue
		}
		err = errors.Join(err, failure)
	}
	return err
}
