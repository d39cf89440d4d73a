package store

import (
	"context"
	"errors"
	"strconv"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/seal"
)

// ErrUserNameTaken: the user name in the bureau's form belongs to another customer.
var ErrUserNameTaken = errors.New("the user name is taken")

// ContactRow is a filing's contact with its version, which each change increments.
type ContactRow struct {
	Version int
	Details filing.ContactDetails
}

func contactAAD(filingID int64) string { return "contacts/" + strconv.FormatInt(filingID, 10) }

// UserNameFree reports whether a customer may register this user name: it is unused or the customer's own.
func (s *Store) UserNameFree(ctx context.Context, customerID int64, userName string) (bool, error) {
	hash, err := s.keys.Hash("user_name", userName)
	if err != nil {
		return false, err
	}
	owner, taken, err := getOptional[int64](ctx, s.db, `SELECT customer_id FROM user_names WHERE user_name_hash = ?`, hash)
	return err == nil && (!taken || owner == customerID), err
}

// RegisterContact stores the contact (登记联系人) and prepares a code for each channel. The same form sent twice prepares
// one code; another contact, before the filing has left the stage, replaces contact and codes. It returns
// ErrUserNameTaken if another customer has the user name, ErrConflict if the filing has left the stage, ErrQuota if no
// more codes may be sent.
func (s *Store) RegisterContact(ctx context.Context, customerID, filingID int64, d filing.ContactDetails,
	passwordHash string) (version int, err error) {
	nameHash, err := s.keys.Hash("user_name", d.UserName)
	if err != nil {
		return 0, err
	}
	row, err := s.sealContact(filingID, d)
	if err != nil {
		return 0, err
	}
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		if err := exec(ctx, tx, `INSERT IGNORE INTO user_names (user_name_hash, customer_id, created_at) VALUES (?, ?, ?)`,
			nameHash, customerID, now); err != nil {
			return err
		}
		owner, err := get[int64](ctx, tx, `SELECT customer_id FROM user_names WHERE user_name_hash = ?`, nameHash)
		if err != nil {
			return err
		}
		if owner != customerID {
			return ErrUserNameTaken
		}
		same, err := s.lockSameContact(ctx, tx, filingID, d)
		if err != nil {
			return err
		}
		if same { // a form sent twice, or again after a crash
			if err := exec(ctx, tx, `UPDATE contacts SET password_hash = ? WHERE filing_id = ?`, passwordHash,
				filingID); err != nil {
				return err
			}
			return tx.GetContext(ctx, &version, `SELECT version FROM contacts WHERE filing_id = ?`, filingID)
		}
		if err := exec(ctx, tx, `
			INSERT INTO contacts (filing_id, version, sealed, mobile_hash, email_hash, password_hash, updated_at)
			VALUES (?, 1, ?, ?, ?, ?, ?)
			ON DUPLICATE KEY UPDATE version = version + 1, sealed = VALUES(sealed), mobile_hash = VALUES(mobile_hash),
				email_hash = VALUES(email_hash), password_hash = VALUES(password_hash), updated_at = VALUES(updated_at)`,
			filingID, row.sealed, row.mobile, row.email, passwordHash, now); err != nil {
			return err
		}
		if err := s.requestCodes(ctx, tx, filingID, filing.Channels...); err != nil {
			return err
		}
		if version, err = get[int](ctx, tx, `SELECT version FROM contacts WHERE filing_id = ?`, filingID); err != nil {
			return err
		}
		return s.spendCodes(ctx, tx, customerID, d, filing.Channels...)
	})
	if !errors.Is(err, ErrUserNameTaken) && !errors.Is(err, ErrConflict) {
		err = during(err, "registering the contact of filing %d", filingID)
	}
	return version, err
}

