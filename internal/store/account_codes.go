package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	// PurposeProof proves who is there, before something is changed that a password protects.
	PurposeProof CodePurpose = "proof"
)

// keepCodes is how long a code's row is kept. It must outlast the lock.
const keepCodes = 2 * filing.LockFor

// Asker is who asks for a password to be reset. Nobody has proved who they are, so a browser has codes and attempts of
// its own, which nobody else can use up.
type Asker struct {
	// Browser is a random text in the browser's session, Network the unit by which clients are counted.
	Browser, Network string
}

func (a Asker) spending() spending {
	return spending{kind: QuotaRecovery, subjects: map[QuotaScope]string{ByBrowser: a.Browser, ByNetwork: a.Network}}
}

func accountCode(id int64) codeBox {
	return codeBox{table: "account_codes", where: `id = ?`, args: []any{id}, use: fmt.Sprintf("account_code/%d", id)}
}

func accountCodeAAD(id int64) string { return fmt.Sprintf("account_codes/%d", id) }

// RequestRecovery requests a password reset code for what the user typed: a user name, mail address or mobile number.
// Input that matches no account gets a row too, but nothing is ever sent. What it returns depends on the input and on
// the asker alone, so that nobody learns whether there is an account: ErrCodeTooSoon within a minute of the last
// request, when id is valid all the same, and ErrQuota. The account's own limits show nowhere: see PrepareAccountCode.
func (s *Store) RequestRecovery(ctx context.Context, by Asker, typed string,
	ch filing.Channel) (id int64, send int, err error) {
	userID, err := s.findAccount(ctx, typed)
	if err != nil {
		return 0, 0, fmt.Errorf("requesting a password reset: %w", err)
	}
	request := accountCodeRequest{subject: fmt.Sprintf("browser/%s/%s", by.Browser, strings.ToLower(typed)),
		purpose: PurposePassword, ch: ch, userID: userID}
	return s.requestAccountCode(ctx, request, func(tx *sqlx.Tx) error { return s.spend(ctx, tx, by.spending()) })
}

// RequestContactAddress requests a code that confirms an account's new address; ErrCodeTooSoon as in RequestRecovery,
// ErrQuota if no more codes may be sent.
func (s *Store) RequestContactAddress(ctx context.Context, userID int64, ch filing.Channel,
	address string) (id int64, send int, err error) {
	request := accountCodeRequest{subject: fmt.Sprintf("user/%d", userID), purpose: PurposeContactAddress, ch: ch,
		userID: userID, to: address}
	return s.requestAccountCode(ctx, request,
		func(tx *sqlx.Tx) error { return s.spendCode(ctx, tx, ch, userID, address) })
}

// RequestProof requests a code to one of an account's ProofAddresses, which proves who is there; errors as in
// RequestContactAddress.
func (s *Store) RequestProof(ctx context.Context, userID int64, ch filing.Channel,
	to string) (id int64, send int, err error) {
	request := accountCodeRequest{subject: fmt.Sprintf("user/%d", userID), purpose: PurposeProof, ch: ch, userID: userID,
		to: to}
	return s.requestAccountCode(ctx, request, func(tx *sqlx.Tx) error { return s.spendCode(ctx, tx, ch, userID, to) })
}

// accountCodeRequest is a code to be sent: of whose row, and to whom; to is empty for the account's own address.
type accountCodeRequest struct {
	subject string
	purpose CodePurpose
	ch      filing.Channel
	userID  int64
	to      string
	// vouched: staff asked for it, so wrong attempts at earlier codes don't count any more.
	vouched bool
}

func (s *Store) requestAccountCode(ctx context.Context, r accountCodeRequest,
	spend func(*sqlx.Tx) error) (id int64, send int, err error) {
	hash, err := s.keys.Hash("account_codes", r.subject)
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
			hash, r.purpose, r.ch, r.userID, seal.Nonce(), now, now)
		if err != nil {
			return err
		}
		var requestedAt time.Time
		if err := scan(ctx, tx, "account code", fragmentOf(`SELECT id, sends, requested_at FROM account_codes
			WHERE subject_hash = ? AND purpose = ? AND channel = ? FOR UPDATE`, hash, r.purpose, r.ch),
			&id, &send, &requestedAt); err != nil {
			return err
		}
		if !fresh {
			if now.Sub(requestedAt) < filing.ResendAfter {
				tooSoon = true
				return nil
			}
			send++
			// The count of wrong attempts stays; see requestCode.
			if err := exec(ctx, tx, `
				UPDATE account_codes SET user_id = NULLIF(?, 0), nonce = ?, code_hash = NULL, sends = ?, requested_at = ?,
				sent_at = NULL, expires_at = NULL, verified_at = NULL, failure = '', tries = IF(?, 0, tries),
				locked_until = IF(?, NULL, locked_until) WHERE id = ?`,
				r.userID, seal.Nonce(), send, now, r.vouched, r.vouched, id); err != nil {
				return err
			}
		}
		if r.to != "" {
			sealed, err := s.keys.SealJSON(accountCodeAAD(id), r.to)
			if err != nil {
				return err
			}
			if err := exec(ctx, tx, `UPDATE account_codes SET sealed_address = ? WHERE id = ?`, sealed, id); err != nil {
				return err
			}
		}
		return spend(tx)
	})
	if err == nil && tooSoon {
		return id, send, ErrCodeTooSoon
	}
	return id, send, during(err, "requesting an account code")
}

