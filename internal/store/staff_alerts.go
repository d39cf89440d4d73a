package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// The kinds of staff alerts.
const (
	// AlertStuck: filings are stuck for a cause.
	AlertStuck = "stuck"
	// AlertStopped: an account's exchange stopped.
	AlertStopped = "stopped"
)

// DefaultAlertQuietPeriod is how long nothing must have been stuck for a cause before staff are alerted to it again, so
// that an intermittent problem is one alert.
const DefaultAlertQuietPeriod = 30 * time.Minute

// SetAlertQuietPeriod overrides DefaultAlertQuietPeriod.
func (s *Store) SetAlertQuietPeriod(d time.Duration) { s.alertQuietPeriod = d }

// StaffAlert is sent to staff once, by mail and webhook.
type StaffAlert struct {
	ID   int64  `db:"id"`
	Kind string `db:"kind"`
	// Step and Reason are the cause; FilingID and Order are the first stuck filing's.
	Step     string         `db:"step"`
	Reason   string         `db:"reason"`
	FilingID sql.NullInt64  `db:"filing_id"`
	Order    sql.NullString `db:"order_number"`
	// Account and Code are set if an exchange stopped.
	Account  sql.NullString `db:"account"`
	Code     sql.NullInt64  `db:"code"`
	BeganAt  time.Time      `db:"began_at"`
	MailedAt sql.NullTime   `db:"mailed_at"`
	PostedAt sql.NullTime   `db:"posted_at"`
}

func stuckAlertCause(c Cause) string           { return fmt.Sprintf("%s/%s/%s", AlertStuck, c.Step, c.Reason) }
func stoppedAlertCause(accountID int64) string { return fmt.Sprintf("%s/%d", AlertStopped, accountID) }

// openStuckAlert records, in the transaction in which a filing gets stuck, that something is stuck for the cause. The
// cause's row is locked after the filing's row, which serialises all filings with that cause: five hundred at once make
// one alert.
func (s *Store) openStuckAlert(ctx context.Context, tx *sqlx.Tx, filingID int64, c Cause) error {
	now := s.utcNow()
	var id int64
	var clearSince sql.NullTime
	err := scan(ctx, tx, "staff alert", fragmentOf(`SELECT id, clear_since FROM staff_alerts
		WHERE open_cause = ? FOR UPDATE`, stuckAlertCause(c)), &id, &clearSince)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil || !clearSince.Valid:
		return err
	case clearSince.Time.After(now.Add(-s.alertQuietPeriod)): // an intermittent problem
		return exec(ctx, tx, `UPDATE staff_alerts SET clear_since = NULL WHERE id = ?`, id)
	default:
		if err := exec(ctx, tx, `UPDATE staff_alerts SET ended_at = ? WHERE id = ?`, clearSince.Time, id); err != nil {
			return err
		}
	}
	// If a concurrent transaction inserted the row first, keep it and mark it as not clear.
	return exec(ctx, tx, `
		INSERT INTO staff_alerts (cause, kind, step, reason, filing_id, began_at) VALUES (?, ?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE clear_since = NULL`, stuckAlertCause(c), AlertStuck, c.Step, c.Reason, filingID, now)
}

// clearStuckAlert records, in the transaction in which a filing gets unstuck, whether it was the last one.
func (s *Store) clearStuckAlert(ctx context.Context, tx *sqlx.Tx, c Cause) error {
	id, found, err := getOptional[int64](ctx, tx, `SELECT id FROM staff_alerts WHERE open_cause = ? FOR UPDATE`,
		stuckAlertCause(c))
	if err != nil || !found {
		return err
	}
	// Concurrent changes to the cause wait for this row and aren't visible here, but they will see this one.
	some, err := get[bool](ctx, tx, `SELECT EXISTS(SELECT 1 FROM filings WHERE stuck_step = ? AND stuck_reason = ?)`,
		c.Step, c.Reason)
	if err != nil || some {
		return err
	}
	return exec(ctx, tx, `UPDATE staff_alerts SET clear_since = ? WHERE id = ? AND clear_since IS NULL`, s.utcNow(), id)
}

// updateStuckAlerts records the causes for which a filing was and now is stuck; empty: none.
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
	SELECT t.id, t.kind, t.step, t.reason, t.filing_id, o.number AS order_number, a.name AS account, t.code, t.began_at,
	t.mailed_at, t.posted_at
	FROM staff_alerts t LEFT JOIN filings f ON f.id = t.filing_id LEFT JOIN orders o ON o.id = f.order_id LEFT
	JOIN bureau_accounts a ON a.id = t.account_id `

// StaffAlert returns an alert by its ID.
func (s *Store) StaffAlert(ctx context.Context, id int64) (StaffAlert, error) {
	return find[StaffAlert](ctx, s.db, "staff alert", staffAlertSelect+`WHERE t.id = ?`, id)
}

// PendingStuckAlert finds the unsent alert for a cause for which a filing is stuck; 0: none.
func (s *Store) PendingStuckAlert(ctx context.Context, c Cause) (int64, error) {
	return s.untold(ctx, stuckAlertCause(c))
}

// PendingStopAlert finds the unsent alert for an account's stop; 0: none, or the account runs again.
func (s *Store) PendingStopAlert(ctx context.Context, accountID int64) (int64, error) {
	return s.untold(ctx, stoppedAlertCause(accountID))
}

// untold finds the open, unsent alert for a cause; 0: none.
func (s *Store) untold(ctx context.Context, cause string) (id int64, err error) {
	id, _, err = getOptional[int64](ctx, s.db, `SELECT id FROM staff_alerts WHERE open_cause = ? AND notified_at IS NULL`,
		cause)
	return id, err
}

// PendingStaffAlerts lists unsent alerts, newest first, so that new alerts don't wait behind old ones while mail or
// webhook is down. Alerts that are over or older than noticeLifetime are no longer sent.
func (s *Store) PendingStaffAlerts(ctx context.Context, limit int) (ids []int64, err error) {
	now := s.utcNow()
	return selectAll[int64](ctx, s.db, `
		SELECT id FROM staff_alerts WHERE notified_at IS NULL AND ended_at IS NULL AND (clear_since IS NULL
		OR clear_since > ?) AND began_at > ?
		ORDER BY began_at DESC, id DESC LIMIT ?`, now.Add(-s.alertQuietPeriod), now.Add(-noticeLifetime), limit)
}

// StaffAlertMailed records that the mail was sent, or that there is no recipient.
func (s *Store) StaffAlertMailed(ctx context.Context, id int64) error {
	return s.markAlertSent(ctx, id, "mailed_at")
}

// StaffAlertPosted records that the webhook accepted it, or that there is none.
func (s *Store) StaffAlertPosted(ctx context.Context, id int64) error {
	return s.markAlertSent(ctx, id, "posted_at")
}

func (s *Store) markAlertSent(ctx context.Context, id int64, column string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		return execAll(ctx, tx,
			fragmentOf(`UPDATE staff_alerts SET `+column+` = COALESCE(`+column+`, ?) WHERE id = ?`, now, id),
			fragmentOf(`UPDATE staff_alerts SET notified_at = ? WHERE id = ? AND notified_at IS NULL AND mailed_at IS NOT NULL
				AND posted_at IS NOT NULL`, now, id))
	})
}
