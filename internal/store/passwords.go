package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// recoveryLifetime is how long after its code was verified a password may be set.
const recoveryLifetime = 15 * time.Minute

// PasswordVersion is the number of an account's password changes.
func (s *Store) PasswordVersion(ctx context.Context, userID int64) (int, error) {
	return find[int](ctx, s.db, "user", `SELECT password_version FROM users WHERE id = ?`, userID)
}

// RecoveredUser returns the user whose password a verified code may set; ErrNotFound if the code is too old or used.
func (s *Store) RecoveredUser(ctx context.Context, codeID int64) (User, error) {
	id, err := s.recoveredUser(ctx, s.db, codeID, ``)
	if err != nil {
		return User{}, err
	}
	return s.User(ctx, id)
}

func (s *Store) recoveredUser(ctx context.Context, db sqlx.QueryerContext, codeID int64, lock string) (int64, error) {
	return find[int64](ctx, db, "recovery", `SELECT user_id FROM account_codes WHERE id = ? AND purpose = ?
		AND user_id IS NOT NULL AND verified_at > ?`+lock, codeID, PurposePassword, s.utcNow().Add(-recoveryLifetime))
}

// SetPassword replaces an account's password hash unconditionally and ends all its sessions.
func (s *Store) SetPassword(ctx context.Context, userID int64, passwordHash string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := exec(ctx, tx, `UPDATE users SET password_hash = ?, password_version = password_version + 1,
			initial_password_until = NULL WHERE id = ?`, passwordHash, userID); err != nil {
			return err
		}
		return endSessions(ctx, tx, userID, 0)
	})
}

// ChangePassword replaces the given version of an account's password hash and ends every session except one (0: every
// one). It returns ErrConflict if the password was changed in the meantime.
func (s *Store) ChangePassword(ctx context.Context, userID int64, version int, passwordHash string,
	keepSession int64) error {
	return s.tx(ctx,
		func(tx *sqlx.Tx) error { return changePassword(ctx, tx, userID, version, passwordHash, keepSession) })
}

func changePassword(ctx context.Context, tx *sqlx.Tx, userID int64, version int, passwordHash string,
	keepSession int64) error {
	if err := changeOne(ctx, tx, `UPDATE users SET password_hash = ?, password_version = password_version + 1,
		initial_password_until = NULL WHERE id = ? AND password_version = ?`, passwordHash, userID, version); err != nil {
		return err
	}
	return endSessions(ctx, tx, userID, keepSession)
}

// RecoverPassword is ChangePassword with a verified code, which it uses up. It returns ErrNotFound if the code can no
// longer be used.
func (s *Store) RecoverPassword(ctx context.Context, codeID int64, version int, passwordHash string) error {
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		userID, err := s.recoveredUser(ctx, tx, codeID, ` FOR UPDATE`)
		if err != nil {
			return err
		}
		// Codes that other browsers asked for end with it.
		if err := exec(ctx, tx, `UPDATE account_codes SET verified_at = NULL, code_hash = NULL WHERE user_id = ?
			AND purpose = ?`, userID, PurposePassword); err != nil {
			return err
		}
		return changePassword(ctx, tx, userID, version, passwordHash, 0)
	})
	return during(err, "recovering a password")
}

// PasswordNotice reports whether the change with this version has been made (ready), and whether the account's owner
// was notified of it (told).
func (s *Store) PasswordNotice(ctx context.Context, userID int64, version int) (ready, told bool, err error) {
	err = scan(ctx, s.db, "user", fragmentOf(`SELECT password_version >= ?, password_notified >= ? FROM users
		WHERE id = ?`, version, version, userID), &ready, &told)
	return ready, told, err
}

// PasswordNoticeSent records that the account's owner was notified.
func (s *Store) PasswordNoticeSent(ctx context.Context, userID int64, version int) error {
	return exec(ctx, s.db, `UPDATE users SET password_notified = ? WHERE id = ?
		AND password_notified < ?`, version, userID, version)
}
