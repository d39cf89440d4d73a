package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
)

// APIAnswer is an answer that a repetition of its request gets again.
type APIAnswer struct {
	Status      int    `json:"status"`
	ContentType string `json:"content_type"`
	Body        []byte `json:"body"`
}

const (
	// keepAPIAnswers is how long a repetition gets the first answer.
	keepAPIAnswers = 24 * time.Hour
	// apiAnswerTime is longer than any request lasts: one without an answer by then broke off.
	apiAnswerTime = 2 * time.Minute
)

var (
	// ErrInFlight: the same request is being answered now.
	ErrInFlight = fmt.Errorf("the request is being answered: %w", ErrConflict)
	// ErrOtherRequest: its Idempotency-Key came with another request before.
	ErrOtherRequest = fmt.Errorf("the Idempotency-Key belongs to another request: %w", ErrConflict)
)

func answerTokens(token string, request []byte) (tokenHash, requestHash []byte) {
	t, r := sha256.Sum256([]byte(token)), sha256.Sum256(request)
	return t[:], r[:]
}

func apiAnswerAAD(keyID int64, token []byte) string {
	return fmt.Sprintf("api_answers/%d/%x", keyID, token)
}

// BeginAPIAnswer begins to answer a request that has an Idempotency-Key (token). It returns the answer that the key's
// first request got; nil: this is the first, and EndAPIAnswer must follow. Errors are ErrInFlight and ErrOtherRequest.
func (s *Store) BeginAPIAnswer(ctx context.Context, k APIKey, token string,
	request []byte) (answer *APIAnswer, err error) {
	tokenHash, requestHash := answerTokens(token, request)
	err = s.tx(ctx, func(tx *sqlx.Tx) error {
		answer = nil
		now := s.utcNow()
		fresh, err := changed(ctx, tx, `INSERT IGNORE INTO api_answers (key_id, token_hash, request_hash, begun_at,
			expires_at)
			VALUES (?, ?, ?, ?, ?)`, k.ID, tokenHash, requestHash, now, now.Add(keepAPIAnswers))
		if err != nil || fresh {
			return err
		}
		row, err := get[struct {
			Request   []byte    `db:"request_hash"`
			Status    int       `db:"status"`
			Sealed    []byte    `db:"sealed_answer"`
			BegunAt   time.Time `db:"begun_at"`
			ExpiresAt time.Time `db:"expires_at"`
		}](ctx, tx, `SELECT request_hash, status, sealed_answer, begun_at, expires_at FROM api_answers
			WHERE key_id = ? AND token_hash = ? FOR UPDATE`, k.ID, tokenHash)
		switch {
		case err != nil:
			return err
		case !now.Before(row.ExpiresAt), row.Status == 0 && now.Sub(row.BegunAt) > apiAnswerTime:
			return exec(ctx, tx, `UPDATE api_answers SET request_hash = ?, status = 0, sealed_answer = NULL, begun_at = ?,
				expires_at = ? WHERE key_id = ? AND token_hash = ?`, requestHash, now, now.Add(keepAPIAnswers), k.ID, tokenHash)
		case string(row.Request) != string(requestHash):
			return ErrOtherRequest
		case row.Status == 0:
			return ErrInFlight
		}
		answer = new(APIAnswer)
		return s.keys.OpenJSON(apiAnswerAAD(k.ID, tokenHash), row.Sealed, answer)
	})
	return answer, during(err, "beginning an answer")
}

// EndAPIAnswer stores the answer to a request; nil: it failed, so that a repetition tries again.
func (s *Store) EndAPIAnswer(ctx context.Context, k APIKey, token string, answer *APIAnswer) error {
	tokenHash, _ := answerTokens(token, nil)
	if answer == nil {
		return during(exec(ctx, s.db, `DELETE FROM api_answers WHERE key_id = ? AND token_hash = ? AND status = 0`, k.ID,
			tokenHash), "ending an answer")
	}
	sealed, err := s.keys.SealJSON(apiAnswerAAD(k.ID, tokenHash), answer)
	if err == nil {
		err = exec(ctx, s.db, `UPDATE api_answers SET status = ?, sealed_answer = ? WHERE key_id = ? AND token_hash = ?`,
			answer.Status, sealed, k.ID, tokenHash)
	}
	return during(err, "ending an answer")
}
