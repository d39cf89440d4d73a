package store

import (
	"context"
	"errors"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// codeBox locates one code: a row with the columns of a Verification.
type codeBox struct {
	table, where string
	args         []any
	// use separates the codes of different kinds of rows under the same key.
	use string
	// spend, if set, takes a send from its quotas. If one is used up, the code is never sent.
	spend func(*sqlx.Tx) error
	// judge, if set, is asked before a code is compared; if it denies, the code counts as wrong.
	judge func() (bool, error)
}

// set changes the code's row if a condition holds, and reports whether it did.
func (b codeBox) set(ctx context.Context, db sqlx.ExecerContext, set, condition fragment) (bool, error) {
	return changed(ctx, db, `UPDATE `+b.table+` SET `+set.sql+` WHERE `+b.where+condition.sql,
		slices.Concat(set.args, b.args, condition.args)...)
}

// readCode reads a code's row.
func (s *Store) readCode(ctx context.Context, b codeBox) (Verification, error) {
	return find[Verification](ctx, s.db, "verification", `SELECT `+verificationColumns+` FROM `+b.table+` WHERE `+b.where,
		b.args...)
}

// lockCode reads and locks a code's row.
func lockCode(ctx context.Context, tx *sqlx.Tx, b codeBox) (Verification, error) {
	return find[Verification](ctx, tx, "verification", `SELECT `+verificationColumns+` FROM `+b.table+
		` WHERE `+b.where+` FOR UPDATE`, b.args...)
}

// nextSend returns the number of the next code: ErrConflict if the address is verified, ErrCodeTooSoon within a minute
// of the previous code; with ErrCodePending it returns that one's number.
func (s *Store) nextSend(ctx context.Context, tx *sqlx.Tx, b codeBox) (send int, err error) {
	v, err := lockCode(ctx, tx, b)
	switch {
	case err != nil:
		return 0, err
	case v.VerifiedAt.Valid:
		return 0, ErrConflict
	case s.now().Sub(v.RequestedAt) < filing.ResendAfter && !v.SentAt.Valid:
		return v.Sends, ErrCodePending
	case s.now().Sub(v.RequestedAt) < filing.ResendAfter:
		return 0, ErrCodeTooSoon
	}
	return v.Sends + 1, nil
}

// prepareCode derives the newest code and starts its ten minutes; see PrepareCode.
func (s *Store) prepareCode(ctx context.Context, b codeBox) (code string, send int, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		send = 0
		v, err := lockCode(ctx, tx, b)
		if err != nil {
			return err
		}
		if v.SentAt.Valid || v.VerifiedAt.Valid {
			return nil
		}
		if b.spend != nil && v.CodeHash == nil { // only once, however often the activity is retried
			err := s.try(ctx, tx, b.spend)
			if errors.Is(err, ErrQuota) {
				_, err := b.set(ctx, tx, fragmentOf(`sent_at = ?`, s.utcNow()), fragment{})
				return err
			} else if err != nil {
				return err
			}
		}
		send = v.Sends
		if code, err = s.keys.Digits(b.use, v.Nonce, filing.CodeDigits); err != nil {
			return err
		}
		hash, err := s.keys.Hash(b.use, code)
		if err != nil {
			return err
		}
		_, err = b.set(ctx, tx, fragmentOf(`code_hash = ?, expires_at = ?`, hash, s.utcNow().Add(filing.CodeTTL)), fragment{})
		return err
	})
	return code, send, err
}

func (s *Store) codeSent(ctx context.Context, b codeBox, send int) error {
	_, err := b.set(ctx, s.db, fragmentOf(`sent_at = ?`, s.utcNow()), fragmentOf(` AND sends = ?`, send))
	return err
}

// verifyCode checks the code that the user entered. A separate statement counts the attempt before the code is
// compared, so that parallel guesses can't share one attempt; a conditional update then uses up the code. already
// reports that the code was used before, which the caller must judge.
func (s *Store) verifyCode(ctx context.Context, b codeBox, code string) (already bool, err error) {
	now := s.utcNow()
	// An expired lock resets the attempts.
	if _, err := b.set(ctx, s.db, fragmentOf(`tries = 0, locked_until = NULL`),
		fragmentOf(` AND locked_until <= ?`, now)); err != nil {
		return false, err
	}
	counted, err := b.set(ctx, s.db, fragmentOf(`tries = tries + 1`),
		fragmentOf(` AND tries < ? AND verified_at IS NULL`, filing.MaxWrongTries))
	if err != nil {
		return false, err
	}
	v, err := s.readCode(ctx, b)
	if err != nil || v.VerifiedAt.Valid {
		return err == nil, err
	}
	if !counted {
		return false, ErrCodeLocked
	}
	right, err := s.keys.Same(v.CodeHash, b.use, code)
	if err == nil && b.judge != nil {
		var allowed bool
		allowed, err = b.judge()
		right = right && allowed
	}
	if err != nil {
		return false, err
	}
	if !right {
		if v.Tries >= filing.MaxWrongTries {
			_, err := b.set(ctx, s.db, fragmentOf(`locked_until = ?`, now.Add(filing.LockFor)),
				fragmentOf(` AND locked_until IS NULL`))
			return false, errors.Join(ErrCodeLocked, err)
		}
		return false, ErrCodeWrong
	}
	// A right code isn't a wrong attempt: undo the count.
	ok, err := b.set(ctx, s.db, fragmentOf(`verified_at = ?, tries = tries - 1`, now),
		fragmentOf(` AND verified_at IS NULL AND code_hash = ? AND expires_at > ?`, v.CodeHash, now))
	if err != nil || ok {
		return false, err
	}
	// Late, but not wrong.
	_, err = b.set(ctx, s.db, fragmentOf(`tries = tries - 1`), fragmentOf(` AND verified_at IS NULL`))
	return false, errors.Join(ErrCodeExpired, err)
}