// RepeatRecovery requests another code for the same row; errors as in RequestRecovery.
func (s *Store) RepeatRecovery(ctx context.Context, by Asker, id int64) (send int, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		ok, err := changed(ctx, tx, `
			UPDATE account_codes SET nonce = ?, code_hash = NULL, sends = sends + 1, requested_at = ?, sent_at = NULL,
				expires_at = NULL, verified_at = NULL WHERE id = ? AND purpose = ? AND requested_at <= ?`,
			seal.Nonce(), now, id, PurposePassword, now.Add(-filing.ResendAfter))
		if err == nil && !ok {
			err = ErrCodeTooSoon
		}
		if err != nil {
			return err
		}
		if send, err = get[int](ctx, tx, `SELECT sends FROM account_codes WHERE id = ?`, id); err != nil {
			return err
		}
		return s.spend(ctx, tx, by.spending())
	})
	return send, err
}

// AccountCode is a code to an account that is about to be sent.
type AccountCode struct {
	Purpose CodePurpose
	Channel filing.Channel
	// Login names the account in the message; To is empty if there is nobody to send to.
	Login, To string
	// First: staff had it sent, for a first password.
	First bool
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
	case c.Purpose == PurposeContactAddress || sealed != nil:
		c.First = c.Purpose == PurposePassword
		err = s.keys.OpenJSON(accountCodeAAD(id), sealed, &c.To)
		return c, err
	}
	address, err := s.ProofAddresses(ctx, userID)
	c.To = address.By(c.Channel)
	return c, err
}

// AccountVerification returns the state of an account's code.
func (s *Store) AccountVerification(ctx context.Context, id int64) (Verification, error) {
	return s.readCode(ctx, accountCode(id))
}

// PrepareAccountCode does what PrepareCode does, for an account's code. A code that resets a password takes its message
// from the account's quotas here, behind the page: if they are used up, send is 0, and the asker doesn't learn it. One
// that staff had sent was taken when they asked for it.
func (s *Store) PrepareAccountCode(ctx context.Context, id int64) (code string, send int, err error) {
	var userID int64
	var purpose CodePurpose
	var spent bool
	if err := scan(ctx, s.db, "account code", fragmentOf(`SELECT COALESCE(user_id, 0), purpose,
		sealed_address IS NOT NULL FROM account_codes WHERE id = ?`, id), &userID, &purpose, &spent); err != nil {
		return "", 0, err
	}
	if purpose != PurposePassword || userID == 0 || spent {
		return s.prepareCode(ctx, accountCode(id))
	}
	to, err := s.AccountCode(ctx, id)
	if err != nil {
		return "", 0, err
	}
	b := accountCode(id)
	b.spend = func(tx *sqlx.Tx) error { return s.spendCode(ctx, tx, to.Channel, userID, to.To) }
	return s.prepareCode(ctx, b)
}

// AccountCodeSent records that a code was sent.
func (s *Store) AccountCodeSent(ctx context.Context, id int64, send int) error {
	return s.codeSent(ctx, accountCode(id), send)
}

// VerifyAccountCode checks the code entered and uses it up: unlike a filing's code, it can't be used twice
// (ErrCodeExpired). A code requested after another was verified replaces that one. The attempts at resetting an
// account's password from all browsers have a ceiling too, beyond which every code is wrong.
func (s *Store) VerifyAccountCode(ctx context.Context, id int64, code string) error {
	b := accountCode(id)
	b.judge = func() (bool, error) {
		// Whether there is an account makes no difference to what is executed.
		subject, err := get[string](ctx, s.db, `SELECT IF(user_id IS NULL OR code_hash IS NULL, CONCAT('code/', id),
			CONCAT('user/', user_id)) FROM account_codes WHERE id = ?`, id)
		if err == nil {
			err = s.Spend(ctx, QuotaRecoveryTry, map[QuotaScope]string{ByCustomer: subject})
		}
		if errors.Is(err, ErrQuota) {
			return false, nil
		}
		return err == nil, err
	}
	already, err := s.verifyCode(ctx, b, code)
	if err == nil && already {
		return ErrCodeExpired
	}
	return err
}

// ConfirmContactAddress sets the account's address to the one that a verified code was sent to, and notifies the former
// one.
func (s *Store) ConfirmContactAddress(ctx context.Context, userID, codeID int64) error {
	former, err := s.ContactAddressesOf(ctx, userID)
	if err != nil {
		return err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
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
		if to != former.By(ch) {
			what, other := ChangedEmail, filing.SMS
			if ch == filing.SMS {
				what, other = ChangedMobile, filing.Mail
			}
			if err := s.addAccountNotice(ctx, tx, userID, what, former, ch, other); err != nil {
				return err
			}
		}
		return execAll(ctx, tx,
			fragmentOf(`UPDATE users SET `+column.sealed+` = ?, `+column.hash+` = ? WHERE id = ?`, sealed, hash, userID),
			fragmentOf(`UPDATE account_codes SET sealed_address = NULL WHERE id = ?`, codeID))
	})
	return during(err, "confirming a contact address of account %d", userID)
}
