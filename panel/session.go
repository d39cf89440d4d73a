package panel

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
	keyUser     = "user"
	keyRole     = "role"
	keyLogin    = "login"
	keyLang     = "lang"
	keyFlash    = "flash"
	keyFailures = "failures"
	// keyDevice is the session's row; it lives as long as that.
	keyDevice = "device"
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

func (h *passwordHasher) hash(ctx context.Context, password string) (string, error) {
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

func (h *passwordHasher) matches(ctx context.Context, password, hash string) bool {
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

func (s *Server) signOut(c *gin.Context) {
	ctx := c.Request.Context()
	if err := s.cfg.Store.EndSession(ctx, s.userID(c), s.sessions.GetInt64(ctx, keyDevice)); err != nil {
		s.fail(c, err)
		return
	}
	if err := s.sessions.Destroy(ctx); err != nil {
		s.fail(c, err)
		return
	}
	to(c, "/sign-in")
}

// localPath keeps a redirect on this site.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.Contains(next, `\`) {
		return "/"
	}
	return next
}

// only lets one role pass; to others the page doesn't exist.
func (s *Server) only(role store.Role) gin.HandlerFunc {
	return func(c *gin.Context) {
		if s.role(c) != role {
			s.fail(c, store.ErrNotFound)
			return
		}
		c.Next()
	}
}

func (s *Server) role(c *gin.Context) store.Role {
	return store.Role(s.sessions.GetString(c.Request.Context(), keyRole))
}

func (s *Server) userID(c *gin.Context) int64 {
	return s.sessions.GetInt64(c.Request.Context(), keyUser)
}

// actor names a person in a filing's timeline: role and account, not a name.
func (s *Server) actor(c *gin.Context) string {
	return string(s.role(c)) + ":" + s.sessions.GetString(c.Request.Context(), keyLogin)
}

func (s *Server) home(c *gin.Context) {
	if s.role(c) == store.RoleSupport {
		to(c, "/support")
		return
	}
	to(c, "/orders")
}

// flash keeps a notice for the next page.
func (s *Server) flash(c *gin.Context, key string) {
	s.sessions.Put(c.Request.Context(), keyFlash, key)
}
