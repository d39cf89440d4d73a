package store

import (
	"context"
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
		accepted, err := get[int64](ctx, tx, `SELECT COALESCE(MAX(sequence), 0) FROM bureau_uploads WHERE account_id = ?
			AND accepted_at IS NOT NULL`, accountID)
		if err != nil || accepted >= r.Sequence { // already done
			return err
		}
		if err := execAll(ctx, tx, dropUndecided(`u.account_id = ? AND u.accepted_at IS NULL`, accountID),
			fragmentOf(`UPDATE records r JOIN bureau_uploads u ON u.account_id = r.account_id AND u.sequence = r.sequence
				SET r.sequence = NULL WHERE u.account_id = ? AND u.accepted_at IS NULL`, accountID)); err != nil {
			return err
		}
		if err := s.resynchroniseStaff(ctx, tx, accountID, r, accepted+1 < r.Sequence); err != nil {
			return err
		}
		statements := []fragment{
			fragmentOf(`DELETE FROM bureau_uploads WHERE account_id = ? AND accepted_at IS NULL`, accountID)}
		doubtful := fragmentOf(`UPDATE records SET doubtful = TRUE WHERE account_id = ? AND sequence IS NULL
			AND submitted_at IS NULL`, accountID)
		if accepted+1 < r.Sequence {
			statements = append(statements, doubtful)
		}
		// The bureau knows these IDs as something else: they get new IDs once staff have checked.
		if other := difference(r.Records, r.Same); len(other) > 0 {
			statements = append(statements, doubtful.and(`id IN (?)`, other))
		}
		if err := execAll(ctx, tx, statements...); err != nil {
			return err
		}
		if err := s.takeRecovered(ctx, tx, accountID, r); err != nil {
			return err
		}
		return exec(ctx, tx, `UPDATE bureau_accounts SET last_sequence = ? WHERE id = ?`, r.Sequence, accountID)
	})
}

func difference(all, some []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(all), func(id int64) bool { return slices.Contains(some, id) })
}

// dropUndecided deletes incidental information from the bureau about undecided records (such as a change's holder): the
// records go back in line, and waiting records must have no row in decisions.
func dropUndecided(where string, args ...any) fragment {
	return fragmentOf(`
		DELETE d FROM decisions d JOIN records r ON r.id = d.record_id JOIN bureau_uploads u ON u.account_id = r.account_id
		AND u.sequence = r.sequence WHERE d.approved IS NULL AND `+where, args...)
}

func (s *Store) takeRecovered(ctx context.Context, tx *sqlx.Tx, accountID int64, r Recovered) error {
	sealed, err := s.keys.Seal(uploadAAD(accountID, r.Sequence), r.File)
	if err != nil {
		return err
	}
	now := s.utcNow()
	if err := exec(ctx, tx, `
		INSERT INTO bureau_uploads (account_id, sequence, sealed, records, attempts, stored_at, accepted_at, recovered)
		VALUES (?, ?, ?, ?, 1, ?, ?, TRUE)`,
		accountID, r.Sequence, sealed, max(len(r.Records), len(r.Blocks), len(r.SameStaff)), now, now); err != nil {
		return err
	}
	if len(r.Same) == 0 {
		return nil
	}
	if err := exec(ctx, tx, `UPDATE records SET sequence = ?, doubtful = FALSE WHERE account_id = ? AND sequence IS NULL
		AND id IN (?)`, r.Sequence, accountID, r.Same); err != nil {
		return err
	}
	return s.signalAccepted(ctx, tx, accountID, r.Sequence)
}

// reissue gives new IDs to unsent records whose current IDs the bureau knows as others.
func (s *Store) reissue(ctx context.Context, tx *sqlx.Tx, accountID int64, ids []int64) error {
	for _, id := range ids {
		filingID, found, err := getOptional[int64](ctx, tx, `
			SELECT r.filing_id FROM records r LEFT JOIN decisions d ON d.record_id = r.id
			WHERE r.id = ? AND r.account_id = ? AND r.sequence IS NULL AND d.record_id IS NULL FOR UPDATE`, id, accountID)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		// A temporary impossible revision keeps the unique key free.
		if err := execAll(ctx, tx,
			fragmentOf(`INSERT INTO records (filing_id, revision, account_id, operation, province, review_key, result_key,
				result_key2, max_batch, doubtful, created_at)
				SELECT filing_id, -revision, account_id, operation, province, review_key, result_key, result_key2, max_batch,
				doubtful, created_at FROM records WHERE id = ?`, id),
			fragmentOf(`DELETE FROM records WHERE id = ?`, id),
			fragmentOf(`UPDATE records SET revision = -revision WHERE filing_id = ? AND revision < 0`, filingID)); err != nil {
			return err
		}
	}
	return nil
}

