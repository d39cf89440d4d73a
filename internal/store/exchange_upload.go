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

// Signal names, as the filing workflow knows them.
const (
	SignalAccepted = "accepted"
	SignalDecided  = "decided"
)

// EnsureAccount makes the row of a bureau account, or finds the one of that name.
func (s *Store) EnsureAccount(ctx context.Context, name string) (id int64, err error) {
	if _, err := s.db.ExecContext(ctx, `INSERT IGNORE INTO bureau_accounts (name, created_at) VALUES (?, ?)`, name, s.utcNow()); err != nil {
		return 0, err
	}
	err = s.db.GetContext(ctx, &id, `SELECT id FROM bureau_accounts WHERE name = ?`, name)
	return id, err
}

// Account is a bureau account's state.
type Account struct {
	ID           int64         `db:"id"`
	Name         string        `db:"name"`
	LastSequence int64         `db:"last_sequence"`
	StoppedCode  sql.NullInt64 `db:"stopped_code"`
	StoppedAt    sql.NullTime  `db:"stopped_at"`
}

// Accounts lists every bureau account.
func (s *Store) Accounts(ctx context.Context) ([]Account, error) {
	var list []Account
	err := s.db.SelectContext(ctx, &list, `SELECT id, name, last_sequence, stopped_code, stopped_at FROM bureau_accounts ORDER BY id`)
	return list, err
}

// StopAccount halts an account's exchange until staff mended what the code
// says; it reports whether it was running, so that staff are told once.
func (s *Store) StopAccount(ctx context.Context, accountID int64, code int) (stopped bool, err error) {
	res, err := s.db.ExecContext(ctx, `UPDATE bureau_accounts SET stopped_code = ?, stopped_at = ? WHERE id = ? AND stopped_at IS NULL`,
		code, s.utcNow(), accountID)
	if err != nil {
		return false, err
	}
	return changed(res)
}

// StartAccount lets a stopped account's exchange go on.
func (s *Store) StartAccount(ctx context.Context, accountID int64) error {
	_, err := s.db.ExecContext(ctx, `UPDATE bureau_accounts SET stopped_code = NULL, stopped_at = NULL WHERE id = ?`, accountID)
	return err
}

// QueueRecord puts a filing's revision in line for the next data file. Doing
// it again finds the same record.
func (s *Store) QueueRecord(ctx context.Context, accountID, filingID int64, revision int) error {
	_, err := s.db.ExecContext(ctx, `INSERT IGNORE INTO records (filing_id, revision, account_id, created_at) VALUES (?, ?, ?, ?)`,
		filingID, revision, accountID, s.utcNow())
	return err
}

// WaitingRecord is a record that goes into the next data file.
type WaitingRecord struct {
	ID      int64
	Dossier filing.Dossier
}

// Builder makes a data file's bytes of records, and names those that can't be
// in one, with a result code for each.
type Builder func([]WaitingRecord) (file []byte, unfit map[int64]int, err error)

// PackNext makes the account's next data file of up to limit waiting records,
// oldest first, and stores it, before anything is sent, under the next sequence
// number, all in one transaction that holds the account's row: there is one
// writer. While an earlier file isn't accepted yet, that one is next and
// nothing new is packed. Sequence 0 means that there is nothing to hand in.
// Records that can't be in a file are decided as refused with their code.
func (s *Store) PackNext(ctx context.Context, accountID int64, limit int, build Builder) (sequence int64, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		sequence = 0
		var last int64
		if err := tx.GetContext(ctx, &last, `SELECT last_sequence FROM bureau_accounts WHERE id = ? FOR UPDATE`, accountID); err != nil {
			return one(err, "bureau account")
		}
		err := tx.GetContext(ctx, &sequence, `
			SELECT sequence FROM bureau_uploads WHERE account_id = ? AND accepted_at IS NULL ORDER BY sequence LIMIT 1`, accountID)
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		records, err := s.waiting(ctx, tx, accountID, limit)
		if err != nil || len(records) == 0 {
			return err
		}
		file, unfit, err := build(records)
		if err != nil {
			return err
		}
		for id, code := range unfit {
			if err := s.refuseUnsent(ctx, tx, id, code); err != nil {
				return err
			}
		}
		var packed []int64
		for _, r := range records {
			if _, bad := unfit[r.ID]; !bad {
				packed = append(packed, r.ID)
			}
		}
		if len(packed) == 0 {
			return nil
		}
		sequence = last + 1
		return s.storeUpload(ctx, tx, accountID, sequence, file, packed)
	})
	if err != nil {
		return 0, fmt.Errorf("packing the next data file of account %d: %w", accountID, err)
	}
	return sequence, nil
}

