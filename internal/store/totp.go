package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// TOTP is an account's second factor.
type TOTP struct {
	// Secret is in base32; empty if none is enrolled.
	Secret string
	// Pending is a secret that is being enrolled.
	Pending string
	// LastStep is the last used time step: it and earlier ones are no longer valid.
	LastStep int64
	// RecoveryCodes is how many are left.
	RecoveryCodes int
}

// Enrolled reports whether the account has a second factor.
func (t TOTP) Enrolled() bool { return t.Secret != "" }

func totpAAD(userID int64, what string) string {
	return fmt.Sprintf("staff_totp/%d/%s", userID, what)
}

// TOTP returns an account's second factor; empty if it has none.
func (s *Store) TOTP(ctx context.Context, userID int64) (t TOTP, err error) {
	var row struct {
		Secret   []byte `db:"sealed_secret"`
		Pending  []byte `db:"sealed_pending"`
		LastStep int64  `db:"last_step"`
		Left     int    `db:"codes"`
	}
	err = s.db.GetContext(ctx, &row, `
		SELECT sealed_secret, sealed_pending, last_step, (SELECT COUNT(*) FROM staff_recovery_codes c
		WHERE c.user_id = t.user_id AND c.used_at IS NULL) AS codes
		FROM staff_totp t WHERE user_id = ?`, userID)
	if errors.Is(err, sql.ErrNoRows) {
		return t, nil
	}
	if err != nil {
		return t, err
	}
	t.LastStep, t.RecoveryCodes = row.LastStep, row.Left
	for _, part := range []struct {
		sealed []byte
		what   string
		to     *string
	}{{row.Secret, "secret", &t.Secret}, {row.Pending, "pending", &t.Pending}} {
		if part.sealed == nil {
			continue
		}
		plain, err := s.keys.Open(totpAAD(userID, part.what), part.sealed)
		if err != nil {
			return t, err
		}
		*part.to = string(plain)
	}
	return t, nil
}

// BeginTOTP stores a secret shown for enrolment, replacing an unconfirmed one.
func (s *Store) BeginTOTP(ctx context.Context, userID int64, secret string) error {
	sealed, err := s.keys.Seal(totpAAD(userID, "pending"), []byte(secret))
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `
		INSERT INTO staff_totp (user_id, sealed_pending) VALUES (?, ?) ON DUPLICATE KEY UPDATE sealed_pending =
		VALUES(sealed_pending)`, userID, sealed)
	return err
}

// EnrolTOTP makes a pending secret the second factor; step is the time step of the code that confirmed it. The recovery
// codes replace all earlier ones. It returns ErrConflict if another secret, or none, is pending.
func (s *Store) EnrolTOTP(ctx context.Context, userID int64, secret string, step int64, recovery []string) error {
	sealed, err := s.keys.Seal(totpAAD(userID, "secret"), []byte(secret))
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var pending []byte
		if err := tx.GetContext(ctx, &pending, `SELECT sealed_pending FROM staff_totp WHERE user_id = ?
			FOR UPDATE`, userID); err != nil {
			return notFoundAs(err, "second factor")
		}
		if pending == nil {
			return ErrConflict
		}
		plain, err := s.keys.Open(totpAAD(userID, "pending"), pending)
		if err != nil {
			return err
		}
		if string(plain) != secret {
			return ErrConflict
		}
		if _, err := tx.ExecContext(ctx, `UPDATE staff_totp SET sealed_secret = ?, sealed_pending = NULL, enrolled_at = ?,
			last_step = ? WHERE user_id = ?`,
			sealed, s.utcNow(), step, userID); err != nil {
			return err
		}
		return s.replaceRecoveryCodes(ctx, tx, userID, recovery)
	})
}

// NewRecoveryCodes replaces an account's recovery codes.
func (s *Store) NewRecoveryCodes(ctx context.Context, userID int64, codes []string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error { return s.replaceRecoveryCodes(ctx, tx, userID, codes) })
}

func (s *Store) replaceRecoveryCodes(ctx context.Context, tx *sqlx.Tx, userID int64, codes []string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM staff_recovery_codes WHERE user_id = ?`, userID); err != nil {
		return err
	}
	for _, code := range codes {
		hash, err := s.recoveryHash(userID, code)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO staff_recovery_codes (user_id, code_hash)
			VALUES (?, ?)`, userID, hash); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) recoveryHash(userID int64, code string) ([]byte, error) {
	return s.keys.Hash("staff_recovery_codes", fmt.Sprintf("%d/%s", userID, code))
}

// UseStep uses up a time step of an account's second factor; false: it, or a later one, was already used.
func (s *Store) UseStep(ctx context.Context, userID, step int64) (bool, error) {
	return s.useUp(ctx, `UPDATE staff_totp SET last_step = ? WHERE user_id = ? AND last_step < ?`, step, userID, step)
}

// UseRecoveryCode uses up a recovery code; false: it is invalid or used.
func (s *Store) UseRecoveryCode(ctx context.Context, userID int64, code string) (bool, error) {
	hash, err := s.recoveryHash(userID, code)
	if err != nil {
		return false, err
	}
	return s.useUp(ctx, `UPDATE staff_recovery_codes SET used_at = ? WHERE user_id = ? AND code_hash = ?
		AND used_at IS NULL`, s.utcNow(), userID, hash)
}

func (s *Store) useUp(ctx context.Context, query string, args ...any) (used bool, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		res, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		if used, err = changedOneRow(res); err == nil && !used {
			err = ErrConflict // nothing changed, so write no audit entry
		}
		return err
	})
	if errors.Is(err, ErrConflict) {
		err = nil
	}
	return used, err
}
