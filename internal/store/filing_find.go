package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// PersonHashes are the keyed hashes that find the filings of a person or company: what was typed may be a holder's name
// or document number, or a contact's mobile number or mail address.
type PersonHashes struct {
	Name     []byte `json:"name,omitempty"`
	Document []byte `json:"document,omitempty"`
	Mobile   []byte `json:"mobile,omitempty"`
	Email    []byte `json:"email,omitempty"`
}

// None reports whether there is nothing to search for.
func (h PersonHashes) None() bool {
	return h.Name == nil && h.Document == nil && h.Mobile == nil && h.Email == nil
}

// PersonHashes hashes what a user typed as each of them.
func (s *Store) PersonHashes(typed string) (h PersonHashes, err error) {
	for _, part := range []struct {
		hash       *[]byte
		use, value string
	}{
		{&h.Name, "filings/name", filing.NameKey(typed)},
		{&h.Document, "filings/document", filing.DocumentNumberKey(typed)},
		{&h.Mobile, contactAddressColumns[filing.SMS].use, filing.NormaliseMobile(typed)},
		{&h.Email, contactAddressColumns[filing.Mail].use, filing.NormaliseEmail(typed)},
	} {
		if *part.hash, err = s.keys.Hash(part.use, part.value); err != nil {
			return h, err
		}
	}
	return h, nil
}

// findBy writes the search terms of a filing's latest dossier. A dossier without its own holder, such as a
// deregistration, leaves the hashes empty.
func (s *Store) findBy(ctx context.Context, db sqlx.ExecerContext, filingID int64, revision int,
	d filing.Dossier) (err error) {
	var h PersonHashes
	if d.Holder.Name != "" {
		if h.Name, err = s.keys.Hash("filings/name", filing.NameKey(d.Holder.Name)); err != nil {
			return err
		}
	}
	if number := d.Holder.DocumentNumber; number != "" {
		if h.Document, err = s.keys.Hash("filings/document", filing.DocumentNumberKey(number)); err != nil {
			return err
		}
	}
	province := d.Bureau()
	if len(province) != 6 {
		province = ""
	}
	return exec(ctx, db, `UPDATE filings SET province = ?, name_hash = ?, document_hash = ?, indexed_revision = ?
		WHERE id = ? AND indexed_revision <= ?`, province, h.Name, h.Document, revision, filingID, revision)
}
