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

// CheckFrameOrigins is checkFrameOrigins.
func CheckFrameOrigins(origins []string, secureCookies bool) error {
	return checkFrameOrigins(origins, secureCookies)
}

// DeviceOf is deviceOf.
func DeviceOf(userAgent string) string { return deviceOf(userAgent) }
