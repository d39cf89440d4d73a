package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

var (
	// ErrHasPassword: the account has a password, which only its owner can replace.
	ErrHasPassword = fmt.Errorf("%w: the account has a password", ErrConflict)
	// ErrNoAddress: the provider gave no address for the channel.
	ErrNoAddress = fmt.Errorf("%w: the provider gave no such address", ErrConflict)
)

// FirstCode is a code with which a customer sets a first password, sent by staff.
type FirstCode struct {
	ID          int64          `db:"id"`
	Channel     filing.Channel `db:"channel"`
	RequestedAt time.Time      `db:"requested_at"`
	SentAt      sql.NullTime   `db:"sent_at"`
	ExpiresAt   sql.NullTime   `db:"expires_at"`
	VerifiedAt  sql.NullTime   `db:"verified_at"`
	LockedUntil sql.NullTime   `db:"locked_until"`
	// Failure is why it couldn't be sent, a key below "stuck_reason."; empty: it was, or is being sent.
	Failure string `db:"failure"`
}

func firstCodeSubject(userID int64) string { return fmt.Sprintf("first/%d", userID) }

// HasPassword reports whether an account has a password.
func (s *Store) HasPassword(ctx context.Context, userID int64) (bool, error) {
	return find[bool](ctx, s.db, "user", `SELECT password_hash <> '' FROM users WHERE id = ?`, userID)
}

// ProviderAddresses returns the addresses that the provider gave with a customer's orders.
func (s *Store) ProviderAddresses(ctx context.Context, userID int64) (r ContactAddresses, err error) {
	for _, ch := range filing.Channels {
		to, err := s.providerAddress(ctx, userID, ch)
		if err != nil {
			return r, err
		}
		r.set(ch, to)
	}
	return r, nil
}

// RequestFirstCode requests a code for a customer who has no password yet, to the address that the provider gave with
// the orders and to no other. It returns ErrHasPassword, ErrNoAddress, ErrCodeTooSoon within a minute of the previous
// code, or a QuotaError. Staff vouch for it, so it starts with all its attempts.
func (s *Store) RequestFirstCode(ctx context.Context, userID int64, ch filing.Channel) (id int64, send int, err error) {
	has, err := s.HasPassword(ctx, userID)
	if err != nil {
		return 0, 0, err
	}
	to, err := s.providerAddress(ctx, userID, ch)
	switch {
	case err != nil:
		return 0, 0, err
	case has:
		return 0, 0, ErrHasPassword
	case to == "":
		return 0, 0, ErrNoAddress
	}
	request := accountCodeRequest{subject: firstCodeSubject(userID), purpose: PurposePassword, ch: ch, userID: userID,
		to: to, vouched: true}
	return s.requestAccountCode(ctx, request, func(tx *sqlx.Tx) error {
		// Again, under the lock: the customer may have set one meanwhile.
		has, err := find[bool](ctx, tx, "user", `SELECT password_hash <> '' FROM users WHERE id = ? FOR UPDATE`, userID)
		if err == nil && has {
			err = ErrHasPassword
		}
		if err != nil {
			return err
		}
		return s.spendCode(ctx, tx, ch, userID, to)
	})
}

// FirstCodes returns the codes that staff had sent to a customer, by channel; the newest first.
func (s *Store) FirstCodes(ctx context.Context, userID int64) ([]FirstCode, error) {
	hash, err := s.keys.Hash("account_codes", firstCodeSubject(userID))
	if err != nil {
		return nil, err
	}
	return selectAll[FirstCode](ctx, s.db, `SELECT id, channel, requested_at, sent_at, expires_at, verified_at,
		locked_until, failure FROM account_codes WHERE subject_hash = ? AND purpose = ? ORDER BY requested_at DESC, id DESC`,
		hash, PurposePassword)
}

// VerifyFirstCode checks a code that staff had sent to the account that was typed, by whatever channel, and returns its
// ID. Whatever is wrong is ErrCodeWrong: nobody learns whether there is such an account or code.
func (s *Store) VerifyFirstCode(ctx context.Context, typed, code string) (id int64, err error) {
	userID, err := s.findAccount(ctx, typed)
	if err != nil {
		return 0, err
	}
	codes, err := s.FirstCodes(ctx, userID)
	if err != nil {
		return 0, err
	}
	for _, c := range codes {
		if !c.ExpiresAt.Valid || s.utcNow().After(c.ExpiresAt.Time) {
			continue // nothing to guess, so nothing to lock
		}
		err := s.VerifyAccountCode(ctx, c.ID, code)
		switch {
		case err == nil:
			return c.ID, nil
		case !errors.Is(err, ErrCodeWrong) && !errors.Is(err, ErrCodeExpired) && !errors.Is(err, ErrCodeLocked):
			return 0, err
		}
	}
	return 0, ErrCodeWrong
}

// AccountCodeFailed records why a code couldn't be sent, until it is sent after all.
func (s *Store) AccountCodeFailed(ctx context.Context, id int64, send int, reason string) error {
	return exec(ctx, s.db, `UPDATE account_codes SET failure = ? WHERE id = ? AND sends = ? AND sent_at IS NULL`,
		reason, id, send)
}
