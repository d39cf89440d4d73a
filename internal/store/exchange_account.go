package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"github.com/beian/beian/internal/filing"
)

// writerLease is how long an exchange may be silent before another takes over; it must exceed the longest call to the
// bureau.
const writerLease = 15 * time.Minute

// SetSMSVerificationHours sets how long the code that the account's bureau sends to applicants is valid; 0: it sends
// none.
func (s *Store) SetSMSVerificationHours(ctx context.Context, accountID int64, hours int) error {
	return exec(ctx, s.db, `UPDATE bureau_accounts SET sms_verification_hours = ? WHERE id = ?`, hours, accountID)
}

// SetFilingPassword sets whether the account's bureau requires filing passwords.
func (s *Store) SetFilingPassword(ctx context.Context, accountID int64, required bool) error {
	return exec(ctx, s.db, `UPDATE bureau_accounts SET filing_password_required = ? WHERE id = ?`, required, accountID)
}

// PasswordPolicy returns whether a province's bureau requires filing passwords; of an unknown province (""), whether
// all or some of the accounts' bureaus do. A province that nobody serves requires none.
func (s *Store) PasswordPolicy(ctx context.Context, province string) (filing.PasswordPolicy, error) {
	required, err := selectAll[bool](ctx, s.db, `SELECT filing_password_required FROM bureau_accounts WHERE active
		AND (? = '' OR FIND_IN_SET(?, provinces) OR provinces = '') ORDER BY provinces = '', id`, province, province)
	if province != "" {
		required = required[:min(len(required), 1)] // as in AccountFor
	}
	switch {
	case err != nil:
		return filing.PasswordNone, err
	case !slices.Contains(required, true):
		return filing.PasswordNone, nil
	case slices.Contains(required, false):
		return filing.PasswordPossible, nil
	}
	return filing.PasswordRequired, nil
}

// EnsureAccount creates or finds the bureau account of a name and sets the provinces it serves (none: all that no other
// account names).
func (s *Store) EnsureAccount(ctx context.Context, name string, provinces ...string) (id int64, err error) {
	if err := exec(ctx, s.db, `INSERT INTO bureau_accounts (name, provinces, created_at) VALUES (?, ?, ?)
		ON DUPLICATE KEY UPDATE provinces = VALUES(provinces), active = TRUE`,
		name, strings.Join(provinces, ","), s.utcNow()); err != nil {
		return 0, err
	}
	return get[int64](ctx, s.db, `SELECT id FROM bureau_accounts WHERE name = ?`, name)
}

// KeepAccounts deactivates every account but those named, so that they accept nothing new.
func (s *Store) KeepAccounts(ctx context.Context, ids []int64) error {
	return exec(ctx, s.db, `UPDATE bureau_accounts SET active = FALSE WHERE id NOT IN (?)`, ids)
}

// AccountFor returns the account that serves a province; ErrNotFound if there is none.
func (s *Store) AccountFor(ctx context.Context, province string) (int64, error) {
	return find[int64](ctx, s.db, "bureau account for the province", `
		SELECT id FROM bureau_accounts WHERE active AND (FIND_IN_SET(?, provinces) OR provinces = '')
		ORDER BY provinces = '', id LIMIT 1`, province)
}

// ServesProvince reports whether an account serves a province. It is also true while there are no accounts at all,
// since nobody can tell then.
func (s *Store) ServesProvince(ctx context.Context, province string) (bool, error) {
	served, err := selectAll[string](ctx, s.db, `SELECT provinces FROM bureau_accounts WHERE active`)
	return err == nil && (len(served) == 0 || slices.ContainsFunc(served, func(provinces string) bool {
		return provinces == "" || slices.Contains(strings.Split(provinces, ","), province)
	})), err
}

// Account is a bureau account's state.
type Account struct {
	ID           int64  `db:"id"`
	Name         string `db:"name"`
	LastSequence int64  `db:"last_sequence"`
	// Provinces are comma-separated codes; empty: all others.
	Provinces string `db:"provinces"`
	// Active: the settings name it.
	Active bool `db:"active"`
	// StoppedCode is why the exchange has stopped until staff fix the cause.
	StoppedCode sql.NullInt64 `db:"stopped_code"`
	StoppedAt   sql.NullTime  `db:"stopped_at"`
	// UploadAfter and DownloadAfter are when to try again after the bureau's "not now" code.
	UploadCode    sql.NullInt64 `db:"upload_code"`
	UploadAfter   sql.NullTime  `db:"upload_after"`
	DownloadCode  sql.NullInt64 `db:"download_code"`
	DownloadAfter sql.NullTime  `db:"download_after"`
	ExchangedAt   sql.NullTime  `db:"exchanged_at"`
	// Waiting counts waiting records, Doubtful the doubtful ones among them, Files the data files not yet accepted.
	Waiting  int `db:"waiting"`
	Doubtful int `db:"doubtful"`
	Files    int `db:"files"`
	// Driver is DriverInterface or DriverManual.
	Driver string `db:"driver"`
}

