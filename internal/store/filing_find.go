package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// HolderHashes are the keyed hashes that find a holder, since the input may be a name or a document number of any type.
type HolderHashes struct {
	Name     []byte `json:"name,omitempty"`
	Document []byte `json:"document,omitempty"`
}

// None reports whether there is nothing to search for.
func (h HolderHashes) None() bool { return h.Name == nil && h.Document == nil }

// HolderHashes hashes what a user typed as both a name and a document number.
func (s *Store) HolderHashes(typed string) (h HolderHashes, err error) {
	if h.Name, err = s.keys.Hash("filings/name", filing.NameKey(typed)); err == nil {
		h.Document, err = s.keys.Hash("filings/document", filing.DocumentNumberKey(typed))
	}
	return h, err
}

// findBy writes the search terms of a filing's latest dossier. A dossier without its own holder, such as a
// deregistration, leaves the hashes empty.
func (s *Store) findBy(ctx context.Context, db sqlx.ExecerContext, filingID int64, revision int,
	d filing.Dossier) (err error) {
	var h HolderHashes
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
