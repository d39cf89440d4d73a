package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// BulkOutcome is the result for one filing of a job; empty until it is processed.
type BulkOutcome string

// The outcomes of a filing in a job.
const (
	BulkResumed BulkOutcome = "resumed"
	// BulkMovedOn: the filing was no longer stuck as it was when the job was created.
	BulkMovedOn BulkOutcome = "moved_on"
	BulkFailed  BulkOutcome = "failed"
)

// StuckFilter selects the stuck filings among those that a search finds; zero fields match everything.
type StuckFilter struct {
	FilingSearch
	// Until is the latest time at which they got stuck.
	Until time.Time `json:"until"`
}

// Everything reports whether the filter selects everything that is stuck.
func (f StuckFilter) Everything() bool {
	f.Stuck, f.Until = false, time.Time{}
	return reflect.ValueOf(f).IsZero()
}

// where returns the filter as a condition on filings f. Unlike a search's look-ups it has no limit: few filings are
// stuck, and a job must not omit any.
func (f StuckFilter) where() fragment {
	where := fragmentOf(`f.stuck_since IS NOT NULL`)
	and := func(condition string, values ...any) { where = where.and(condition, values...) }
	if !f.Until.IsZero() {
		and(`f.stuck_since <= ?`, f.Until.UTC())
	}
	for _, column := range []struct{ name, value string }{{"stuck_step", f.Step}, {"stuck_reason", f.Reason},
		{"stage", string(f.Stage)}, {"province", f.Province}} {
		if column.value != "" {
			and(`f.`+column.name+` = ?`, column.value)
		}
	}
	if f.SiteBad {
		and(siteIsBad)
	}
	if !f.Before.IsZero() {
		and(`f.stage_since <= ?`, f.Before.UTC())
	}
	if aged := f.agedStages(); aged != nil {
		and(`f.stage IN (?)`, aged)
	}
	if f.Order != "" {
		and(`EXISTS (SELECT 1 FROM orders o WHERE o.id = f.order_id AND o.number LIKE ?)`, prefixPattern(f.Order))
	}
	if f.Customer != "" {
		and(`EXISTS (SELECT 1 FROM orders o JOIN users u ON u.id = `+filingCustomer+` WHERE o.id = f.order_id
			AND u.login LIKE ?)`, prefixPattern(f.Customer))
	}
	if domains := filing.SearchedDomains(f.Domain); len(domains) > 0 {
		and(`EXISTS (SELECT 1 FROM order_domains d WHERE d.order_id = f.order_id
			AND `+ofDomain+` AND d.domain IN (?))`, domains)
	} else if f.Domain != "" { // not a domain, so no order lists it
		and(`FALSE`)
	}
	if f.Number != "" {
		and(`EXISTS (SELECT 1 FROM records r JOIN decisions d ON d.record_id = r.id WHERE r.filing_id = f.id
			AND (d.site_number = ? OR d.holder_number = ?))`, f.Number, f.Number)
	}
	if h := f.Holder; !h.None() {
		and(`(f.name_hash = ? OR f.document_hash = ?
			OR EXISTS (SELECT 1 FROM contacts c WHERE c.filing_id = f.id AND (c.mobile_hash = ? OR c.email_hash = ?))
			OR EXISTS (SELECT 1 FROM users u WHERE u.id = f.customer_id AND (u.mobile_hash = ? OR u.provider_mobile_hash = ?
				OR u.email_hash = ? OR u.provider_email_hash = ?)))`,
			h.Name, h.Document, h.Mobile, h.Email, h.Mobile, h.Mobile, h.Email, h.Email)
	}
	return where
}

// CountStuck counts the stuck filings that a filter selects.
func (s *Store) CountStuck(ctx context.Context, filter StuckFilter) (n int, err error) {
	where := filter.where()
	return get[int](ctx, s.db, `SELECT COUNT(*) FROM filings f WHERE `+where.sql, where.args...)
}

