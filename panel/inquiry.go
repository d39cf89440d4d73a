package panel

import (
	"context"
	"errors"
	"time"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// errNotAsked says that the bureau could not be asked: there is no account, it
// has stopped, or the bureau doesn't answer in time. Whoever needed the answer
// goes on without.
var errNotAsked = errors.New("the bureau could not be asked")

// maxConditionType is the last document type that the interface's query takes
// (3-3-5-4); 0 is a domain.
const maxConditionType = filing.DocumentTaiwanPermit

// maxAsked bounds what a bureau is asked, in bytes: nothing that it knows is longer.
const maxAsked = 255

// bureauStatus asks the bureau of a province whether something is filed: a
// domain (condition 0), or a holder by the type and number of its document. An
// answer is good for store.StatusFor.
func (s *Server) bureauStatus(ctx context.Context, province string, condition int, value string) (filing.Status, error) {
	account, err := s.cfg.Store.InquiryAccount(ctx, province)
	if err != nil {
		return filing.Status{}, notAsked(err)
	}
	status, _, err := s.accountStatus(ctx, account, condition, value)
	return status, err
}

// accountStatus is bureauStatus of an account, with the time of the answer.
func (s *Server) accountStatus(ctx context.Context, account int64, condition int, value string) (filing.Status, time.Time, error) {
	if condition == bureau.ConditionDomain {
		value = filing.DomainKey(value)
	} else {
		value = filing.DocumentNumberKey(value)
	}
	if condition < bureau.ConditionDomain || condition > maxConditionType || value == "" || len(value) > maxAsked {
		return filing.Status{}, time.Time{}, errNotAsked
	}
	status, at, err := s.cfg.Store.KnownStatus(ctx, account, condition, value)
	if !errors.Is(err, store.ErrNotFound) {
		return status, at, err
	}
	id, err := s.cfg.Store.AskStatus(ctx, account, condition, value)
	if err != nil {
		return filing.Status{}, time.Time{}, err
	}
	q, err := s.ask(ctx, id)
	switch {
	case err != nil:
		return filing.Status{}, time.Time{}, notAsked(err)
	case q.Code != bureau.CodeDone:
		return filing.Status{}, time.Time{}, errNotAsked
	}
	return q.Status, q.AnsweredAt, nil
}

// passwordAnswer is what is known of a filing password.
type passwordAnswer int

// The answers. With notKnown the bureau itself checks when the filing is
// handed in.
const (
	passwordNotKnown passwordAnswer = iota
	passwordIsRight
	passwordIsWrong
	// passwordTooMany: nothing more is tried for a day.
	passwordTooMany
)

// passwordRight asks the bureau that gave a filing number whether the password
// belongs to it.
func (s *Server) passwordRight(ctx context.Context, filingID int64, number, password string) (passwordAnswer, error) {
	if _, err := filing.ParseNumber(number); err != nil {
		return passwordNotKnown, nil
	}
	if password == "" || len(password) > maxAsked {
		return passwordIsWrong, nil
	}
	account, err := s.cfg.Store.InquiryAccount(ctx, filing.ProvinceOfNumber(number))
	if errors.Is(err, store.ErrNotFound) {
		return passwordNotKnown, nil
	} else if err != nil {
		return passwordNotKnown, err
	}
	id, err := s.cfg.Store.AskPassword(ctx, account, filingID, number, password)
	if errors.Is(err, store.ErrTooManyTries) {
		return passwordTooMany, nil
	} else if err != nil {
		return passwordNotKnown, err
	}
	q, err := s.ask(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return passwordNotKnown, nil
	case err != nil:
		return passwordNotKnown, err
	case q.Code == bureau.CodeTooManyTries:
		return passwordTooMany, nil
	case q.Code != bureau.CodeDone:
		return passwordNotKnown, nil
	case q.Passed:
		return passwordIsRight, nil
	}
	return passwordIsWrong, nil
}

// ask has a worker ask the bureau, and reads the answer; ErrNotFound when there
// is none.
func (s *Server) ask(ctx context.Context, id int64) (store.Inquiry, error) {
	if err := s.cfg.Filings.Ask(ctx, id); err != nil {
		s.cfg.Logger.Warn("the bureau was asked in vain", "inquiry", id, "error", err)
	}
	q, err := s.cfg.Store.Inquiry(ctx, id)
	if err == nil && !q.Answered {
		err = store.ErrNotFound
	}
	return q, err
}

func notAsked(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errNotAsked
	}
	return err
}
