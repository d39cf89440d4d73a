package panel

import (
	"context"
	"errors"
	"net/http"
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

type signInData struct {
	Login, Next string
	Wrong       bool
	Captcha     bool
	WrongText   string
}

func (s *Server) signInForm(c *gin.Context) {
	if s.sessions.Exists(c.Request.Context(), keyUser) {
		to(c, "/")
		return
	}
	s.render(c, http.StatusOK, "sign_in", page{Title: "sign_in.title", Data: signInData{Next: localPath(c.Query("next")), Captcha: s.needsCaptcha(c, "")}})
}

func (s *Server) signIn(c *gin.Context) {
	ctx := c.Request.Context()
	login, password := strings.TrimSpace(c.PostForm("login")), c.PostForm("password")
	data := signInData{Login: login, Next: localPath(c.PostForm("next")), Wrong: true}
	if s.needsCaptcha(c, login) && !s.captchaRight(c) {
		data.Captcha, data.WrongText = true, "sign_in.captcha_wrong"
		s.render(c, http.StatusUnprocessableEntity, "sign_in", page{Title: "sign_in.title", Data: data})
		return
	}
	user, err := s.cfg.Store.UserByLogin(ctx, login)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		s.fail(c, err)
		return
	}
	if !s.passwords.matches(ctx, password, user.PasswordHash) {
		s.sessions.Put(ctx, keyFailures, s.sessions.GetInt(ctx, keyFailures)+1)
		s.captchas.failed(login)
		data.Captcha, data.WrongText = s.needsCaptcha(c, login), "sign_in.wrong"
		s.render(c, http.StatusUnprocessableEntity, "sign_in", page{Title: "sign_in.title", Data: data})
		return
	}
	if err := s.sessions.RenewToken(ctx); err != nil { // against fixation
		s.fail(c, err)
		return
	}
	s.captchas.succeeded(login)
	s.sessions.Remove(ctx, keyFailures)
	s.sessions.Put(ctx, keyUser, user.ID)
	s.sessions.Put(ctx, keyRole, string(user.Role))
	s.sessions.Put(ctx, keyLogin, user.Login)
	to(c, data.Next)
}

func (s *Server) signOut(c *gin.Context) {
	if err := s.sessions.Destroy(c.Request.Context()); err != nil {
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

// signedIn lets signed-in people pass and sends others to the sign-in page.
func (s *Server) signedIn(c *gin.Context) {
	if s.sessions.Exists(c.Request.Context(), keyUser) {
		c.Next()
		return
	}
	next := "/"
	if c.Request.Method == http.MethodGet {
		next = c.Request.URL.Path
	}
	to(c, "/sign-in?next="+url.QueryEscape(next))
	c.Abort()
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
		to(c, "/support/filings")
		return
	}
	to(c, "/orders")
}

// flash keeps a notice for the next page.
func (s *Server) flash(c *gin.Context, key string) {
	s.sessions.Put(c.Request.Context(), keyFlash, key)
}

func (s *Server) setLanguage(c *gin.Context) {
	lang := c.PostForm("lang")
	if lang != "en" {
		lang = "zh"
	}
	s.sessions.Put(c.Request.Context(), keyLang, lang)
	to(c, localPath(c.PostForm("next")))
}

func (s *Server) lang(c *gin.Context) string {
	return s.sessions.GetString(c.Request.Context(), keyLang)
}
