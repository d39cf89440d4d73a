package store

import (
	"context"
	"database/sql"
)

// OrdersAfter lists orders whose IDs follow one, oldest first: those that test keys made, or all others.
func (s *Store) OrdersAfter(ctx context.Context, sandbox bool, after int64, limit int) ([]Order, error) {
	rows, err := selectAll[Order](ctx, s.db, `SELECT `+orderColumns+` FROM orders o WHERE o.sandbox = ? AND o.id > ?
		ORDER BY o.id LIMIT ?`, sandbox, after, limit)
	if err != nil || len(rows) == 0 {
		return nil, during(err, "listing orders")
	}
	ids, byID := make([]int64, len(rows)), make(map[int64]*Order, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
		byID[ids[i]] = &rows[i]
	}
	values, err := s.listValues(ctx, `?`, ids)
	for _, v := range values {
		v.addTo(byID[v.OrderID])
	}
	return rows, err
}

// FilingsAfter lists filings whose IDs follow one, oldest first: of orders that test keys made, or of all others.
func (s *Store) FilingsAfter(ctx context.Context, sandbox bool, after int64, limit int) ([]Filing, error) {
	rows, err := selectAll[Filing](ctx, s.db, filingSelect+`WHERE f.id > ? AND o.sandbox = ? ORDER BY f.id LIMIT ?`, after,
		sandbox, limit)
	return rows, during(err, "listing filings")
}

// SiteNumbers are the numbers that bureaus issued for sites, by the sites' IDs.
func (s *Store) SiteNumbers(ctx context.Context, ids ...int64) (map[int64]string, error) {
	numbers := map[int64]string{}
	if len(ids) == 0 {
		return numbers, nil
	}
	rows, err := selectAll[struct {
		ID     int64          `db:"id"`
		Number sql.NullString `db:"filing_number"`
	}](ctx, s.db, `SELECT id, filing_number FROM sites WHERE id IN (?) AND filing_number IS NOT NULL`, ids)
	for _, r := range rows {
		numbers[r.ID] = r.Number.String
	}
	return numbers, during(err, "reading the numbers of sites")
}
