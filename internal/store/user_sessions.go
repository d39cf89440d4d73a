package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// lastSeenResolution is how exactly it is kept when a session was last used: to the hour
// is enough to know one's own, and spares a write for each page.
const lastSeenResolution = time.Hour

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
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO user_sessions (user_id, agent, created_at, last_seen_at, expires_at) VALUES (?, ?, ?, ?, ?)`,
			userID, agent, now, now, now.Add(lifetime))
		if err != nil {
			return fmt.Errorf("noting a session: %w", err)
		}
		id, err = res.LastInsertId()
		return err
	})
	return id, err
}

// SecondFactor notes that a session's person gave their second factor too.
func (s *Store) SecondFactor(ctx context.Context, userID, id int64) error {
	_, err := s.db.ExecContext(ctx, `UPDATE user_sessions SET second_factor = TRUE WHERE id = ? AND user_id = ?`, id, userID)
	return err
}

// SessionState is what a session is worth now, whatever was so when it began.
type SessionState struct {
	// Lives tells that it wasn't ended, nor its account closed.
	Lives bool
	// StaffRole is the account's; empty of customers.
	StaffRole StaffRole
	// SecondFactor was given in it; Enrolled: the account has one.
	SecondFactor, Enrolled bool
}

// SessionState looks a session up, and notes that it is used.
func (s *Store) SessionState(ctx context.Context, userID, id int64) (state SessionState, err error) {
	now := s.utcNow()
	var rows []struct {
		Seen         time.Time    `db:"last_seen_at"`
		SecondFactor bool         `db:"second_factor"`
		Role         Role         `db:"role"`
		StaffRole    StaffRole    `db:"staff_role"`
		DisabledAt   sql.NullTime `db:"disabled_at"`
		Enrolled     bool         `db:"enrolled"`
	}
	if err := s.db.SelectContext(ctx, &rows, `
		SELECT s.last_seen_at, s.second_factor, u.role, u.staff_role, u.disabled_at, t.sealed_secret IS NOT NULL AS enrolled
		FROM user_sessions s JOIN users u ON u.id = s.user_id LEFT JOIN staff_totp t ON t.user_id = u.id
		WHERE s.id = ? AND s.user_id = ? AND s.expires_at > ?`, id, userID, now); err != nil {
		return state, err
	}
	if len(rows) == 0 || rows[0].DisabledAt.Valid {
		return state, nil
	}
	r := rows[0]
	state = SessionState{Lives: true, SecondFactor: r.SecondFactor, Enrolled: r.Enrolled}
	if r.Role == RoleSupport {
		if state.StaffRole = r.StaffRole; r.StaffRole == "" {
			state.StaffRole = StaffViewer
		}
	}
	if now.Sub(r.Seen) >= lastSeenResolution {
		_, err = s.db.ExecContext(ctx, `UPDATE user_sessions SET last_seen_at = ? WHERE id = ?`, now, id)
	}
	return state, err
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
		`DELETE FROM saved_posts WHERE expires_at < ?`:     now,
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
