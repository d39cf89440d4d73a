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

// Signal names, as defined by the filing workflow.
const (
	SignalAccepted = "accepted"
	SignalDecided  = "decided"
	// SignalResubmitted: what the bureau returned because of another site was submitted again, unchanged.
	SignalResubmitted = "resubmitted"
)

// NewRecord is a filing's revision to be submitted to the bureau.
type NewRecord struct {
	AccountID, FilingID int64
	Revision            int
	// Operation is the interface's Czlx.
	Operation int
	// Province is the code of the reviewing bureau's province.
	Province string
	// ReviewKey and ResultKeys identify it in those of the bureau's results that don't use our IDs.
	ReviewKey  string
	ResultKeys []string
	// SiteID is the bureau's ID of the site that a change is about; 0: none.
	SiteID int64
}

// QueueRecord puts a filing's revision in line for the next data file. It is idempotent. It returns ErrConflict if the
// filing has ended.
func (s *Store) QueueRecord(ctx context.Context, r NewRecord) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := lockOpen(ctx, tx, r.FilingID); err != nil {
			return err
		}
		manual, err := s.takeManual(ctx, tx, r.AccountID)
		if err != nil {
			return err
		}
		if err := s.queue(ctx, tx, r); err != nil || !manual {
			return err
		}
		return s.addSubmitTask(ctx, tx, r)
	})
}

// lockOpen locks a filing's row; ErrConflict if the filing has ended.
func lockOpen(ctx context.Context, tx *sqlx.Tx, filingID int64) error {
	var stage filing.Stage
	if err := tx.GetContext(ctx, &stage, `SELECT stage FROM filings WHERE id = ? FOR UPDATE`, filingID); err != nil {
		return notFoundAs(err, "filing")
	}
	if stage.Final() {
		return ErrConflict
	}
	return nil
}

// takeBackRecords removes a withdrawn filing's records that haven't gone to the bureau, and unpacks a data file with
// one that was never sent. Locking the accounts first keeps them out of a file that is being packed or sent.
func (s *Store) takeBackRecords(ctx context.Context, tx *sqlx.Tx, filingID int64, actor string) error {
	const waiting = ` FROM records r LEFT JOIN decisions d ON d.record_id = r.id LEFT JOIN bureau_uploads u
		ON u.account_id = r.account_id AND u.sequence = r.sequence
		WHERE r.filing_id = ? AND r.submitted_at IS NULL AND d.record_id IS NULL
		AND (r.sequence IS NULL OR u.attempts = 0 AND u.accepted_at IS NULL)`
	var accounts []int64
	if err := tx.SelectContext(ctx, &accounts, `SELECT DISTINCT r.account_id`+waiting+` AND r.account_id IS NOT NULL
		ORDER BY r.account_id`, filingID); err != nil {
		return err
	}
	for _, account := range accounts {
		if _, err := tx.ExecContext(ctx, `SELECT id FROM bureau_accounts WHERE id = ? FOR UPDATE`, account); err != nil {
			return err
		}
		var packed []int64
		if err := tx.SelectContext(ctx, &packed, `SELECT DISTINCT r.sequence`+waiting+` AND r.account_id = ?
			AND r.sequence IS NOT NULL ORDER BY r.sequence DESC`, filingID, account); err != nil {
			return err
		}
		for _, sequence := range packed {
			if err := unpack(ctx, tx, account, sequence); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `DELETE r`+waiting+` AND r.account_id = ? AND r.sequence IS NULL`, filingID,
			account); err != nil {
			return err
		}
		if err := s.submitTaskDone(ctx, tx, account, actor); err != nil {
			return err
		}
	}
	return nil
}

// unpack puts the records of the account's newest data file, which was never sent, back in line.
func unpack(ctx context.Context, tx *sqlx.Tx, accountID, sequence int64) error {
	for _, statement := range []string{
		`UPDATE records SET sequence = NULL WHERE account_id = ? AND sequence = ?`,
		`DELETE FROM bureau_uploads WHERE account_id = ? AND sequence = ?`,
		`UPDATE bureau_accounts SET last_sequence = last_sequence - 1 WHERE id = ? AND last_sequence = ?`,
	} {
		if _, err := tx.ExecContext(ctx, statement, accountID, sequence); err != nil {
			return err
		}
	}
	return nil
}

// QueueRefused queues a revision and refuses it at once, so that it is never submitted. It is idempotent. It returns
// ErrConflict if the filing has ended.
func (s *Store) QueueRefused(ctx context.Context, r NewRecord, code int) error {
	return s.queueThen(ctx, r, func(tx *sqlx.Tx, id int64) error { return s.refuseUnsent(ctx, tx, id, code) })
}

