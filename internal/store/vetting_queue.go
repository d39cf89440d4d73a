package store

import (
	"context"
	"fmt"
	"time"

	"github.com/beian/beian/internal/filing"
)

// VettingScope selects part of the queue.
type VettingScope string

// The scopes.
const (
	VettingsAll VettingScope = "all"
	// VettingsFree: those that the reviewer may take and doesn't hold.
	VettingsFree VettingScope = "free"
	// VettingsMine: those that the reviewer holds (Vetting.BelongsTo).
	VettingsMine VettingScope = "mine"
)

// QueuedVetting is a dossier that waits for vetting, without personal data.
type QueuedVetting struct {
	Vetting
	OrderNumber string      `db:"order_number"`
	Serial      int         `db:"serial"`
	Kind        filing.Kind `db:"kind"`
	// Province is the code of the holder's province; empty: unknown. Nature is the holder's 单位性质; 0: unknown.
	Province string    `db:"province"`
	Nature   int       `db:"-"`
	Since    time.Time `db:"stage_since"`
}

// Ref is the filing's reference.
func (q QueuedVetting) Ref() string { return filing.Ref(q.OrderNumber, q.Serial) }

// Cursor continues the queue after this row.
func (q QueuedVetting) Cursor() Cursor { return Cursor{CreatedAt: q.Since, ID: q.FilingID} }

// vettingQueue builds the queue's query.
func vettingQueue(shown VettingScope, reviewer int64, now time.Time, after Cursor, limit int) (string, []any) {
	if after.CreatedAt.IsZero() {
		after.CreatedAt = time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	from, where := `filings f FORCE INDEX (filings_stage)`, `f.stage = 'vetting' AND f.stage_since >= ?
		AND (f.stage_since > ? OR f.id > ?)`
	args := []any{after.CreatedAt, after.CreatedAt, after.ID}
	switch shown {
	case VettingsMine: // few
		from = `vettings mine FORCE INDEX (vettings_reviewer) STRAIGHT_JOIN filings f ON f.id = mine.filing_id
			AND f.revision = mine.revision`
		where = `mine.reviewer_id = ? AND mine.decided_at IS NULL AND ` + where
		args = append([]any{reviewer}, args...)
	case VettingsFree:
		where += ` AND COALESCE(c.verdict, '') = '' AND (c.reviewer_id IS NULL OR c.reviewer_id <> ? AND c.leased_until <= ?)
			AND NOT (COALESCE(one.verdict, '') = 'passed_on' AND one.reviewer_id = ?)`
		args = append(args, reviewer, now, reviewer)
	}
	return `SELECT ` + vettingColumns + `, o.number AS order_number, f.serial, f.kind, f.province, f.stage_since, d.sealed
		FROM ` + from + ` STRAIGHT_JOIN orders o ON o.id = f.order_id LEFT JOIN dossiers d ON d.filing_id = f.id
			AND d.revision = f.revision` + vettingJoins + `
		WHERE ` + where + ` ORDER BY f.stage_since, f.id LIMIT ?`, append(args, limit)
}

// VettingQueue lists the dossiers that wait for vetting, those waiting longest first, at most limit after a cursor
// (QueuedVetting.Cursor).
func (s *Store) VettingQueue(ctx context.Context, shown VettingScope, reviewer int64, after Cursor,
	limit int) ([]QueuedVetting, error) {
	query, args := vettingQueue(shown, reviewer, s.utcNow(), after, limit)
	var rows []struct {
		QueuedVetting
		Sealed []byte `db:"sealed"`
	}
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("listing the vetting queue: %w", err)
	}
	list := make([]QueuedVetting, len(rows))
	for i, r := range rows {
		list[i] = r.QueuedVetting
		if r.Sealed == nil {
			continue
		}
		var d filing.Dossier
		if err := s.keys.OpenJSON(dossierAAD(r.FilingID, r.Revision), r.Sealed, &d); err != nil {
			return nil, err
		}
		list[i].Nature = d.Holder.Nature
	}
	return list, nil
}
