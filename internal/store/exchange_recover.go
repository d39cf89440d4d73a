package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/jmoiron/sqlx"
)

// idGap is left free above the highest record ID that the bureau is known to have, for records in files that we can no
// longer see.
const idGap = 2000

// Recovered is a data file that the bureau has but this database has lost.
type Recovered struct {
	Sequence int64
	File     []byte
	// Records are the IDs of our records in it; Same are those whose record here matches the file.
	Records, Same []int64
	// Blocks are our IDs of the address blocks that it adds; SameStaff are staff records here that match the file.
	Blocks, SameStaff []int64
}

// Resynchronise adopts the bureau's latest data file after the database lost its newest rows (interface 3-3-4: the next
// number is the answer's plus one). Records in the file count as accepted; records packed here under the same number
// wait again. If files in between can't be seen, waiting records may have been in them: they are marked doubtful until
// staff release them.
func (s *Store) Resynchronise(ctx context.Context, accountID int64, r Recovered, writer string) error {
	// IDs known to the bureau must not be reused; this commits separately.
	if err := errors.Join(s.reserveIDs(ctx, "records", r.Records),
		s.reserveIDs(ctx, "staff_records", r.Blocks)); err != nil {
		return err
	}
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		if err := s.renew(ctx, tx, accountID, writer); err != nil {
			return err
		}
		var accepted int64
		if err := tx.GetContext(ctx, &accepted, `
			SELECT COALESCE(MAX(sequence), 0) FROM bureau_uploads WHERE account_id = ?
			AND accepted_at IS NOT NULL`, accountID); err != nil {
			return err
		}
		if accepted >= r.Sequence {
			return nil // already done
		}
		if err := s.dropUndecided(ctx, tx, `u.account_id = ? AND u.accepted_at IS NULL`, accountID); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `
			UPDATE records r JOIN bureau_uploads u ON u.account_id = r.account_id AND u.sequence = r.sequence
			SET r.sequence = NULL WHERE u.account_id = ? AND u.accepted_at IS NULL`, accountID); err != nil {
			return err
		}
		if err := s.resynchroniseStaff(ctx, tx, accountID, r, accepted+1 < r.Sequence); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM bureau_uploads WHERE account_id = ?
			AND accepted_at IS NULL`, accountID); err != nil {
			return err
		}
		if accepted+1 < r.Sequence {
			if _, err := tx.ExecContext(ctx, `UPDATE records SET doubtful = TRUE WHERE account_id = ? AND sequence IS NULL
				AND submitted_at IS NULL`, accountID); err != nil {
				return err
			}
		}
		// The bureau knows these IDs as something else: they get new IDs once staff have checked.
		if other := difference(r.Records, r.Same); len(other) > 0 {
			query, args, err := sqlx.In(`UPDATE records SET doubtful = TRUE WHERE account_id = ? AND sequence IS NULL
				AND submitted_at IS NULL AND id IN (?)`, accountID, other)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, query, args...); err != nil {
				return err
			}
		}
		if err := s.takeRecovered(ctx, tx, accountID, r); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE bureau_accounts SET last_sequence = ? WHERE id = ?`, r.Sequence, accountID)
		return err
	})
}

// dropUndecided deletes incidental information from the bureau about undecided records (such as a change's holder): the
// records go back in line, and waiting records must have no row in decisions.
func (s *Store) dropUndecided(ctx context.Context, tx *sqlx.Tx, where string, args ...any) error {
	_, err := tx.ExecContext(ctx, `
		DELETE d FROM decisions d JOIN records r ON r.id = d.record_id JOIN bureau_uploads u ON u.account_id = r.account_id
		AND u.sequence = r.sequence
		WHERE d.approved IS NULL AND `+where, args...)
	return err
}

func difference(all, some []int64) (rest []int64) {
	for _, id := range all {
		if !slices.Contains(some, id) {
			rest = append(rest, id)
		}
	}
	return rest
}

func (s *Store) takeRecovered(ctx context.Context, tx *sqlx.Tx, accountID int64, r Recovered) error {
	sealed, err := s.keys.Seal(uploadAAD(accountID, r.Sequence), r.File)
	if err != nil {
		return err
	}
	now := s.utcNow()
	if _, err := tx.ExecContext(ctx, `
		INSERT INTO bureau_uploads (account_id, sequence, sealed, records, attempts, stored_at, accepted_at, recovered)
		VALUES (?, ?, ?, ?, 1, ?, ?, TRUE)`,
		accountID, r.Sequence, sealed, max(len(r.Records), len(r.Blocks), len(r.SameStaff)), now, now); err != nil {
		return err
	}
	if len(r.Same) == 0 {
		return nil
	}
	query, args, err := sqlx.In(`UPDATE records SET sequence = ?, doubtful = FALSE WHERE account_id = ?
		AND sequence IS NULL AND id IN (?)`, r.Sequence, accountID, r.Same)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, query, args...); err != nil {
		return err
	}
	return s.signalAccepted(ctx, tx, accountID, r.Sequence)
}

