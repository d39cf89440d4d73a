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
	// ErrHeld: another reviewer, or nobody, holds the dossier.
	ErrHeld = fmt.Errorf("the caller doesn't hold the dossier: %w", ErrConflict)
	// ErrSameReviewer: the second vetting needs another reviewer.
	ErrSameReviewer = fmt.Errorf("the caller passed the dossier on: %w", ErrConflict)
)

// VettingVerdict is a reviewer's verdict on a dossier (初审).
type VettingVerdict string

// The verdicts.
const (
	// VettingPassedOn: passed, and passed on to a second vetting.
	VettingPassedOn VettingVerdict = "passed_on"
	VettingPassed   VettingVerdict = "passed"
	VettingSentBack VettingVerdict = "sent_back"
)

// Vetting is the state of vetting a filing's current revision.
type Vetting struct {
	FilingID int64 `db:"filing_id"`
	Revision int   `db:"revision"`
	// Round is 2 for the second vetting.
	Round int `db:"round"`
	// Reviewer holds it, or has decided; 0: nobody.
	Reviewer    int64        `db:"reviewer_id"`
	Login       string       `db:"login"`
	TakenAt     sql.NullTime `db:"taken_at"`
	LeasedUntil sql.NullTime `db:"leased_until"`
	// Verdict is the latest verdict, which the filing may not have received yet; empty: none.
	Verdict   VettingVerdict `db:"verdict"`
	DecidedAt sql.NullTime   `db:"decided_at"`
	// First is who passed it on, in round 2.
	First      int64  `db:"first_id"`
	FirstLogin string `db:"first_login"`
}

// Held reports whether somebody holds it at a time.
func (c Vetting) Held(now time.Time) bool {
	return c.Reviewer != 0 && c.Verdict == "" && now.Before(c.LeasedUntil.Time)
}

// BelongsTo reports whether a reviewer holds it: they took it, and nobody else has since. An expired lease doesn't
// matter until somebody else takes it.
func (c Vetting) BelongsTo(reviewer int64) bool { return c.Reviewer == reviewer && c.Verdict == "" }

const (
	vettingColumns = `f.id AS filing_id, f.revision, IF(one.verdict = 'passed_on', 2, 1) AS round,
		COALESCE(c.reviewer_id, 0) AS reviewer_id, COALESCE(u.login, '') AS login, c.taken_at, c.leased_until,
		COALESCE(c.verdict, '') AS verdict, c.decided_at, IF(one.verdict = 'passed_on', one.reviewer_id, 0) AS first_id,
		IF(one.verdict = 'passed_on', w.login, '') AS first_login`
	vettingJoins = `
		LEFT JOIN vettings one ON one.filing_id = f.id AND one.revision = f.revision AND one.round = 1
		LEFT JOIN vettings c ON c.filing_id = f.id AND c.revision = f.revision
		AND c.round = IF(one.verdict = 'passed_on', 2, 1)
		LEFT JOIN users u ON u.id = c.reviewer_id LEFT JOIN users w ON w.id = one.reviewer_id`
)

// Vetting returns the state of vetting a filing's current revision.
func (s *Store) Vetting(ctx context.Context, filingID int64) (Vetting, error) {
	return vettingOf(ctx, s.db, filingID)
}

func vettingOf(ctx context.Context, q sqlx.QueryerContext, filingID int64) (Vetting, error) {
	return find[Vetting](ctx, q, "vetting", `SELECT `+vettingColumns+` FROM filings f`+vettingJoins+` WHERE f.id = ?`,
		filingID)
}

// lockVetting locks a filing's row, which serialises all changes to its vetting, and reads the vetting. It returns
// ErrConflict if the revision isn't (or no longer) being vetted.
func lockVetting(ctx context.Context, tx *sqlx.Tx, filingID int64, revision int) (Vetting, error) {
	f, err := lockFiling(ctx, tx, filingID)
	if err != nil {
		return Vetting{}, err
	}
	if f.Stage != filing.Vetting || f.Revision != revision {
		return Vetting{}, ErrConflict
	}
	return vettingOf(ctx, tx, filingID)
}

