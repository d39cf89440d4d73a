package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// The kinds of what staff are told of.
const (
	// AlertStuck: filings are stuck for a cause.
	AlertStuck = "stuck"
	// AlertStopped: an account's exchange stopped.
	AlertStopped = "stopped"
)

// DefaultAlertQuietPeriod is how long nothing must have been stuck for a cause before staff are told
// of it anew: what flutters is one trouble.
const DefaultAlertQuietPeriod = 30 * time.Minute

// SetAlertQuietPeriod is DefaultAlertQuietPeriod for a process that has a setting of its own.
func (s *Store) SetAlertQuietPeriod(d time.Duration) { s.alertQuietPeriod = d }

// StaffAlert is something that staff are told of once, by mail and webhook.
type StaffAlert struct {
	ID   int64  `db:"id"`
	Kind string `db:"kind"`
	// Step and Reason are a cause's; FilingID and Order the first filing's that was stuck.
	Step     string         `db:"step"`
	Reason   string         `db:"reason"`
	FilingID sql.NullInt64  `db:"filing_id"`
	Order    sql.NullString `db:"order_number"`
	// Account and Code are of a stop.
	Account  sql.NullString `db:"account"`
	Code     sql.NullInt64  `db:"code"`
	BeganAt  time.Time      `db:"began_at"`
	MailedAt sql.NullTime   `db:"mailed_at"`
	PostedAt sql.NullTime   `db:"posted_at"`
}

func stuckAlertCause(c Cause) string           { return fmt.Sprintf("%s/%s/%s", AlertStuck, c.Step, c.Reason) }
func stoppedAlertCause(accountID int64) string { return fmt.Sprintf("%s/%d", AlertStopped, accountID) }

