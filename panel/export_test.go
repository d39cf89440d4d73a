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

// Watch is watch.
type Watch struct{ w *watch }

// NewWatch is newWatch.
func NewWatch(seqs func(context.Context, []int64) (map[int64]int64, error)) Watch {
	return Watch{newWatch(seqs)}
}

// Join listens; the second value ends that.
func (w Watch) Join(filing, user int64) (*listener, func()) {
	l := w.w.join(filing, user)
	return l, func() { w.w.leave(l) }
}

// Close ends it.
func (w Watch) Close() { w.w.close() }

// Running tells whether it asks.
func (w Watch) Running() bool {
	w.w.mu.Lock()
	defer w.w.mu.Unlock()
	return w.w.running
}

// ExpectationOf is expectationOf.
var ExpectationOf = expectationOf
