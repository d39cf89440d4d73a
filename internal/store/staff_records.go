package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// StaffKind is the kind of a staff record.
type StaffKind string

// The kinds of staff records.
const (
	// StaffVerification is the result of a verification task (HSJG).
	StaffVerification StaffKind = "verification"
	// StaffUnfiled is what was done about an unfiled site (WBACLJG).
	StaffUnfiled StaffKind = "unfiled"
	// StaffPapers are papers submitted on their own (XZHYD).
	StaffPapers StaffKind = "papers"
	// StaffAddresses is an operation on an address block (IP).
	StaffAddresses StaffKind = "addresses"
)

// StaffRecord is a record that staff submit.
type StaffRecord struct {
	ID        int64         `db:"id"`
	AccountID int64         `db:"account_id"`
	Kind      StaffKind     `db:"kind"`
	TaskID    sql.NullInt64 `db:"task_id"`
	BlockID   sql.NullInt64 `db:"block_id"`
	// Operation on a block: 1 add, 2 change, 3 remove.
	Operation int           `db:"operation"`
	Sequence  sql.NullInt64 `db:"sequence"`
	// Accepted: the bureau accepted its data file.
	Accepted  bool          `db:"accepted"`
	Doubtful  bool          `db:"doubtful"`
	Code      sql.NullInt64 `db:"result_code"`
	Refused   bool          `db:"refused"`
	CreatedBy string        `db:"created_by"`
	CreatedAt time.Time     `db:"created_at"`
	// Data is the submitted data; Opinion is the bureau's comment.
	Data    json.RawMessage `db:"-"`
	Opinion string          `db:"-"`

	Sealed        []byte `db:"sealed"`
	SealedOpinion []byte `db:"sealed_opinion"`
}

// RowID implements Row.
func (r StaffRecord) RowID() int64 { return r.ID }

// With implements Row: each travels by itself.
func (r StaffRecord) With() []int64 { return nil }

// staffAAD binds sealed data to the record. It doesn't include the ID, because a record may get a new one (see
// ReleaseDoubtful).
func staffAAD(kind StaffKind, subject int64, at time.Time) string {
	return fmt.Sprintf("staff_records/%s/%d/%d", kind, subject, at.UnixMicro())
}

func (r StaffRecord) aad() string {
	return staffAAD(r.Kind, max(r.TaskID.Int64, r.BlockID.Int64), r.CreatedAt)
}

func staffOpinionAAD(id int64) string { return fmt.Sprintf("staff_records/%d/opinion", id) }

const staffColumns = `r.id, r.account_id, r.kind, r.task_id, r.block_id, r.operation, r.sequence, r.doubtful,
	r.result_code, r.refused, r.created_by, r.created_at, r.sealed, r.sealed_opinion,
	EXISTS (SELECT 1 FROM bureau_uploads u WHERE u.account_id = r.account_id AND u.sequence = r.sequence
	AND u.accepted_at IS NOT NULL) AS accepted`