// TakeVetting gives a revision to a reviewer for the duration of a lease. A reviewer who already holds it keeps it. It
// returns ErrHeld if somebody else holds it, ErrSameReviewer if the reviewer passed it on, ErrConflict if it is decided
// or not being vetted.
func (s *Store) TakeVetting(ctx context.Context, filingID int64, revision int, reviewer int64,
	lease time.Duration) error {
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
		return exec(ctx, tx, `
			INSERT INTO vettings (filing_id, revision, round, reviewer_id, taken_at, leased_until) VALUES (?, ?, ?, ?, ?, ?)
			ON DUPLICATE KEY UPDATE taken_at = IF(reviewer_id = VALUES(reviewer_id), taken_at, VALUES(taken_at)),
				reviewer_id = VALUES(reviewer_id), leased_until = VALUES(leased_until)`,
			filingID, revision, c.Round, reviewer, now, now.Add(lease))
	})
}

const (
	// nextVettings is how many of the oldest dossiers are tried at once, since others may take them in the meantime.
	nextVettings = 20
	// maxNextTries limits how often that is repeated.
	maxNextTries = 50
)

// TakeNextVetting gives the oldest free dossier to a reviewer, and never the same one to two. The context's audit entry
// gets the filing as its object. It returns ErrNotFound if none is free.
func (s *Store) TakeNextVetting(ctx context.Context, reviewer int64, lease time.Duration) (QueuedVetting, error) {
	for range maxNextTries {
		queue, err := s.VettingQueue(ctx, VettingsFree, reviewer, Cursor{}, nextVettings)
		if err != nil {
			return QueuedVetting{}, err
		}
		if len(queue) == 0 {
			return QueuedVetting{}, fmt.Errorf("taking the next dossier: %w", ErrNotFound)
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

// RenewVetting renews the lease of a reviewer who holds the dossier, and otherwise does nothing.
func (s *Store) RenewVetting(ctx context.Context, filingID int64, revision int, reviewer int64,
	lease time.Duration) error {
	return exec(ctx, s.db, `
		UPDATE vettings SET leased_until = ? WHERE filing_id = ? AND revision = ? AND reviewer_id = ? AND decided_at IS NULL`,
		s.utcNow().Add(lease), filingID, revision, reviewer)
}

// ReleaseVetting gives up a dossier that a reviewer holds. It returns ErrConflict if they don't (or no longer) hold it.
func (s *Store) ReleaseVetting(ctx context.Context, filingID int64, revision int, reviewer int64) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		c, err := lockVetting(ctx, tx, filingID, revision)
		if err != nil {
			return err
		}
		if !c.BelongsTo(reviewer) {
			return ErrConflict
		}
		return exec(ctx, tx, `DELETE FROM vettings WHERE filing_id = ? AND revision = ?
			AND round = ?`, filingID, revision, c.Round)
	})
}

// VettingDecision is the verdict of a reviewer who holds the dossier.
type VettingDecision struct {
	FilingID        int64
	Revision, Round int
	Reviewer        int64
	Verdict         VettingVerdict
	// Why explains a send-back; nil for other verdicts.
	Why *SendBack
}

// DecideVetting writes a verdict, before the filing gets the signal; passing on sends none. Repeating the same verdict
// only updates the reasons of a send-back, until the filing moves. It returns ErrHeld if the reviewer doesn't hold the
// dossier, ErrConflict if there is another verdict or the revision isn't (or no longer) being vetted.
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
			if err := exec(ctx, tx, `UPDATE vettings SET verdict = ?, decided_at = ? WHERE filing_id = ?
				AND revision = ? AND round = ?`, d.Verdict, s.utcNow(), d.FilingID, d.Revision, d.Round); err != nil {
				return err
			}
		}
		if d.Why == nil {
			return nil
		}
		return s.saveSendBack(ctx, tx, d.FilingID, *d.Why)
	})
}

// HasVerdict reports whether that is the last verdict on a revision.
func (s *Store) HasVerdict(ctx context.Context, filingID int64, revision int, verdict VettingVerdict) (bool, error) {
	last, _, err := getOptional[VettingVerdict](ctx, s.db, `SELECT verdict FROM vettings
		WHERE filing_id = ? AND revision = ? ORDER BY round DESC LIMIT 1`, filingID, revision)
	return last == verdict, err
}
