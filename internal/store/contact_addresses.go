package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

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

func (r *ContactAddresses) set(ch filing.Channel, to string) {
	if ch == filing.SMS {
		r.Mobile = to
	} else {
		r.Email = to
	}
}

func addressesOf(d filing.ContactDetails) ContactAddresses {
	return ContactAddresses{Email: d.Email, Mobile: d.Mobile}
}

// contactAddressColumns names each channel's columns and the use of its hash.
var contactAddressColumns = map[filing.Channel]struct{ sealed, hash, providerSealed, providerHash, use string }{
	filing.SMS:  {"sealed_mobile", "mobile_hash", "sealed_provider_mobile", "provider_mobile_hash", "mobile"},
	filing.Mail: {"sealed_email", "email_hash", "sealed_provider_email", "provider_email_hash", "email"},
}

func providerAddressAAD(userID int64, ch filing.Channel) string {
	return fmt.Sprintf("users/%d/provider/%s", userID, ch)
}

func contactAddressAAD(userID int64, ch filing.Channel) string {
	return fmt.Sprintf("users/%d/%s", userID, ch)
}

// OwnContactAddresses returns the addresses that the account itself confirmed.
func (s *Store) OwnContactAddresses(ctx context.Context, userID int64) (r ContactAddresses, err error) {
	row, err := find[struct {
		Mobile []byte `db:"sealed_mobile"`
		Email  []byte `db:"sealed_email"`
	}](ctx, s.db, "user", `SELECT sealed_mobile, sealed_email FROM users WHERE id = ?`, userID)
	if err == nil && row.Mobile != nil {
		err = s.keys.OpenJSON(contactAddressAAD(userID, filing.SMS), row.Mobile, &r.Mobile)
	}
	if err == nil && row.Email != nil {
		err = s.keys.OpenJSON(contactAddressAAD(userID, filing.Mail), row.Email, &r.Email)
	}
	return r, err
}

// providerAddress returns the address that the provider gave with the customer's orders; empty if there is none.
func (s *Store) providerAddress(ctx context.Context, userID int64, ch filing.Channel) (to string, err error) {
	sealed, err := find[[]byte](ctx, s.db, "user", `SELECT `+contactAddressColumns[ch].providerSealed+` FROM users
		WHERE id = ?`, userID)
	if err == nil && sealed != nil {
		err = s.keys.OpenJSON(providerAddressAAD(userID, ch), sealed, &to)
	}
	return to, err
}

// ContactAddressesOf returns an account's own addresses, completed by the verified contact of the customer's latest
// filing that has one, or else by what the provider gave with the orders.
func (s *Store) ContactAddressesOf(ctx context.Context, userID int64) (ContactAddresses, error) {
	r, err := s.OwnContactAddresses(ctx, userID)
	if err != nil {
		return r, err
	}
	var both errgroup.Group
	found := make([]string, len(filing.Channels))
	for i, ch := range filing.Channels {
		if found[i] = r.By(ch); found[i] == "" {
			both.Go(func() (err error) {
				found[i], err = s.otherAddress(ctx, userID, ch)
				return err
			})
		}
	}
	if err := both.Wait(); err != nil {
		return r, fmt.Errorf("looking for a contact of account %d: %w", userID, err)
	}
	for i, ch := range filing.Channels {
		r.set(ch, found[i])
	}
	return r, nil
}

// ProofAddresses are where a code may go that proves who is there: the addresses that the account has confirmed; while
// it has none, those that the provider gave; and only then those of a filing, which whoever was launched may have
// opened with an address of their own.
func (s *Store) ProofAddresses(ctx context.Context, userID int64) (ContactAddresses, error) {
	var own, verified, provided ContactAddresses
	var all errgroup.Group
	all.Go(func() (err error) { own, err = s.OwnContactAddresses(ctx, userID); return err })
	all.Go(func() (err error) { verified, err = addressesBy(ctx, userID, s.verifiedAddress); return err })
	all.Go(func() (err error) { provided, err = addressesBy(ctx, userID, s.providerAddress); return err })
	if err := all.Wait(); err != nil {
		return ContactAddresses{}, fmt.Errorf("looking for a contact of account %d: %w", userID, err)
	}
	return cmp.Or(own, provided, verified), nil
}

// addressesBy looks for the addresses of both channels at once.
func addressesBy(ctx context.Context, userID int64,
	find func(context.Context, int64, filing.Channel) (string, error)) (r ContactAddresses, err error) {
	var both errgroup.Group
	found := make([]string, len(filing.Channels))
	for i, ch := range filing.Channels {
		both.Go(func() (err error) { found[i], err = find(ctx, userID, ch); return err })
	}
	err = both.Wait()
	for i, ch := range filing.Channels {
		r.set(ch, found[i])
	}
	return r, err
}

// otherAddress is an address of ContactAddressesOf that isn't the account's own.
func (s *Store) otherAddress(ctx context.Context, userID int64, ch filing.Channel) (string, error) {
	to, err := s.verifiedAddress(ctx, userID, ch)
	if err != nil || to != "" {
		return to, err
	}
	return s.providerAddress(ctx, userID, ch)
}

// verifiedAddress is that of the customer's latest filing whose contact was verified; empty if there is none.
func (s *Store) verifiedAddress(ctx context.Context, userID int64, ch filing.Channel) (string, error) {
	filingID, found, err := getOptional[int64](ctx, s.db, `
		SELECT f.id FROM filings f JOIN contacts c ON c.filing_id = f.id
			JOIN verifications v ON v.filing_id = f.id AND v.channel = ? AND v.verified_at IS NOT NULL
		WHERE f.customer_id = ? ORDER BY f.id DESC LIMIT 1`, ch, userID)
	if err != nil {
		return "", err
	}
	if !found {
		return "", nil
	}
	contact, err := s.Contact(ctx, filingID)
	return addressesOf(contact.Details).By(ch), err
}

// findAccount finds the account for a user name, or for a mail address or mobile number that belongs to exactly one
// account; 0: none. It runs the same queries whatever the input is, so that its timing reveals nothing.
func (s *Store) findAccount(ctx context.Context, typed string) (int64, error) {
	byLogin, err := selectAll[int64](ctx, s.db, `SELECT id FROM users WHERE login = ?`, typed)
	if err != nil {
		return 0, err
	}
	var ids []int64
	for ch, value := range map[filing.Channel]string{filing.SMS: filing.NormaliseMobile(typed),
		filing.Mail: filing.NormaliseEmail(typed)} {
		column := contactAddressColumns[ch]
		hash, err := s.keys.Hash(column.use, value)
		if err != nil {
			return 0, err
		}
		found, err := selectAll[int64](ctx, s.db, `SELECT id FROM users WHERE `+column.hash+` = ?
			UNION SELECT id FROM users WHERE `+column.providerHash+` = ?
			UNION SELECT f.customer_id FROM contacts c JOIN filings f ON f.id = c.filing_id AND f.customer_id IS NOT NULL
				JOIN verifications v ON v.filing_id = c.filing_id AND v.channel = ? AND v.verified_at IS NOT NULL
				WHERE c.`+column.hash+` = ? LIMIT 2`, hash, hash, ch, hash)
		if err != nil {
			return 0, err
		}
		ids = append(ids, found...)
	}
	slices.Sort(ids)
	for _, list := range [][]int64{byLogin, slices.Compact(ids)} {
		if len(list) == 1 {
			return list[0], nil
		}
	}
	return 0, nil
}
