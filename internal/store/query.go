package store

import (
	"context"
	"fmt"
	"time"

	"github.com/beian/beian/internal/filing"
)

// FiledOrder is a site of one of our orders that has its number.
type FiledOrder struct {
	Number  string
	At      time.Time
	Domains []string
	// Dossier is the approved dossier; empty for a number that was registered without one.
	Dossier filing.Dossier
}

// FiledOrdersByNumber finds our orders by their filing number, or by their holder's.
func (s *Store) FiledOrdersByNumber(ctx context.Context, n filing.Number) ([]FiledOrder, error) {
	if n.Site > 0 {
		return s.filedOrders(ctx, fragmentOf(`w.filing_number = ?`, n.String()))
	}
	return s.filedOrders(ctx, fragmentOf(`(w.filing_number = ? OR w.filing_number LIKE ?)`, n.String(), n.String()+"-%"))
}

// FiledOrdersByDomain finds our orders with a domain that covers the host (filing.DomainCovers): one that the order
// lists, or its site's.
func (s *Store) FiledOrdersByDomain(ctx context.Context, host string) ([]FiledOrder, error) {
	key := filing.DomainKey(host)
	if key == "" {
		return nil, nil
	}
	names := filing.ListingsOf(key)
	// First, because databases run a union within IN for every row.
	sites, err := selectAll[int64](ctx, s.db, `SELECT site_id FROM order_domains WHERE domain IN (?) AND site_id IS NOT NULL
		UNION SELECT id FROM sites WHERE domain IN (?)`, names, names)
	if err != nil || len(sites) == 0 {
		return nil, during(err, "searching filed orders")
	}
	return s.filedOrders(ctx, fragmentOf(`w.filing_number IS NOT NULL AND w.id IN (?)`, sites))
}

func (s *Store) filedOrders(ctx context.Context, match fragment) (list []FiledOrder, err error) {
	// For each site, the latest approved revision that has a holder and site: an open follow-up may have none yet.
	rows, err := selectAll[struct {
		Site
		FilingID int64  `db:"filing_id"`
		Revision int    `db:"revision"`
		Sealed   []byte `db:"sealed"`
	}](ctx, s.db, `
		SELECT `+siteColumns+`, COALESCE(d.filing_id, 0) AS filing_id, COALESCE(d.revision, 0) AS revision, d.sealed
		FROM sites w JOIN orders o ON o.id = w.order_id LEFT JOIN filings f ON f.site_id = w.id
				AND `+filingCustomer+` = o.customer_id AND f.stage NOT IN ('withdrawn', 'deregistered')
			LEFT JOIN (records r JOIN decisions x ON x.record_id = r.id AND x.approved)
				ON r.filing_id = f.id AND r.operation <= 4
			LEFT JOIN dossiers d ON d.filing_id = r.filing_id AND d.revision = r.revision
		WHERE `+match.sql+` ORDER BY w.id DESC, d.filing_id DESC, d.revision DESC LIMIT ?`, match.with(maxFound)...)
	if err != nil {
		return nil, fmt.Errorf("searching filed orders: %w", err)
	}
	for i, row := range rows {
		if i > 0 && rows[i-1].ID == row.ID {
			continue // an earlier revision
		}
		f := FiledOrder{Number: row.FilingNumber.String, At: row.FilingNumberAt.Time}
		if f.Domains, err = selectAll[string](ctx, s.db, `SELECT domain FROM order_domains WHERE site_id = ? ORDER BY position`,
			row.ID); err != nil {
			return nil, fmt.Errorf("searching filed orders: %w", err)
		}
		if row.Sealed != nil {
			if err := s.keys.OpenJSON(dossierAAD(row.FilingID, row.Revision), row.Sealed, &f.Dossier); err != nil {
				return nil, err
			}
		}
		list = append(list, f)
	}
	return list, nil
}

// InquiryAccounts returns the accounts whose bureaus can be queried now.
func (s *Store) InquiryAccounts(ctx context.Context) ([]int64, error) {
	return selectAll[int64](ctx, s.db, `SELECT id FROM bureau_accounts WHERE active AND stopped_at IS NULL AND driver = ?
		ORDER BY id`, DriverInterface)
}