func (s *Store) waiting(ctx context.Context, tx *sqlx.Tx, accountID int64, limit int) ([]WaitingRecord, error) {
	var rows []struct {
		ID       int64  `db:"id"`
		FilingID int64  `db:"filing_id"`
		Revision int    `db:"revision"`
		Sealed   []byte `db:"sealed"`
	}
	err := tx.SelectContext(ctx, &rows, `
		SELECT r.id, r.filing_id, r.revision, d.sealed
		FROM records r JOIN dossiers d ON d.filing_id = r.filing_id AND d.revision = r.revision
			LEFT JOIN decisions x ON x.record_id = r.id
		WHERE r.account_id = ? AND r.sequence IS NULL AND x.record_id IS NULL ORDER BY r.id LIMIT ?`, accountID, limit)
	if err != nil {
		return nil, err
	}
	records := make([]WaitingRecord, len(rows))
	for i, row := range rows {
		records[i].ID = row.ID
		if err := s.keys.OpenJSON(dossierPlace(row.FilingID, row.Revision), row.Sealed, &records[i].Dossier); err != nil {
			return nil, err
		}
	}
	return records, nil
}

func (s *Store) storeUpload(ctx context.Context, tx *sqlx.Tx, accountID, sequence int64, file []byte, records []int64) error {
	sealed, err := s.keys.Seal(uploadPlace(accountID, sequence), file)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO bureau_uploads (account_id, sequence, sealed, records, stored_at) VALUES (?, ?, ?, ?, ?)`,
		accountID, sequence, sealed, len(records), s.utcNow()); err != nil {
		return err
	}
	query, args, err := sqlx.In(`UPDATE records SET sequence = ? WHERE id IN (?)`, sequence, records)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE bureau_accounts SET last_sequence = ? WHERE id = ?`, sequence, accountID)
	return err
}

func uploadPlace(accountID, sequence int64) string {
	return fmt.Sprintf("bureau_uploads/%d/%d", accountID, sequence)
}

// Upload is a stored data file.
type Upload struct {
	Sequence   int64
	File       []byte
	Attempts   int
	AcceptedAt time.Time // zero: not accepted yet
}

// Upload opens a stored data file.
func (s *Store) Upload(ctx context.Context, accountID, sequence int64) (Upload, error) {
	var row struct {
		Sealed     []byte       `db:"sealed"`
		Attempts   int          `db:"attempts"`
		AcceptedAt sql.NullTime `db:"accepted_at"`
	}
	err := s.db.GetContext(ctx, &row, `SELECT sealed, attempts, accepted_at FROM bureau_uploads WHERE account_id = ? AND sequence = ?`, accountID, sequence)
	if err != nil {
		return Upload{}, one(err, "data file")
	}
	file, err := s.keys.Open(uploadPlace(accountID, sequence), row.Sealed)
	return Upload{Sequence: sequence, File: file, Attempts: row.Attempts, AcceptedAt: row.AcceptedAt.Time}, err
}

// UploadAttempt counts an attempt before it is made: a count above 0 with no
// acceptance means that an answer may have been lost.
func (s *Store) UploadAttempt(ctx context.Context, accountID, sequence int64) error {
	_, err := s.db.ExecContext(ctx, `UPDATE bureau_uploads SET attempts = attempts + 1 WHERE account_id = ? AND sequence = ?`, accountID, sequence)
	return err
}

// UploadAccepted notes that the bureau took a data file and queues a signal
// for each of its filings, in one transaction.
func (s *Store) UploadAccepted(ctx context.Context, accountID, sequence int64) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		now := s.utcNow()
		if _, err := tx.ExecContext(ctx, `
			UPDATE bureau_uploads SET accepted_at = ? WHERE account_id = ? AND sequence = ? AND accepted_at IS NULL`, now, accountID, sequence); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT IGNORE INTO signals (signal_key, filing_id, name, payload, created_at)
			SELECT CONCAT('accepted/', r.id), r.filing_id, ?, JSON_OBJECT('revision', r.revision), ?
			FROM records r WHERE r.account_id = ? AND r.sequence = ?`, SignalAccepted, now, accountID, sequence)
		return err
	})
}