// Exchanges reports whether the account exchanges data files with its bureau.
func (a Account) Exchanges() bool { return a.Active && a.Driver == DriverInterface }

// Accounts lists every bureau account.
func (s *Store) Accounts(ctx context.Context) ([]Account, error) {
	const waiting = `SELECT COUNT(*) FROM records r LEFT JOIN decisions d ON d.record_id = r.id WHERE r.account_id = a.id
		AND r.sequence IS NULL AND r.submitted_at IS NULL AND d.record_id IS NULL`
	var list, staffs []Account
	var both errgroup.Group
	both.Go(func() (err error) {
		staffs, err = selectAll[Account](ctx, s.db, `SELECT account_id AS id, COUNT(*) AS waiting,
				SUM(doubtful) AS doubtful
			FROM staff_records WHERE sequence IS NULL AND result_at IS NULL GROUP BY account_id`)
		return err
	})
	both.Go(func() (err error) {
		list, err = selectAll[Account](ctx, s.db, `
		SELECT a.id, a.name, a.last_sequence, a.provinces, a.active, a.stopped_code, a.stopped_at, a.upload_code,
			a.upload_after, a.download_code, a.download_after, a.exchanged_at, a.driver, (`+waiting+`) AS waiting,
			(`+waiting+` AND r.doubtful) AS doubtful,
			(SELECT COUNT(*) FROM bureau_uploads u WHERE u.account_id = a.id AND u.accepted_at IS NULL) AS files
		FROM bureau_accounts a ORDER BY a.id`)
		return err
	})
	err := both.Wait()
	countStaffs(list, staffs)
	return list, err
}

// ExchangeTurn is what an exchange may do now.
type ExchangeTurn struct {
	// Busy: another exchange writes for this account. Stopped: staff must fix something first.
	Busy, Stopped bool
	// Manual: staff submit the account's records by hand, so there is nothing to exchange.
	Manual bool
	// UploadPaused and DownloadPaused: the bureau said "later".
	UploadPaused, DownloadPaused bool
	// Idle is what there was nothing of when the exchange began.
	Idle ExchangeIdle
}

// ExchangeIdle is what an exchange needn't look for, because the database had nothing of it. Most exchanges have nothing
// to do but to ask the bureau.
type ExchangeIdle struct {
	// Upload: no data file waits to be made or accepted.
	Upload bool `db:"upload"`
	// Apply: no downloaded file waits.
	Apply bool `db:"apply"`
	// Certificates: no approval waits for its certificate.
	Certificates bool `db:"certificates"`
	// Signals: no filing waits to hear of something, or to be started.
	Signals bool `db:"signals"`
}

// exchangeIdle asks what there is nothing of, by the conditions of PackNext, OpenDownloads, MissingCertificates and
// UnsentSignals or wider ones.
func (s *Store) exchangeIdle(ctx context.Context, tx *sqlx.Tx, accountID int64) (ExchangeIdle, error) {
	return find[ExchangeIdle](ctx, tx, "bureau account", `SELECT
		NOT EXISTS (SELECT 1 FROM bureau_uploads WHERE account_id = a.id AND accepted_at IS NULL)
			AND NOT EXISTS (SELECT 1 FROM staff_records WHERE account_id = a.id AND sequence IS NULL AND doubtful = FALSE
				AND result_at IS NULL)
			AND NOT EXISTS (SELECT 1 FROM records WHERE account_id = a.id AND sequence IS NULL AND submitted_at IS NULL
				AND doubtful = FALSE) AS upload,
		NOT EXISTS (SELECT 1 FROM bureau_downloads WHERE account_id = a.id AND applied_at IS NULL) AS apply,
		NOT EXISTS (SELECT 1 FROM decisions d JOIN records r ON r.id = d.record_id WHERE d.signalled_at IS NULL
			AND d.certificate_path IS NOT NULL AND d.certificate IS NULL AND r.account_id = a.id) AS certificates,
		NOT EXISTS (SELECT 1 FROM signals WHERE sent_at IS NULL)
			AND NOT EXISTS (SELECT 1 FROM filings WHERE start_due IS NOT NULL) AS signals
		FROM bureau_accounts a WHERE a.id = ?`, accountID)
}

