package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/seal"
)

// CodePurpose is the purpose of a code sent to an account.
type CodePurpose string

const (
	// PurposePassword resets the password.
	PurposePassword CodePurpose = "password"
	// PurposeContactAddress confirms a new mail address or mobile number.
	PurposeContactAddress CodePurpose = "address"
)

const (
	// maxDaySends limits how many codes per day and channel somebody who isn't signed in can have sent to a person.
	maxDaySends = 10
	// keepCodes is how long a code's row is kept. It must outlast the lock.
	keepCodes = 2 * filing.LockFor
)

func accountCode(id int64) codeBox {
	return codeBox{table: "account_codes", where: `id = ?`, args: []any{id}, use: fmt.Sprintf("account_code/%d", id)}
}

func accountCodeAAD(id int64) string { return fmt.Sprintf("account_codes/%d", id) }

// RequestRecovery requests a password reset code for what the user typed: a user name, mail address or mobile number.
// Input that matches no account gets a row too, but nothing is ever sent, so that callers can't tell the difference. It
// returns ErrCodeTooSoon within a minute of the last request or beyond the daily limit; id is valid even then.
func (s *Store) RequestRecovery(ctx context.Context, typed string, ch filing.Channel) (id int64, send int, err error) {
	userID, err := s.findAccount(ctx, typed)
	if err != nil {
		return 0, 0, fmt.Errorf("requesting a password reset: %w", err)
	}
	subject := "typed/" + typed
	if userID != 0 {
		subject = fmt.Sprintf("user/%d", userID)
	}
	return s.requestAccountCode(ctx, subject, PurposePassword, ch, userID, "")
}

// RequestContactAddress requests a code that confirms an account's new address.
func (s *Store) RequestContactAddress(ctx context.Context, userID int64, ch filing.Channel,
	address string) (id int64, send int, err error) {
	return s.requestAccountCode(ctx, fmt.Sprintf("user/%d", userID), PurposeContactAddress, ch, userID, address)
}

func (s *Store) requestAccountCode(ctx context.Context, subject string, purpose CodePurpose, ch filing.Channel,
	userID int64, to string) (id int64, send int, err error) {
	hash, err := s.keys.Hash("account_codes", subject)
	if err != nil {
		return 0, 0, err
	}
	tooSoon := false
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		tooSoon = false
		now := s.utcNow()
		fresh, err := changed(ctx, tx, `
			INSERT INTO account_codes (subject_hash, purpose, channel, user_id, nonce, sends, day_since, requested_at)
			VALUES (?, ?, ?, NULLIF(?, 0), ?, 1, ?, ?) ON DUPLICATE KEY UPDATE sends = sends`,
			hash, purpose, ch, userID, seal.Nonce(), now, now)
		if err != nil {
			return err
		}
		var daySends int
		var daySince, requestedAt time.Time
		if err := scan(ctx, tx, "account code", fragmentOf(`
			SELECT id, sends, day_sends, day_since, requested_at FROM account_codes WHERE subject_hash = ? AND purpose = ?
			AND channel = ? FOR UPDATE`, hash, purpose, ch), &id, &send, &daySends, &daySince, &requestedAt); err != nil {
			return err
		}
		if !fresh {
			if now.Sub(daySince) >= 24*time.Hour {
				daySends, daySince = 0, now
			}
			if now.Sub(requestedAt) < filing.ResendAfter || daySends >= maxDaySends {
				tooSoon = true
				return nil
			}
			send++
			// The count of wrong attempts stays; see requestCode.
			if err := exec(ctx, tx, `
				UPDATE account_codes SET nonce = ?, code_hash = NULL, sends = ?, day_sends = ?, day_since = ?, requested_at = ?,
				sent_at = NULL, expires_at = NULL, verified_at = NULL WHERE id = ?`,
				seal.Nonce(), send, daySends+1, daySince, now, id); err != nil {
				return err
			}
		}
		if to == "" {
			return nil
		}
		sealed, err := s.keys.SealJSON(accountCodeAAD(id), to)
		if err != nil {
			return err
		}
		return exec(ctx, tx, `UPDATE account_codes SET sealed_address = ? WHERE id = ?`, sealed, id)
	})
	if err == nil && tooSoon {
		return id, send, ErrCodeTooSoon
	}
	return id, send, during(err, "requesting an account code")
}