// reissue gives new IDs to unsent records whose current IDs the bureau knows as others.
func (s *Store) reissue(ctx context.Context, tx *sqlx.Tx, accountID int64, ids []int64) error {
	for _, id := range ids {
		var filingID int64
		err := tx.GetContext(ctx, &filingID, `
			SELECT r.filing_id FROM records r LEFT JOIN decisions d ON d.record_id = r.id
			WHERE r.id = ? AND r.account_id = ? AND r.sequence IS NULL AND d.record_id IS NULL FOR UPDATE`, id, accountID)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		} else if err != nil {
			return err
		}
		// A temporary impossible revision keeps the unique key free.
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO records (filing_id, revision, account_id, operation, province, review_key, result_key, result_key2,
			max_batch, doubtful, created_at)
			SELECT filing_id, -revision, account_id, operation, province, review_key, result_key, result_key2, max_batch,
			doubtful, created_at FROM records WHERE id = ?`, id); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM records WHERE id = ?`, id); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE records SET revision = -revision WHERE filing_id = ?
			AND revision < 0`, filingID); err != nil {
			return err
		}
	}
	return nil
}

// ReleaseDoubtful resubmits doubtful records under new IDs, after staff have checked with the bureau.
func (s *Store) ReleaseDoubtful(ctx context.Context, accountID int64) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		var ids []int64
		if err := tx.SelectContext(ctx, &ids, `SELECT id FROM records WHERE account_id = ? AND doubtful AND sequence IS NULL
			ORDER BY id`, accountID); err != nil {
			return err
		}
		if err := s.reissue(ctx, tx, accountID, ids); err != nil {
			return err
		}
		if err := s.releaseStaff(ctx, tx, accountID); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE records SET doubtful = FALSE WHERE account_id = ? AND doubtful`, accountID)
		return err
	})
}

// SplitRefused puts the records of a data file that violated the schema back in line in halves, so that the bad one is
// isolated and the others proceed. If the file had one record, it refuses that record with the code and returns its ID.
func (s *Store) SplitRefused(ctx context.Context, accountID, sequence int64, code int) (setAside int64, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		setAside = 0
		// If the first answer was lost, a refusal means that the file had been accepted.
		now := s.utcNow()
		res, err := tx.ExecContext(ctx, `
			UPDATE bureau_uploads SET refused_at = ?, accepted_at = COALESCE(accepted_at, ?)
			WHERE account_id = ? AND sequence = ? AND (accepted_at IS NOT NULL OR attempts > 0)
			AND refused_at IS NULL`, now, now, accountID, sequence)
		if err != nil {
			return err
		}
		if ok, err := changedOneRow(res); err != nil || !ok {
			return err // not ours, or already split
		}
		if err := s.signalAccepted(ctx, tx, accountID, sequence); err != nil {
			return err
		}
		if err := s.dropUndecided(ctx, tx, `u.account_id = ? AND u.sequence = ?`, accountID, sequence); err != nil {
			return err
		}
		var ids []int64
		if err := tx.SelectContext(ctx, &ids, `
			SELECT r.id FROM records r LEFT JOIN decisions d ON d.record_id = r.id
			WHERE r.account_id = ? AND r.sequence = ? AND d.record_id IS NULL ORDER BY r.id
			FOR UPDATE`, accountID, sequence); err != nil {
			return err
		}
		if len(ids) == 0 { // a file holds only one kind of row
			return s.splitStaff(ctx, tx, accountID, sequence, code)
		}
		if len(ids) == 1 {
			setAside = ids[0]
			return s.refuseUnsent(ctx, tx, setAside, code)
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE records r LEFT JOIN decisions d ON d.record_id = r.id SET r.sequence = NULL, r.max_batch = ?
			WHERE r.account_id = ? AND r.sequence = ? AND d.record_id IS NULL`, (len(ids)+1)/2, accountID, sequence)
		return err
	})
	return setAside, err
}

// FilingOfRecord returns the ID of a record's filing.
func (s *Store) FilingOfRecord(ctx context.Context, recordID int64) (filingID int64, err error) {
	err = s.db.GetContext(ctx, &filingID, `SELECT filing_id FROM records WHERE id = ?`, recordID)
	return filingID, notFoundAs(err, "record")
}

// RecordsByID returns the dossiers and papers of an account's undecided records.
func (s *Store) RecordsByID(ctx context.Context, accountID int64, ids []int64) ([]WaitingRecord, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	query, args, err := sqlx.In(`
		SELECT r.id, r.filing_id, r.revision, d.sealed
		FROM records r JOIN dossiers d ON d.filing_id = r.filing_id AND d.revision = r.revision LEFT JOIN decisions x
		ON x.record_id = r.id
		WHERE r.account_id = ? AND x.record_id IS NULL AND r.id IN (?) ORDER BY r.id`, accountID, ids)
	if err != nil {
		return nil, err
	}
	var rows []waitingRow
	if err := s.db.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	return s.openWaiting(ctx, s.db, rows)
}
