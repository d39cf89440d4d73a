package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/beian/beian/internal/filing"
)

// ContactAddresses is how to reach an account's owner; an empty address: not by that channel.
type ContactAddresses struct{ Email, Mobile string }

// By returns the address of a channel.
func (r ContactAddresses) By(ch filing.Channel) string {
	if ch == filing.SMS {
		return r.Mobile
	}
	return r.Email
}

// contactAddressColumns names each channel's columns and the use of its hash.
var contactAddressColumns = map[filing.Channel]struct{ sealed, hash, use string }{
	filing.SMS: {"sealed_mobile", "mobile_hash", "mobile"}, filing.Mail: {"sealed_email", "email_hash", "email"},
}

func contactAddressAAD(userID int64, ch filing.Channel) string {
	return fmt.Sprintf("users/%d/%s", userID, ch)
}

// OwnContactAddresses returns the addresses that the account itself confirmed.
func (s *Store) OwnContactAddresses(ctx context.Context, userID int64) (ContactAddresses, error) {
	var row struct {
		Email  []byte `db:"sealed_email"`
		Mobile []byte `db:"sealed_mobile"`
	}
	var r ContactAddresses
	if err := s.db.GetContext(ctx, &row, `SELECT sealed_email, sealed_mobile FROM users
		WHERE id = ?`, userID); err != nil {
		return r, notFoundAs(err, "user")
	}
	for ch, sealed := range map[filing.Channel][]byte{filing.SMS: row.Mobile, filing.Mail: row.Email} {
		if sealed == nil {
			continue
		}
		to := &r.Email
		if ch == filing.SMS {
			to = &r.Mobile
		}
		if err := s.keys.OpenJSON(contactAddressAAD(userID, ch), sealed, to); err != nil {
			return r, err
		}
	}
	return r, nil
}

// ContactAddressesOf returns an account's own addresses, completed by the verified contact of the customer's latest
// filing that has one.
func (s *Store) ContactAddressesOf(ctx context.Context, userID int64) (ContactAddresses, error) {
	r, err := s.OwnContactAddresses(ctx, userID)
	if err != nil {
		return r, err
	}
	for _, ch := range filing.Channels {
		if r.By(ch) != "" {
			continue
		}
		var filingID int64
		err := s.db.GetContext(ctx, &filingID, `
			SELECT f.id FROM filings f JOIN orders o ON o.id = f.order_id
				JOIN contacts c ON c.filing_id = f.id
				JOIN verifications v ON v.filing_id = f.id AND v.channel = ? AND v.verified_at IS NOT NULL
			WHERE o.customer_id = ? ORDER BY f.id DESC LIMIT 1`, ch, userID)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		} else if err != nil {
			return r, fmt.Errorf("looking for a contact of account %d: %w", userID, err)
		}
		contact, err := s.Contact(ctx, filingID)
		if err != nil {
			return r, err
		}
		if ch == filing.SMS {
			r.Mobile = contact.Details.Mobile
		} else {
			r.Email = contact.Details.Email
		}
	}
	return r, nil
}

// findAccount finds the account for a user name, or for a mail address or mobile number that belongs to exactly one
// account; 0: none. It runs the same queries whatever the input is, so that its timing reveals nothing.
func (s *Store) findAccount(ctx context.Context, typed string) (int64, error) {
	ids := map[int64]bool{}
	var found []int64
	if err := s.db.SelectContext(ctx, &found, `SELECT id FROM users WHERE login = ?`, typed); err != nil {
		return 0, err
	}
	byLogin := found
	for ch, value := range map[filing.Channel]string{filing.SMS: filing.NormaliseMobile(typed), filing.Mail: typed} {
		column := contactAddressColumns[ch]
		hash, err := s.keys.Hash(column.use, value)
		if err != nil {
			return 0, err
		}
		found = nil
		err = s.db.SelectContext(ctx, &found, `
			SELECT id FROM users WHERE `+column.hash+` = ?
			UNION SELECT o.customer_id FROM contacts c JOIN filings f ON f.id = c.filing_id JOIN orders o ON o.id = f.order_id
				JOIN verifications v ON v.filing_id = c.filing_id AND v.channel = ? AND v.verified_at IS NOT NULL
				WHERE c.`+column.hash+` = ?
			LIMIT 2`, hash, ch, hash)
		if err != nil {
			return 0, err
		}
		for _, id := range found {
			ids[id] = true
		}
	}
	if len(byLogin) == 1 {
		return byLogin[0], nil
	}
	if len(ids) == 1 {
		for id := range ids {
			return id, nil
		}
	}
	return 0, nil
}
