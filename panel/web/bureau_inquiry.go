package web

import (
	"context"
	"errors"
	"time"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// ErrNotAsked says that the bureau could not be asked: there is no account, the account is stopped, or the bureau
// doesn't answer in time. Callers carry on without the answer.
var ErrNotAsked = errors.New("bureau not available for queries")

// maxAsked limits a query to the bureau, in bytes: nothing it has on file is longer.
const maxAsked = 255

// BureauStatus asks a province's bureau whether something is filed: a domain (condition 0), or a holder by the type and
// number of its document. An answer stays valid for store.StatusFor.
func (k *Kit) BureauStatus(ctx context.Context, province string, condition int, value string) (filing.Status, error) {
	account, err := k.Store.InquiryAccount(ctx, province)
	if err != nil {
		return filing.Status{}, notAsked(err)
	}
	status, _, err := k.AccountStatus(ctx, account, condition, value)
	return status, err
}

// AccountStatus is BureauStatus for a given account; it also returns the time of the answer.
func (k *Kit) AccountStatus(ctx context.Context, account int64, condition int,
	value string) (filing.Status, time.Time, error) {
	if condition == bureau.ConditionDomain {
		value = filing.DomainKey(value)
	} else {
		value = filing.DocumentNumberKey(value)
	}
	if !bureau.Askable(condition) || value == "" || len(value) > maxAsked {
		return filing.Status{}, time.Time{}, ErrNotAsked
	}
	status, at, err := k.Store.KnownStatus(ctx, account, condition, value)
	if !errors.Is(err, store.ErrNotFound) {
		return status, at, err
	}
	id, err := k.Store.AskStatus(ctx, account, condition, value)
	if err != nil {
		return filing.Status{}, time.Time{}, err
	}
	q, err := k.ask(ctx, id)
	switch {
	case err != nil:
		return filing.Status{}, time.Time{}, notAsked(err)
	case q.Code != bureau.CodeDone:
		return filing.Status{}, time.Time{}, ErrNotAsked
	}
	return q.Status, q.AnsweredAt, nil
}

// PasswordAnswer is what we know about a filing password.
type PasswordAnswer int

// The answers. After PasswordNotKnown, the bureau itself checks when the filing is submitted.
const (
	PasswordNotKnown PasswordAnswer = iota
	PasswordIsRight
	PasswordIsWrong
	// PasswordTooMany blocks further attempts for a day.
	PasswordTooMany
)

// PasswordRight asks the bureau that issued a filing number whether the password belongs to it.
func (k *Kit) PasswordRight(ctx context.Context, filingID int64, number, password string) (PasswordAnswer, error) {
	if _, err := filing.ParseNumber(number); err != nil {
		return PasswordNotKnown, nil
	}
	if password == "" || len(password) > maxAsked {
		return PasswordIsWrong, nil
	}
	var id int64
	var q store.Inquiry
	account, err := k.Store.InquiryAccount(ctx, filing.ProvinceOfNumber(number))
	if err == nil {
		id, err = k.Store.AskPassword(ctx, account, filingID, number, password)
	}
	if err == nil {
		q, err = k.ask(ctx, id)
	}
	switch {
	case errors.Is(err, store.ErrTooManyTries):
		return PasswordTooMany, nil
	case errors.Is(err, store.ErrNotFound):
		return PasswordNotKnown, nil
	case err != nil:
		return PasswordNotKnown, err
	case q.Code == bureau.CodeTooManyTries:
		return PasswordTooMany, nil
	case q.Code != bureau.CodeDone:
		return PasswordNotKnown, nil
	case q.Passed:
		return PasswordIsRight, nil
	}
	return PasswordIsWrong, nil
}

// ask has a worker ask the bureau and reads the answer; ErrNotFound if there is none.
func (k *Kit) ask(ctx context.Context, id int64) (store.Inquiry, error) {
	if err := k.Filings.Ask(ctx, id); err != nil {
		k.Logger.Warn("querying the bureau failed", "inquiry", id, "error", err)
	}
	q, err := k.Store.Inquiry(ctx, id)
	if err == nil && !q.Answered {
		err = store.ErrNotFound
	}
	return q, err
}

func notAsked(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrNotAsked
	}
	return err
}
