package panel

import (
	"context"

	"github.com/beian/beian/internal/filing"
)

// What the tests, which stand outside for the sake of imports, see of the inside.

// ErrNotAsked is errNotAsked.
var ErrNotAsked = errNotAsked

// The answers to a password.
const (
	PasswordNotKnown = passwordNotKnown
	PasswordIsRight  = passwordIsRight
	PasswordIsWrong  = passwordIsWrong
	PasswordTooMany  = passwordTooMany
)

// BureauStatus is bureauStatus.
func (s *Server) BureauStatus(ctx context.Context, province string, condition int, value string) (filing.Status, error) {
	return s.bureauStatus(ctx, province, condition, value)
}

// PasswordRight is passwordRight.
func (s *Server) PasswordRight(ctx context.Context, filingID int64, number, password string) (passwordAnswer, error) {
	return s.passwordRight(ctx, filingID, number, password)
}

// Captcha is what the picture shows to the session of a cookie.
func (s *Server) Captcha(ctx context.Context, cookie string) (string, error) {
	ctx, err := s.sessions.Load(ctx, cookie)
	return s.sessions.GetString(ctx, keyCaptcha), err
}

// The limits of the public query.
const (
	QueriesPerClient = queriesPerClient
	QueriesOfAll     = queriesOfAll
	FreeQueries      = freeQueries
)
