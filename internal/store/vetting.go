package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

var (
	// ErrHeld says that a check isn't the caller's: somebody else has it, or nobody.
	ErrHeld = fmt.Errorf("the check is not the caller's: %w", ErrConflict)
	// ErrSameReviewer says that the second pair of eyes must be somebody else's.
	ErrSameReviewer = fmt.Errorf("the caller passed it on: %w", ErrConflict)
)

// VettingVerdict is what a reviewer said of a dossier in vetting (初审).
type VettingVerdict string

// The verdicts.
const (
	// VettingPassedOn passed it, for a second pair of eyes to look at.
	VettingPassedOn VettingVerdict = "passed_on"
	VettingPassed   VettingVerdict = "passed"
	VettingSentBack VettingVerdict = "sent_back"
)

// Vetting is where the check of a filing's present revision stands.
type Vetting struct {
	FilingID int64 `db:"filing_id"`
	Revision int   `db:"revision"`
	// Round is 2 for the second pair of eyes, of what the first passed on.
	Round int `db:"round"`
	// Reviewer has it, or decided; 0: nobody does.
	Reviewer    int64        `db:"reviewer_id"`
	Login       string       `db:"login"`
	TakenAt     sql.NullTime `db:"taken_at"`
	LeasedUntil sql.NullTime `db:"leased_until"`
	// Verdict is the last word, which the filing may not have heard yet; empty: none.
	Verdict   VettingVerdict `db:"verdict"`
	DecidedAt sql.NullTime   `db:"decided_at"`
	// First passed it on, in round 2.
	First      int64  `db:"first_id"`
	FirstLogin string `db:"first_login"`
}

// Held tells whether somebody has it at a time.
func (c Vetting) Held(now time.Time) bool {
	return c.Reviewer != 0 && c.Verdict == "" && now.Before(c.LeasedUntil.Time)
}

// BelongsTo tells whether it is a reviewer's: they took it, and nobody else did since. A lease
// that ran out takes nothing from them as long as nobody wants it.
func (c Vetting) BelongsTo(reviewer int64) bool { return c.Reviewer == reviewer && c.Verdict == "" }

const (
	vettingColumns = `f.id AS filing_id, f.revision, IF(one.verdict = 'passed_on', 2, 1) AS round,
		COALESCE(c.reviewer_id, 0) AS reviewer_id, COALESCE(u.login, '') AS login, c.taken_at, c.leased_until, COALESCE(c.verdict, '') AS verdict, c.decided_at,
		IF(one.verdict = 'passed_on', one.reviewer_id, 0) AS first_id, IF(one.verdict = 'passed_on', w.login, '') AS first_login`
	vettingJoins = `
		LEFT JOIN vettings one ON one.filing_id = f.id AND one.revision = f.revision AND one.round = 1
		LEFT JOIN vettings c ON c.filing_id = f.id AND c.revision = f.revision AND c.round = IF(one.verdict = 'passed_on', 2, 1)
		LEFT JOIN users u ON u.id = c.reviewer_id LEFT JOIN users w ON w.id = one.reviewer_id`
)

// Vetting tells where the check of a filing's present revision stands.
func (s *Store) Vetting(ctx context.Context, filingID int64) (Vetting, error) {
	return vettingOf(ctx, s.db, filingID)
}

func vettingOf(ctx context.Context, q sqlx.QueryerContext, filingID int64) (c Vetting, err error) {
	err = sqlx.GetContext(ctx, q, &c, `SELECT `+vettingColumns+` FROM filings f`+vettingJoins+` WHERE f.id = ?`, filingID)
	return c, notFoundAs(err, "check")
}

// lockVetting holds a filing's row, so that all that happens to its check comes one after
// another, and reads the check. ErrConflict when the revision isn't with staff (any more).
func lockVetting(ctx context.Context, tx *sqlx.Tx, filingID int64, revision int) (Vetting, error) {
	var f struct {
		Stage    filing.Stage `db:"stage"`
		Revision int          `db:"revision"`
	}
	if err := tx.GetContext(ctx, &f, `SELECT stage, revision FROM filings WHERE id = ? FOR UPDATE`, filingID); err != nil {
		return Vetting{}, notFoundAs(err, "filing")
	}
	if f.Stage != filing.Vetting || f.Revision != revision {
		return Vetting{}, ErrConflict
	}
	return vettingOf(ctx, tx, filingID)
}

