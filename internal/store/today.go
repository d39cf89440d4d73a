package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beian/beian/internal/filing"
)

// MaxCounted limits counting: beyond it the exact number doesn't matter and would be expensive.
const MaxCounted = 1000

// Counted is how many are waiting, and since when the oldest is.
type Counted struct {
	N      int          `db:"n"`
	Oldest sql.NullTime `db:"oldest"`
}

// Text is the number as displayed, such as 17 or 1000+.
func (c Counted) Text() string {
	if c.N > MaxCounted {
		return strconv.Itoa(MaxCounted) + "+"
	}
	return strconv.Itoa(c.N)
}

// count counts, up to MaxCounted, the rows of a query with a column "at".
func (s *Store) count(ctx context.Context, query string, args ...any) (Counted, error) {
	c, err := get[Counted](ctx, s.db, `SELECT COUNT(*) AS n, MIN(at) AS oldest FROM (`+query+` LIMIT ?) some`,
		append(args, MaxCounted+1)...)
	return c, during(err, "counting")
}

// CountedCause is the number of filings stuck for a cause.
type CountedCause struct {
	Cause
	Counted
}

// StuckCauses counts the stuck filings of each cause.
func (s *Store) StuckCauses(ctx context.Context) (list []CountedCause, err error) {
	causes, err := s.causes(ctx)
	if err != nil {
		return nil, err
	}
	var counts []string
	var args []any
	for _, c := range causes {
		counts = append(counts, `SELECT ? AS stuck_step, ? AS stuck_reason, COUNT(*) AS n, MIN(at) AS oldest
			FROM (`+countStuck+` LIMIT ?) some`)
		args = append(args, c.Step, c.Reason, c.Step, c.Reason, MaxCounted+1)
	}
	if len(counts) == 0 {
		return nil, nil
	}
	list, err = selectAll[CountedCause](ctx, s.db, strings.Join(counts, ` UNION ALL `), args...)
	return slices.DeleteFunc(list, func(c CountedCause) bool { return c.N == 0 }), // resolved in the meantime
		during(err, "counting")
}

const (
	countStuck = `SELECT stuck_since AS at FROM filings FORCE INDEX (filings_cause) WHERE stuck_step = ?
		AND stuck_reason = ? ORDER BY stuck_since, id`
	countStage = `SELECT stage_since AS at FROM filings FORCE INDEX (filings_stage) WHERE stage = ?
		AND stage_since <= ? ORDER BY stage_since, id`
	countStageProvince = `SELECT stage_since AS at FROM filings FORCE INDEX (filings_province) WHERE province = ?
		AND stage = ? AND stage_since <= ? ORDER BY stage_since, id`
	countSiteBad = `SELECT site_bad_since AS at FROM filings FORCE INDEX (filings_site_bad) WHERE stage = 'filed'
		AND site_bad_since IS NOT NULL ORDER BY site_bad_since, id`
	countTickets = `SELECT created_at AS at FROM tickets FORCE INDEX (tickets_status) WHERE status = 'open' ORDER BY id`
)

// CountStage counts the filings that have been in a stage since a time or longer.
func (s *Store) CountStage(ctx context.Context, stage filing.Stage, before time.Time) (Counted, error) {
	return s.count(ctx, countStage, stage, before.UTC())
}

// ProvinceBefore is a province and the time since which, or longer, something must have been so to count there.
type ProvinceBefore struct {
	Province string
	Before   time.Time
}

// CountStageIn is CountStage for several provinces at once, each with a time of its own.
func (s *Store) CountStageIn(ctx context.Context, stage filing.Stage, in []ProvinceBefore) ([]Counted, error) {
	if len(in) == 0 {
		return nil, nil
	}
	var counts []string
	var args []any
	for i, p := range in {
		counts = append(counts, `SELECT ? AS i, COUNT(*) AS n, MIN(at) AS oldest FROM (`+countStageProvince+` LIMIT ?) some`)
		args = append(args, i, p.Province, stage, p.Before.UTC(), MaxCounted+1)
	}
	list, err := selectAll[struct {
		I int `db:"i"`
		Counted
	}](ctx, s.db, strings.Join(counts, ` UNION ALL `), args...)
	counted := make([]Counted, len(in))
	for _, row := range list {
		counted[row.I] = row.Counted
	}
	return counted, during(err, "counting")
}

// CountSiteBad counts the completed filings whose sites are broken.
func (s *Store) CountSiteBad(ctx context.Context) (Counted, error) { return s.count(ctx, countSiteBad) }

// CountOpenTickets counts the tickets that wait for an answer.
func (s *Store) CountOpenTickets(ctx context.Context) (Counted, error) {
	return s.count(ctx, countTickets)
}

// ProvincesIn returns the provinces that have filings in a stage.
func (s *Store) ProvincesIn(ctx context.Context, stage filing.Stage) (list []string, err error) {
	var some []string
	var args []any
	for _, p := range filing.Provinces() {
		some = append(some, `(SELECT province FROM filings FORCE INDEX (filings_province) WHERE province = ? AND stage = ?
			LIMIT 1)`)
		args = append(args, p.Code, stage)
	}
	return selectAll[string](ctx, s.db, strings.Join(some, ` UNION ALL `), args...)
}

// CountedKind is the number of open tasks of a kind.
type CountedKind struct {
	Kind string `db:"kind"`
	Counted
}

const countTasks = `SELECT kind, created_at FROM staff_tasks FORCE INDEX (staff_tasks_open) WHERE done_at IS NULL
	ORDER BY id`

// CountTasks counts the staff's open tasks by kind, among the oldest MaxCounted.
func (s *Store) CountTasks(ctx context.Context) ([]CountedKind, error) {
	return selectAll[CountedKind](ctx, s.db, `
		SELECT kind, COUNT(*) AS n, MIN(created_at) AS oldest
		FROM (`+countTasks+` LIMIT ?) some GROUP BY kind ORDER BY oldest`, MaxCounted+1)
}

// SilentAccount is a bureau account whose exchange is silent.
type SilentAccount struct {
	ID   int64  `db:"id"`
	Name string `db:"name"`
	// Code is why the bureau stopped it; null: no exchange took place.
	Code sql.NullInt64 `db:"stopped_code"`
	// Since is when it stopped, was last active, or was set up.
	Since time.Time `db:"since"`
}

// SilentAccounts returns the interface accounts that stopped, or whose last exchange is older than a time.
func (s *Store) SilentAccounts(ctx context.Context, before time.Time) ([]SilentAccount, error) {
	return selectAll[SilentAccount](ctx, s.db, `
		SELECT id, name, stopped_code, COALESCE(stopped_at, exchanged_at, created_at) AS since FROM bureau_accounts
		WHERE active AND driver = ? AND (stopped_at IS NOT NULL OR COALESCE(exchanged_at, created_at) < ?)
		ORDER BY since, id`, DriverInterface, before.UTC())
}
