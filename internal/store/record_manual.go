package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// The drivers: how an account's records get to the bureau.
const (
	// DriverInterface exchanges data files with the bureau.
	DriverInterface = "interface"
	// DriverManual: staff submit the records and record the bureau's answers by hand.
	DriverManual = "manual"
)

// SetDriver sets how an account's records get to the bureau.
func (s *Store) SetDriver(ctx context.Context, accountID int64, driver string) error {
	return exec(ctx, s.db, `UPDATE bureau_accounts SET driver = ? WHERE id = ?`, driver, accountID)
}

// ManualRecord is a record that staff submit to the bureau by hand.
type ManualRecord struct {
	ID          int64  `db:"id"`
	FilingID    int64  `db:"filing_id"`
	OrderNumber string `db:"order_number"`
	// Serial and Domain are the filing's and its site's.
	Serial    int    `db:"serial"`
	Domain    string `db:"domain"`
	Revision  int    `db:"revision"`
	Operation int    `db:"operation"` // Czlx: the dossier's kind
	AccountID int64  `db:"account_id"`
	Account   string `db:"account"`
	// QueuedAt is since when it has been waiting.
	QueuedAt time.Time `db:"created_at"`
	// Sequence is the data file it is in, if its account had an interface before it became manual.
	Sequence sql.NullInt64 `db:"sequence"`
	// SubmittedAt is when it was submitted; the name is empty if a data file was used.
	SubmittedAt sql.NullTime `db:"submitted_at"`
	SubmittedBy string       `db:"submitted_by"`
	Decided     bool         `db:"decided"`
	// DecidedBy is who recorded the decision; empty if it came by the interface.
	DecidedBy string `db:"decided_by"`
}

// manualSelect reads manual records: those waiting at a manual account, and those submitted by hand, even if the
// account got an interface since.
const manualSelect = `
	SELECT r.id, r.filing_id, o.number AS order_number, f.serial, COALESCE(w.domain, '') AS domain, r.revision,
		r.operation, r.account_id, a.name AS account, r.created_at,
		IF(u.accepted_at IS NULL, r.sequence, NULL) AS sequence, COALESCE(r.submitted_at, u.accepted_at) AS submitted_at,
		r.submitted_by, d.approved IS NOT NULL AS decided, COALESCE(d.decided_by, '') AS decided_by
	FROM filings f JOIN orders o ON o.id = f.order_id LEFT JOIN sites w ON w.id = f.site_id
		JOIN records r ON r.filing_id = f.id JOIN bureau_accounts a ON a.id = r.account_id
		LEFT JOIN bureau_uploads u ON u.account_id = r.account_id AND u.sequence = r.sequence
		LEFT JOIN decisions d ON d.record_id = r.id
	WHERE (a.driver = '` + DriverManual + `' OR r.submitted_at IS NOT NULL) `

// ManualFilter selects manual records.
type ManualFilter struct {
	// Submitted selects those that wait for a result, otherwise those to submit.
	Submitted bool
	// AccountID, if set, selects the account.
	AccountID int64
	// After is the ID after which the page starts.
	After int64
}

// ManualRecords lists records that staff must act on, oldest first. It starts from the filings under way, which are few
// compared with all records.
func (s *Store) ManualRecords(ctx context.Context, filter ManualFilter, limit int) ([]ManualRecord, error) {
	return selectAll[ManualRecord](ctx, s.db, manualSelect+`AND f.stage IN (?, ?) AND d.approved IS NULL AND r.id > ?
		AND (COALESCE(r.submitted_at, u.accepted_at) IS NOT NULL) = ? AND ? IN (0, a.id) ORDER BY r.id LIMIT ?`,
		filing.Submitting, filing.Reviewing, filter.After, filter.Submitted, filter.AccountID, limit)
}

func manualRecord(ctx context.Context, db sqlx.QueryerContext, id int64) (ManualRecord, error) {
	return find[ManualRecord](ctx, db, "record to submit by hand", manualSelect+`AND r.id = ?`, id)
}

// ManualRecord returns a manual record, even if it is already decided.
func (s *Store) ManualRecord(ctx context.Context, id int64) (r ManualRecord, err error) {
	return manualRecord(ctx, s.db, id)
}

