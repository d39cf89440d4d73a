package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// The kinds of staff tasks: keys in the locale files below "bureau_task_kind.".
const (
	// TaskStopped: an account's exchange has stopped until the cause is fixed.
	TaskStopped = "stopped"
	// TaskResynchronised: the bureau was ahead of the database.
	TaskResynchronised = "resynchronised"
	// TaskUnreadable: a downloaded file can't be read.
	TaskUnreadable = "unreadable"
	// TaskUnknownRecord: a result names a record that isn't ours.
	TaskUnknownRecord = "unknown_record"
	// TaskUnknownCode: a result code that the interface doesn't list.
	TaskUnknownCode = "unknown_code"
	// TaskProviderActs: a refusal that the provider must resolve.
	TaskProviderActs = "provider_acts"
	// TaskEnded: the bureau deregistered a holder or site.
	TaskEnded = "ended"
	// TaskUnfiledSite and TaskIllegalAccess: sites that shouldn't run.
	TaskUnfiledSite   = "unfiled_site"
	TaskIllegalAccess = "illegal_access"
	// TaskVerify: a filing that the provider must verify.
	TaskVerify = "verify"
	// TaskAnswerRefused: the bureau refused an answer to such a task.
	TaskAnswerRefused = "answer_refused"
	// TaskCheck: the bureau's own checks (核查) found something.
	TaskCheck = "check"
	// TaskNotice: the bureau asks for a correction.
	TaskNotice = "notice"
	// TaskAddresses: a reported address block was refused.
	TaskAddresses = "addresses"
	// TaskSubmit: dossiers wait to be submitted by hand. There is one per account until none waits.
	TaskSubmit = "submit"
)

// TaskKinds lists them.
var TaskKinds = []string{
	TaskAnswerRefused,
	TaskStopped, TaskResynchronised, TaskUnreadable, TaskUnknownRecord, TaskUnknownCode, TaskProviderActs, TaskEnded,
	TaskUnfiledSite, TaskIllegalAccess, TaskVerify, TaskCheck, TaskNotice, TaskAddresses, TaskSubmit,
}

// Task is work for the provider's staff. Its key makes it one task, however often its cause is seen.
type Task struct {
	ID        int64          `db:"id"`
	Key       string         `db:"task_key"`
	Kind      string         `db:"kind"`
	AccountID sql.NullInt64  `db:"account_id"`
	FilingID  sql.NullInt64  `db:"filing_id"`
	Order     sql.NullString `db:"order_number"`
	// Serial and Domain are its filing's.
	Serial    int       `db:"serial"`
	Domain    string    `db:"domain"`
	Sealed    []byte    `db:"sealed_detail"`
	CreatedAt time.Time `db:"created_at"`
	// Detail is shown to staff; sealed at rest because it may mention people.
	Detail string `db:"-"`
	// Data is the task's subject, if it can be answered, stored as sealed JSON. Only AddTask uses it; OpenTask reads
	// it.
	Data any `db:"-"`
	// About is the task whose answer was refused.
	About sql.NullInt64 `db:"about_task"`
	// Answerable is the task to answer: this one, or the one whose answer was refused.
	Answerable sql.NullInt64 `db:"answerable"`
}

func taskAAD(key string) string     { return "staff_tasks/" + key }
func taskDataAAD(key string) string { return taskAAD(key) + "/data" }

// AddTask adds a task, once per key.
func (s *Store) AddTask(ctx context.Context, t Task) error { return s.addTask(ctx, s.db, t) }

