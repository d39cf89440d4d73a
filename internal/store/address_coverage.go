package store

import (
	"context"
	"strings"

	"github.com/beian/beian/internal/filing"
)

// Overlapping finds a block of the account and of the same kind (source or use) that overlaps a range; the bureau
// rejects duplicate addresses (2003).
func (s *Store) Overlapping(ctx context.Context, accountID int64, v BlockValues,
	except int64) (b BlockValues, found bool, err error) {
	return getOptional[BlockValues](ctx, s.db, `
		SELECT from_ip, to_ip, source, used_as, assignment FROM address_blocks
		WHERE account_id = ? AND state IN (?, ?) AND from_ip <= ? AND to_ip >= ? AND (source = 0) = ? AND id <> ? LIMIT 1`,
		accountID, BlockWaiting, BlockReported, v.To, v.From, v.Source == 0, except)
}

// Uncovered is a range of order addresses that no reported block covers.
type Uncovered struct {
	Range  string `db:"ip_range"`
	Orders int    `db:"orders"`
	// Order is the number of one of the orders.
	Order string `db:"number"`
}

// UncoveredRanges lists order ranges that no reported block fully covers. It is empty if no block is reported at all,
// because then the provider reports them elsewhere.
func (s *Store) UncoveredRanges(ctx context.Context, limit int) ([]Uncovered, error) {
	return selectAll[Uncovered](ctx, s.db, `
		SELECT i.ip_range, COUNT(*) AS orders, MIN(o.number) AS number FROM order_ips i JOIN orders o ON o.id = i.order_id
		WHERE EXISTS (SELECT 1 FROM address_blocks WHERE state = ?) AND NOT EXISTS (
			SELECT 1 FROM address_blocks b WHERE b.state = ? AND b.from_ip <= INET_ATON(SUBSTRING_INDEX(i.ip_range, '-', 1))
			AND b.to_ip >= INET_ATON(SUBSTRING_INDEX(i.ip_range, '-', -1)))
		GROUP BY i.ip_range ORDER BY i.ip_range LIMIT ?`, BlockReported, BlockReported, limit)
}

// OutsideBlocks returns a site's ranges that no reported block fully covers. It is empty if no block is reported at
// all, because then the provider reports them elsewhere. Blocks of either kind count.
func (s *Store) OutsideBlocks(ctx context.Context, ranges []string) (outside []string, err error) {
	var names, questions []string
	var args []any
	for _, text := range ranges {
		r, key := filing.ParseIPRange(text)
		if key != "" {
			continue // the form reports it
		}
		from, to := r.Numbers()
		questions = append(questions, `SELECT ? WHERE EXISTS (SELECT 1 FROM address_blocks WHERE state = ?) AND NOT EXISTS
			(SELECT 1 FROM address_blocks WHERE state = ? AND from_ip <= ? AND to_ip >= ?)`)
		args = append(args, len(names), BlockReported, BlockReported, from, to)
		names = append(names, r.String())
	}
	if len(names) == 0 {
		return nil, nil
	}
	positions, err := selectAll[int](ctx, s.db, strings.Join(questions, ` UNION ALL `)+` ORDER BY 1`, args...)
	for _, i := range positions {
		outside = append(outside, names[i])
	}
	return outside, err
}
