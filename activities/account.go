package activities

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/activity"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
)

// AccountCodeRef names one code to an account.
type AccountCodeRef struct {
	CodeID int64
	Send   int
}

// accountTemplates are the texts of codes to accounts.
var accountTemplates = map[store.CodePurpose]message.Template{
	store.PurposePassword: message.PasswordCode, store.PurposeContactAddress: message.ContactAddressCode,
}

// SendAccountCode sends a code to an account, derived again at each try. A row of
// what is no account's, or of an account that can't be reached, sends nothing.
func (a *Message) SendAccountCode(ctx context.Context, r AccountCodeRef) error {
	to, err := a.Store.AccountCode(ctx, r.CodeID)
	if errors.Is(err, store.ErrNotFound) {
		return failed(ReasonInternal, err, true, 0) // purged: nobody waits for it
	}
	if err != nil || to.To == "" {
		return err
	}
	code, ok, err := a.Store.PrepareAccountCode(ctx, r.CodeID, r.Send)
	if err != nil || !ok {
		return err
	}
	key := fmt.Sprintf("account-code-%d-%d", r.CodeID, r.Send)
	params := map[string]string{"login": to.Login, "code": code}
	name := accountTemplates[to.Purpose]
	if to.Channel == filing.SMS {
		_, err = a.SMS.Send(ctx, message.SMSMessage{Key: key, To: to.To, Template: name, Params: params, Retry: activity.GetInfo(ctx).Attempt > 1})
	} else {
		_, err = a.mail(ctx, key, to.To, name, params)
	}
	if err != nil {
		return messageFailed(err)
	}
	return a.Store.AccountCodeSent(ctx, r.CodeID, r.Send)
}

// PasswordRef names an account's change of password by its number.
type PasswordRef struct {
	UserID  int64
	Version int
}

// NotifyPasswordChanged mails an account's person, once the change is there: it
// fails, to be tried again, until then. Nobody is told who has no mail address.
func (a *Message) NotifyPasswordChanged(ctx context.Context, r PasswordRef) error {
	ready, told, err := a.Store.PasswordNotice(ctx, r.UserID, r.Version)
	if err != nil || told {
		return err
	}
	if !ready {
		return failed(ReasonTemporary, errors.New("the password isn't changed yet"), false, 0)
	}
	user, err := a.Store.User(ctx, r.UserID)
	if err != nil {
		return err
	}
	addresses, err := a.Store.ContactAddressesOf(ctx, r.UserID)
	if err != nil {
		return err
	}
	if addresses.Email != "" {
		key := fmt.Sprintf("password-changed-%d-%d", r.UserID, r.Version)
		if _, err := a.mail(ctx, key, addresses.Email, message.PasswordChanged, map[string]string{"login": user.Login}); err != nil {
			return messageFailed(err)
		}
	}
	return a.Store.PasswordNoticeSent(ctx, r.UserID, r.Version)
}
