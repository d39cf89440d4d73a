package activities

import (
	"context"
	"errors"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
)

// accountNoticesAtOnce bounds one run of sendAccountNotices.
const accountNoticesAtOnce = 50

// sendAccountNotices tells accounts' owners of changes. A failure is left for the next run; a refused address is given
// up.
func (a *Message) sendAccountNotices(ctx context.Context) error {
	list, err := a.Store.AccountNotices(ctx, accountNoticesAtOnce)
	for _, n := range list {
		failure := a.tellOwner(ctx, n.Key(), n.Channel, n.To, n.Login, n.What)
		refused, is := errors.AsType[*message.Error](failure)
		if failure == nil || is && refused.Kind == message.Recipient {
			failure = a.Store.AccountNoticeDone(ctx, n)
		}
		err = errors.Join(err, failure)
	}
	return err
}

// tellOwner sends a notice of a change of an account, which no quota holds back.
func (a *Message) tellOwner(ctx context.Context, key string, channel filing.Channel, to, login string,
	what store.AccountChange) error {
	changed, err := a.Texts.Change(string(what))
	if err != nil {
		return err
	}
	begun, before, err := a.Store.BeginMessage(ctx, key)
	if err != nil {
		return err
	}
	_, err = a.deliver(ctx, channel, PageOf(message.AccountChanged, SitePlace{}), message.SMSMessage{Key: key, To: to,
		Template: message.AccountChanged, Params: map[string]string{"login": login, "what": changed}, Retry: before,
		Begun: begun})
	return err
}
