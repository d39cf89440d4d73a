package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// triesMemory is how long an account's attempts count.
	triesMemory = 30 * time.Minute
	// freeTries are allowed without a pause; each further attempt doubles the pause.
	freeTries = 5
	// maxPause limits guessing to about 1,500 attempts a day without locking anybody out.
	maxPause = time.Minute
)

// TryKind is what an attempt is at. Each has a count of its own, so that no login can be chosen to hit another's.
type TryKind string

// Attempts at a password when signing in, at the present password of somebody signed in, and at the second factor.
const (
	TrySignIn  TryKind = "sign_in"
	TryAccount TryKind = "account"
	TryFactor  TryKind = "factor"
)

func (s *Store) tryHash(kind TryKind, login string) ([]byte, error) {
	return s.keys.Hash("sign_in_tries/"+string(kind), login)
}

// SignInTries counts an account's recent attempts that failed or aren't answered yet. Unknown accounts are counted like
// known ones.
func (s *Store) SignInTries(ctx context.Context, login string) (tries int, err error) {
	hash, err := s.tryHash(TrySignIn, login)
	if err != nil {
		return 0, err
	}
	tries, _, err = getOptional[int](ctx, s.db, `SELECT tries FROM sign_in_tries WHERE login_hash = ? AND last_at > ?`,
		hash, s.utcNow().Add(-triesMemory))
	return tries, err
}

// TakeTry counts an attempt before the password is compared, so that parallel guesses can't share one. If wait isn't 0,
// the attempt is denied until then.
func (s *Store) TakeTry(ctx context.Context, kind TryKind, login string) (wait time.Duration, err error) {
	hash, err := s.tryHash(kind, login)
	if err != nil {
		return 0, err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		// Creates the row or takes its exclusive lock. IGNORE would take a shared lock, and two writers would deadlock.
		if err := exec(ctx, tx, `INSERT INTO sign_in_tries (login_hash, tries, last_at, next_at) VALUES (?, 0, ?, ?)
			ON DUPLICATE KEY UPDATE tries = tries`, hash, now, now); err != nil {
			return err
		}
		var tries int
		var last, next time.Time
		if err := scan(ctx, tx, "attempts", fragmentOf(`SELECT tries, last_at, next_at FROM sign_in_tries WHERE login_hash = ?
			FOR UPDATE`, hash), &tries, &last, &next); err != nil {
			return err
		}
		if wait = max(0, next.Sub(now)); wait > 0 {
			return nil
		}
		if now.Sub(last) >= triesMemory {
			tries = 0
		}
		return exec(ctx, tx, `UPDATE sign_in_tries SET tries = ?, last_at = ?, next_at = ? WHERE login_hash = ?`,
			tries+1, now, now.Add(pauseAfter(tries+1)), hash)
	})
	return wait, err
}

func pauseAfter(tries int) time.Duration {
	if tries < freeTries {
		return 0
	}
	return min(time.Second<<min(tries-freeTries, 10), maxPause)
}

// ForgetTries resets the count after a right password.
func (s *Store) ForgetTries(ctx context.Context, kind TryKind, login string) error {
	hash, err := s.tryHash(kind, login)
	if err != nil {
		return err
	}
	return exec(ctx, s.db, `DELETE FROM sign_in_tries WHERE login_hash = ?`, hash)
}
