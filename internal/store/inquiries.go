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
	runs, err := find[bool](ctx, s.db, "bureau account", `SELECT stopped_at IS NULL AND driver = ? FROM bureau_accounts
		WHERE id = ?`, DriverInterface, id)
	if err == nil && !runs {
		err = fmt.Errorf("the province's bureau can't be queried: %w", ErrNotFound)
	}
	return id, err
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
	id, err := find[int64](ctx, s.db, "answer of the bureau", `SELECT id FROM inquiries WHERE condition_hash = ?
		AND asked_at > ? AND kind = ? AND code = 0 ORDER BY asked_at DESC LIMIT 1`,
		hash, s.utcNow().Add(-StatusFor), InquiryStatus)
	if err != nil {
		return filing.Status{}, time.Time{}, err
	}
	q, err := s.Inquiry(ctx, id)
	return q.Status, q.AnsweredAt, err
}

func (s *Store) ask(ctx context.Context, accountID, filingID int64, kind InquiryKind, conditionType int, hash []byte,
	condition inquiryCondition) (id int64, err error) {
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		if id, err = insert(ctx, tx, `INSERT INTO inquiries (account_id, filing_id, kind, condition_type, condition_hash,
			asked_at) VALUES (?, NULLIF(?, 0), ?, ?, ?, ?)`,
			accountID, filingID, kind, conditionType, hash, s.utcNow()); err != nil {
			return err
		}
		sealed, err := s.keys.SealJSON(inquiryAAD(id, "condition"), condition)
		if err != nil {
			return err
		}
		return exec(ctx, tx, `UPDATE inquiries SET sealed_condition = ? WHERE id = ?`, sealed, id)
	})
	return id, during(err, "queueing a bureau query")
}

// Inquiry returns a question with its answer, if there is one.
func (s *Store) Inquiry(ctx context.Context, id int64) (Inquiry, error) {
	q := Inquiry{ID: id}
	var sealedCondition, sealedAnswer []byte
	var answeredAt sql.NullTime
	if err := scan(ctx, s.db, "inquiry", fragmentOf(`
		SELECT account_id, kind, condition_type, sealed_condition, answered_at, COALESCE(code, 0), COALESCE(passed, FALSE),
			sealed_answer FROM inquiries WHERE id = ?`, id), &q.AccountID, &q.Kind, &q.ConditionType, &sealedCondition,
		&answeredAt, &q.Code, &q.Passed, &sealedAnswer); err != nil {
		return Inquiry{}, err
	}
	q.Answered, q.AnsweredAt = answeredAt.Valid, answeredAt.Time
	if sealedCondition != nil {
		var c inquiryCondition
		if err := s.keys.OpenJSON(inquiryAAD(id, "condition"), sealedCondition, &c); err != nil {
			return q, err
		}
		q.Value, q.Password = c.Value, c.Password
	}
	if sealedAnswer != nil {
		err := s.keys.OpenJSON(inquiryAAD(id, "answer"), sealedAnswer, &q.Status)
		return q, err
	}
	return q, nil
}

// AnswerStatus stores the bureau's answer, unless there is one already.
func (s *Store) AnswerStatus(ctx context.Context, id int64, code int, status filing.Status) error {
	sealed, err := s.keys.SealJSON(inquiryAAD(id, "answer"), status)
	if err != nil {
		return err
	}
	return exec(ctx, s.db, `UPDATE inquiries SET answered_at = ?, code = ?, sealed_answer = ? WHERE id = ?
		AND answered_at IS NULL`, s.utcNow(), code, sealed, id)
}

// PurgeInquiries deletes old status answers, unanswered passwords, and password attempts that no longer count.
func (s *Store) PurgeInquiries(ctx context.Context) error {
	now := s.utcNow()
	return during(execAll(ctx, s.db,
		fragmentOf(`DELETE FROM inquiries WHERE kind = ? AND asked_at < ?`, InquiryStatus, now.Add(-StatusFor)),
		fragmentOf(`DELETE FROM inquiries WHERE kind = ? AND asked_at < ?`, InquiryPassword, now.Add(-triesFor)),
		fragmentOf(`UPDATE inquiries SET sealed_condition = NULL WHERE kind = ? AND asked_at < ?
			AND sealed_condition IS NOT NULL`, InquiryPassword, now.Add(-passwordFor))), "purging inquiries")
}

func (s *Store) statusHash(accountID int64, conditionType int, value string) ([]byte, error) {
	return s.keys.Hash("inquiries/status", fmt.Sprintf("%d/%d/%s", accountID, conditionType, value))
}
