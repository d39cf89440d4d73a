package web

import (
	"context"
	"net/url"
	"strings"

	"github.com/alexedwards/argon2id"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

// Keys of a session.
const (
	KeyUser     = "user"
	KeyRole     = "role"
	KeyLogin    = "login"
	keyLang     = "lang"
	keyFlash    = "flash"
	KeyFailures = "failures"
	// KeyDevice is the session's row; it lives as long as that.
	KeyDevice = "device"
)

// maxHashing bounds how many passwords are hashed at once: each takes 46 MiB.
const maxHashing = 4

// passwordHasher hashes by argon2id within bounds of memory.
type passwordHasher struct{ slots chan struct{} }

func newPasswordHasher() *passwordHasher { return &passwordHasher{make(chan struct{}, maxHashing)} }

// passwordParams are OWASP's first choice: 46 MiB, one pass.
var passwordParams = argon2id.Params{Memory: 46 << 10, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// HashPassword hashes a password for the store.
func HashPassword(password string) (string, error) {
	return argon2id.CreateHash(password, &passwordParams)
}

func (h *passwordHasher) Hash(ctx context.Context, password string) (string, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	defer func() { <-h.slots }()
	return HashPassword(password)
}

// unknownHash is compared with when there is no such account, so that the
// answer takes as long.
const unknownHash = "$argon2id$v=19$m=47104,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func (h *passwordHasher) Matches(ctx context.Context, password, hash string) bool {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	defer func() { <-h.slots }()
	known := hash != ""
	if !known {
		hash = unknownHash
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	return ok && err == nil && known
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

// RequireRole lets one role pass; to others the page doesn't exist.
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
func (k *Kit) UserID(c *gin.Context) int64 {
	return k.Sessions.GetInt64(c.Request.Context(), KeyUser)
}

// Actor names a person in a filing's timeline: role and account, not a name.
func (k *Kit) Actor(c *gin.Context) string {
	return string(k.Role(c)) + ":" + k.Sessions.GetString(c.Request.Context(), KeyLogin)
}

// Flash keeps a notice for the next page.
func (k *Kit) Flash(c *gin.Context, key string) {
	k.Sessions.Put(c.Request.Context(), keyFlash, key)
}