// QueueUnfit queues a record and returns it to its customer at once: something is missing without which the bureau
// would refuse it.
func (s *Store) QueueUnfit(ctx context.Context, r NewRecord, unfit filing.Unfit) error {
	return s.queueThen(ctx, r, func(tx *sqlx.Tx, id int64) error { return s.refuseUnfit(ctx, tx, id, unfit) })
}

// queueThen queues a record and, unless it has been submitted, decides on it in the same transaction.
func (s *Store) queueThen(ctx context.Context, r NewRecord, decide func(*sqlx.Tx, int64) error) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := lockOpen(ctx, tx, r.FilingID); err != nil {
			return err
		}
		if err := s.queue(ctx, tx, r); err != nil {
			return err
		}
		id, found, err := getOptional[int64](ctx, tx, `SELECT id FROM records WHERE filing_id = ? AND revision = ?
			AND sequence IS NULL FOR UPDATE`, r.FilingID, r.Revision)
		if err != nil || !found { // already submitted before it was blacklisted
			return err
		}
		return decide(tx, id)
	})
}

func (s *Store) queue(ctx context.Context, tx *sqlx.Tx, r NewRecord) error {
	var keys [2]sql.NullString
	for i := range min(len(r.ResultKeys), len(keys)) {
		keys[i] = sql.NullString{String: r.ResultKeys[i], Valid: r.ResultKeys[i] != ""}
	}
	return exec(ctx, tx, `
		INSERT IGNORE INTO records (filing_id, revision, account_id, operation, province, review_key, result_key, result_key2,
		site_id, created_at) VALUES (?, ?, ?, ?, ?, NULLIF(?, ''), ?, ?, NULLIF(?, 0), ?)`,
		r.FilingID, r.Revision, r.AccountID, r.Operation, r.Province, r.ReviewKey, keys[0], keys[1], r.SiteID, s.utcNow())
}

// WaitingRecord is a record for the next data file.
type WaitingRecord struct {
	ID      int64
	Dossier filing.Dossier
	Papers  []RecordPaper
	// Companions are the records whose sites travel within it.
	Companions []WaitingRecord
}

// RowID implements Row.
func (r WaitingRecord) RowID() int64 { return r.ID }

// With implements Row.
func (r WaitingRecord) With() []int64 {
	ids := make([]int64, len(r.Companions))
	for i, c := range r.Companions {
		ids[i] = c.ID
	}
	return ids
}

// isWaiting selects records r of an account, with their decisions x, that haven't been submitted.
const isWaiting = `r.sequence IS NULL AND r.submitted_at IS NULL AND r.doubtful = FALSE AND x.record_id IS NULL`

// complete selects carriers f whose companions are all queued, have ended, or wait for a later record.
const complete = `NOT EXISTS (SELECT 1 FROM filings c LEFT JOIN (records r2 LEFT JOIN decisions x2 ON x2.record_id = r2.id)
		ON r2.filing_id = c.id AND r2.sequence IS NULL AND r2.submitted_at IS NULL AND r2.doubtful = FALSE
		AND x2.record_id IS NULL AND r2.account_id = r.account_id
	WHERE c.carrier_id = f.id AND c.stage NOT IN ('withdrawn', 'deregistered') AND r2.id IS NULL)`

// distinct keeps a record out of a file whose ID, as a review would name it, is also that of a site that travels with
// others now.
const distinct = `NOT EXISTS (SELECT 1 FROM records p LEFT JOIN decisions y ON y.record_id = p.id
	WHERE r.operation = 1 AND p.id = (r.id - 1) DIV 1000 AND p.id * 1000 + 1 = r.id AND p.account_id = r.account_id
		AND p.sequence IS NOT NULL AND y.approved IS NULL
		AND (p.carrier_id IS NOT NULL OR EXISTS (SELECT 1 FROM records q WHERE q.carrier_id = p.id)))`

