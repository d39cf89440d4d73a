package panel

import (
	"errors"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
)

type signInData struct {
	Login, Next string
	Captcha     bool
	// WrongText is a key; empty: nothing was wrong.
	WrongText string
	WrongArgs map[string]any
}

func (s *Server) signInForm(c *gin.Context) {
	here, err := s.alive(c)
	if err != nil {
		s.fail(c, err)
		return
	}
	next := localPath(c.Query("next"))
	if here {
		to(c, next)
		return
	}
	s.showSignIn(c, http.StatusOK, signInData{Next: next})
}

func (s *Server) showSignIn(c *gin.Context, status int, data signInData) {
	var err error
	if data.Captcha, err = s.needsCaptcha(c, data.Login); err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, status, "sign_in", page{Title: "sign_in.title", Data: data})
}

// signIn compares a password. The try is counted before: see store.TakeTry. An
// account that doesn't exist takes as long and counts as much as one that does.
func (s *Server) signIn(c *gin.Context) {
	ctx := c.Request.Context()
	login, password := strings.TrimSpace(c.PostForm("login")), c.PostForm("password")
	data := signInData{Login: login, Next: localPath(c.PostForm("next"))}
	captcha, err := s.needsCaptcha(c, login)
	if err != nil {
		s.fail(c, err)
		return
	}
	if captcha && !s.captchaRight(c) {
		data.WrongText = "sign_in.captcha_wrong"
		s.showSignIn(c, http.StatusUnprocessableEntity, data)
		return
	}
	wait, err := s.cfg.Store.TakeTry(ctx, login)
	if err != nil {
		s.fail(c, err)
		return
	}
	if wait > 0 {
		data.WrongText, data.WrongArgs = "sign_in.wait", waitArgs(wait)
		s.showSignIn(c, http.StatusTooManyRequests, data)
		return
	}
	user, err := s.cfg.Store.UserByLogin(ctx, login)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		s.fail(c, err)
		return
	}
	if !s.passwords.matches(ctx, password, user.PasswordHash) {
		s.sessions.Put(ctx, keyFailures, s.sessions.GetInt(ctx, keyFailures)+1)
		data.WrongText = "sign_in.wrong"
		s.showSignIn(c, http.StatusUnprocessableEntity, data)
		return
	}
	if err := s.begin(c, user); err != nil {
		s.fail(c, err)
		return
	}
	to(c, data.Next)
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
	device, err := s.cfg.Store.BeginSession(ctx, user.ID, deviceOf(c.Request.UserAgent()), sessionLifetime)
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
// that was keeps only what belongs to nobody, such as the language.
func (s *Server) alive(c *gin.Context) (bool, error) {
	ctx := c.Request.Context()
	if !s.sessions.Exists(ctx, keyUser) {
		return false, nil
	}
	lives, err := s.cfg.Store.SessionLives(ctx, s.userID(c), s.sessions.GetInt64(ctx, keyDevice))
	if err == nil && !lives {
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
		c.Next()
		if c.Writer.Status() < http.StatusInternalServerError {
			s.dropKept(c)
		}
		return
	}
	next := "/"
	if c.Request.Method == http.MethodGet {
		next = c.Request.URL.Path
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
