package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// triesMemory is how long an account's tries count.
	triesMemory = 30 * time.Minute
	// freeTries come without a pause; each one after doubles it.
	freeTries = 5
	// maxPause between two tries: it slows guessing to a thousand and a half a
	// day, and locks nobody out.
	maxPause = time.Minute
)

// SignInTries is how often a password was tried lately, in vain or not yet
// answered. Unknown accounts count as known ones do.
func (s *Store) SignInTries(ctx context.Context, login string) (tries int, err error) {
	hash, err := s.keys.Hash("sign_in_tries", login)
	if err != nil {
		return 0, err
	}
	err = s.db.GetContext(ctx, &tries, `SELECT tries FROM sign_in_tries WHERE login_hash = ? AND last_at > ?`, hash, s.utcNow().Add(-triesMemory))
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return tries, err
}

// TakeTry counts a try before the password is looked at, so that parallel
// guesses can't share one. wait, when it isn't 0, says that the try wasn't
// given, and how long until one is.
func (s *Store) TakeTry(ctx context.Context, login string) (wait time.Duration, err error) {
	hash, err := s.keys.Hash("sign_in_tries", login)
	if err != nil {
		return 0, err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		wait = 0
		// makes the row or takes its exclusive lock: IGNORE would take a shared one,
		// over which two that want to write fall out
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO sign_in_tries (login_hash, tries, last_at, next_at) VALUES (?, 0, ?, ?) ON DUPLICATE KEY UPDATE tries = tries`, hash, now, now); err != nil {
			return err
		}
		var row struct {
			Tries  int       `db:"tries"`
			LastAt time.Time `db:"last_at"`
			NextAt time.Time `db:"next_at"`
		}
		if err := tx.GetContext(ctx, &row, `SELECT tries, last_at, next_at FROM sign_in_tries WHERE login_hash = ? FOR UPDATE`, hash); err != nil {
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

// ForgetTries starts counting anew: the password was right.
func (s *Store) ForgetTries(ctx context.Context, login string) error {
	hash, err := s.keys.Hash("sign_in_tries", login)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `DELETE FROM sign_in_tries WHERE login_hash = ?`, hash)
	return err
}
