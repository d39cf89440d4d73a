package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// HolderHashes are the keyed hashes by which a holder is found: of what may be a name, and
// of what may be a document's number, whatever its type.
type HolderHashes struct {
	Name     []byte `json:"name,omitempty"`
	Document []byte `json:"document,omitempty"`
}

// None tells whether they are nobody's.
func (h HolderHashes) None() bool { return h.Name == nil && h.Document == nil }

// HolderHashes are those of what somebody typed, which may be either.
func (s *Store) HolderHashes(typed string) (h HolderHashes, err error) {
	if h.Name, err = s.keys.Hash("filings/name", filing.NameKey(typed)); err == nil {
		h.Document, err = s.keys.Hash("filings/document", filing.DocumentNumberKey(typed))
	}
	return h, err
}

// findBy writes what a filing is found by, of its newest dossier. A dossier without a
// holder of its own, such as one that ends a filing, leaves the hashes empty.
func (s *Store) findBy(ctx context.Context, db sqlx.ExecerContext, filingID int64, revision int, d filing.Dossier) error {
	var name, document []byte
	var err error
	if d.Holder.Name != "" {
		if name, err = s.keys.Hash("filings/name", filing.NameKey(d.Holder.Name)); err != nil {
			return err
		}
	}
	if d.Holder.DocumentNumber != "" {
		if document, err = s.keys.Hash("filings/document", filing.DocumentNumberKey(d.Holder.DocumentNumber)); err != nil {
			return err
		}
	}
	province := d.Bureau()
	if len(province) != 6 {
		province = ""
	}
	_, err = db.ExecContext(ctx, `UPDATE filings SET province = ?, name_hash = ?, document_hash = ?, indexed_revision = ? WHERE id = ? AND indexed_revision <= ?`,
		province, name, document, revision, filingID, revision)
	return err
}

// findByChunk is how many filings are looked through in one statement.
const findByChunk = 2000

// RefreshFindBy writes what filings are found by where processes of before the columns
// handed the dossier in; it returns how many. It goes through the filings by key, so that
// a start that finds nothing to do reads an index.
func (s *Store) RefreshFindBy(ctx context.Context) (done int, err error) {
	var last int64
	if err := s.db.GetContext(ctx, &last, `SELECT COALESCE(MAX(id), 0) FROM filings`); err != nil {
		return 0, err
	}
	for from := int64(0); from < last; from += findByChunk {
		var behind []struct {
			ID       int64 `db:"id"`
			Revision int   `db:"revision"`
		}
		if err := s.db.SelectContext(ctx, &behind, `
			SELECT f.id, MAX(d.revision) AS revision FROM filings f JOIN dossiers d ON d.filing_id = f.id
			WHERE f.id > ? AND f.id <= ? GROUP BY f.id, f.indexed_revision HAVING MAX(d.revision) > f.indexed_revision`, from, from+findByChunk); err != nil {
			return done, fmt.Errorf("looking for filings that can't be found: %w", err)
		}
		for _, b := range behind {
			d, err := s.Dossier(ctx, b.ID, b.Revision)
			if err != nil {
				return done, err
			}
			if err := s.findBy(ctx, s.db, b.ID, b.Revision, d); err != nil {
				return done, err
			}
			done++
		}
	}
	return done, nil
}
