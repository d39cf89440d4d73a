package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// VettingFigures are a reviewer's figures for a period.
type VettingFigures struct {
	Reviewer int64  `db:"reviewer_id"`
	Login    string `db:"login"`
	// Vettings counts all verdicts; Passed includes those passed on to a second vetting.
	Vettings int `db:"vettings"`
	Passed   int `db:"passed"`
	SentBack int `db:"sent_back"`
	// Refused counts the passed ones that the bureau refused afterwards.
	Refused int `db:"refused"`
	// FromSubmission and FromTaking are approximate median times until the verdict; zero: unknown.
	FromSubmission time.Duration `db:"-"`
	FromTaking     time.Duration `db:"-"`
}

// The queries of VettingFigures, without the condition that selects vettings. A revision has one record and at most one
// decision.
const (
	vettingsQuery = `
		SELECT c.reviewer_id, u.login, COUNT(*) AS vettings, COALESCE(SUM(c.verdict <> 'sent_back'), 0) AS passed,
		COALESCE(SUM(c.verdict = 'sent_back'), 0) AS sent_back
		FROM vettings c JOIN users u ON u.id = c.reviewer_id`
	vettingsRefusedQuery = `
		SELECT c.reviewer_id, COUNT(*) AS refused
		FROM vettings c JOIN records r ON r.filing_id = c.filing_id AND r.revision = c.revision JOIN decisions x
		ON x.record_id = r.id AND x.approved = FALSE AND x.decided_by <> '` + filing.ActorOwnCheck + `'
		AND NOT x.returned_together`
	vettingsTookQuery = `
		SELECT c.reviewer_id, TIMESTAMPDIFF(MICROSECOND, d.submitted_at, c.decided_at),
		TIMESTAMPDIFF(MICROSECOND, c.taken_at, c.decided_at)
		FROM vettings c LEFT JOIN dossiers d ON d.filing_id = c.filing_id AND d.revision = c.revision`
)

// VettingFigures sums up reviewers' verdicts since a time, most active first; of one of them, if reviewer isn't 0. Its
// memory use doesn't grow with the vettings, but it reads them all, so callers should cache it.
func (s *Store) VettingFigures(ctx context.Context, since time.Time,
	reviewer int64) (list []VettingFigures, err error) {
	where := fragmentOf(` WHERE c.decided_at >= ?`, since.UTC())
	if reviewer != 0 {
		where = where.and(`c.reviewer_id = ?`, reviewer)
	}
	if list, err = selectAll[VettingFigures](ctx, s.db, vettingsQuery+where.sql+` GROUP BY c.reviewer_id, u.login`,
		where.args...); err != nil {
		return nil, err
	}
	refused, err := selectAll[VettingFigures](ctx, s.db, vettingsRefusedQuery+where.sql+` AND c.verdict <> 'sent_back'
		GROUP BY c.reviewer_id`, where.args...)
	if err != nil {
		return nil, err
	}
	type times struct{ submission, taking tally }
	took := make(map[int64]*times, len(list))
	for _, f := range list {
		took[f.Reviewer] = &times{}
	}
	err = s.eachRow(ctx, vettingsTookQuery+where.sql, where.args, func(rows *sqlx.Rows) error {
		var who, taking int64
		var handIn sql.NullInt64
		if err := rows.Scan(&who, &handIn, &taking); err != nil {
			return err
		}
		t := took[who]
		if t == nil { // their first verdict, a moment ago
			return nil
		}
		if handIn.Valid {
			if err := t.submission.lasted(time.Duration(handIn.Int64) * time.Microsecond); err != nil {
				return err
			}
		}
		return t.taking.lasted(time.Duration(taking) * time.Microsecond)
	})
	if err != nil {
		return nil, err
	}
	for i := range list {
		f := &list[i]
		f.FromSubmission, f.FromTaking = took[f.Reviewer].submission.quantile(0.5), took[f.Reviewer].taking.quantile(0.5)
		for _, r := range refused {
			if r.Reviewer == f.Reviewer {
				f.Refused = r.Refused
			}
		}
	}
	slices.SortFunc(list, func(a, b VettingFigures) int {
		return cmp.Or(cmp.Compare(b.Vettings, a.Vettings), cmp.Compare(a.Login, b.Login))
	})
	return list, nil
}