// StuckFilings lists some of the stuck filings that a filter selects, those stuck longest first.
func (s *Store) StuckFilings(ctx context.Context, filter StuckFilter, limit int) (list []Filing, err error) {
	where := filter.where()
	return selectAll[Filing](ctx, s.db, filingSelect+`WHERE `+where.sql+` ORDER BY f.stuck_since, f.id LIMIT ?`,
		where.with(limit)...)
}

// BulkJob is a request to resume many filings.
type BulkJob struct {
	ID     int64  `db:"id"`
	Token  string `db:"token"`
	Filter string `db:"filter"`
	// Resolution is the workflow's term for what to do with each.
	Resolution string `db:"resolution"`
	// Rate is in filings per second.
	Rate      int              `db:"rate"`
	State     filing.BulkState `db:"state"`
	Total     int              `db:"total"`
	CreatedBy string           `db:"created_by"`
	CreatedAt time.Time        `db:"created_at"`
	StartedAt sql.NullTime     `db:"started_at"`
	EndedAt   sql.NullTime     `db:"ended_at"`
}

// Search returns the job's filter.
func (j BulkJob) Search() (f StuckFilter, err error) {
	err = json.Unmarshal([]byte(j.Filter), &f)
	return f, err
}

const bulkColumns = `id, token, filter, resolution, rate, state, total, created_by, created_at, started_at, ended_at`

// ErrNothingStuck: the filter selects no filing. ErrMoreStuck: it selects more than the user saw.
var (
	ErrNothingStuck = errors.New("no stuck filing matches")
	ErrMoreStuck    = errors.New("more stuck filings match than before")
)

// AddBulk creates a job for the filings that a filter selects now, once per token, and returns its ID. The context's
// audit entry gets the job as its object. Until excludes filings that got stuck after a dry run, but others may match
// since, for instance because an order got a new domain: more than the dry run's count is ErrMoreStuck, none
// ErrNothingStuck.
func (s *Store) AddBulk(ctx context.Context, j BulkJob, filter StuckFilter, most int) (id int64, err error) {
	search, err := json.Marshal(filter)
	if err != nil {
		return 0, err
	}
	where := filter.where()
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		if id, err = insert(ctx, tx, `INSERT INTO bulk_jobs (token, filter, resolution, rate, state, total, created_by,
			created_at) VALUES (?, ?, ?, ?, ?, 0, ?, ?)`,
			j.Token, search, j.Resolution, j.Rate, filing.BulkNew, j.CreatedBy, s.utcNow()); err != nil {
			return err
		}
		n, err := affected(ctx, tx, `
			INSERT INTO bulk_results (job_id, filing_id, stuck_seq)
			SELECT ?, f.id, (SELECT MAX(e.seq) FROM filing_events e WHERE e.filing_id = f.id AND e.kind = 'stuck') AS stuck_seq
			FROM filings f WHERE `+where.sql+` HAVING stuck_seq IS NOT NULL`, append([]any{id}, where.args...)...)
		switch {
		case err != nil:
			return err
		case n == 0:
			return ErrNothingStuck
		case n > int64(most):
			return ErrMoreStuck
		}
		if entry := auditEntryOf(ctx); entry != nil {
			entry.Object = fmt.Sprint(id)
		}
		return exec(ctx, tx, `UPDATE bulk_jobs SET total = ? WHERE id = ?`, n, id)
	})
	if isDuplicate(err) {
		return find[int64](ctx, s.db, "bulk job", `SELECT id FROM bulk_jobs WHERE token = ?`, j.Token)
	}
	return id, during(err, "creating a bulk job")
}

// Bulk returns a job.
func (s *Store) Bulk(ctx context.Context, id int64) (BulkJob, error) {
	return find[BulkJob](ctx, s.db, "bulk job", `SELECT `+bulkColumns+` FROM bulk_jobs WHERE id = ?`, id)
}