func (s *Store) openStaff(list []StaffRecord) (_ []StaffRecord, err error) {
	for i := range list {
		r := &list[i]
		if err := s.keys.OpenJSON(r.aad(), r.Sealed, &r.Data); err != nil {
			return nil, err
		}
		if r.Opinion, err = s.openText(staffOpinionAAD(r.ID), r.SealedOpinion); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// staffRecords reads records with their contents.
func (s *Store) staffRecords(ctx context.Context, where string, args ...any) ([]StaffRecord, error) {
	list, err := selectAll[StaffRecord](ctx, s.db, `SELECT `+staffColumns+` FROM staff_records r WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	return s.openStaff(list)
}

// addStaff queues a record. It returns ErrConflict if the task is already answered or the block has an operation under
// way.
func (s *Store) addStaff(ctx context.Context, tx *sqlx.Tx, r StaffRecord, resultKey string, data any) error {
	r.CreatedAt = s.utcNow()
	sealed, err := s.keys.SealJSON(r.aad(), data)
	if err != nil {
		return err
	}
	err = exec(ctx, tx, `
		INSERT INTO staff_records (account_id, kind, task_id, block_id, operation, sealed, result_key, created_by, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.AccountID, r.Kind, r.TaskID, r.BlockID, r.Operation, sealed, resultKey, r.CreatedBy, r.CreatedAt)
	if isDuplicate(err) {
		return ErrConflict
	}
	return err
}

// OpenTask returns a task and loads its subject into data; ErrNotFound if it can't be answered.
func (s *Store) OpenTask(ctx context.Context, id int64, data any) (t Task, err error) {
	var row struct {
		Task
		SealedData []byte `db:"sealed_data"`
	}
	if err := s.db.GetContext(ctx, &row, `SELECT id, task_key, kind, account_id, filing_id, sealed_detail, sealed_data,
		created_at FROM staff_tasks WHERE id = ?`, id); err != nil {
		return t, notFoundAs(err, "task")
	}
	if row.SealedData == nil || !row.AccountID.Valid {
		return t, fmt.Errorf("task %d can't be answered: %w", id, ErrNotFound)
	}
	if row.Detail, err = s.openText(taskAAD(row.Key), row.Sealed); err != nil {
		return t, err
	}
	return row.Task, s.keys.OpenJSON(taskDataAAD(row.Key), row.SealedData, data)
}

// Answer is a staff answer to a task.
type Answer struct {
	TaskID int64
	Kind   StaffKind
	// ResultKey identifies it in the bureau's results (Bs).
	ResultKey string
	Data      any
	Actor     string
}

// AnswerTask queues the answer to a task and completes the task, as well as tasks about an earlier refused answer. It
// returns ErrConflict if it is already answered.
func (s *Store) AnswerTask(ctx context.Context, a Answer) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		account, err := find[sql.NullInt64](ctx, tx, "task", `SELECT account_id FROM staff_tasks WHERE id = ? FOR UPDATE`,
			a.TaskID)
		if err != nil {
			return err
		}
		r := StaffRecord{AccountID: account.Int64, Kind: a.Kind, TaskID: sql.NullInt64{Int64: a.TaskID, Valid: true},
			CreatedBy: a.Actor}
		if err := s.addStaff(ctx, tx, r, a.ResultKey, a.Data); err != nil {
			return err
		}
		return execAll(ctx, tx, tasksDone(s.utcNow(), a.Actor, `(id = ? OR about_task = ?)`, a.TaskID, a.TaskID))
	})
}

// LatestAnswer returns the latest answer to a task; ErrNotFound if there is none.
func (s *Store) LatestAnswer(ctx context.Context, taskID int64) (StaffRecord, error) {
	list, err := s.staffRecords(ctx, `r.task_id = ? ORDER BY r.id DESC LIMIT 1`, taskID)
	if err != nil || len(list) == 0 {
		return StaffRecord{}, notFoundAs(cmp.Or(err, sql.ErrNoRows), "answer")
	}
	return list[0], nil
}

// BureauSubject identifies an order's filing at the bureau.
type BureauSubject struct {
	AccountID int64         `db:"account_id"`
	HolderID  int64         `db:"holder_id"`
	SiteID    sql.NullInt64 `db:"site_id"`
}

// SubjectOfOrder returns how the bureau identifies the filing of an order's customer; ErrNotFound while it isn't filed.
func (s *Store) SubjectOfOrder(ctx context.Context, number string) (BureauSubject, error) {
	return find[BureauSubject](ctx, s.db, "filing at the bureau", `
		SELECT r.account_id, d.holder_id, d.site_id FROM orders o JOIN filings f ON f.order_id = o.id JOIN records r
		ON r.filing_id = f.id JOIN decisions d ON d.record_id = r.id
		WHERE o.number = ? AND d.approved = TRUE AND d.holder_id IS NOT NULL AND f.stage NOT IN ('withdrawn', 'deregistered')
		AND `+filingCustomer+` = o.customer_id ORDER BY r.id DESC LIMIT 1`, number)
}

// QueuePaper queues a paper for an existing filing; resultKey identifies it in results (Bs: the number of the holder or
// site at the bureau).
func (s *Store) QueuePaper(ctx context.Context, accountID int64, resultKey string, data any, actor string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error {
		return s.addStaff(ctx, tx, StaffRecord{AccountID: accountID, Kind: StaffPapers, CreatedBy: actor}, resultKey, data)
	})
}

// StaffAnswers lists an account's latest answers and papers, without their contents.
func (s *Store) StaffAnswers(ctx context.Context, accountID int64, limit int) ([]StaffRecord, error) {
	return selectAll[StaffRecord](ctx, s.db, `SELECT `+staffColumns+` FROM staff_records r WHERE r.account_id = ?
		AND r.kind <> ? ORDER BY r.id DESC LIMIT ?`, accountID, StaffAddresses, limit)
}
