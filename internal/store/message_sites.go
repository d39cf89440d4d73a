package store

import (
	"context"
	"slices"
	"time"

	"github.com/beian/beian/internal/filing"
)

// Several reports whether an order shows several sites, each with pages of its own (Site.Listed).
func (s *Store) Several(ctx context.Context, orderID int64) (bool, error) {
	return get[bool](ctx, s.db, `SELECT COUNT(*) > 1 FROM sites w LEFT JOIN filings f ON f.open_site_id = w.id
		WHERE w.order_id = ? AND (w.removed_at IS NULL OR f.id IS NOT NULL)`, orderID)
}

// WaitingTogether lists the filings of a filing's holder and order that wait for their customer in the same stage since
// the same day in China, oldest first: one reminder is about all of them.
func (s *Store) WaitingTogether(ctx context.Context, f Filing) ([]Filing, error) {
	if !f.HolderID.Valid {
		return []Filing{f}, nil
	}
	list, err := selectAll[Filing](ctx, s.db, filingSelect+`WHERE f.holder_id = ? AND f.order_id = ? AND f.stage = ?
		AND `+filingCustomer+` = ? ORDER BY f.id`, f.HolderID, f.OrderID, f.Stage, f.CustomerID)
	day := filing.ChinaDayOf(f.StageSince)
	return slices.DeleteFunc(list, func(o Filing) bool {
		return o.ID != f.ID && (o.Turn() != filing.TurnCustomer || filing.ChinaDayOf(o.StageSince) != day)
	}), during(err, "reading what waits with filing %d", f.ID)
}

// ApprovedTogether lists the filings whose sites were approved with a filing's: they travelled in one record, and their
// decisions became complete at once. The oldest comes first, and those that have ended are left out.
func (s *Store) ApprovedTogether(ctx context.Context, f Filing) ([]Filing, error) {
	own, found, err := getOptional[struct {
		Carrier int64     `db:"carrier"`
		At      time.Time `db:"signalled_at"`
	}](ctx, s.db, `SELECT COALESCE(r.carrier_id, r.id) AS carrier, d.signalled_at FROM records r
		JOIN decisions d ON d.record_id = r.id WHERE r.filing_id = ? AND d.approved AND d.signalled_at IS NOT NULL
		ORDER BY r.revision DESC LIMIT 1`, f.ID)
	var list []Filing
	if err == nil && found {
		list, err = selectAll[Filing](ctx, s.db, filingSelect+`
			JOIN records r ON r.filing_id = f.id JOIN decisions d ON d.record_id = r.id
			JOIN (SELECT id FROM records WHERE id = ? UNION SELECT id FROM records WHERE carrier_id = ?) g ON g.id = r.id
			WHERE d.approved AND d.signalled_at = ? AND f.order_id = ? AND f.stage NOT IN (?, ?) ORDER BY f.id`, own.Carrier,
			own.Carrier, own.At, f.OrderID, filing.Withdrawn, filing.Deregistered)
	}
	if !slices.ContainsFunc(list, func(o Filing) bool { return o.ID == f.ID }) {
		list = []Filing{f}
	}
	return list, during(err, "reading what was approved with filing %d", f.ID)
}
