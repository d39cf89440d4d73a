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
	// ErrCodeWrong: the code doesn't match.
	ErrCodeWrong = errors.New("the code is wrong")
	// ErrCodeExpired: no valid code matches.
	ErrCodeExpired = errors.New("the code has expired")
	// ErrCodeLocked: too many wrong attempts.
	ErrCodeLocked = errors.New("too many wrong codes")
	// ErrCodeTooSoon: another code was requested less than a minute ago.
	ErrCodeTooSoon = errors.New("a code was requested less than a minute ago")
	// ErrCodePending: and it hasn't gone out yet, so that whoever sends it may need to be told again.
	ErrCodePending = fmt.Errorf("%w and is still to be sent", ErrCodeTooSoon)
)

// Verification is the state of a channel's code.
type Verification struct {
	Channel     filing.Channel `db:"channel"`
	Nonce       []byte         `db:"nonce"`
	CodeHash    []byte         `db:"code_hash"`
	Sends       int            `db:"sends"`
	RequestedAt time.Time      `db:"requested_at"`
	SentAt      sql.NullTime   `db:"sent_at"`
	ExpiresAt   sql.NullTime   `db:"expires_at"`
	Tries       int            `db:"tries"`
	LockedUntil sql.NullTime   `db:"locked_until"`
	VerifiedAt  sql.NullTime   `db:"verified_at"`
}

const verificationColumns = `channel, nonce, code_hash, sends, requested_at, sent_at, expires_at, tries, locked_until, verified_at`

// Verifications returns both channels of a filing.
func (s *Store) Verifications(ctx context.Context, filingID int64) (map[filing.Channel]Verification, error) {
	rows, err := selectAll[Verification](ctx, s.db, `SELECT `+verificationColumns+` FROM verifications
		WHERE filing_id = ?`, filingID)
	byChannel := make(map[filing.Channel]Verification, len(rows))
	for _, v := range rows {
		byChannel[v.Channel] = v
	}
	return byChannel, err
}

// filingCode locates a channel's code of a filing.
func filingCode(filingID int64, ch filing.Channel) codeBox {
	return codeBox{
		table: "verifications", where: `filing_id = ? AND channel = ?`, args: []any{filingID, ch},
		use: fmt.Sprintf("code/%d/%s", filingID, ch),
	}
}

// PrepareCode derives a channel's newest code, with its send number, and starts its ten minutes. It always derives the
// same code, so that a retried activity sends the same message. Whoever was asked to send an earlier code sends the
// newest: the request that replaced it may never have arrived. send is 0 if the newest code was sent or verified.
func (s *Store) PrepareCode(ctx context.Context, filingID int64, ch filing.Channel) (code string, send int, err error) {
	return s.prepareCode(ctx, filingCode(filingID, ch))
}

// CodeSent records that a channel's code was sent.
func (s *Store) CodeSent(ctx context.Context, filingID int64, ch filing.Channel, send int) error {
	return s.codeSent(ctx, filingCode(filingID, ch), send)
}

// RequestCode requests another code for a channel, at most once a minute (ErrCodeTooSoon), and returns its send number;
// that of the present one with ErrCodePending. A verified channel needs none (ErrConflict);
// ErrQuota: no more codes may be sent.
func (s *Store) RequestCode(ctx context.Context, filingID int64, ch filing.Channel) (send int, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		d, err := s.lockContact(ctx, tx, filingID)
		if err != nil {
			return err
		}
		if send, err = s.nextSend(ctx, tx, filingCode(filingID, ch)); err != nil {
			return err
		}
		if err := s.requestCode(ctx, tx, filingID, ch); err != nil {
			return err
		}
		return s.spendFilingCodes(ctx, tx, filingID, d, ch)
	})
	return send, err
}

// VerifyCode checks the customer's input. A channel that is already verified stays so.
func (s *Store) VerifyCode(ctx context.Context, filingID int64, ch filing.Channel, code string) error {
	_, err := s.verifyCode(ctx, filingCode(filingID, ch), code)
	return err
}

// Verified reports whether both channels are verified.
func (s *Store) Verified(ctx context.Context, filingID int64) (bool, error) {
	n, err := get[int](ctx, s.db, `SELECT COUNT(*) FROM verifications WHERE filing_id = ? AND verified_at IS NOT NULL`,
		filingID)
	return n == len(filing.Channels), err
}
