package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// The templates that notify customers of a filing that the bureau deregistered or staff withdrew; activities send them
// as message.Deregistered and message.Withdrawn.
const (
	noticeDeregistered = "deregistered"
	noticeWithdrawn    = "withdrawn"
	noticeAbandoned    = "abandoned"
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

// PendingCustomerNotices lists unsent notices, oldest first; those that failed come after the others.
func (s *Store) PendingCustomerNotices(ctx context.Context, limit int) ([]CustomerNotice, error) {
	return selectAll[CustomerNotice](ctx, s.db, `
		SELECT filing_id, template FROM customer_notices WHERE notified_at IS NULL AND created_at > ?
		ORDER BY COALESCE(tried_at, created_at), filing_id LIMIT ?`, s.utcNow().Add(-noticeLifetime), limit)
}

// CustomerNoticeFailed puts a notice that couldn't be sent behind the others.
func (s *Store) CustomerNoticeFailed(ctx context.Context, t CustomerNotice) error {
	return exec(ctx, s.db, `UPDATE customer_notices SET tried_at = ? WHERE filing_id = ? AND template = ?`, s.utcNow(),
		t.FilingID, t.Template)
}

// CustomerNoticeDone records that a notice was sent or can't be.
func (s *Store) CustomerNoticeDone(ctx context.Context, t CustomerNotice) error {
	return exec(ctx, s.db, `UPDATE customer_notices SET notified_at = ? WHERE filing_id = ? AND template = ?
		AND notified_at IS NULL`, s.utcNow(), t.FilingID, t.Template)
}
