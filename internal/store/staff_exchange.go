package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// waitingStaff returns records of some kinds for the next data file.
func (s *Store) waitingStaff(ctx context.Context, tx *sqlx.Tx, accountID int64, limit int,
	kinds []StaffKind) ([]StaffRecord, error) {
	list, err := nextBatch[StaffRecord](ctx, tx, staffColumns, `
		FROM staff_records r WHERE r.account_id = ? AND r.kind IN (?) AND r.sequence IS NULL AND r.doubtful = FALSE
		AND r.result_at IS NULL`, limit, accountID, kinds)
	if err != nil {
		return nil, err
	}
	return s.openStaff(list)
}

// staffDecided records a record's result, once. A refusal makes a task and allows another answer; a block's result
// updates the block.
func (s *Store) staffDecided(ctx context.Context, tx *sqlx.Tx, id int64, code int,
	opinion string) (fresh bool, err error) {
	refusal, _ := filing.RefusalByCode(code)
	sealed, err := s.keys.Seal(staffOpinionAAD(id), []byte(opinion))
	if err != nil {
		return false, err
	}
	if fresh, err = changed(ctx, tx, `UPDATE staff_records SET result_code = ?, sealed_opinion = ?, result_at = ?,
		refused = ? WHERE id = ? AND result_at IS NULL`, code, sealed, s.utcNow(), !refusal.Done, id); err != nil || !fresh {
		return false, err
	}
	r, err := get[StaffRecord](ctx, tx, `SELECT id, account_id, kind, task_id, block_id, operation FROM staff_records
		WHERE id = ?`, id)
	switch {
	case err != nil:
		return false, err
	case r.Kind == StaffAddresses && r.Operation == OperationAdd && !refusal.Done:
		err = exec(ctx, tx, `UPDATE address_blocks SET state = ? WHERE id = ? AND state = ?`,
			BlockRefused, r.BlockID, BlockWaiting)
	case r.Kind != StaffAddresses && !refusal.Done:
		t := AccountTask(r.AccountID, TaskAnswerRefused, fmt.Sprint(id), fmt.Sprintf("%d %s", code, opinion))
		t.About = r.TaskID
		err = s.addTask(ctx, tx, t)
	}
	return true, err
}

// refuseStaffUnfit refuses a record that our own check left out of a data file.
func (s *Store) refuseStaffUnfit(ctx context.Context, tx *sqlx.Tx, id int64, unfit filing.Unfit) error {
	return s.refuseStaffUnsent(ctx, tx, id, unfit.Code)
}

// refuseStaffUnsent refuses a record that can't be put in a data file, and makes a task.
func (s *Store) refuseStaffUnsent(ctx context.Context, tx *sqlx.Tx, id int64, code int) error {
	fresh, err := s.staffDecided(ctx, tx, id, code, "")
	if err != nil || !fresh {
		return err
	}
	r, err := get[StaffRecord](ctx, tx, `SELECT account_id, kind FROM staff_records WHERE id = ?`, id)
	if err != nil || r.Kind != StaffAddresses {
		return err
	}
	return s.addTask(ctx, tx, AccountTask(r.AccountID, TaskAddresses, fmt.Sprintf("record/%d", id), fmt.Sprint(code)))
}

// applyToStaffs applies a verdict to a staff answer, which results identify by their Bs: the site's domain, or the
// holder's number at the bureau. If a filing's record has the same key (recordID, 0: none), the result goes to the
// filing while that waits for one, and always if only filings have its operation. 1060 and 5010 are about papers only.
func (s *Store) applyToStaffs(ctx context.Context, tx *sqlx.Tx, accountID, recordID int64,
	v Verdict) (taken bool, err error) {
	ofFilings := v.Operation >= filing.KindNewSite.Operation() && v.Operation <= filing.KindEndSite.Operation()
	if v.Review || v.Key == "" || v.Code == 0 || recordID != 0 && ofFilings {
		return false, nil
	}
	r, found, err := getOptional[StaffRecord](ctx, tx, `
		SELECT r.id, r.result_code FROM staff_records r
		WHERE r.account_id = ? AND r.result_key = ? AND r.kind <> ? AND r.sequence IS NOT NULL
			AND (r.kind = ? OR ? NOT IN (1060, 5010))
			AND NOT EXISTS (SELECT 1 FROM records f LEFT JOIN decisions d ON d.record_id = f.id WHERE f.id = ?
			AND f.sequence IS NOT NULL AND d.approved IS NULL)
		ORDER BY r.result_at IS NOT NULL, r.id DESC LIMIT 1`, accountID, v.Key, StaffAddresses, StaffPapers, v.Code, recordID)
	if err != nil || !found || r.Code.Valid && recordID != 0 {
		return false, err
	}
	_, err = s.staffDecided(ctx, tx, r.ID, v.Code, v.Opinion)
	return true, err
}

