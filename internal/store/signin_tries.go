package store

import (
	"context"
	"database/sql"
	"errors"
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

// SignInTries counts an account's recent attempts that failed or aren't answered yet. Unknown accounts are counted like
// known ones.
func (s *Store) SignInTries(ctx context.Context, login string) (tries int, err error) {
	hash, err := s.keys.Hash("sign_in_tries", login)
	if err != nil {
		return 0, err
	}
	err = s.db.GetContext(ctx, &tries, `SELECT tries FROM sign_in_tries WHERE login_hash = ?
		AND last_at > ?`, hash, s.utcNow().Add(-triesMemory))
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return tries, err
}

// TakeTry counts an attempt before the password is compared, so that parallel guesses can't share one. If wait isn't 0,
// the attempt is denied until then.
func (s *Store) TakeTry(ctx context.Context, login string) (wait time.Duration, err error) {
	hash, err := s.keys.Hash("sign_in_tries", login)
	if err != nil {
		return 0, err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		wait = 0
		// Creates the row or takes its exclusive lock. IGNORE would take a shared lock, and two writers would deadlock.
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO sign_in_tries (login_hash, tries, last_at, next_at) VALUES (?, 0, ?, ?)
			ON DUPLICATE KEY UPDATE tries = tries`, hash, now, now); err != nil {
			return err
		}
		var row struct {
			Tries  int       `db:"tries"`
			LastAt time.Time `db:"last_at"`
			NextAt time.Time `db:"next_at"`
		}
		if err := tx.GetContext(ctx, &row, `SELECT tries, last_at, next_at FROM sign_in_tries WHERE login_hash = ?
			FOR UPDATE`, hash); err != nil {
			return err
		}
		if wait = row.NextAt.Sub(now); wait > 0 {
			return nil
		}
		wait = 0
		if now.Sub(row.LastAt) >= triesMemory {
			row.Tries = 0
		}
		_, err := tx.ExecContext(ctx, `UPDATE sign_in_tries SET tries = ?, last_at = ?, next_at = ? WHERE login_hash = ?`,
			row.Tries+1, now, now.Add(pauseAfter(row.Tries+1)), hash)
		return err
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
func (s *Store) ForgetTries(ctx context.Context, login string) error {
	hash, err := s.keys.Hash("sign_in_tries", login)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `DELETE FROM sign_in_tries WHERE login_hash = ?`, hash)
	return err
}
