package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// seenEvery is how exactly it is kept when a session was last used: to the hour
// is enough to know one's own, and spares a write for each page.
const seenEvery = time.Hour

// UserSession is a session of an account.
type UserSession struct {
	ID         int64     `db:"id"`
	Agent      string    `db:"agent"`
	CreatedAt  time.Time `db:"created_at"`
	LastSeenAt time.Time `db:"last_seen_at"`
}

// BeginSession notes that an account signed in, for so long.
func (s *Store) BeginSession(ctx context.Context, userID int64, agent string, lifetime time.Duration) (id int64, err error) {
	now := s.utcNow()
	res, err := s.db.ExecContext(ctx, `INSERT INTO user_sessions (user_id, agent, created_at, last_seen_at, expires_at) VALUES (?, ?, ?, ?, ?)`,
		userID, agent, now, now, now.Add(lifetime))
	if err != nil {
		return 0, fmt.Errorf("noting a session: %w", err)
	}
	return res.LastInsertId()
}

// SessionLives tells whether a session wasn't ended, and notes that it is used.
func (s *Store) SessionLives(ctx context.Context, userID, id int64) (bool, error) {
	now := s.utcNow()
	var seen []time.Time
	if err := s.db.SelectContext(ctx, &seen, `SELECT last_seen_at FROM user_sessions WHERE id = ? AND user_id = ? AND expires_at > ?`, id, userID, now); err != nil {
		return false, err
	}
	if len(seen) == 0 {
		return false, nil
	}
	if now.Sub(seen[0]) >= seenEvery {
		_, err := s.db.ExecContext(ctx, `UPDATE user_sessions SET last_seen_at = ? WHERE id = ?`, now, id)
		return true, err
	}
	return true, nil
}

// UserSessions lists an account's sessions, the newest first.
func (s *Store) UserSessions(ctx context.Context, userID int64) ([]UserSession, error) {
	var list []UserSession
	err := s.db.SelectContext(ctx, &list, `
		SELECT id, agent, created_at, last_seen_at FROM user_sessions WHERE user_id = ? AND expires_at > ? ORDER BY id DESC LIMIT 100`, userID, s.utcNow())
	return list, err
}

// EndSession ends one of an account's sessions.
func (s *Store) EndSession(ctx context.Context, userID, id int64) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM user_sessions WHERE id = ? AND user_id = ?`, id, userID)
	return err
}

// EndOtherSessions ends all of an account's sessions but one.
func (s *Store) EndOtherSessions(ctx context.Context, userID, keep int64) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error { return endSessions(ctx, tx, userID, keep) })
}

func endSessions(ctx context.Context, tx *sqlx.Tx, userID, keep int64) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM user_sessions WHERE user_id = ? AND id <> ?`, userID, keep)
	return err
}

// PurgeSignIn forgets what is past its time: sessions, tries, codes and forms
// that nobody came back for.
func (s *Store) PurgeSignIn(ctx context.Context) error {
	now := s.utcNow()
	for query, before := range map[string]time.Time{
		`DELETE FROM user_sessions WHERE expires_at < ?`:   now,
		`DELETE FROM kept_posts WHERE expires_at < ?`:      now,
		`DELETE FROM sign_in_tries WHERE last_at < ?`:      now.Add(-triesMemory),
		`DELETE FROM account_codes WHERE requested_at < ?`: now.Add(-keepCodes),
		`DELETE FROM order_drafts WHERE updated_at < ?`:    now.Add(-keepOrderDrafts),
	} {
		if _, err := s.db.ExecContext(ctx, query, before); err != nil {
			return fmt.Errorf("purging what sign-in kept: %w", err)
		}
	}
	return nil
}
