package store

import (
	"context"
	"fmt"
	"time"

	"github.com/beian/beian/internal/filing"
)

// FiledOrder is one of our orders that has its number.
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
		return s.filedOrders(ctx, fragmentOf(`o.filing_number = ?`, n.String()))
	}
	return s.filedOrders(ctx, fragmentOf(`(o.filing_number = ? OR o.filing_number LIKE ?)`, n.String(), n.String()+"-%"))
}

// FiledOrdersByDomain finds our orders with a domain that covers the host (filing.DomainCovers).
func (s *Store) FiledOrdersByDomain(ctx context.Context, host string) ([]FiledOrder, error) {
	return s.filedOrders(ctx, fragmentOf(`o.filing_number IS NOT NULL AND o.id IN (SELECT order_id FROM order_domains
		WHERE domain IN (?))`, filing.ListingsOf(filing.DomainKey(host))))
}

func (s *Store) filedOrders(ctx context.Context, match fragment) (list []FiledOrder, err error) {
	// For each order, the latest approved revision that has a holder and site: an open follow-up may have none yet.
	rows, err := selectAll[struct {
		Order
		FilingID int64  `db:"filing_id"`
		Revision int    `db:"revision"`
		Sealed   []byte `db:"sealed"`
	}](ctx, s.db, `
		SELECT `+orderColumns+`, COALESCE(d.filing_id, 0) AS filing_id, COALESCE(d.revision, 0) AS revision, d.sealed
		FROM orders o LEFT JOIN filings f ON f.order_id = o.id AND `+filingCustomer+` = o.customer_id
				AND f.stage NOT IN ('withdrawn', 'deregistered')
			LEFT JOIN records r ON r.filing_id = f.id AND r.operation <= 4 AND EXISTS (SELECT 1 FROM decisions x
			WHERE x.record_id = r.id AND x.approved)
			LEFT JOIN dossiers d ON d.filing_id = r.filing_id AND d.revision = r.revision
		WHERE `+match.sql+` ORDER BY o.id DESC, d.filing_id DESC, d.revision DESC LIMIT ?`, match.with(maxFound)...)
	if err != nil {
		return nil, fmt.Errorf("searching filed orders: %w", err)
	}
	for i, row := range rows {
		if i > 0 && rows[i-1].ID == row.ID {
			continue // an earlier revision
		}
		if err := s.fillLists(ctx, []*Order{&row.Order}); err != nil {
			return nil, err
		}
		f := FiledOrder{Number: row.FilingNumber.String, At: row.FilingNumberAt.Time, Domains: row.Domains}
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
