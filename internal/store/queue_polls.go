package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
)

// QueuePoll is when a worker was last seen to poll a task queue.
type QueuePoll struct {
	Queue    string    `db:"queue"`
	PolledAt time.Time `db:"polled_at"`
}

// SaveQueuePolls stores what a check found out; a zero time: nobody polls. A queue that was never polled counts from
// its first check.
func (s *Store) SaveQueuePolls(ctx context.Context, polls []QueuePoll) error {
	now := s.utcNow()
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		for _, p := range polls {
			query := `INSERT INTO queue_polls (queue, polled_at) VALUES (?, ?)
				ON DUPLICATE KEY UPDATE polled_at = GREATEST(polled_at, VALUES(polled_at))`
			if p.PolledAt.IsZero() {
				query, p.PolledAt = `INSERT IGNORE INTO queue_polls (queue, polled_at) VALUES (?, ?)`, now
			}
			if err := exec(ctx, tx, query, p.Queue, p.PolledAt.UTC()); err != nil {
				return err
			}
		}
		return nil
	})
}

// queuePolls are what the checks found out.
func (s *Store) queuePolls(ctx context.Context) ([]QueuePoll, error) {
	return selectAll[QueuePoll](ctx, s.db, `SELECT queue, polled_at FROM queue_polls ORDER BY queue`)
}
