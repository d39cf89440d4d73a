package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"
)

// Who gave how a web space is reached.
const (
	SpaceByProvider = "provider"
	SpaceByStaff    = "staff"
)

// SpaceState is what is known about an order's web space, but for how it is reached.
type SpaceState struct {
	Known bool `db:"known"`
	// By is SpaceByProvider or SpaceByStaff, and At when; empty and null if an older build stored it.
	By string       `db:"web_space_by"`
	At sql.NullTime `db:"web_space_at"`
	// TestedAt is when somebody last signed in to it, null if nobody has since it changed; Reason is why that failed,
	// empty if it worked.
	TestedAt sql.NullTime `db:"tested_at"`
	Reason   string       `db:"reason"`
}

// SpaceStateOf returns the state of an order's web space.
func (s *Store) SpaceStateOf(ctx context.Context, orderID int64) (SpaceState, error) {
	return find[SpaceState](ctx, s.db, "order", `SELECT o.sealed_web_space IS NOT NULL AS known, o.web_space_by,
		o.web_space_at, t.tested_at, COALESCE(t.reason, '') AS reason
		FROM orders o LEFT JOIN web_space_tests t ON t.order_id = o.id WHERE o.id = ?`, orderID)
}

// NoteSpaceTest records what came of signing in to an order's web space, as it was at a time; an empty reason: it
// worked.
func (s *Store) NoteSpaceTest(ctx context.Context, orderID int64, since time.Time, reason string) error {
	return during(exec(ctx, s.db, `INSERT INTO web_space_tests (order_id, reason, tested_at)
		SELECT id, ?, ? FROM orders WHERE id = ? AND (web_space_at IS NULL OR web_space_at <= ?)
		ON DUPLICATE KEY UPDATE reason = VALUES(reason), tested_at = VALUES(tested_at)`, reason, s.utcNow(), orderID,
		since.UTC()), "noting the test of a web space")
}

// forgetSpaceTest forgets the result for a web space that changes.
func forgetSpaceTest(ctx context.Context, tx *sqlx.Tx, orderID int64) error {
	return exec(ctx, tx, `DELETE FROM web_space_tests WHERE order_id = ?`, orderID)
}
