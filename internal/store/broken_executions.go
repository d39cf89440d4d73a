package store

import (
	"cmp"
	"context"
	"math"
	"time"

	"github.com/jmoiron/sqlx"
)

// maxBrokenGroups limits the groups of types and causes; there are fewer in practice.
const maxBrokenGroups = 100

// Execution identifies a run of a workflow.
type Execution struct {
	WorkflowID string `db:"workflow_id"`
	RunID      string `db:"run_id"`
}

// BrokenExecution is a run that makes no progress because its code fails or doesn't match its history. It holds no
// payload and no failure text.
type BrokenExecution struct {
	Execution
	// Type is the workflow type, such as Filing.
	Type string `db:"type"`
	// Category and Cause are Temporal's terms, such as WorkflowTaskFailed and NonDeterministicError.
	Category string `db:"category"`
	Cause    string `db:"cause"`
	// BuildID is that of the worker that failed last, if known.
	BuildID string `db:"build_id"`
	// Inspected reports whether its history was read for cause and build.
	Inspected bool      `db:"inspected"`
	FirstSeen time.Time `db:"first_seen"`
	LastSeen  time.Time `db:"last_seen"`
}

// BrokenGroup is the broken runs of one type and cause.
type BrokenGroup struct {
	Type  string `db:"type"`
	Cause string `db:"cause"`
	Counted
}

// BrokenExecutions lists the runs of a type and cause (empty: any), those broken longest first; limit 0 means all.
func (s *Store) BrokenExecutions(ctx context.Context, kind, cause string, limit int) ([]BrokenExecution, error) {
	list, err := selectAll[BrokenExecution](ctx, s.db, `SELECT workflow_id, run_id, type, category, cause, build_id,
		inspected, first_seen, last_seen FROM broken_executions WHERE ? IN ('', type) AND ? IN ('', cause)
		ORDER BY first_seen, workflow_id, run_id LIMIT ?`, kind, cause, cmp.Or(limit, math.MaxInt32))
	return list, during(err, "broken executions")
}

// BrokenGroups counts the runs by type and cause.
func (s *Store) BrokenGroups(ctx context.Context) ([]BrokenGroup, error) {
	return selectAll[BrokenGroup](ctx, s.db, `
		SELECT type, cause, COUNT(*) AS n, MIN(first_seen) AS oldest FROM broken_executions GROUP BY type, cause
		ORDER BY oldest, type, cause LIMIT ?`, maxBrokenGroups)
}

// SaveBroken stores the findings of a check. Rows that it didn't find are deleted, unless the check was partial. It is
// idempotent except for the time.
func (s *Store) SaveBroken(ctx context.Context, found []BrokenExecution, part bool) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		for _, b := range found {
			if err := exec(ctx, tx, `
				INSERT INTO broken_executions (workflow_id, run_id, type, category, cause, build_id, inspected, first_seen,
				last_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE type = VALUES(type), category =
				VALUES(category), cause = VALUES(cause), build_id = VALUES(build_id), inspected = VALUES(inspected),
				last_seen = VALUES(last_seen)`,
				clip(b.WorkflowID, 255), clip(b.RunID, 64), clip(b.Type, 128), clip(b.Category, 64), clip(b.Cause, 64),
				clip(b.BuildID, 128), b.Inspected, now, now); err != nil {
				return err
			}
		}
		if part {
			return nil
		}
		return exec(ctx, tx, `DELETE FROM broken_executions WHERE last_seen < ?`, now)
	})
}