// ReleaseDoubtful resubmits doubtful records under new IDs, after staff have checked with the bureau.
func (s *Store) ReleaseDoubtful(ctx context.Context, accountID int64) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		ids, err := selectAll[int64](ctx, tx, `SELECT id FROM records WHERE account_id = ? AND doubtful
			AND sequence IS NULL ORDER BY id`, accountID)
		if err != nil {
			return err
		}
		if err := s.reissue(ctx, tx, accountID, ids); err != nil {
			return err
		}
		if err := s.releaseStaff(ctx, tx, accountID); err != nil {
			return err
		}
		return exec(ctx, tx, `UPDATE records SET doubtful = FALSE WHERE account_id = ? AND doubtful`, accountID)
	})
}

// SplitRefused puts the records of a data file that violated the schema back in line in halves, so that the bad one is
// isolated and the others proceed. If the file had one record, it refuses that record with the code and returns its ID.
func (s *Store) SplitRefused(ctx context.Context, accountID, sequence int64, code int) (setAside int64, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		setAside = 0
		// If the first answer was lost, a refusal means that the file had been accepted.
		now := s.utcNow()
		if ok, err := changed(ctx, tx, `UPDATE bureau_uploads SET refused_at = ?, accepted_at = COALESCE(accepted_at, ?)
			WHERE account_id = ? AND sequence = ? AND (accepted_at IS NOT NULL OR attempts > 0) AND refused_at IS NULL`,
			now, now, accountID, sequence); err != nil || !ok {
			return err // not ours, or already split
		}
		if err := s.signalAccepted(ctx, tx, accountID, sequence); err != nil {
			return err
		}
		if err := execAll(ctx, tx, dropUndecided(`u.account_id = ? AND u.sequence = ?`, accountID, sequence)); err != nil {
			return err
		}
		// The sites that travel in one record stay together.
		ids, err := selectAll[int64](ctx, tx, `SELECT r.id FROM records r LEFT JOIN decisions d ON d.record_id = r.id
			WHERE r.account_id = ? AND r.sequence = ? AND d.record_id IS NULL AND r.carrier_id IS NULL ORDER BY r.id FOR UPDATE`,
			accountID, sequence)
		switch {
		case err != nil:
			return err
		case len(ids) == 0: // a file holds only one kind of row
			return s.splitStaff(ctx, tx, accountID, sequence, code)
		case len(ids) == 1:
			setAside = ids[0]
			if err := s.refuseUnsent(ctx, tx, setAside, code); err != nil {
				return err
			}
			return s.returnOthers(ctx, tx, setAside, "")
		}
		return exec(ctx, tx, `UPDATE records r LEFT JOIN decisions d ON d.record_id = r.id SET r.sequence = NULL,
			r.max_batch = ? WHERE r.account_id = ? AND r.sequence = ?
			AND d.record_id IS NULL`, (len(ids)+1)/2, accountID, sequence)
	})
	return setAside, err
}

// FilingOfRecord returns the ID of a record's filing.
func (s *Store) FilingOfRecord(ctx context.Context, recordID int64) (int64, error) {
	return find[int64](ctx, s.db, "record", `SELECT filing_id FROM records WHERE id = ?`, recordID)
}

// RecordsByID returns the dossiers and papers of an account's undecided records, with the companions among them.
func (s *Store) RecordsByID(ctx context.Context, accountID int64, ids []int64) ([]WaitingRecord, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := selectAll[waitingRow](ctx, s.db, `SELECT r.id, r.filing_id, r.revision, d.sealed,
			COALESCE(f.carrier_id, 0) AS carrier
		FROM records r JOIN dossiers d ON d.filing_id = r.filing_id AND d.revision = r.revision
		JOIN filings f ON f.id = r.filing_id LEFT JOIN decisions x ON x.record_id = r.id
		WHERE r.account_id = ? AND x.record_id IS NULL AND r.id IN (?) ORDER BY r.id`, accountID, ids)
	if err != nil {
		return nil, err
	}
	return s.openWaiting(ctx, s.db, together(rows))
}
