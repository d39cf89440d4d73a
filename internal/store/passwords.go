package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// recoveryLifetime is how long after its code was verified a password may be set.
const recoveryLifetime = 15 * time.Minute

// PasswordVersion is the number of an account's password changes.
func (s *Store) PasswordVersion(ctx context.Context, userID int64) (version int, err error) {
	err = s.db.GetContext(ctx, &version, `SELECT password_version FROM users WHERE id = ?`, userID)
	return version, notFoundAs(err, "user")
}

// RecoveredUser returns the user whose password a verified code may set; ErrNotFound if the code is too old or used.
func (s *Store) RecoveredUser(ctx context.Context, codeID int64) (User, error) {
	var id int64
	err := s.db.GetContext(ctx, &id, `SELECT user_id FROM account_codes WHERE id = ? AND purpose = ?
		AND user_id IS NOT NULL AND verified_at > ?`,
		codeID, PurposePassword, s.utcNow().Add(-recoveryLifetime))
	if err != nil {
		return User{}, notFoundAs(err, "recovery")
	}
	return s.User(ctx, id)
}

// SetPassword replaces an account's password hash unconditionally and ends all its sessions.
func (s *Store) SetPassword(ctx context.Context, userID int64, passwordHash string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE users SET password_hash = ?, password_version = password_version + 1,
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
		func(tx *sqlx.Tx) error { return s.changePassword(ctx, tx, userID, version, passwordHash, keepSession) })
}

// RecoverPassword is ChangePassword with a verified code, which it uses up. It returns ErrNotFound if the code can no
// longer be used.
func (s *Store) RecoverPassword(ctx context.Context, codeID int64, version int, passwordHash string) error {
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		var userID int64
		if err := tx.GetContext(ctx, &userID, `
			SELECT user_id FROM account_codes WHERE id = ? AND purpose = ? AND user_id IS NOT NULL AND verified_at > ?
			FOR UPDATE`,
			codeID, PurposePassword, s.utcNow().Add(-recoveryLifetime)); err != nil {
			return notFoundAs(err, "recovery")
		}
		if _, err := tx.ExecContext(ctx, `UPDATE account_codes SET verified_at = NULL, code_hash = NULL
			WHERE id = ?`, codeID); err != nil {
			return err
		}
		return s.changePassword(ctx, tx, userID, version, passwordHash, 0)
	})
	if err != nil {
		return fmt.Errorf("recovering a password: %w", err)
	}
	return nil
}

func (s *Store) changePassword(ctx context.Context, tx *sqlx.Tx, userID int64, version int, passwordHash string,
	keepSession int64) error {
	res, err := tx.ExecContext(ctx, `UPDATE users SET password_hash = ?, password_version = password_version + 1,
		initial_password_until = NULL WHERE id = ? AND password_version = ?`,
		passwordHash, userID, version)
	if err != nil {
		return err
	}
	if ok, err := changedOneRow(res); err != nil {
		return err
	} else if !ok {
		return ErrConflict
	}
	return endSessions(ctx, tx, userID, keepSession)
}

// PasswordNotice reports whether the change with this version has been made (ready), and whether the account's owner
// was notified of it (told).
func (s *Store) PasswordNotice(ctx context.Context, userID int64, version int) (ready, told bool, err error) {
	var row struct {
		Version int `db:"password_version"`
		Told    int `db:"password_notified"`
	}
	err = s.db.GetContext(ctx, &row, `SELECT password_version, password_notified FROM users WHERE id = ?`, userID)
	return row.Version >= version, row.Told >= version, notFoundAs(err, "user")
}

// PasswordNoticeSent records that the account's owner was notified.
func (s *Store) PasswordNoticeSent(ctx context.Context, userID int64, version int) error {
	_, err := s.db.ExecContext(ctx, `UPDATE users SET password_notified = ? WHERE id = ?
		AND password_notified < ?`, version, userID, version)
	return err
}
