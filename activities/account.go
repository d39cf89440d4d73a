package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
)

// AccountCodeRef identifies a code for an account.
type AccountCodeRef struct {
	CodeID int64
	Send   int
}

// accountTemplates are the texts of codes for accounts.
var accountTemplates = map[store.CodePurpose]message.Template{
	store.PurposePassword: message.PasswordCode, store.PurposeContactAddress: message.ContactAddressCode,
	store.PurposeProof: message.ProofCode,
}

// SendAccountCode sends a code to an account, derived again on each attempt. It sends nothing if the row belongs
// to no account, or the account has no address.
func (a *Message) SendAccountCode(ctx context.Context, r AccountCodeRef) error {
	to, err := a.Store.AccountCode(ctx, r.CodeID)
	if err != nil || to.To == "" {
		return purged(err)
	}
	code, send, err := a.Store.PrepareAccountCode(ctx, r.CodeID)
	if err != nil || send == 0 {
		return err
	}
	name := accountTemplates[to.Purpose]
	if to.First && to.Channel == filing.Mail {
		name = message.FirstPassword
	}
	if _, err := a.deliver(ctx, to.Channel, PageOf(name, SitePlace{}), message.SMSMessage{
		Key: store.AccountCodeKey(r.CodeID, send), To: to.To, Template: name,
		Params: map[string]string{"login": to.Login, "code": code},
		Retry:  activity.GetInfo(ctx).Attempt > 1}); err != nil {
		err = messageFailed(err)
		var app *temporal.ApplicationError
		if errors.As(err, &app) {
			err = cmp.Or(a.Store.AccountCodeFailed(ctx, r.CodeID, send, app.Type()), err)
		}
		return err
	}
	return a.Store.AccountCodeSent(ctx, r.CodeID, send)
}

// PasswordRef identifies a password change by its number.
type PasswordRef struct {
	UserID  int64
	Version int
}

// NotifyPasswordChanged mails an account holder about a password change. Until the change is in the database it
// fails, to be retried. Without a mail address it goes out by SMS.
func (a *Message) NotifyPasswordChanged(ctx context.Context, r PasswordRef) error {
	ready, told, err := a.Store.PasswordNotice(ctx, r.UserID, r.Version)
	if err != nil || told {
		return err
	}
	if !ready {
		return failed(ReasonTemporary, errors.New("the password change is not in the database yet"), false, 0)
	}
	user, err := a.Store.User(ctx, r.UserID)
	if err != nil {
		return err
	}
	addresses, err := a.Store.ContactAddressesOf(ctx, r.UserID)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("password-changed-%d-%d", r.UserID, r.Version)
	switch {
	case addresses.Email != "":
		_, err = a.deliver(ctx, filing.Mail, PageOf(message.PasswordChanged, SitePlace{}), message.SMSMessage{Key: key,
			To: addresses.Email, Template: message.PasswordChanged, Params: map[string]string{"login": user.Login}})
	case addresses.Mobile != "":
		err = a.tellOwner(ctx, key, filing.SMS, addresses.Mobile, user.Login, store.ChangedPassword)
	}
	if err != nil {
		return messageFailed(err)
	}
	return a.Store.PasswordNoticeSent(ctx, r.UserID, r.Version)
}