// splitStaff puts the staff records of a data file that violated the schema back in line in halves; a single record is
// refused with the code.
func (s *Store) splitStaff(ctx context.Context, tx *sqlx.Tx, accountID, sequence int64, code int) error {
	ids, err := selectAll[int64](ctx, tx, `SELECT id FROM staff_records WHERE account_id = ? AND sequence = ?
		AND result_at IS NULL ORDER BY id FOR UPDATE`, accountID, sequence)
	if err != nil || len(ids) == 0 {
		return err
	}
	if len(ids) == 1 {
		return s.refuseStaffUnsent(ctx, tx, ids[0], code)
	}
	return exec(ctx, tx, `UPDATE staff_records SET sequence = NULL, max_batch = ? WHERE account_id = ? AND sequence = ?
		AND result_at IS NULL`, (len(ids)+1)/2, accountID, sequence)
}

// UnacceptedStaffRecords returns an account's records that aren't in a file that, as far as we know, the bureau
// accepted, for comparison with one of the bureau's files.
func (s *Store) UnacceptedStaffRecords(ctx context.Context, accountID int64) ([]StaffRecord, error) {
	return s.staffRecords(ctx, `r.account_id = ? AND r.result_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM bureau_uploads a WHERE a.account_id = r.account_id AND a.sequence = r.sequence
		AND a.accepted_at IS NOT NULL) ORDER BY r.id`, accountID)
}

// resynchroniseStaff is Resynchronise for staff records, with the same rule: records that may have been submitted in a
// file we can't see wait for staff. A second answer would be harmless, but a block that is added twice is refused the
// second time, and its first ID at the bureau would be lost.
func (s *Store) resynchroniseStaff(ctx context.Context, tx *sqlx.Tx, accountID int64, r Recovered, gap bool) error {
	statements := []fragment{fragmentOf(`
		UPDATE staff_records r JOIN bureau_uploads u ON u.account_id = r.account_id AND u.sequence = r.sequence
		SET r.sequence = NULL WHERE u.account_id = ? AND u.accepted_at IS NULL`, accountID)}
	const unsent = ` WHERE account_id = ? AND sequence IS NULL AND result_at IS NULL`
	if gap {
		statements = append(statements, fragmentOf(`UPDATE staff_records SET doubtful = TRUE`+unsent, accountID))
	}
	if other := difference(r.Blocks, r.SameStaff); len(other) > 0 { // the bureau knows these IDs as other blocks
		statements = append(statements,
			fragmentOf(`UPDATE staff_records SET doubtful = TRUE`+unsent+` AND id IN (?)`, accountID, other))
	}
	if len(r.SameStaff) > 0 {
		statements = append(statements, fragmentOf(`UPDATE staff_records SET doubtful = FALSE, sequence = ?`+unsent+
			` AND id IN (?)`, r.Sequence, accountID, r.SameStaff))
	}
	return execAll(ctx, tx, statements...)
}

// reserveIDs prevents IDs known to the bureau from being reused.
func (s *Store) reserveIDs(ctx context.Context, table string, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	return exec(ctx, s.db, fmt.Sprintf(`ALTER TABLE %s AUTO_INCREMENT = %d`, table, slices.Max(ids)+idGap))
}

// releaseStaff resubmits doubtful staff records; those that results identify by their ID get a new one, since the
// bureau may know the current one as something else.
func (s *Store) releaseStaff(ctx context.Context, tx *sqlx.Tx, accountID int64) error {
	ids, err := selectAll[int64](ctx, tx, `SELECT id FROM staff_records WHERE account_id = ? AND doubtful
		AND sequence IS NULL AND operation = ? ORDER BY id FOR UPDATE`, accountID, OperationAdd)
	if err != nil {
		return err
	}
	for _, id := range ids {
		fresh, err := insert(ctx, tx, `INSERT INTO staff_records (account_id, kind, sealed, created_by, created_at)
			VALUES (?, '', '', '', ?)`, accountID, s.utcNow())
		if err != nil {
			return err
		}
		if err := execAll(ctx, tx, fragmentOf(`DELETE FROM staff_records WHERE id = ?`, fresh),
			fragmentOf(`UPDATE staff_records SET id = ? WHERE id = ?`, fresh, id)); err != nil {
			return err
		}
	}
	return exec(ctx, tx, `UPDATE staff_records SET doubtful = FALSE WHERE account_id = ? AND doubtful`, accountID)
}

// countStaffs adds the staff records to the accounts' waiting counts.
func countStaffs(accounts, rows []Account) {
	for _, row := range rows {
		for i := range accounts {
			if a := &accounts[i]; a.ID == row.ID {
				a.Waiting += row.Waiting
				a.Doubtful += row.Doubtful
			}
		}
	}
}