// TakeVetting gives a revision's check to a reviewer for as long as a lease. Who has it already
// keeps it. ErrHeld while it is somebody else's, ErrSameReviewer for who passed it on,
// ErrConflict when it is decided, or isn't with staff.
func (s *Store) TakeVetting(ctx context.Context, filingID int64, revision int, reviewer int64, lease time.Duration) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		c, err := lockVetting(ctx, tx, filingID, revision)
		now := s.utcNow()
		switch {
		case err != nil:
			return err
		case c.Verdict != "":
			return ErrConflict
		case c.First == reviewer:
			return ErrSameReviewer
		case c.Held(now) && c.Reviewer != reviewer:
			return ErrHeld
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO vettings (filing_id, revision, round, reviewer_id, taken_at, leased_until) VALUES (?, ?, ?, ?, ?, ?)
			ON DUPLICATE KEY UPDATE taken_at = IF(reviewer_id = VALUES(reviewer_id), taken_at, VALUES(taken_at)),
				reviewer_id = VALUES(reviewer_id), leased_until = VALUES(leased_until)`,
			filingID, revision, c.Round, reviewer, now, now.Add(lease))
		return err
	})
}

const (
	// nextVettings is how many of the oldest are tried at once: others take them meanwhile.
	nextVettings = 20
	// maxNextTries bounds how often that is begun anew.
	maxNextTries = 50
)

// TakeNextVetting gives the oldest check that is free to a reviewer, and no other reviewer
// the same. An audit entry of the context gets the filing as its object. ErrNotFound when none is free.
func (s *Store) TakeNextVetting(ctx context.Context, reviewer int64, lease time.Duration) (QueuedVetting, error) {
	for range maxNextTries {
		queue, err := s.VettingQueue(ctx, VettingsFree, reviewer, Cursor{}, nextVettings)
		if err != nil {
			return QueuedVetting{}, err
		}
		if len(queue) == 0 {
			return QueuedVetting{}, fmt.Errorf("a free check: %w", ErrNotFound)
		}
		for _, q := range queue {
			if d := auditEntryOf(ctx); d != nil {
				d.Object = q.Ref()
			}
			err := s.TakeVetting(ctx, q.FilingID, q.Revision, reviewer, lease)
			if err == nil || !errors.Is(err, ErrConflict) {
				return q, err
			}
		}
	}
	return QueuedVetting{}, ErrConflict
}

// RenewVetting makes the lease of a check that is the reviewer's begin anew; nothing
// happens where it isn't.
func (s *Store) RenewVetting(ctx context.Context, filingID int64, revision int, reviewer int64, lease time.Duration) error {
	_, err := s.db.ExecContext(ctx, `
		UPDATE vettings SET leased_until = ? WHERE filing_id = ? AND revision = ? AND reviewer_id = ? AND decided_at IS NULL`,
		s.utcNow().Add(lease), filingID, revision, reviewer)
	return err
}

// ReleaseVetting gives a check back that a reviewer has. ErrConflict when they haven't (any more).
func (s *Store) ReleaseVetting(ctx context.Context, filingID int64, revision int, reviewer int64) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		c, err := lockVetting(ctx, tx, filingID, revision)
		if err != nil {
			return err
		}
		if !c.BelongsTo(reviewer) {
			return ErrConflict
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM vettings WHERE filing_id = ? AND revision = ? AND round = ?`, filingID, revision, c.Round)
		return err
	})
}

// VettingDecision is a reviewer's verdict on a check that they have.
type VettingDecision struct {
	FilingID        int64
	Revision, Round int
	Reviewer        int64
	Verdict         VettingVerdict
	// Why is said with what is sent back; of others nil.
	Why *SendBack
}

// DecideVetting writes a verdict, before the filing is told; of what is passed on nobody is
// told. The same verdict again, of an impatient click, changes nothing but the reasons for sending back,
// until the filing moves. ErrHeld when the check isn't the reviewer's, ErrConflict when
// another verdict stands, or the revision isn't with staff (any more).
func (s *Store) DecideVetting(ctx context.Context, d VettingDecision) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		c, err := lockVetting(ctx, tx, d.FilingID, d.Revision)
		if err != nil {
			return err
		}
		again := c.Round == d.Round && c.Verdict == d.Verdict && c.Reviewer == d.Reviewer
		passedOn := d.Verdict == VettingPassedOn && c.Round == d.Round+1 && c.First == d.Reviewer
		switch {
		case again, passedOn:
		case c.Round != d.Round, c.Verdict != "":
			return ErrConflict
		case !c.BelongsTo(d.Reviewer):
			return ErrHeld
		default:
			if _, err := tx.ExecContext(ctx, `UPDATE vettings SET verdict = ?, decided_at = ? WHERE filing_id = ? AND revision = ? AND round = ?`,
				d.Verdict, s.utcNow(), d.FilingID, d.Revision, d.Round); err != nil {
				return err
			}
		}
		if d.Why == nil {
			return nil
		}
		return s.saveSendBack(ctx, tx, d.FilingID, *d.Why)
	})
}
