package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// The templates that notify customers of what happened to a filing without its workflow: the bureau deregistered it,
// staff withdrew it, an import took its domain from the order. Activities send them as message.Deregistered and so on.
const (
	noticeDeregistered = "deregistered"
	noticeWithdrawn    = "withdrawn"
	noticeAbandoned    = "abandoned"
	noticeSiteRemoved  = "site_removed"
)

// noticeLifetime is how long an unsent notice is tried: a late one would only confuse.
const noticeLifetime = 14 * 24 * time.Hour

// CustomerNotice is a notice that a filing's customer must get.
type CustomerNotice struct {
	FilingID int64  `db:"filing_id"`
	Template string `db:"template"`
}

// addCustomerNotice queues a notice, in the transaction of the event it reports.
func (s *Store) addCustomerNotice(ctx context.Context, tx *sqlx.Tx, t CustomerNotice) error {
	return exec(ctx, tx, `INSERT IGNORE INTO customer_notices (filing_id, template, created_at)
		VALUES (?, ?, ?)`, t.FilingID, t.Template, s.utcNow())
}

// PendingCustomerNotices lists unsent notices that needn't wait, oldest first; those that did wait come as late.
func (s *Store) PendingCustomerNotices(ctx context.Context, limit int) ([]CustomerNotice, error) {
	now := s.utcNow()
	return selectAll[CustomerNotice](ctx, s.db, `
		SELECT filing_id, template FROM customer_notices WHERE notified_at IS NULL AND created_at > ?
		AND (not_before IS NULL OR not_before <= ?) ORDER BY COALESCE(not_before, created_at), filing_id
		LIMIT ?`, now.Add(-noticeLifetime), now, limit)
}

// PostponeCustomerNotice lets a notice wait, and then come behind the others.
func (s *Store) PostponeCustomerNotice(ctx context.Context, t CustomerNotice, wait time.Duration) error {
	return exec(ctx, s.db, `UPDATE customer_notices SET not_before = ? WHERE filing_id = ? AND template = ?`,
		s.utcNow().Add(wait), t.FilingID, t.Template)
}

// CustomerNoticeDone records that a notice was sent or can't be.
func (s *Store) CustomerNoticeDone(ctx context.Context, t CustomerNotice) error {
	return exec(ctx, s.db, `UPDATE customer_notices SET notified_at = ? WHERE filing_id = ? AND template = ?
		AND notified_at IS NULL`, s.utcNow(), t.FilingID, t.Template)
}
