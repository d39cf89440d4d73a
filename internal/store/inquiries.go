package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// InquiryKind is what a bureau is asked.
type InquiryKind string

const (
	// InquiryStatus: is a domain or holder filed (isp_querybeianstatus)?
	InquiryStatus InquiryKind = "status"
	// InquiryPassword: is a filing password right (isp_verifybamm)?
	InquiryPassword InquiryKind = "password"
)

// StatusFor is how long a status answer is valid: long enough for the steps of a form, short enough to notice what is
// filed today.
const StatusFor = 10 * time.Minute

// Inquiry is a question to a bureau, with its answer once there is one.
type Inquiry struct {
	ID, AccountID int64
	Kind          InquiryKind
	// ConditionType and Value are the question; for a password question Value is the number.
	ConditionType   int
	Value, Password string
	Answered        bool
	AnsweredAt      time.Time
	// Code is the bureau's msg_code. Status and Passed are only valid if it is 0.
	Code   int
	Status filing.Status
	Passed bool
}

type inquiryCondition struct {
	Value    string `json:"value"`
	Password string `json:"password,omitempty"`
}

func inquiryAAD(id int64, part string) string { return fmt.Sprintf("inquiries/%d/%s", id, part) }

// InquiryAccount returns the account whose bureau can answer for a province now; ErrNotFound if there is none, it has
// stopped, or it has no interface.
func (s *Store) InquiryAccount(ctx context.Context, province string) (id int64, err error) {
	if id, err = s.AccountFor(ctx, province); err != nil {
		return 0, err
	}
	var runs bool
	if err := s.db.GetContext(ctx, &runs, `SELECT stopped_at IS NULL AND driver = ? FROM bureau_accounts
		WHERE id = ?`, DriverInterface, id); err != nil {
		return 0, notFoundAs(err, "bureau account")
	}
	if !runs {
		return 0, fmt.Errorf("the province's bureau can't be queried: %w", ErrNotFound)
	}
	return id, nil
}

// AskStatus queues the question whether something is filed.
func (s *Store) AskStatus(ctx context.Context, accountID int64, conditionType int, value string) (id int64, err error) {
	hash, err := s.statusHash(accountID, conditionType, value)
	if err != nil {
		return 0, err
	}
	return s.ask(ctx, accountID, 0, InquiryStatus, conditionType, hash, inquiryCondition{Value: value})
}

// KnownStatus returns the latest answer that isn't older than StatusFor; ErrNotFound if there is none.
func (s *Store) KnownStatus(ctx context.Context, accountID int64, conditionType int,
	value string) (filing.Status, time.Time, error) {
	hash, err := s.statusHash(accountID, conditionType, value)
	if err != nil {
		return filing.Status{}, time.Time{}, err
	}
	var id int64
	err = s.db.GetContext(ctx, &id, `
		SELECT id FROM inquiries WHERE condition_hash = ? AND asked_at > ? AND kind = ? AND code = 0 ORDER BY asked_at DESC
		LIMIT 1`,
		hash, s.utcNow().Add(-StatusFor), InquiryStatus)
	if err != nil {
		return filing.Status{}, time.Time{}, notFoundAs(err, "answer of the bureau")
	}
	q, err := s.Inquiry(ctx, id)
	return q.Status, q.AnsweredAt, err
}

func (s *Store) ask(ctx context.Context, accountID, filingID int64, kind InquiryKind, conditionType int, hash []byte,
	condition inquiryCondition) (id int64, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO inquiries (account_id, filing_id, kind, condition_type, condition_hash,
			asked_at) VALUES (?, NULLIF(?, 0), ?, ?, ?, ?)`,
			accountID, filingID, kind, conditionType, hash, s.utcNow())
		if err != nil {
			return err
		}
		if id, err = res.LastInsertId(); err != nil {
			return err
		}
		sealed, err := s.keys.SealJSON(inquiryAAD(id, "condition"), condition)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE inquiries SET sealed_condition = ? WHERE id = ?`, sealed, id)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("queueing a bureau query: %w", err)
	}
	return id, nil
}

// Inquiry returns a question with its answer, if there is one.
func (s *Store) Inquiry(ctx context.Context, id int64) (Inquiry, error) {
	var row struct {
		AccountID     int64         `db:"account_id"`
		Kind          InquiryKind   `db:"kind"`
		ConditionType int           `db:"condition_type"`
		Condition     []byte        `db:"sealed_condition"`
		AnsweredAt    sql.NullTime  `db:"answered_at"`
		Code          sql.NullInt64 `db:"code"`
		Passed        sql.NullBool  `db:"passed"`
		Answer        []byte        `db:"sealed_answer"`
	}
	err := s.db.GetContext(ctx, &row, `
		SELECT account_id, kind, condition_type, sealed_condition, answered_at, code, passed, sealed_answer FROM inquiries
		WHERE id = ?`, id)
	if err != nil {
		return Inquiry{}, notFoundAs(err, "inquiry")
	}
	q := Inquiry{
		ID: id, AccountID: row.AccountID, Kind: row.Kind, ConditionType: row.ConditionType,
		Answered: row.AnsweredAt.Valid, AnsweredAt: row.AnsweredAt.Time, Code: int(row.Code.Int64), Passed: row.Passed.Bool,
	}
	if row.Condition != nil {
		var c inquiryCondition
		if err := s.keys.OpenJSON(inquiryAAD(id, "condition"), row.Condition, &c); err != nil {
			return q, err
		}
		q.Value, q.Password = c.Value, c.Password
	}
	if row.Answer != nil {
		return q, s.keys.OpenJSON(inquiryAAD(id, "answer"), row.Answer, &q.Status)
	}
	return q, nil
}

// AnswerStatus stores the bureau's answer, unless there is one already.
func (s *Store) AnswerStatus(ctx context.Context, id int64, code int, status filing.Status) error {
	sealed, err := s.keys.SealJSON(inquiryAAD(id, "answer"), status)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `UPDATE inquiries SET answered_at = ?, code = ?, sealed_answer = ? WHERE id = ?
		AND answered_at IS NULL`, s.utcNow(), code, sealed, id)
	return err
}

// PurgeInquiries deletes old status answers, unanswered passwords, and password attempts that no longer count.
func (s *Store) PurgeInquiries(ctx context.Context) error {
	now := s.utcNow()
	for _, q := range []struct {
		query  string
		kind   InquiryKind
		before time.Duration
	}{
		{`DELETE FROM inquiries WHERE kind = ? AND asked_at < ?`, InquiryStatus, StatusFor},
		{`DELETE FROM inquiries WHERE kind = ? AND asked_at < ?`, InquiryPassword, triesFor},
		{`UPDATE inquiries SET sealed_condition = NULL WHERE kind = ? AND asked_at < ?
			AND sealed_condition IS NOT NULL`, InquiryPassword, passwordFor},
	} {
		if _, err := s.db.ExecContext(ctx, q.query, q.kind, now.Add(-q.before)); err != nil {
			return fmt.Errorf("purging inquiries: %w", err)
		}
	}
	return nil
}

func (s *Store) statusHash(accountID int64, conditionType int, value string) ([]byte, error) {
	return s.keys.Hash("inquiries/status", fmt.Sprintf("%d/%d/%s", accountID, conditionType, value))
}
