package store

import (
	"context"
	"fmt"
	"time"

	"github.com/beian/beian/internal/filing"
)

// FiledHolder returns a holder of the base by the bureau's ID.
func (s *Store) FiledHolder(ctx context.Context, accountID, holderID int64) (filing.FiledHolder, error) {
	list, err := s.filed(ctx, `WHERE h.account_id = ? AND h.holder_id = ?`, accountID, holderID)
	if err != nil {
		return filing.FiledHolder{}, err
	}
	return list[0].FiledHolder, nil
}

// FiledByNumber finds holders of the base by their own filing number or that of
// a site.
func (s *Store) FiledByNumber(ctx context.Context, number string) ([]Filed, error) {
	key := numberKey(number)
	if key == "" {
		return nil, fmt.Errorf("reading a holder of the base: %w", ErrNotFound)
	}
	// Two indexed look-ups, because an OR couldn't use an index.
	return s.filed(ctx, `JOIN (
		SELECT account_id, holder_id FROM bureau_holders WHERE holder_number = ?
		UNION SELECT account_id, holder_id FROM bureau_sites
		WHERE site_number = ?) x USING (account_id, holder_id)`, key, key)
}

// FiledByDomain finds holders of the base with a domain that covers the host
// (filing.DomainCovers).
func (s *Store) FiledByDomain(ctx context.Context, host string) ([]Filed, error) {
	key := filing.DomainKey(host)
	if key == "" {
		return nil, fmt.Errorf("reading a holder of the base: %w", ErrNotFound)
	}
	return s.filed(ctx, `JOIN (
		SELECT DISTINCT w.account_id, w.holder_id FROM bureau_domains d JOIN bureau_sites w ON w.account_id = d.account_id
		AND w.site_id = d.site_id WHERE d.domain IN (?)) x USING (account_id, holder_id)`, filing.ListingsOf(key))
}

// FiledByName finds holders of the base by their full name (filing.NameKey).
func (s *Store) FiledByName(ctx context.Context, name string) ([]Filed, error) {
	hash, err := s.nameHash(name)
	if err != nil {
		return nil, err
	}
	return s.filed(ctx, `WHERE h.name_hash = ?`, hash)
}

// FiledByDocument finds holders of the base by document type and number.
func (s *Store) FiledByDocument(ctx context.Context, documentType int, number string) ([]Filed, error) {
	hash, err := s.documentHash(documentType, number)
	if err != nil {
		return nil, err
	}
	return s.filed(ctx, `WHERE h.document_hash = ?`, hash)
}

// filed returns the holders that a join or condition selects, newest first; ErrNotFound if there are none.
func (s *Store) filed(ctx context.Context, which string, args ...any) ([]Filed, error) {
	rows, err := selectAll[struct {
		AccountID int64     `db:"account_id"`
		HolderID  int64     `db:"holder_id"`
		Sealed    []byte    `db:"sealed"`
		UpdatedAt time.Time `db:"updated_at"`
	}](ctx, s.db, `SELECT h.account_id, h.holder_id, h.sealed, h.updated_at FROM bureau_holders h `+which+`
		ORDER BY h.updated_at DESC, h.account_id, h.holder_id LIMIT ?`, append(args, maxFound)...)
	if err != nil {
		return nil, fmt.Errorf("searching the base: %w", err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("reading a holder of the base: %w", ErrNotFound)
	}
	list := make([]Filed, len(rows))
	for i, row := range rows {
		list[i].AccountID, list[i].UpdatedAt = row.AccountID, row.UpdatedAt
		if err := s.keys.OpenJSON(baseAAD(row.AccountID, row.HolderID), row.Sealed, &list[i].FiledHolder); err != nil {
			return nil, err
		}
	}
	return list, nil
}