// RepeatAccountCode requests another code for the same row; ErrCodeTooSoon as in RequestRecovery.
func (s *Store) RepeatAccountCode(ctx context.Context, id int64) (send int, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		dayAgo := now.Add(-24 * time.Hour)
		ok, err := changed(ctx, tx, `
			UPDATE account_codes SET nonce = ?, code_hash = NULL, sends = sends + 1,
				day_sends = IF(day_since <= ?, 1, day_sends + 1), day_since = IF(day_since <= ?, ?, day_since),
				requested_at = ?, sent_at = NULL, expires_at = NULL, verified_at = NULL
			WHERE id = ? AND requested_at <= ? AND (day_since <= ? OR day_sends < ?)`,
			seal.Nonce(), dayAgo, dayAgo, now, now, id, now.Add(-filing.ResendAfter), dayAgo, maxDaySends)
		if err == nil && !ok {
			err = ErrCodeTooSoon
		}
		if err != nil {
			return err
		}
		send, err = get[int](ctx, tx, `SELECT sends FROM account_codes WHERE id = ?`, id)
		return err
	})
	return send, err
}

// AccountCode is a code to an account that is about to be sent.
type AccountCode struct {
	Purpose CodePurpose
	Channel filing.Channel
	// Login names the account in the message; To is empty if there is nobody to send to.
	Login, To string
}

// AccountCode returns the recipient of a code.
func (s *Store) AccountCode(ctx context.Context, id int64) (c AccountCode, err error) {
	var userID int64
	var sealed []byte
	err = scan(ctx, s.db, "account code", fragmentOf(`
		SELECT c.purpose, c.channel, COALESCE(c.user_id, 0), COALESCE(u.login, ''), c.sealed_address
		FROM account_codes c LEFT JOIN users u ON u.id = c.user_id WHERE c.id = ?`, id),
		&c.Purpose, &c.Channel, &userID, &c.Login, &sealed)
	switch {
	case err != nil || userID == 0:
		return c, err
	case c.Purpose == PurposeContactAddress:
		return c, s.keys.OpenJSON(accountCodeAAD(id), sealed, &c.To)
	}
	address, err := s.ContactAddressesOf(ctx, userID)
	c.To = address.By(c.Channel)
	return c, err
}

// PrepareAccountCode does what PrepareCode does, for an account's code.
func (s *Store) PrepareAccountCode(ctx context.Context, id int64) (code string, send int, err error) {
	return s.prepareCode(ctx, accountCode(id))
}

// AccountCodeSent records that a code was sent.
func (s *Store) AccountCodeSent(ctx context.Context, id int64, send int) error {
	return s.codeSent(ctx, accountCode(id), send)
}

// VerifyAccountCode checks the code entered and uses it up: unlike a filing's code, it can't be used twice
// (ErrCodeExpired). A code requested after another was verified replaces that one.
func (s *Store) VerifyAccountCode(ctx context.Context, id int64, code string) error {
	already, err := s.verifyCode(ctx, accountCode(id), code)
	if err == nil && already {
		return ErrCodeExpired
	}
	return err
}

// ConfirmContactAddress sets the account's address to the one that a verified code was sent to.
func (s *Store) ConfirmContactAddress(ctx context.Context, userID, codeID int64) error {
	err := s.tx(ctx, func(tx *sqlx.Tx) error {
		var ch filing.Channel
		var sealed []byte
		if err := scan(ctx, tx, "confirmed address", fragmentOf(`SELECT channel, sealed_address FROM account_codes
			WHERE id = ? AND user_id = ? AND purpose = ? AND verified_at IS NOT NULL AND sealed_address IS NOT NULL FOR UPDATE`,
			codeID, userID, PurposeContactAddress), &ch, &sealed); err != nil {
			return err
		}
		var to string
		if err := s.keys.OpenJSON(accountCodeAAD(codeID), sealed, &to); err != nil {
			return err
		}
		column := contactAddressColumns[ch]
		sealed, err := s.keys.SealJSON(contactAddressAAD(userID, ch), to)
		if err != nil {
			return err
		}
		hash, err := s.keys.Hash(column.use, to)
		if err != nil {
			return err
		}
		return execAll(ctx, tx,
			fragmentOf(`UPDATE users SET `+column.sealed+` = ?, `+column.hash+` = ? WHERE id = ?`, sealed, hash, userID),
			fragmentOf(`UPDATE account_codes SET sealed_address = NULL WHERE id = ?`, codeID))
	})
	return during(err, "confirming a contact address of account %d", userID)
}