// Bulks lists jobs, newest first, after an ID (0: from the newest).
func (s *Store) Bulks(ctx context.Context, after int64, limit int) ([]BulkJob, error) {
	return selectAll[BulkJob](ctx, s.db, `SELECT `+bulkColumns+` FROM bulk_jobs WHERE id < ? ORDER BY id DESC
		LIMIT ?`, idBelow(after), limit)
}

// BulkCounts counts a job's filings by outcome; empty: not processed yet.
func (s *Store) BulkCounts(ctx context.Context, id int64) (map[BulkOutcome]int, error) {
	return countBy[BulkOutcome](ctx, s.db, `SELECT outcome AS name, COUNT(*) AS n FROM bulk_results WHERE job_id = ?
		GROUP BY outcome`, id)
}

// BulkItem is a filing of a job.
type BulkItem struct {
	FilingID    int64  `db:"filing_id"`
	OrderNumber string `db:"order_number"`
	Serial      int    `db:"serial"`
	// Domain is the site's.
	Domain   string       `db:"domain"`
	StuckSeq int64        `db:"stuck_seq"`
	Reason   string       `db:"reason"`
	At       sql.NullTime `db:"at"`
	Outcome  BulkOutcome  `db:"outcome"`
}

const bulkItemSelect = `
	SELECT b.filing_id, o.number AS order_number, f.serial, COALESCE(w.domain, '') AS domain,
		b.stuck_seq, b.reason, b.at, b.outcome
	FROM bulk_results b JOIN filings f ON f.id = b.filing_id JOIN orders o ON o.id = f.order_id
		LEFT JOIN sites w ON w.id = f.site_id `

// Ref is the filing's reference.
func (i BulkItem) Ref() string { return filing.Ref(i.OrderNumber, i.Serial) }

// BulkItems lists a job's filings with one outcome, by ID, after one (0: from the first).
func (s *Store) BulkItems(ctx context.Context, id int64, outcome BulkOutcome, after int64,
	limit int) ([]BulkItem, error) {
	return selectAll[BulkItem](ctx, s.db, bulkItemSelect+`WHERE b.job_id = ? AND b.outcome = ? AND b.filing_id > ?
		ORDER BY b.filing_id LIMIT ?`, id, outcome, after, limit)
}

// BulkItem returns a filing of a job and its outcome.
func (s *Store) BulkItem(ctx context.Context, id, filingID int64) (item BulkItem, outcome BulkOutcome, err error) {
	item, err = find[BulkItem](ctx, s.db, "filing of a bulk job", bulkItemSelect+`WHERE b.job_id = ? AND b.filing_id = ?`,
		id, filingID)
	return item, item.Outcome, err
}

// StillStuck reports whether a filing is still stuck since the given event of its timeline.
func (s *Store) StillStuck(ctx context.Context, filingID, stuckSeq int64) (bool, error) {
	return get[bool](ctx, s.db, `
		SELECT COUNT(*) > 0 FROM filings f WHERE f.id = ? AND f.stuck_since IS NOT NULL
			AND ? = (SELECT MAX(e.seq) FROM filing_events e WHERE e.filing_id = f.id AND e.kind = 'stuck')`, filingID, stuckSeq)
}

// BulkReported records a filing's outcome; an outcome that is already recorded stays.
func (s *Store) BulkReported(ctx context.Context, id, filingID int64, outcome BulkOutcome, reason string) error {
	return exec(ctx, s.db, `
		UPDATE bulk_results SET outcome = ?, reason = ?, at = ? WHERE job_id = ? AND filing_id = ? AND outcome = ''`,
		outcome, reason, s.utcNow(), id, filingID)
}

// SetBulkState records a job's state, unless the job is over.
func (s *Store) SetBulkState(ctx context.Context, id int64, state filing.BulkState) error {
	now := s.utcNow()
	return exec(ctx, s.db, `
		UPDATE bulk_jobs SET state = ?, started_at = COALESCE(started_at, ?), ended_at = ? WHERE id = ? AND ended_at IS NULL`,
		state, now, sql.NullTime{Time: now, Valid: state.Over()}, id)
}
