package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
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
	var secret, pending []byte
	err = scan(ctx, s.db, "second factor", fragmentOf(`
		SELECT sealed_secret, sealed_pending, last_step,
			(SELECT COUNT(*) FROM staff_recovery_codes c WHERE c.user_id = t.user_id AND c.used_at IS NULL)
		FROM staff_totp t WHERE user_id = ?`, userID), &secret, &pending, &t.LastStep, &t.RecoveryCodes)
	if errors.Is(err, ErrNotFound) {
		return t, nil
	} else if err != nil {
		return t, err
	}
	if t.Secret, err = s.openText(totpAAD(userID, "secret"), secret); err != nil {
		return t, err
	}
	t.Pending, err = s.openText(totpAAD(userID, "pending"), pending)
	return t, err
}

// BeginTOTP stores a secret shown for enrolment, replacing an unconfirmed one.
func (s *Store) BeginTOTP(ctx context.Context, userID int64, secret string) error {
	sealed, err := s.keys.Seal(totpAAD(userID, "pending"), []byte(secret))
	if err != nil {
		return err
	}
	return exec(ctx, s.db, `
		INSERT INTO staff_totp (user_id, sealed_pending) VALUES (?, ?) ON DUPLICATE KEY UPDATE sealed_pending =
		VALUES(sealed_pending)`, userID, sealed)
}

// EnrolTOTP makes a pending secret the second factor; step is the time step of the code that confirmed it. The recovery
// codes replace all earlier ones. It returns ErrConflict if another secret, or none, is pending.
func (s *Store) EnrolTOTP(ctx context.Context, userID int64, secret string, step int64, recovery []string) error {
	sealed, err := s.keys.Seal(totpAAD(userID, "secret"), []byte(secret))
	if err != nil {
		return err
	}
	former, err := s.ContactAddressesOf(ctx, userID)
	if err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		sealedPending, err := find[[]byte](ctx, tx, "second factor", `SELECT sealed_pending FROM staff_totp WHERE user_id = ?
			FOR UPDATE`, userID)
		if err != nil {
			return err
		}
		pending, err := s.openText(totpAAD(userID, "pending"), sealedPending)
		if err != nil {
			return err
		}
		if pending == "" || pending != secret {
			return ErrConflict
		}
		if err := exec(ctx, tx, `UPDATE staff_totp SET sealed_secret = ?, sealed_pending = NULL, enrolled_at = ?,
			last_step = ? WHERE user_id = ?`, sealed, s.utcNow(), step, userID); err != nil {
			return err
		}
		if err := s.addAccountNotice(ctx, tx, userID, ChangedSecondFactor, former, filing.Mail, filing.SMS); err != nil {
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
	statements := []fragment{fragmentOf(`DELETE FROM staff_recovery_codes WHERE user_id = ?`, userID)}
	for _, code := range codes {
		hash, err := s.recoveryHash(userID, code)
		if err != nil {
			return err
		}
		statements = append(statements,
			fragmentOf(`INSERT INTO staff_recovery_codes (user_id, code_hash) VALUES (?, ?)`, userID, hash))
	}
	return execAll(ctx, tx, statements...)
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
	// If nothing changes, the error prevents an audit entry.
	err = s.tx(ctx, func(tx *sqlx.Tx) error { return changeOne(ctx, tx, query, args...) })
	if errors.Is(err, ErrConflict) {
		return false, nil
	}
	return err == nil, err
}
