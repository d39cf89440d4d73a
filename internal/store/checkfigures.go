package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"
)

// CheckFigures are what a reviewer did in a period.
type CheckFigures struct {
	Reviewer int64
	Login    string
	// Checks are all verdicts; Passed has those that were passed on to a second pair of eyes.
	Checks, Passed, SentBack int
	// Refused are the passed ones that the bureau refused since.
	Refused int
	// FromHandIn and FromTaking are medians until the verdict; zero: of none it is known.
	FromHandIn, FromTaking time.Duration
}

// CheckFigures puts together what reviewers decided since a time, who checked most first;
// of one of them, where reviewer isn't 0.
func (s *Store) CheckFigures(ctx context.Context, since time.Time, reviewer int64) ([]CheckFigures, error) {
	where, args := `c.decided_at >= ?`, []any{since.UTC()}
	if reviewer != 0 {
		where, args = where+` AND c.reviewer_id = ?`, append(args, reviewer)
	}
	rows, err := s.db.QueryxContext(ctx, `
		SELECT c.reviewer_id, u.login, c.verdict, c.taken_at, c.decided_at, d.handed_in_at,
			EXISTS(SELECT 1 FROM records r JOIN decisions x ON x.record_id = r.id WHERE r.filing_id = c.filing_id AND r.revision = c.revision AND x.approved = FALSE) AS refused
		FROM checks c JOIN users u ON u.id = c.reviewer_id LEFT JOIN dossiers d ON d.filing_id = c.filing_id AND d.revision = c.revision
		WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	type times struct{ handIn, taking []time.Duration }
	figures, took := map[int64]*CheckFigures{}, map[int64]*times{}
	for rows.Next() {
		var r struct {
			Reviewer  int64        `db:"reviewer_id"`
			Login     string       `db:"login"`
			Verdict   CheckVerdict `db:"verdict"`
			TakenAt   time.Time    `db:"taken_at"`
			DecidedAt time.Time    `db:"decided_at"`
			HandedIn  sql.NullTime `db:"handed_in_at"`
			Refused   bool         `db:"refused"`
		}
		if err := rows.StructScan(&r); err != nil {
			return nil, err
		}
		if figures[r.Reviewer] == nil {
			figures[r.Reviewer], took[r.Reviewer] = &CheckFigures{Reviewer: r.Reviewer, Login: r.Login}, &times{}
		}
		f, t := figures[r.Reviewer], took[r.Reviewer]
		f.Checks++
		switch {
		case r.Verdict == CheckSentBack:
			f.SentBack++
		case r.Refused:
			f.Refused++
			fallthrough
		default:
			f.Passed++
		}
		t.taking = append(t.taking, r.DecidedAt.Sub(r.TakenAt))
		if r.HandedIn.Valid {
			t.handIn = append(t.handIn, r.DecidedAt.Sub(r.HandedIn.Time))
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var list []CheckFigures
	for id, f := range figures {
		f.FromHandIn, f.FromTaking = median(took[id].handIn), median(took[id].taking)
		list = append(list, *f)
	}
	slices.SortFunc(list, func(a, b CheckFigures) int {
		return cmp.Or(cmp.Compare(b.Checks, a.Checks), cmp.Compare(a.Login, b.Login))
	})
	return list, nil
}

// median is the middle one, or the mean of the two in the middle; 0 of none.
func median(times []time.Duration) time.Duration {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return (times[(len(times)-1)/2] + times[len(times)/2]) / 2
}
