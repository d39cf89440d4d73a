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

// The answers of codes that aren't right.
var (
	// ErrCodeWrong: the code doesn't match.
	ErrCodeWrong = errors.New("the code is wrong")
	// ErrCodeExpired: it matches nothing that is still valid.
	ErrCodeExpired = errors.New("the code has expired")
	// ErrCodeLocked: too many wrong tries.
	ErrCodeLocked = errors.New("too many wrong codes")
	// ErrCodeTooSoon: another code was asked for less than a minute ago.
	ErrCodeTooSoon = errors.New("a code was sent a moment ago")
)

// Verification is how far a channel's code is.
type Verification struct {
	Channel     Channel      `db:"channel"`
	Nonce       []byte       `db:"nonce"`
	CodeHash    []byte       `db:"code_hash"`
	Sends       int          `db:"sends"`
	RequestedAt time.Time    `db:"requested_at"`
	SentAt      sql.NullTime `db:"sent_at"`
	ExpiresAt   sql.NullTime `db:"expires_at"`
	Tries       int          `db:"tries"`
	LockedUntil sql.NullTime `db:"locked_until"`
	VerifiedAt  sql.NullTime `db:"verified_at"`
}

const verificationColumns = `channel, nonce, code_hash, sends, requested_at, sent_at, expires_at, tries, locked_until, verified_at`

// Verifications finds both channels of a filing.
func (s *Store) Verifications(ctx context.Context, filingID int64) (map[Channel]Verification, error) {
	var rows []Verification
	err := s.db.SelectContext(ctx, &rows, `SELECT `+verificationColumns+` FROM verifications WHERE filing_id = ?`, filingID)
	byChannel := make(map[Channel]Verification, len(rows))
	for _, v := range rows {
		byChannel[v.Channel] = v
	}
	return byChannel, err
}

func codeUse(filingID int64, ch Channel) string { return fmt.Sprintf("code/%d/%s", filingID, ch) }

// PrepareCode derives the code of a channel's send number and starts its ten
// minutes. It gives the same code each time, so that a repeated activity sends
// the same message. ok is false when a later code was asked for meanwhile, or
// when this one went out already.
func (s *Store) PrepareCode(ctx context.Context, filingID int64, ch Channel, send int) (code string, ok bool, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		ok = false
		var v Verification
		err := tx.GetContext(ctx, &v, `SELECT `+verificationColumns+` FROM verifications WHERE filing_id = ? AND channel = ? FOR UPDATE`, filingID, ch)
		if err != nil {
			return one(err, "verification")
		}
		if v.Sends != send || v.SentAt.Valid || v.VerifiedAt.Valid {
			return nil
		}
		if code, err = s.keys.Digits(codeUse(filingID, ch), v.Nonce, filing.CodeDigits); err != nil {
			return err
		}
		hash, err := s.keys.Hash(codeUse(filingID, ch), code)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE verifications SET code_hash = ?, expires_at = ? WHERE filing_id = ? AND channel = ?`,
			hash, s.utcNow().Add(filing.CodeTTL), filingID, ch)
		ok = err == nil
		return err
	})
	return code, ok, err
}

// CodeSent notes that a channel's code went out.
func (s *Store) CodeSent(ctx context.Context, filingID int64, ch Channel, send int) error {
	_, err := s.db.ExecContext(ctx, `UPDATE verifications SET sent_at = ? WHERE filing_id = ? AND channel = ? AND sends = ?`,
		s.utcNow(), filingID, ch, send)
	return err
}

// RequestCode asks for another code of a channel, at most once a minute
// (ErrCodeTooSoon), and returns its send number. A verified channel needs none.
func (s *Store) RequestCode(ctx context.Context, filingID int64, ch Channel) (send int, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		var v Verification
		err := tx.GetContext(ctx, &v, `SELECT `+verificationColumns+` FROM verifications WHERE filing_id = ? AND channel = ? FOR UPDATE`, filingID, ch)
		if err != nil {
			return one(err, "verification")
		}
		if v.VerifiedAt.Valid {
			return ErrConflict
		}
		if s.now().Sub(v.RequestedAt) < filing.ResendAfter {
			return ErrCodeTooSoon
		}
		send = v.Sends + 1
		return s.requestCode(ctx, tx, filingID, ch)
	})
	return send, err
}

// VerifyCode checks what the customer typed. The try is counted in a statement
// of its own before the code is looked at, so that parallel guesses can't share
// one try; the code is then used up by a conditional update. A channel that is
// verified already stays so.
func (s *Store) VerifyCode(ctx context.Context, filingID int64, ch Channel, code string) error {
	now := s.utcNow()
	// a lock that ran out gives the tries back
	if _, err := s.db.ExecContext(ctx, `
		UPDATE verifications SET tries = 0, locked_until = NULL WHERE filing_id = ? AND channel = ? AND locked_until <= ?`,
		filingID, ch, now); err != nil {
		return err
	}
	res, err := s.db.ExecContext(ctx, `
		UPDATE verifications SET tries = tries + 1 WHERE filing_id = ? AND channel = ? AND tries < ? AND verified_at IS NULL`,
		filingID, ch, filing.MaxWrongTries)
	if err != nil {
		return err
	}
	counted, err := changed(res)
	if err != nil {
		return err
	}
	var v Verification
	err = s.db.GetContext(ctx, &v, `SELECT `+verificationColumns+` FROM verifications WHERE filing_id = ? AND channel = ?`, filingID, ch)
	if err != nil {
		return one(err, "verification")
	}
	if v.VerifiedAt.Valid {
		return nil
	}
	if !counted {
		return ErrCodeLocked
	}
	right, err := s.keys.Same(v.CodeHash, codeUse(filingID, ch), code)
	if err != nil {
		return err
	}
	if !right {
		if v.Tries >= filing.MaxWrongTries {
			_, err := s.db.ExecContext(ctx, `UPDATE verifications SET locked_until = ? WHERE filing_id = ? AND channel = ? AND locked_until IS NULL`,
				now.Add(filing.LockFor), filingID, ch)
			return errors.Join(ErrCodeLocked, err)
		}
		return ErrCodeWrong
	}
	// A right code is no wrong try: the count goes back with it.
	res, err = s.db.ExecContext(ctx, `
		UPDATE verifications SET verified_at = ?, tries = tries - 1
		WHERE filing_id = ? AND channel = ? AND verified_at IS NULL AND code_hash = ? AND expires_at > ?`,
		now, filingID, ch, v.CodeHash, now)
	if err != nil {
		return err
	}
	if ok, err := changed(res); err != nil {
		return err
	} else if !ok {
		// late, not wrong
		_, err := s.db.ExecContext(ctx, `UPDATE verifications SET tries = tries - 1 WHERE filing_id = ? AND channel = ? AND verified_at IS NULL`, filingID, ch)
		return errors.Join(ErrCodeExpired, err)
	}
	return nil
}

// Verified tells whether both channels are.
func (s *Store) Verified(ctx context.Context, filingID int64) (bool, error) {
	var n int
	err := s.db.GetContext(ctx, &n, `SELECT COUNT(*) FROM verifications WHERE filing_id = ? AND verified_at IS NOT NULL`, filingID)
	return n == len(Channels), err
}
