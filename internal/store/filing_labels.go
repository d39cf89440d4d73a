package store

import (
	"context"
	"database/sql"

	"github.com/beian/beian/internal/filing"
)

// FilingLabel is what staff recognise a filing by in a list.
type FilingLabel struct {
	FilingID int64 `db:"id"`
	// Domain is the first of the order's domains; Domains is how many there are.
	Domain  string `db:"domain"`
	Domains int    `db:"domains"`
	// Removed: the order no longer lists the site's domain.
	Removed bool `db:"removed"`
	// Customer is the login of the filing's customer, Holder the holder's name. Both are personal data.
	Customer string `db:"login"`
	Holder   string `db:"-"`
}

// FilingLabels returns the labels of filings by their IDs, in one query; personal: with customer and holder. A filing
// without a holder of its own, such as a deregistration, has that of the one it follows.
func (s *Store) FilingLabels(ctx context.Context, ids []int64, personal bool) (map[int64]FilingLabel, error) {
	labels := map[int64]FilingLabel{}
	if len(ids) == 0 {
		return labels, nil
	}
	columns, joins := ``, ``
	if personal {
		columns = `, u.login, f.indexed_revision, d.sealed, f.base_id, b.indexed_revision AS base_revision,
			bd.sealed AS base_sealed`
		joins = ` JOIN users u ON u.id = ` + filingCustomer + `
			LEFT JOIN dossiers d ON d.filing_id = f.id AND d.revision = f.indexed_revision
			LEFT JOIN filings b ON b.id = f.base_id
			LEFT JOIN dossiers bd ON bd.filing_id = b.id AND bd.revision = b.indexed_revision`
	}
	rows, err := selectAll[struct {
		FilingLabel
		Revision     int           `db:"indexed_revision"`
		Sealed       []byte        `db:"sealed"`
		BaseID       sql.NullInt64 `db:"base_id"`
		BaseRevision sql.NullInt64 `db:"base_revision"`
		BaseSealed   []byte        `db:"base_sealed"`
	}](ctx, s.db, `SELECT f.id, COALESCE((SELECT n.domain FROM order_domains n
			WHERE n.order_id = o.id AND (n.site_id = w.id OR w.id IS NULL) ORDER BY n.position LIMIT 1), w.domain, '') AS domain,
			(SELECT COUNT(*) FROM order_domains n WHERE n.order_id = o.id AND (n.site_id = w.id OR w.id IS NULL))
			AS domains, w.removed_at IS NOT NULL AS removed`+columns+`
		FROM filings f JOIN orders o ON o.id = f.order_id
			LEFT JOIN sites w ON w.id = f.site_id`+joins+` WHERE f.id IN (?)`, ids)
	if err != nil {
		return nil, during(err, "reading what filings are recognised by")
	}
	for _, r := range rows {
		if r.Holder, err = s.holderName(r.FilingID, r.Revision, r.Sealed); err == nil && r.Holder == "" {
			r.Holder, err = s.holderName(r.BaseID.Int64, int(r.BaseRevision.Int64), r.BaseSealed)
		}
		if err != nil {
			return nil, err
		}
		labels[r.FilingID] = r.FilingLabel
	}
	return labels, nil
}

// holderName opens a dossier for its holder's name; empty if there is no dossier.
func (s *Store) holderName(filingID int64, revision int, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	var d filing.Dossier
	err := s.keys.OpenJSON(dossierAAD(filingID, revision), sealed, &d)
	return d.Holder.Name, err
}