// openStuckAlert notes, in the transaction in which a filing gets stuck, that something is stuck
// for the cause. The cause's row is locked after the filing's, by whoever gets stuck or
// unstuck for it, one after another: so of five hundred at once one is told of.
func (s *Store) openStuckAlert(ctx context.Context, tx *sqlx.Tx, filingID int64, c Cause) error {
	var open struct {
		ID         int64        `db:"id"`
		ClearSince sql.NullTime `db:"clear_since"`
	}
	now := s.utcNow()
	err := tx.GetContext(ctx, &open, `SELECT id, clear_since FROM staff_alerts WHERE open_cause = ? FOR UPDATE`, stuckAlertCause(c))
	switch {
	case err == nil && !open.ClearSince.Valid:
		return nil
	case err == nil && open.ClearSince.Time.After(now.Add(-s.alertQuietPeriod)): // it flutters
		_, err = tx.ExecContext(ctx, `UPDATE staff_alerts SET clear_since = NULL WHERE id = ?`, open.ID)
		return err
	case err == nil:
		if _, err := tx.ExecContext(ctx, `UPDATE staff_alerts SET ended_at = ? WHERE id = ?`, open.ClearSince.Time, open.ID); err != nil {
			return err
		}
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	// Another may come first where there was none: then that one's stands, not clear.
	_, err = tx.ExecContext(ctx, `
		INSERT INTO staff_alerts (cause, kind, step, reason, filing_id, began_at) VALUES (?, ?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE clear_since = NULL`, stuckAlertCause(c), AlertStuck, c.Step, c.Reason, filingID, now)
	return err
}

// clearStuckAlert notes, in the transaction in which a filing gets unstuck, if that was the last.
func (s *Store) clearStuckAlert(ctx context.Context, tx *sqlx.Tx, c Cause) error {
	var id int64
	err := tx.GetContext(ctx, &id, `SELECT id FROM staff_alerts WHERE open_cause = ? FOR UPDATE`, stuckAlertCause(c))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	} else if err != nil {
		return err
	}
	// What others do to the cause meanwhile waits for the row, and isn't seen: they see this.
	var some bool
	if err := tx.GetContext(ctx, &some, `SELECT EXISTS(SELECT 1 FROM filings WHERE stuck_step = ? AND stuck_reason = ?)`, c.Step, c.Reason); err != nil || some {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE staff_alerts SET clear_since = ? WHERE id = ? AND clear_since IS NULL`, s.utcNow(), id)
	return err
}

// updateStuckAlerts notes what a filing was stuck for, and what it is stuck for now; empty: nothing.
func (s *Store) updateStuckAlerts(ctx context.Context, tx *sqlx.Tx, filingID int64, was, is Cause) error {
	if was == is {
		return nil
	}
	if was.Step != "" {
		if err := s.clearStuckAlert(ctx, tx, was); err != nil {
			return err
		}
	}
	if is.Step == "" {
		return nil
	}
	return s.openStuckAlert(ctx, tx, filingID, is)
}

const staffAlertSelect = `
	SELECT t.id, t.kind, t.step, t.reason, t.filing_id, o.number AS order_number, a.name AS account, t.code, t.began_at, t.mailed_at, t.posted_at
	FROM staff_alerts t LEFT JOIN filings f ON f.id = t.filing_id LEFT JOIN orders o ON o.id = f.order_id LEFT JOIN bureau_accounts a ON a.id = t.account_id `

// StaffAlert finds one.
func (s *Store) StaffAlert(ctx context.Context, id int64) (t StaffAlert, err error) {
	err = s.db.GetContext(ctx, &t, staffAlertSelect+`WHERE t.id = ?`, id)
	return t, notFoundAs(err, "staff alert")
}

// PendingStuckAlert finds what staff must be told of a cause for which a filing is stuck; 0: they were.
func (s *Store) PendingStuckAlert(ctx context.Context, c Cause) (id int64, err error) {
	return s.untold(ctx, stuckAlertCause(c))
}

// PendingStopAlert finds what staff must be told of an account's stop; 0: they were, or it goes on.
func (s *Store) PendingStopAlert(ctx context.Context, accountID int64) (id int64, err error) {
	return s.untold(ctx, stoppedAlertCause(accountID))
}

// untold finds what is open for a cause and wasn't told; 0: nothing.
func (s *Store) untold(ctx context.Context, cause string) (id int64, err error) {
	err = s.db.GetContext(ctx, &id, `SELECT id FROM staff_alerts WHERE open_cause = ? AND notified_at IS NULL`, cause)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// PendingStaffAlerts lists what staff haven't been told of, newest first: while mail or webhook is
// down, what happens now mustn't wait for what happened then. What is over, or began longer
// ago than noticeLifetime, isn't told any more.
func (s *Store) PendingStaffAlerts(ctx context.Context, limit int) (ids []int64, err error) {
	now := s.utcNow()
	err = s.db.SelectContext(ctx, &ids, `
		SELECT id FROM staff_alerts WHERE notified_at IS NULL AND ended_at IS NULL AND (clear_since IS NULL OR clear_since > ?) AND began_at > ?
		ORDER BY began_at DESC, id DESC LIMIT ?`, now.Add(-s.alertQuietPeriod), now.Add(-noticeLifetime), limit)
	return ids, err
}

// StaffAlertMailed notes that the mail went out, or that nobody gets one.
func (s *Store) StaffAlertMailed(ctx context.Context, id int64) error {
	return s.markAlertSent(ctx, id, "mailed_at")
}

// StaffAlertPosted notes that the webhook took it, or that there is none.
func (s *Store) StaffAlertPosted(ctx context.Context, id int64) error {
	return s.markAlertSent(ctx, id, "posted_at")
}

func (s *Store) markAlertSent(ctx context.Context, id int64, column string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE staff_alerts SET `+column+` = COALESCE(`+column+`, ?) WHERE id = ?`, s.utcNow(), id); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			UPDATE staff_alerts SET notified_at = ? WHERE id = ? AND notified_at IS NULL AND mailed_at IS NOT NULL AND posted_at IS NOT NULL`, s.utcNow(), id)
		return err
	})
}