// BeginExchange locks the account for a writer, unless another has it.
func (s *Store) BeginExchange(ctx context.Context, accountID int64, writer string) (t ExchangeTurn, err error) {
	now := s.utcNow()
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		t = ExchangeTurn{}
		var row struct {
			Account
			Writer sql.NullString `db:"writer"`
			Until  sql.NullTime   `db:"writer_until"`
		}
		if err := tx.GetContext(ctx, &row, `SELECT id, driver, writer, writer_until, stopped_at, upload_after, download_after
			FROM bureau_accounts WHERE id = ? FOR UPDATE`, accountID); err != nil {
			return notFoundAs(err, "bureau account")
		}
		t.Manual = row.Driver == DriverManual
		t.Stopped = row.StoppedAt.Valid
		t.UploadPaused = row.UploadAfter.Valid && row.UploadAfter.Time.After(now)
		t.DownloadPaused = row.DownloadAfter.Valid && row.DownloadAfter.Time.After(now)
		t.Busy = row.Writer.Valid && row.Writer.String != writer && row.Until.Time.After(now)
		if t.Busy || t.Stopped {
			return nil
		}
		var err error
		if t.Idle, err = s.exchangeIdle(ctx, tx, accountID); err != nil {
			return err
		}
		return exec(ctx, tx, `UPDATE bureau_accounts SET writer = ?, writer_until = ?, exchanged_at = ? WHERE id = ?`,
			writer, now.Add(writerLease), now, accountID)
	})
	return t, err
}

// renew locks the account's row and extends the writer's lease.
func (s *Store) renew(ctx context.Context, tx *sqlx.Tx, accountID int64, writer string) error {
	present, err := find[sql.NullString](ctx, tx, "bureau account", `SELECT writer FROM bureau_accounts WHERE id = ?
		FOR UPDATE`, accountID)
	if err != nil {
		return err
	}
	if present.Valid && present.String != writer {
		return ErrNotWriter
	}
	return exec(ctx, tx, `UPDATE bureau_accounts SET writer = ?, writer_until = ? WHERE id = ?`,
		writer, s.utcNow().Add(writerLease), accountID)
}

// EndExchange releases the account.
func (s *Store) EndExchange(ctx context.Context, accountID int64, writer string) error {
	return exec(ctx, s.db, `UPDATE bureau_accounts SET writer = NULL, writer_until = NULL WHERE id = ?
		AND writer = ?`, accountID, writer)
}

// PauseUpload records that the bureau accepts nothing until a time.
func (s *Store) PauseUpload(ctx context.Context, accountID int64, code int, until time.Time) error {
	return exec(ctx, s.db, `UPDATE bureau_accounts SET upload_code = ?, upload_after = ?
		WHERE id = ?`, code, until.UTC(), accountID)
}

// PauseDownload records that the bureau sends nothing until a time.
func (s *Store) PauseDownload(ctx context.Context, accountID int64, code int, until time.Time) error {
	return exec(ctx, s.db, `UPDATE bureau_accounts SET download_code = ?, download_after = ?
		WHERE id = ?`, code, until.UTC(), accountID)
}

// StopAccount stops an account's exchange until staff fix what the code says; it reports whether the account was
// running, so that staff are alerted once.
func (s *Store) StopAccount(ctx context.Context, accountID int64, code int) (stopped bool, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		if stopped, err = changed(ctx, tx, `UPDATE bureau_accounts SET stopped_code = ?, stopped_at = ? WHERE id = ?
			AND stopped_at IS NULL`, code, now, accountID); err != nil || !stopped {
			return err
		}
		return exec(ctx, tx, `INSERT INTO staff_alerts (cause, kind, account_id, code, began_at) VALUES (?, ?, ?, ?, ?)`,
			stoppedAlertCause(accountID), AlertStopped, accountID, code, now)
	})
	return stopped, err
}

// StartAccount resumes a stopped account's exchange at once: it also ends pauses and completes the task about the stop.
func (s *Store) StartAccount(ctx context.Context, accountID int64, actor string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		return execAll(ctx, tx,
			fragmentOf(`UPDATE bureau_accounts SET stopped_code = NULL, stopped_at = NULL, upload_code = NULL,
				upload_after = NULL, download_code = NULL, download_after = NULL WHERE id = ?`, accountID),
			fragmentOf(`UPDATE staff_alerts SET ended_at = ? WHERE open_cause = ?`, now, stoppedAlertCause(accountID)),
			tasksDone(now, actor, `account_id = ? AND kind = ?`, accountID, TaskStopped))
	})
}

// Now is the store's clock, which tests can set.
func (s *Store) Now() time.Time { return s.utcNow() }