func (s *Store) addTask(ctx context.Context, db sqlx.ExecerContext, t Task) error {
	sealed, err := s.keys.Seal(taskAAD(t.Key), []byte(t.Detail))
	if err != nil {
		return err
	}
	var data []byte
	if t.Data != nil {
		if data, err = s.keys.SealJSON(taskDataAAD(t.Key), t.Data); err != nil {
			return err
		}
	}
	return exec(ctx, db, `
		INSERT IGNORE INTO staff_tasks (task_key, kind, account_id, filing_id, sealed_detail, sealed_data, about_task,
		created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		t.Key, t.Kind, t.AccountID, t.FilingID, sealed, data, t.About, s.utcNow())
}

// OpenTasks lists open tasks, newest first, after an ID (0: from the newest).
func (s *Store) OpenTasks(ctx context.Context, after int64, limit int) ([]Task, error) {
	list, err := selectAll[Task](ctx, s.db, `
		SELECT t.id, t.task_key, t.kind, t.account_id, t.filing_id, o.number AS order_number,
			COALESCE(f.serial, 0) AS serial, COALESCE(w.domain, '') AS domain, t.sealed_detail, t.created_at,
			t.about_task, COALESCE(t.about_task, IF(t.sealed_data IS NULL, NULL, t.id)) AS answerable
		FROM staff_tasks t LEFT JOIN filings f ON f.id = t.filing_id LEFT JOIN orders o ON o.id = f.order_id
			LEFT JOIN sites w ON w.id = f.site_id
		WHERE t.done_at IS NULL AND t.id < ? ORDER BY t.id DESC LIMIT ?`, idBelow(after), limit)
	for i := 0; err == nil && i < len(list); i++ {
		list[i].Detail, err = s.openText(taskAAD(list[i].Key), list[i].Sealed)
	}
	return list, err
}

// TaskDone records who completed a task.
func (s *Store) TaskDone(ctx context.Context, id int64, actor string) error {
	return s.tx(ctx, func(tx *sqlx.Tx) error { return execAll(ctx, tx, tasksDone(s.utcNow(), actor, `id = ?`, id)) })
}

// tasksDone completes the open tasks that match.
func tasksDone(at time.Time, actor, where string, args ...any) fragment {
	return fragmentOf(`UPDATE staff_tasks SET done_at = ?, done_by = ? WHERE done_at IS NULL`,
		at, actor).and(where, args...)
}

// PendingTaskMails counts, by kind, the tasks that staff haven't been notified of, up to the newest. Stopped exchanges
// are excluded, because they have a StaffAlert.
func (s *Store) PendingTaskMails(ctx context.Context) (newest int64, byKind map[string]int, err error) {
	var rows []struct {
		Kind  string `db:"kind"`
		Count int    `db:"n"`
		Max   int64  `db:"newest"`
	}
	err = s.db.SelectContext(ctx, &rows, `
		SELECT kind, COUNT(*) AS n, MAX(id) AS newest FROM staff_tasks WHERE notified_at IS NULL AND done_at IS NULL
		AND kind <> '`+TaskStopped+`' GROUP BY kind`)
	byKind = map[string]int{}
	for _, r := range rows {
		byKind[r.Kind] = r.Count
		newest = max(newest, r.Max)
	}
	return newest, byKind, err
}

// NothingToTell reports whether no task, alert or notice waits to be sent: nothing of PendingTaskMails,
// PendingStaffAlerts, PendingCustomerNotices and AccountNotices.
func (s *Store) NothingToTell(ctx context.Context) (bool, error) {
	now := s.utcNow()
	return find[bool](ctx, s.db, "messages", `SELECT
		NOT EXISTS (SELECT 1 FROM staff_tasks WHERE notified_at IS NULL AND done_at IS NULL AND kind <> ?)
		AND NOT EXISTS (SELECT 1 FROM staff_alerts WHERE notified_at IS NULL AND ended_at IS NULL AND began_at > ?)
		AND NOT EXISTS (SELECT 1 FROM customer_notices WHERE notified_at IS NULL AND created_at > ?
			AND (not_before IS NULL OR not_before <= ?))
		AND NOT EXISTS (SELECT 1 FROM account_notices WHERE done_at IS NULL AND created_at > ?)`,
		TaskStopped, now.Add(-noticeLifetime), now.Add(-noticeLifetime), now, now.Add(-keepAccountNotices))
}

// TaskMailsSent records that staff were notified of the tasks up to one.
func (s *Store) TaskMailsSent(ctx context.Context, newest int64) error {
	return exec(ctx, s.db, `UPDATE staff_tasks SET notified_at = ? WHERE notified_at IS NULL
		AND id <= ?`, s.utcNow(), newest)
}

// AccountTask makes a task about an account.
func AccountTask(accountID int64, kind, key, detail string) Task {
	return Task{Key: fmt.Sprintf("%d/%s/%s", accountID, kind, key), Kind: kind,
		AccountID: sql.NullInt64{Int64: accountID, Valid: true}, Detail: detail}
}

// AddRefusalTask makes a task, once per record, of a refusal that the customer can't fix: the provider must resolve it,
// or the interface doesn't list its code.
func (s *Store) AddRefusalTask(ctx context.Context, accountID int64, f Refused) error {
	return s.addRefusalTask(ctx, s.db, accountID, f)
}

func (s *Store) addRefusalTask(ctx context.Context, db sqlx.ExecerContext, accountID int64, f Refused) error {
	kind := TaskUnknownCode
	if refusal, known := filing.RefusalByCode(f.Code); known && !refusal.Staff {
		return nil
	} else if known {
		kind = TaskProviderActs
	}
	t := AccountTask(accountID, kind, fmt.Sprint(f.RecordID), fmt.Sprint(f.Code))
	t.FilingID = sql.NullInt64{Int64: f.FilingID, Valid: true}
	return s.addTask(ctx, db, t)
}
