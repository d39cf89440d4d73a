package store

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/beian/beian/internal/filing"
)

const (
	// askFor is how long a password question may wait for its one attempt.
	askFor = time.Minute
	// passwordFor is how long an unanswered password is stored.
	passwordFor = time.Hour
	// triesFor is the window for counting password attempts, the same as the bureau's (3-4, code 22).
	triesFor = 24 * time.Hour
	// maxPasswordTries per number and window is one less than the bureau's five, so that a customer can't use those up.
	maxPasswordTries = 4
	// maxFilingTries per filing, over all numbers, prevents trying one password on many numbers.
	maxFilingTries = 10
)

// ErrTooManyTries: too many filing password attempts.
var ErrTooManyTries = errors.New("too many filing password attempts")

// AskPassword queues the question whether a filing password is right; ErrTooManyTries if its number, or the filing, has
// had too many. An attempt without an answer counts, because it may have reached the bureau.
func (s *Store) AskPassword(ctx context.Context, accountID, filingID int64, number,
	password string) (id int64, err error) {
	key := filing.NormaliseNumber(number)
	if n, err := filing.ParseNumber(number); err == nil {
		key = n.Holder() // all of a holder's sites share its password
	}
	hash, err := s.keys.Hash("inquiries/password", key)
	if err != nil {
		return 0, err
	}
	// Written first, then counted: of two concurrent attempts, at least one sees the other.
	id, err = s.ask(ctx, accountID, filingID, InquiryPassword, 0, hash,
		inquiryCondition{Value: filing.NormaliseNumber(number), Password: password})
	if err != nil {
		return 0, err
	}
	now := s.utcNow()
	count := func(column string, of any) (int, error) {
		return get[int](ctx, s.db, `SELECT COUNT(*) FROM inquiries WHERE `+column+` = ? AND kind = ? AND asked_at > ?
			AND COALESCE(passed, FALSE) = FALSE AND (tried_at IS NOT NULL OR asked_at > ?)`,
			of, InquiryPassword, now.Add(-triesFor), now.Add(-askFor))
	}
	ofNumber, err := count(`condition_hash`, hash)
	if err != nil {
		return 0, err
	}
	ofFiling, err := count(`filing_id`, filingID)
	if err != nil || ofNumber <= maxPasswordTries && ofFiling <= maxFilingTries {
		return id, err
	}
	return 0, cmp.Or(exec(ctx, s.db, `DELETE FROM inquiries WHERE id = ? AND tried_at IS NULL`, id), ErrTooManyTries)
}

// TryInquiry marks a password question as tried before the call; false: it was already tried or is too old.
func (s *Store) TryInquiry(ctx context.Context, id int64) (bool, error) {
	now := s.utcNow()
	return changed(ctx, s.db, `UPDATE inquiries SET tried_at = ? WHERE id = ? AND kind = ? AND tried_at IS NULL
		AND asked_at > ?`, now, id, InquiryPassword, now.Add(-askFor))
}

// AnswerPassword stores the bureau's answer and deletes the password.
func (s *Store) AnswerPassword(ctx context.Context, id int64, code int, passed bool) error {
	return exec(ctx, s.db, `
		UPDATE inquiries SET answered_at = ?, code = ?, passed = ?, sealed_condition = NULL WHERE id = ?
		AND answered_at IS NULL`, s.utcNow(), code, passed, id)
}
