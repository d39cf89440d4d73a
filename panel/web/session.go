package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/alexedwards/scs/v2"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

// Session keys.
const (
	KeyUser     = "user"
	KeyRole     = "role"
	KeyLogin    = "login"
	keyLang     = "lang"
	keyFlash    = "flash"
	KeyFailures = "failures"
	// KeyDevice identifies the session's row, and lives as long as the session.
	KeyDevice = "device"
)

// maxHashing limits concurrent password hashes: each takes 46 MiB.
const maxHashing = 4

// maxHashQueue limits how many requests wait to hash: with four at once, the last waits for a fraction of a second.
const maxHashQueue = 32

// ErrBusy: too many passwords are being hashed.
var ErrBusy = errors.New("too many passwords are being hashed")

// passwordHasher hashes with argon2id, within a memory limit and with a short queue.
type passwordHasher struct {
	slots
	queue slots
}

func newPasswordHasher() *passwordHasher {
	return &passwordHasher{make(slots, maxHashing), make(slots, maxHashing+maxHashQueue)}
}

// enter waits for a slot, which leave frees; ErrBusy if too many wait already.
func (h *passwordHasher) enter(ctx context.Context) error {
	select {
	case h.queue <- struct{}{}:
	default:
		return ErrBusy
	}
	err := h.acquire(ctx)
	if err != nil {
		h.queue.release()
	}
	return err
}

func (h *passwordHasher) leave() {
	h.release()
	h.queue.release()
}

// slots limit how much runs at once.
type slots chan struct{}

// acquire waits for a slot, which the caller must release.
func (s slots) acquire(ctx context.Context) error {
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s slots) release() { <-s }

