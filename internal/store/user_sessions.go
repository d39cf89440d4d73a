package store

import (
	"context"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
)

// lastSeenResolution is the precision of a session's last use: an hour is enough to recognise one's own, and avoids a
// write per page.
const lastSeenResolution = time.Hour

// UserSession is a session of an account.
type UserSession struct {
	ID         int64     `db:"id"`
	Agent      string    `db:"agent"`
	CreatedAt  time.Time `db:"created_at"`
	LastSeenAt time.Time `db:"last_seen_at"`
	// Launched: the provider's panel began it (UseLaunch).
	Launched bool `db:"launched"`
}

// BeginSession records that an account signed in for a lifetime.
func (s *Store) BeginSession(ctx context.Context, userID int64, agent string,
	lifetime time.Duration) (id int64, err error) {
	now := s.utcNow()
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		id, err = insert(ctx, tx, `INSERT INTO user_sessions (user_id, agent, created_at, last_seen_at, expires_at)
			VALUES (?, ?, ?, ?, ?)`, userID, agent, now, now, now.Add(lifetime))
		return during(err, "updating a session")
	})
	return id, err
}

// SecondFactor records that the second factor was given in a session.
func (s *Store) SecondFactor(ctx context.Context, userID, id int64) error {
	return exec(ctx, s.db, `UPDATE user_sessions SET second_factor = TRUE WHERE id = ? AND user_id = ?`, id, userID)
}

// SessionState is a session's current state, regardless of its state at sign-in.
type SessionState struct {
	// Lives: neither ended nor of a disabled account.
	Lives bool
	// StaffRole is the account's; empty for customers.
	StaffRole StaffRole
	// SecondFactor: it was given in this session. Enrolled: the account has one.
	SecondFactor, Enrolled bool
	// Launched: nobody proved anything when it began, since the provider's panel vouched for them. HasPassword: the
	// account has one.
	Launched, HasPassword bool
}

// SessionUse is how a session is used.
type SessionUse struct {
	// Idle ends a session that was unused for so long; 0: none.
	Idle time.Duration
	// Unattended: the request is a script's, and doesn't count as use.
	Unattended bool
}

// SessionState reads a session and records that it is used.
func (s *Store) SessionState(ctx context.Context, userID, id int64, use SessionUse) (state SessionState, err error) {
	now := s.utcNow()
	var seen time.Time
	var role Role
	err = scan(ctx, s.db, "session", fragmentOf(`
		SELECT TRUE, s.last_seen_at, s.second_factor, u.role, u.staff_role, t.sealed_secret IS NOT NULL,
			s.launched_by IS NOT NULL, u.password_hash <> ''
		FROM user_sessions s JOIN users u ON u.id = s.user_id LEFT JOIN staff_totp t ON t.user_id = u.id
		WHERE s.id = ? AND s.user_id = ? AND s.expires_at > ? AND u.disabled_at IS NULL`, id, userID, now),
		&state.Lives, &seen, &state.SecondFactor, &role, &state.StaffRole, &state.Enrolled,
		&state.Launched, &state.HasPassword)
	if errors.Is(err, ErrNotFound) {
		return state, nil
	} else if err != nil {
		return SessionState{}, err
	}
	resolution := lastSeenResolution
	if use.Idle > 0 {
		if now.Sub(seen) >= use.Idle {
			return SessionState{}, s.EndSession(ctx, userID, id)
		}
		resolution = min(resolution, use.Idle/8)
	}
	if role != RoleSupport {
		state.StaffRole = ""
	} else if state.StaffRole == "" {
		state.StaffRole = StaffViewer
	}
	if now.Sub(seen) >= resolution && !use.Unattended {
		err = exec(ctx, s.db, `UPDATE user_sessions SET last_seen_at = ? WHERE id = ?`, now, id)
	}
	return state, err
}

// UserSessions lists an account's sessions, newest first.
func (s *Store) UserSessions(ctx context.Context, userID int64) ([]UserSession, error) {
	return selectAll[UserSession](ctx, s.db, `
		SELECT id, agent, created_at, last_seen_at, launched_by IS NOT NULL AS launched FROM user_sessions
		WHERE user_id = ? AND expires_at > ? ORDER BY id DESC LIMIT 100`, userID, s.utcNow())
}

// EndSession ends one of an account's sessions.
func (s *Store) EndSession(ctx context.Context, userID, id int64) error {
	return exec(ctx, s.db, `DELETE FROM user_sessions WHERE id = ? AND user_id = ?`, id, userID)
}

// EndOtherSessions ends all of an account's sessions except one.
func (s *Store) EndOtherSessions(ctx context.Context, userID, keep int64) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error { return endSessions(ctx, tx, userID, keep) })
}

func endSessions(ctx context.Context, tx *sqlx.Tx, userID, keep int64) error {
	return exec(ctx, tx, `DELETE FROM user_sessions WHERE user_id = ? AND id <> ?`, userID, keep)
}

// PurgeSignIn deletes expired sessions, attempts, codes, saved forms and abandoned drafts.
func (s *Store) PurgeSignIn(ctx context.Context) error {
	now := s.utcNow()
	return during(execAll(ctx, s.db,
		fragmentOf(`DELETE FROM user_sessions WHERE expires_at < ?`, now),
		fragmentOf(`DELETE FROM saved_posts WHERE expires_at < ?`, now),
		fragmentOf(`DELETE FROM captchas WHERE expires_at < ?`, now),
		fragmentOf(`DELETE FROM api_answers WHERE expires_at < ?`, now),
		fragmentOf(`DELETE FROM launches WHERE created_at < ?`, now.Add(-keepLaunches)),
		fragmentOf(`DELETE FROM quota_usage WHERE ends_at < ?`, now),
		fragmentOf(`DELETE FROM account_notices WHERE created_at < ?`, now.Add(-keepAccountNotices)),
		fragmentOf(`DELETE FROM message_deliveries WHERE settled_at < ?`, now.Add(-keepDeliveries)),
		fragmentOf(`DELETE FROM refused_addresses WHERE refused_at < ?`, now.Add(-keepRefusals)),
		fragmentOf(`DELETE FROM sign_in_tries WHERE last_at < ?`, now.Add(-triesMemory)),
		fragmentOf(`DELETE FROM account_codes WHERE requested_at < ?`, now.Add(-keepCodes)),
		fragmentOf(`DELETE FROM order_drafts WHERE updated_at < ?`, now.Add(-keepOrderDrafts))), "purging sign-in data")
}