func (s *Store) waiting(ctx context.Context, tx *sqlx.Tx, accountID int64, limit int,
	maxFile int64) ([]WaitingRecord, error) {
	// Records with the same key in the bureau's results are never submitted at the same time, so that each result
	// matches exactly one.
	const from = `
		FROM records r JOIN dossiers d ON d.filing_id = r.filing_id AND d.revision = r.revision
			JOIN filings f ON f.id = r.filing_id AND f.stage <> '` + string(filing.Withdrawn) + `'
				AND f.carrier_id IS NULL AND f.awaits_holder = FALSE
			LEFT JOIN decisions x ON x.record_id = r.id
		WHERE r.account_id = ? AND ` + isWaiting + ` AND (r.result_key IS NULL OR NOT EXISTS (
				SELECT 1 FROM records p LEFT JOIN decisions y ON y.record_id = p.id
				WHERE p.account_id = r.account_id AND p.operation = r.operation AND p.result_key = r.result_key AND p.id < r.id
				AND y.approved IS NULL))
			AND (r.operation <> 1 OR ` + complete + ` AND ` + distinct + `)`
	rows, err := nextBatch[waitingRow](ctx, tx, `r.id, r.filing_id, r.revision, d.sealed`, from, limit, accountID)
	if err != nil {
		return nil, err
	}
	if rows, err = s.withCompanions(ctx, tx, accountID, rows); err != nil {
		return nil, err
	}
	if rows, err = s.fittingRows(ctx, tx, rows, maxFile); err != nil {
		return nil, err
	}
	return s.openWaiting(ctx, tx, rows)
}

type waitingRow struct {
	ID       int64  `db:"id"`
	FilingID int64  `db:"filing_id"`
	Revision int    `db:"revision"`
	Sealed   []byte `db:"sealed"`
	// Carrier is the filing in whose record it travels; 0: its own.
	Carrier    int64        `db:"carrier"`
	Companions []waitingRow `db:"-"`
}

// parts are the row and its companions.
func (r waitingRow) parts() []waitingRow { return append([]waitingRow{r}, r.Companions...) }

// withCompanions adds to carriers' records those of their companions, and notes there with which they travel. A carrier
// whose ID, or a companion's, a review might confuse with another record's stays for a later file.
func (s *Store) withCompanions(ctx context.Context, tx *sqlx.Tx, accountID int64,
	rows []waitingRow) ([]waitingRow, error) {
	if len(rows) == 0 {
		return rows, nil
	}
	filings := make([]int64, len(rows))
	for i, r := range rows {
		filings[i] = r.FilingID
	}
	companions, err := selectAll[waitingRow](ctx, tx, `SELECT r.id, r.filing_id, r.revision, d.sealed, f.carrier_id AS carrier
		FROM filings f JOIN records r ON r.filing_id = f.id JOIN dossiers d ON d.filing_id = r.filing_id
			AND d.revision = r.revision LEFT JOIN decisions x ON x.record_id = r.id
		WHERE f.carrier_id IN (?) AND f.stage <> ? AND r.account_id = ? AND `+isWaiting+` ORDER BY r.id`, filings,
		filing.Withdrawn, accountID)
	if err != nil || len(companions) == 0 {
		return rows, err
	}
	rows = together(append(rows, companions...))
	var kept []waitingRow
	for _, r := range rows {
		if len(r.Companions) == 0 {
			kept = append(kept, r)
			continue
		}
		confused, err := confused(ctx, tx, accountID, r)
		if err != nil {
			return nil, err
		}
		if confused {
			continue
		}
		for _, c := range r.Companions {
			if err := exec(ctx, tx, `UPDATE records SET carrier_id = ? WHERE id = ?`, r.ID, c.ID); err != nil {
				return nil, err
			}
		}
		kept = append(kept, r)
	}
	return kept, nil
}

// confused reports whether a review of a site of the record could be one of another record that is under way.
func confused(ctx context.Context, tx *sqlx.Tx, accountID int64, r waitingRow) (bool, error) {
	var ids []int64
	for _, part := range r.parts() {
		ids = append(ids, part.ID*sitesPerID+1)
	}
	return get[bool](ctx, tx, `SELECT EXISTS (SELECT 1 FROM records r LEFT JOIN decisions d ON d.record_id = r.id
		WHERE r.id IN (?) AND r.account_id = ? AND r.operation = 1 AND r.sequence IS NOT NULL AND d.approved IS NULL)`, ids,
		accountID)
}

// sitesPerID: the bureau knows the site of a record by its ID × 1000 + 1 (internal/bureau).
const sitesPerID = 1000

// together puts the rows of companions into those of their carriers; a companion whose carrier isn't among them stays.
func together(rows []waitingRow) (list []waitingRow) {
	at := map[int64]int{}
	for _, r := range rows {
		if r.Carrier == 0 {
			at[r.FilingID] = len(list)
			list = append(list, r)
		}
	}
	for _, r := range rows {
		if r.Carrier == 0 {
			continue
		}
		if i, found := at[r.Carrier]; found {
			list[i].Companions = append(list[i].Companions, r)
		} else {
			list = append(list, r)
		}
	}
	return list
}

