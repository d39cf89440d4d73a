package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// keepRefusals is how long a refusal holds: numbers are given to other people.
const keepRefusals = 365 * 24 * time.Hour

// RefusedAddress is a number or address that was refused for good.
type RefusedAddress struct {
	Channel filing.Channel `db:"channel"`
	// Code and Words are the operator's, or the recipient's mail server's.
	Code  string    `db:"code"`
	Words string    `db:"words"`
	At    time.Time `db:"refused_at"`
}

// RefuseAddress records that an address was refused for good.
func (s *Store) RefuseAddress(ctx context.Context, ch filing.Channel, to string, d filing.Delivery) error {
	hash, err := s.keys.Hash(addressUse(ch), to)
	if err != nil {
		return err
	}
	at := d.At
	if at.IsZero() {
		at = s.utcNow()
	}
	return exec(ctx, s.db, `INSERT INTO refused_addresses (channel, to_hash, code, words, refused_at)
		VALUES (?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE code = VALUES(code), words = VALUES(words), refused_at = VALUES(refused_at)`,
		ch, hash, d.Code, d.Words, at.UTC())
}

// RefusedAddress looks whether an address was refused for good, and nobody confirmed it since.
func (s *Store) RefusedAddress(ctx context.Context, ch filing.Channel, to string) (r RefusedAddress, refused bool,
	err error) {
	hash, err := s.keys.Hash(addressUse(ch), to)
	if err != nil {
		return r, false, err
	}
	return getOptional[RefusedAddress](ctx, s.db, `SELECT channel, code, words, refused_at FROM refused_addresses
		WHERE channel = ? AND to_hash = ?`, ch, hash)
}

// ConfirmAddress forgets a refusal: its owner says that the address is right, or a message arrived there.
func (s *Store) ConfirmAddress(ctx context.Context, ch filing.Channel, to string) error {
	hash, err := s.keys.Hash(addressUse(ch), to)
	if err != nil {
		return err
	}
	return exec(ctx, s.db, `DELETE FROM refused_addresses WHERE channel = ? AND to_hash = ?`, ch, hash)
}

// RefusedOfFiling lists which addresses of a filing's contact were refused for good.
func (s *Store) RefusedOfFiling(ctx context.Context, filingID int64) ([]RefusedAddress, error) {
	const of = `SELECT r.channel, r.code, r.words, r.refused_at FROM contacts c JOIN refused_addresses r `
	return selectAll[RefusedAddress](ctx, s.db,
		of+`ON r.channel = ? AND r.to_hash = c.mobile_hash WHERE c.filing_id = ? UNION ALL `+
			of+`ON r.channel = ? AND r.to_hash = c.email_hash WHERE c.filing_id = ?`,
		filing.SMS, filingID, filing.Mail, filingID)
}

// forgetRefusals deletes what refusals say of a filing's contact.
func forgetRefusals(ctx context.Context, tx *sqlx.Tx, filingID int64) error {
	const of = `DELETE r FROM refused_addresses r JOIN contacts c ON r.to_hash = `
	return execAll(ctx, tx,
		fragmentOf(of+`c.mobile_hash WHERE c.filing_id = ? AND r.channel = ?`, filingID, filing.SMS),
		fragmentOf(of+`c.email_hash WHERE c.filing_id = ? AND r.channel = ?`, filingID, filing.Mail))
}