// lockSameContact locks a filing and reports whether it has this very contact already; ErrConflict if it has one
// and left the stage.
func (s *Store) lockSameContact(ctx context.Context, tx *sqlx.Tx, filingID int64,
	d filing.ContactDetails) (same bool, err error) {
	var stage filing.Stage
	if err := tx.GetContext(ctx, &stage, `SELECT stage FROM filings WHERE id = ? FOR UPDATE`, filingID); err != nil {
		return false, notFoundAs(err, "filing")
	}
	known, err := s.lockContact(ctx, tx, filingID)
	switch {
	case errors.Is(err, ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case stage != filing.Contact:
		return false, ErrConflict
	}
	return known == d, nil
}

// CorrectContact replaces phone and mail address (找回验证码). A changed channel must be verified again; its count of wrong
// attempts stays. It returns ErrConflict once both codes are verified: the filing has left the stage or is about to,
// whatever the page showed, and ErrQuota if no more codes may be sent.
func (s *Store) CorrectContact(ctx context.Context, filingID int64, mobile,
	email string) (changedChannels []filing.Channel, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		changedChannels = nil
		d, err := s.lockContact(ctx, tx, filingID)
		if err != nil {
			return err
		}
		if d.Mobile != mobile {
			changedChannels = append(changedChannels, filing.SMS)
		}
		if d.Email != email {
			changedChannels = append(changedChannels, filing.Mail)
		}
		if len(changedChannels) == 0 {
			return nil
		}
		verified, err := lockVerified(ctx, tx, filingID)
		if err != nil {
			return err
		}
		if len(verified) == len(filing.Channels) {
			return ErrConflict
		}
		d.Mobile, d.Email = mobile, email
		if err := s.changeContact(ctx, tx, filingID, d); err != nil {
			return err
		}
		if err := s.requestCodes(ctx, tx, filingID, changedChannels...); err != nil {
			return err
		}
		return s.spendFilingCodes(ctx, tx, filingID, d, changedChannels...)
	})
	return changedChannels, err
}

// lockContact reads and locks a filing's contact.
func (s *Store) lockContact(ctx context.Context, tx *sqlx.Tx, filingID int64) (d filing.ContactDetails, err error) {
	sealed, err := find[[]byte](ctx, tx, "contact", `SELECT sealed FROM contacts WHERE filing_id = ? FOR UPDATE`, filingID)
	if err != nil {
		return d, err
	}
	err = s.keys.OpenJSON(contactAAD(filingID), sealed, &d)
	return d, err
}

// changeContact writes the next version of a filing's contact.
func (s *Store) changeContact(ctx context.Context, tx *sqlx.Tx, filingID int64, d filing.ContactDetails) error {
	row, err := s.sealContact(filingID, d)
	if err != nil {
		return err
	}
	return exec(ctx, tx, `UPDATE contacts SET version = version + 1, sealed = ?, mobile_hash = ?, email_hash = ?,
		updated_at = ? WHERE filing_id = ?`, row.sealed, row.mobile, row.email, s.utcNow(), filingID)
}

// setAddress is changeContact for one channel's address.
func (s *Store) setAddress(ctx context.Context, tx *sqlx.Tx, filingID int64, d filing.ContactDetails, ch filing.Channel,
	to string) error {
	addresses := addressesOf(d)
	addresses.set(ch, to)
	d.Email, d.Mobile = addresses.Email, addresses.Mobile
	return s.changeContact(ctx, tx, filingID, d)
}

// Contact returns a filing's contact.
func (s *Store) Contact(ctx context.Context, filingID int64) (c ContactRow, err error) {
	row, err := find[struct {
		Version int    `db:"version"`
		Sealed  []byte `db:"sealed"`
	}](ctx, s.db, "contact", `SELECT version, sealed FROM contacts WHERE filing_id = ?`, filingID)
	if err != nil {
		return c, err
	}
	c.Version = row.Version
	err = s.keys.OpenJSON(contactAAD(filingID), row.Sealed, &c.Details)
	return c, err
}

type sealedContact struct{ sealed, mobile, email []byte }

func (s *Store) sealContact(filingID int64, d filing.ContactDetails) (row sealedContact, err error) {
	if row.sealed, err = s.keys.SealJSON(contactAAD(filingID), d); err != nil {
		return row, err
	}
	if row.mobile, err = s.keys.Hash("mobile", d.Mobile); err != nil {
		return row, err
	}
	row.email, err = s.keys.Hash("email", d.Email)
	return row, err
}

// requestCode prepares the next code of a channel: a new nonce, not verified, with the count of wrong attempts
// unchanged (NIST SP 800-63B-4, 3.2.2: a new code must not reset the count of failures).
func (s *Store) requestCode(ctx context.Context, tx *sqlx.Tx, filingID int64, ch filing.Channel) error {
	return exec(ctx, tx, `
		INSERT INTO verifications (filing_id, channel, nonce, sends, requested_at) VALUES (?, ?, ?, 1, ?)
		ON DUPLICATE KEY UPDATE nonce = VALUES(nonce), code_hash = NULL, sends = sends + 1, requested_at =
		VALUES(requested_at), sent_at = NULL, expires_at = NULL, verified_at = NULL`, filingID, ch, seal.Nonce(), s.utcNow())
}

func (s *Store) requestCodes(ctx context.Context, tx *sqlx.Tx, filingID int64, channels ...filing.Channel) error {
	for _, ch := range channels {
		if err := s.requestCode(ctx, tx, filingID, ch); err != nil {
			return err
		}
	}
	return nil
}