// SubmitByHand records that staff submitted a record and queues the signal to its filing. It returns ErrConflict if the
// record was already submitted or decided, or goes by the interface.
func (s *Store) SubmitByHand(ctx context.Context, recordID int64, actor string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		r, driver, err := lockManual(ctx, tx, recordID)
		if err != nil {
			return err
		}
		if r.SubmittedAt.Valid || r.Decided || driver != DriverManual {
			return ErrConflict
		}
		carrier, _, err := getOptional[int64](ctx, tx, `SELECT r.id FROM filings f JOIN records r ON r.filing_id = f.carrier_id
			WHERE f.id = ? ORDER BY r.id DESC LIMIT 1`, r.FilingID)
		if err != nil {
			return err
		}
		if err := exec(ctx, tx, `UPDATE records SET submitted_at = ?, submitted_by = ?, carrier_id = NULLIF(?, 0) WHERE id = ?`,
			s.utcNow(), actor, carrier, recordID); err != nil {
			return err
		}
		accepted, err := get[acceptedRecord](ctx, tx, acceptedSelect+`WHERE r.id = ?`, recordID)
		if err != nil {
			return err
		}
		if err := s.queueAccepted(ctx, tx, accepted); err != nil {
			return err
		}
		return s.submitTaskDone(ctx, tx, r.AccountID, actor)
	})
}

// lockManual locks a record's account and then the record, in the same order as packing a data file, so that both can't
// take the same record. It also returns the account's driver.
func lockManual(ctx context.Context, tx *sqlx.Tx, recordID int64) (r ManualRecord, driver string, err error) {
	accountID, err := find[int64](ctx, tx, "record", `SELECT account_id FROM records WHERE id = ?`, recordID)
	if err != nil {
		return r, "", err
	}
	if driver, err = find[string](ctx, tx, "bureau account", `SELECT driver FROM bureau_accounts WHERE id = ?
		FOR UPDATE`, accountID); err != nil {
		return r, "", err
	}
	if err := exec(ctx, tx, `SELECT id FROM records WHERE id = ? FOR UPDATE`, recordID); err != nil {
		return r, "", err
	}
	r, err = manualRecord(ctx, tx, recordID)
	return r, driver, err
}

// takeManual reports whether an account is manual, and if so locks its row, so that the last submission can't close the
// task while a new record arrives.
func (s *Store) takeManual(ctx context.Context, tx *sqlx.Tx, accountID int64) (manual bool, err error) {
	manual, err = find[bool](ctx, tx, "bureau account", `SELECT driver = ? FROM bureau_accounts WHERE id = ?`,
		DriverManual, accountID)
	if err == nil && manual {
		err = exec(ctx, tx, `SELECT id FROM bureau_accounts WHERE id = ? FOR UPDATE`, accountID)
	}
	return manual, err
}

// addSubmitTask adds a staff task that dossiers wait, once until all are submitted.
func (s *Store) addSubmitTask(ctx context.Context, tx *sqlx.Tx, r NewRecord) error {
	// Read under locks, so that of two concurrent records only one makes the task.
	wanted, err := selectAll[int64](ctx, tx, `
		SELECT r.id FROM records r LEFT JOIN staff_tasks t ON t.account_id = r.account_id AND t.kind = ? AND t.done_at IS NULL
		WHERE r.filing_id = ? AND r.revision = ? AND r.submitted_at IS NULL AND t.id IS NULL FOR UPDATE`,
		TaskSubmit, r.FilingID, r.Revision)
	if err != nil || len(wanted) == 0 {
		return err
	}
	return s.addTask(ctx, tx, AccountTask(r.AccountID, TaskSubmit, fmt.Sprintf("%d/%d", r.FilingID, r.Revision), ""))
}

// submitTaskDone completes the task if nothing waits at the account any more.
func (s *Store) submitTaskDone(ctx context.Context, tx *sqlx.Tx, accountID int64, actor string) error {
	waiting, err := selectAll[ManualRecord](ctx, tx, manualSelect+`AND f.stage = ? AND a.id = ? AND d.approved IS NULL
		AND COALESCE(r.submitted_at, u.accepted_at) IS NULL LIMIT 1`, filing.Submitting, accountID)
	if err != nil || len(waiting) > 0 {
		return err
	}
	return execAll(ctx, tx, tasksDone(s.utcNow(), actor, `account_id = ? AND kind = ?`, accountID, TaskSubmit))
}