func (s *Store) openWaiting(ctx context.Context, q sqlx.QueryerContext,
	rows []waitingRow) (records []WaitingRecord, err error) {
	for _, row := range rows {
		r := WaitingRecord{ID: row.ID}
		if err := s.keys.OpenJSON(dossierAAD(row.FilingID, row.Revision), row.Sealed, &r.Dossier); err != nil {
			return nil, err
		}
		if r.Papers, err = s.recordPapers(ctx, q, row.FilingID, row.Revision); err != nil {
			return nil, err
		}
		if r.Companions, err = s.openWaiting(ctx, q, row.Companions); err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// storeUpload stores a data file and marks a table's rows as being in it.
func (s *Store) storeUpload(ctx context.Context, tx *sqlx.Tx, accountID, sequence int64, file []byte, table string,
	records []int64) error {
	sealed, err := s.keys.Seal(uploadAAD(accountID, sequence), file)
	if err != nil {
		return err
	}
	return execAll(ctx, tx,
		fragmentOf(`INSERT INTO bureau_uploads (account_id, sequence, sealed, records, stored_at) VALUES (?, ?, ?, ?, ?)`,
			accountID, sequence, sealed, len(records), s.utcNow()),
		fragmentOf(`UPDATE `+table+` SET sequence = ? WHERE id IN (?)`, sequence, records),
		fragmentOf(`UPDATE bureau_accounts SET last_sequence = ? WHERE id = ?`, sequence, accountID))
}

func uploadAAD(accountID, sequence int64) string {
	return fmt.Sprintf("bureau_uploads/%d/%d", accountID, sequence)
}

// Upload is a stored data file.
type Upload struct {
	Sequence   int64
	File       []byte
	Attempts   int
	AcceptedAt time.Time // zero: not accepted yet
}

// ErrPurged: the file is past its retention.
var ErrPurged = errors.New("the file is past its retention")

// Upload returns a stored data file.
func (s *Store) Upload(ctx context.Context, accountID, sequence int64) (Upload, error) {
	u := Upload{Sequence: sequence}
	var sealed []byte
	var acceptedAt sql.NullTime
	err := scan(ctx, s.db, "data file", fragmentOf(`SELECT sealed, attempts, accepted_at FROM bureau_uploads
		WHERE account_id = ? AND sequence = ?`, accountID, sequence), &sealed, &u.Attempts, &acceptedAt)
	if err != nil {
		return Upload{}, err
	}
	if sealed == nil {
		return Upload{}, fmt.Errorf("data file %d: %w", sequence, ErrPurged)
	}
	u.AcceptedAt = acceptedAt.Time
	u.File, err = s.keys.Open(uploadAAD(accountID, sequence), sealed)
	return u, err
}

// ErrNotWriter: another exchange now writes for the account.
var ErrNotWriter = errors.New("another exchange is writing for this account")

// UploadAttempt counts an attempt before it is made: a count above 0 without acceptance means that an answer may have
// been lost. It locks the account's row, so that only the writer passes; ErrNotWriter for any other. It returns
// ErrNotFound if the file was unpacked meanwhile.
func (s *Store) UploadAttempt(ctx context.Context, accountID, sequence int64, writer string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := s.renew(ctx, tx, accountID, writer); err != nil {
			return err
		}
		counted, err := changed(ctx, tx, `UPDATE bureau_uploads SET attempts = attempts + 1 WHERE account_id = ?
			AND sequence = ?`, accountID, sequence)
		if err != nil || counted {
			return err
		}
		return fmt.Errorf("data file %d: %w", sequence, ErrNotFound)
	})
}

// UploadAccepted records that the bureau accepted a data file and queues a signal for each of its filings, in one
// transaction.
func (s *Store) UploadAccepted(ctx context.Context, accountID, sequence int64) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := exec(ctx, tx, `UPDATE bureau_uploads SET accepted_at = ? WHERE account_id = ? AND sequence = ?
			AND accepted_at IS NULL`, s.utcNow(), accountID, sequence); err != nil {
			return err
		}
		return s.signalAccepted(ctx, tx, accountID, sequence)
	})
}

func (s *Store) signalAccepted(ctx context.Context, tx *sqlx.Tx, accountID, sequence int64) error {
	records, err := selectAll[acceptedRecord](ctx, tx, acceptedSelect+`WHERE r.account_id = ? AND r.sequence = ?
		ORDER BY r.id FOR UPDATE`, accountID, sequence)
	if err != nil {
		return err
	}
	for _, r := range records {
		if err := s.queueAccepted(ctx, tx, r); err != nil {
			return err
		}
	}
	return nil
}
