package store

import (
	"context"
	"errors"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// codeBox locates one code: a row with the columns of a Verification.
type codeBox struct {
	table, where string
	args         []any
	// use separates the codes of different kinds of rows under the same key.
	use string
}

// with prepends values to those that identify the row.
func (b codeBox) with(values ...any) []any { return append(values, b.args...) }

// lockCode reads and locks a code's row.
func lockCode(ctx context.Context, tx *sqlx.Tx, b codeBox) (Verification, error) {
	var v Verification
	err := tx.GetContext(ctx, &v, `SELECT `+verificationColumns+` FROM `+b.table+` WHERE `+b.where+
		` FOR UPDATE`, b.args...)
	return v, notFoundAs(err, "verification")
}

// nextSend returns the number of the next code: ErrConflict if the address is verified, ErrCodeTooSoon within a minute
// of the previous code.
func (s *Store) nextSend(ctx context.Context, tx *sqlx.Tx, b codeBox) (send int, err error) {
	v, err := lockCode(ctx, tx, b)
	switch {
	case err != nil:
		return 0, err
	case v.VerifiedAt.Valid:
		return 0, ErrConflict
	case s.now().Sub(v.RequestedAt) < filing.ResendAfter:
		return 0, ErrCodeTooSoon
	}
	return v.Sends + 1, nil
}

// prepareCode derives a send's code and starts its ten minutes; see PrepareCode.
func (s *Store) prepareCode(ctx context.Context, b codeBox, send int) (code string, ok bool, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		ok = false
		v, err := lockCode(ctx, tx, b)
		if err != nil {
			return err
		}
		if v.Sends != send || v.SentAt.Valid || v.VerifiedAt.Valid {
			return nil
		}
		if code, err = s.keys.Digits(b.use, v.Nonce, filing.CodeDigits); err != nil {
			return err
		}
		hash, err := s.keys.Hash(b.use, code)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE `+b.table+` SET code_hash = ?, expires_at = ? WHERE `+b.where,
			b.with(hash, s.utcNow().Add(filing.CodeTTL))...)
		ok = err == nil
		return err
	})
	return code, ok, err
}

func (s *Store) codeSent(ctx context.Context, b codeBox, send int) error {
	_, err := s.db.ExecContext(ctx, `UPDATE `+b.table+` SET sent_at = ? WHERE
		`+b.where+` AND sends = ?`, append(b.with(s.utcNow()), send)...)
	return err
}

// verifyCode checks the code that the user entered. A separate statement counts the attempt before the code is
// compared, so that parallel guesses can't share one attempt; a conditional update then uses up the code. already
// reports that the code was used before, which the caller must judge.
func (s *Store) verifyCode(ctx context.Context, b codeBox, code string) (already bool, err error) {
	now := s.utcNow()
	// An expired lock resets the attempts.
	if _, err := s.db.ExecContext(ctx, `UPDATE `+b.table+` SET tries = 0, locked_until = NULL
		WHERE `+b.where+` AND locked_until <= ?`,
		append(b.with(), now)...); err != nil {
		return false, err
	}
	res, err := s.db.ExecContext(ctx, `UPDATE `+b.table+` SET tries = tries + 1
		WHERE `+b.where+` AND tries < ? AND verified_at IS NULL`,
		append(b.with(), filing.MaxWrongTries)...)
	if err != nil {
		return false, err
	}
	counted, err := changedOneRow(res)
	if err != nil {
		return false, err
	}
	var v Verification
	err = s.db.GetContext(ctx, &v, `SELECT `+verificationColumns+` FROM `+b.table+` WHERE `+b.where, b.args...)
	if err != nil {
		return false, notFoundAs(err, "verification")
	}
	if v.VerifiedAt.Valid {
		return true, nil
	}
	if !counted {
		return false, ErrCodeLocked
	}
	right, err := s.keys.Same(v.CodeHash, b.use, code)
	if err != nil {
		return false, err
	}
	if !right {
		if v.Tries >= filing.MaxWrongTries {
			_, err := s.db.ExecContext(ctx, `UPDATE `+b.table+` SET locked_until = ? WHERE `+b.where+` AND locked_until IS NULL`,
				b.with(now.Add(filing.LockFor))...)
			return false, errors.Join(ErrCodeLocked, err)
		}
		return false, ErrCodeWrong
	}
	// A right code isn't a wrong attempt: undo the count.
	res, err = s.db.ExecContext(ctx, `
		UPDATE `+b.table+` SET verified_at = ?, tries = tries - 1
		WHERE `+b.where+` AND verified_at IS NULL AND code_hash = ?
			AND expires_at > ?`, append(b.with(now), v.CodeHash, now)...)
	if err != nil {
		return false, err
	}
	if ok, err := changedOneRow(res); err != nil {
		return false, err
	} else if !ok {
		// Late, but not wrong.
		_, err := s.db.ExecContext(ctx, `UPDATE `+b.table+` SET tries = tries - 1
			WHERE `+b.where+` AND verified_at IS NULL`, b.args...)
		return false, errors.Join(ErrCodeExpired, err)
	}
	return false, nil
}