// passwordParams are OWASP's first choice: 46 MiB, one pass.
var passwordParams = argon2id.Params{Memory: 46 << 10, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// HashPassword hashes a password for the store.
func HashPassword(password string) (string, error) {
	return argon2id.CreateHash(password, &passwordParams)
}

// Hash hashes a password when a slot is free.
func (h *passwordHasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer h.leave()
	return HashPassword(password)
}

// unknownHash is compared with if there is no such account, so that the answer takes just as long.
const unknownHash = "$argon2id$v=19$m=47104,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Matches reports whether a password matches a hash; an empty hash, for no such account, never does.
func (h *passwordHasher) Matches(ctx context.Context, password, hash string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer h.leave()
	ok, err := argon2id.ComparePasswordAndHash(password, cmp.Or(hash, unknownHash))
	return ok && err == nil && hash != "", nil
}

// LocalPath keeps a redirect on this site.
func LocalPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.Contains(next, `\`) {
		return "/"
	}
	return next
}

// RequireRole admits one role; for others the page doesn't exist.
func (k *Kit) RequireRole(role store.Role) gin.HandlerFunc {
	return func(c *gin.Context) {
		if k.Role(c) != role {
			k.Fail(c, store.ErrNotFound)
			return
		}
		c.Next()
	}
}

// Role is the reader's role; empty if nobody is signed in.
func (k *Kit) Role(c *gin.Context) store.Role {
	return store.Role(k.Sessions.GetString(c.Request.Context(), KeyRole))
}

// UserID is the reader's account; 0 if nobody is signed in.
func (k *Kit) UserID(c *gin.Context) int64 { return k.Sessions.GetInt64(c.Request.Context(), KeyUser) }

// Actor identifies a person in a filing's timeline by role and account, not by name.
func (k *Kit) Actor(c *gin.Context) string {
	return string(k.Role(c)) + ":" + k.Sessions.GetString(c.Request.Context(), KeyLogin)
}

// Forget removes values from the session.
func (k *Kit) Forget(c *gin.Context, keys ...string) {
	for _, key := range keys {
		k.Sessions.Remove(c.Request.Context(), key)
	}
}

// Flash keeps a message for the next page.
func (k *Kit) Flash(c *gin.Context, key string) { k.Sessions.Put(c.Request.Context(), keyFlash, key) }

// withSession loads and saves sessions. Assets, probes and reports have none: they are the same for everybody. Event
// streams only read theirs when they open, so that they don't keep it alive.
func (k *Kit) withSession(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !hasSession(r.URL.Path) {
			next.ServeHTTP(w, r.WithContext(k.emptySession(r.Context())))
			return
		}
		w.Header().Add("Vary", "Cookie")
		token := ""
		if cookie, err := r.Cookie(k.Sessions.Cookie.Name); err == nil {
			token = cookie.Value
		}
		ctx, err := k.Sessions.Load(r.Context(), token)
		if err != nil {
			next.ServeHTTP(w, k.withoutSession(r, fmt.Errorf("the session: %w", err)))
			return
		}
		if IsEventStream(r) {
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		saving := &sessionWriter{ResponseWriter: w}
		saving.save = func() bool {
			err := saving.awaited()
			if err != nil {
				err = fmt.Errorf("the audit log: %w", err)
			} else if err = k.saveSession(ctx, w); err != nil {
				err = fmt.Errorf("the session: %w", err)
			}
			if err != nil {
				next.ServeHTTP(w, k.withoutSession(r, err))
			}
			return err == nil
		}
		next.ServeHTTP(saving, r.WithContext(context.WithValue(ctx, answerKey{}, saving)))
		saving.begin()
	})
}

// ReportsPath is where operators and mail servers report about messages.
const ReportsPath = "/reports/"

// hasSession reports whether a path's answer depends on who asks.
func hasSession(path string) bool {
	return !strings.HasPrefix(path, assetsPath) && !strings.HasPrefix(path, ReportsPath) && path != "/healthz" &&
		path != "/readyz"
}

// emptySession is a session of nobody, which isn't saved.
func (k *Kit) emptySession(ctx context.Context) context.Context {
	ctx, err := k.Sessions.Load(ctx, "") // without a token it asks nobody
	if err != nil {
		panic(err)
	}
	return ctx
}

type sessionError struct{}

// withoutSession is a request whose session can't be read or written, or whose answer must not be sent: needSession
// answers it with the error's page.
func (k *Kit) withoutSession(r *http.Request, err error) *http.Request {
	return r.WithContext(context.WithValue(k.emptySession(context.WithoutCancel(r.Context())), sessionError{}, err))
}

// needSession answers a request of withoutSession.
func (k *Kit) needSession(c *gin.Context) {
	if err, _ := c.Request.Context().Value(sessionError{}).(error); err != nil {
		k.Fail(c, err)
	}
}

// saveSession writes a session that was changed, and its cookie.
func (k *Kit) saveSession(ctx context.Context, w http.ResponseWriter) error {
	switch k.Sessions.Status(ctx) {
	case scs.Modified:
		token, expiry, err := k.Sessions.Commit(ctx)
		if err != nil {
			return err
		}
		k.Sessions.WriteSessionCookie(ctx, w, token, expiry)
	case scs.Destroyed:
		k.Sessions.WriteSessionCookie(ctx, w, "", time.Time{})
	}
	return nil
}

// sessionWriter saves the session before the answer begins, once what the answer waits for is done. If that fails, save
// has given another answer, and the handler's is dropped.
type sessionWriter struct {
	http.ResponseWriter
	save          func() bool
	begun, failed bool
	// pending are the results that the answer waits for.
	pending []chan error
}

type answerKey struct{}

// answerOf is the answer to a request; nil for a stream's, and without a session.
func answerOf(ctx context.Context) *sessionWriter {
	w, _ := ctx.Value(answerKey{}).(*sessionWriter)
	if w == nil || w.begun {
		return nil
	}
	return w
}

// awaits does something without which the answer must not begin.
func (w *sessionWriter) awaits(act func() error) {
	done := make(chan error, 1)
	w.pending = append(w.pending, done)
	go func() { done <- act() }()
}

func (w *sessionWriter) awaited() (err error) {
	for _, done := range w.pending {
		err = errors.Join(err, <-done)
	}
	return err
}

func (w *sessionWriter) begin() {
	if !w.begun {
		w.begun = true
		w.failed = !w.save()
	}
}

// WriteHeader begins the answer.
func (w *sessionWriter) WriteHeader(status int) {
	if w.begin(); !w.failed {
		w.ResponseWriter.WriteHeader(status)
	}
}

// Write writes a part of the answer.
func (w *sessionWriter) Write(b []byte) (int, error) {
	if w.begin(); w.failed {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *sessionWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// IsEventStream reports whether a request is for events, which a page asks for by itself.
func IsEventStream(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/orders/") &&
		strings.HasSuffix(r.URL.Path, "/filing/events")
}
