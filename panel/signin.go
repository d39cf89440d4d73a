package panel

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

type signInData struct {
	form
	// Next is where people go once they are signed in.
	Next string
}

func signInFields() []field {
	return []field{
		{Name: "login", Type: "text", Required: true, Autocomplete: "username"},
		{Name: "password", Type: "password", Required: true, Autocomplete: "current-password"},
	}
}

func (s *Server) signInForm(c *gin.Context) {
	here, err := s.alive(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	values := s.keptValues(c)
	if values == nil {
		values = url.Values{"next": {c.Query("next")}}
	}
	if here {
		to(c, localPath(values.Get("next")))
		return
	}
	s.showSignIn(c, http.StatusOK, values, nil)
}

func (s *Server) showSignIn(c *gin.Context, status int, values url.Values, problems filing.Problems) {
	fields := signInFields()
	captcha, err := s.needsCaptcha(c, loginOf(values))
	if err != nil {
		s.fail(c, err)
		return
	}
	if captcha {
		fields = append(fields, s.captchaField(c))
	}
	data := signInData{build(s.texts.For(s.lang(c)), "sign_in", fields, values, problems), localPath(values.Get("next"))}
	s.render(c, status, "sign_in", page{Title: "sign_in.title", Data: data})
}

func loginOf(values url.Values) string { return strings.TrimSpace(values.Get("login")) }

// signIn compares a password. The try is counted before: see store.TakeTry. An
// account that doesn't exist takes as long and counts as much as one that does.
func (s *Server) signIn(c *gin.Context) {
	ctx := c.Request.Context()
	values := posted(c)
	login, password := loginOf(values), values.Get("password")
	if captchaAgain(c) {
		s.showSignIn(c, http.StatusOK, values, nil)
		return
	}
	var problems filing.Problems
	for _, name := range []string{"login", "password"} {
		if strings.TrimSpace(values.Get(name)) == "" {
			problems = append(problems, filing.Problem{Field: name, Key: "required"})
		}
	}
	captcha, err := s.needsCaptcha(c, login)
	if err != nil {
		s.fail(c, err)
		return
	}
	if captcha {
		problems = append(problems, s.captchaProblems(c)...)
	}
	if len(problems) > 0 {
		s.showSignIn(c, http.StatusUnprocessableEntity, values, problems)
		return
	}
	wait, err := s.cfg.Store.TakeTry(ctx, login)
	if err != nil {
		s.fail(c, err)
		return
	}
	if wait > 0 {
		s.showSignIn(c, http.StatusTooManyRequests, values, filing.Problems{{Field: "password", Key: "sign_in_wait", Args: waitArgs(wait)}})
		return
	}
	user, err := s.cfg.Store.UserByLogin(ctx, login)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		s.fail(c, err)
		return
	}
	if !s.passwords.matches(ctx, password, user.PasswordHash) || user.DisabledAt.Valid {
		s.sessions.Put(ctx, keyFailures, s.sessions.GetInt(ctx, keyFailures)+1)
		s.showSignIn(c, http.StatusUnprocessableEntity, values, filing.Problems{{Field: "password", Key: "sign_in_wrong"}})
		return
	}
	if user.FirstUntil.Valid && !user.FirstUntil.Time.After(s.cfg.Store.Now()) {
		s.showSignIn(c, http.StatusUnprocessableEntity, values, filing.Problems{{Field: "password", Key: "sign_in_first_over"}})
		return
	}
	s.proceed(c, user, localPath(values.Get("next")))
}

func waitArgs(wait time.Duration) map[string]any {
	return map[string]any{"seconds": int(math.Ceil(wait.Seconds()))}
}

// begin starts the session of somebody who proved who they are.
func (s *Server) begin(c *gin.Context, user store.User) error {
	ctx := c.Request.Context()
	if err := s.cfg.Store.ForgetTries(ctx, user.Login); err != nil {
		return err
	}
	if err := s.sessions.RenewToken(ctx); err != nil { // against fixation
		return err
	}
	noted := ctx
	if user.Role == store.RoleSupport {
		d := staffDeed(user, "session.begin", store.OutcomeDone)
		noted = store.WithDeed(ctx, &d)
	}
	device, err := s.cfg.Store.BeginSession(noted, user.ID, deviceOf(c.Request.UserAgent()), sessionLifetime)
	if err != nil {
		return err
	}
	s.sessions.Remove(ctx, keyFailures)
	s.sessions.Put(ctx, keyUser, user.ID)
	s.sessions.Put(ctx, keyRole, string(user.Role))
	s.sessions.Put(ctx, keyLogin, user.Login)
	s.sessions.Put(ctx, keyDevice, device)
	return s.remember(c, user.ID)
}

// alive tells whether the session is somebody's and wasn't ended elsewhere; one
// that was keeps only what belongs to nobody, such as the language. What its person
// may do is what counts now, not when they signed in.
func (s *Server) alive(c *gin.Context) (bool, error) {
	ctx := c.Request.Context()
	if !s.sessions.Exists(ctx, keyUser) {
		return false, nil
	}
	state, err := s.cfg.Store.SessionState(ctx, s.userID(c), s.sessions.GetInt64(ctx, keyDevice))
	lives := state.Lives && s.factorsGiven(state)
	c.Set(contextStaff, state.StaffRole)
	if err == nil && !lives {
		c.Set(contextStaff, store.StaffRole(""))
		for _, key := range []string{keyUser, keyRole, keyLogin, keyDevice} {
			s.sessions.Remove(ctx, key)
		}
	}
	return lives, err
}

// signedIn lets signed-in people pass and sends others to the sign-in page, from
// which they come back. A form that they sent is kept for them.
func (s *Server) signedIn(c *gin.Context) {
	here, err := s.alive(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	if here {
		s.dropsKept(c)
		return
	}
	next := "/"
	if c.Request.Method == http.MethodGet {
		next = c.Request.URL.RequestURI() // what was searched for and where a list stood too
	} else if path, kept := s.keepPost(c); path != "" {
		next = path
		if kept {
			s.flash(c, "flash.expired_kept")
		} else {
			s.flash(c, "flash.expired")
		}
	}
	if c.GetHeader("Accept") == "application/json" { // a script's; it tells the person
		drain(c)
		c.AbortWithStatus(http.StatusUnauthorized)
		return
	}
	c.Abort()
	to(c, "/sign-in?next="+url.QueryEscape(next))
}
