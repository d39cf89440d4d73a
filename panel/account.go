package panel

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

type accountPageData struct {
	// Email and Mobile are masked; Own tells which are the account's own, the others
	// are the newest filing's.
	Email, Mobile       string
	OwnEmail, OwnMobile bool
	Sessions            []store.UserSession
	Here                int64
}

// accountPage is 账号与安全.
func (s *Server) accountPage(c *gin.Context) {
	ctx := c.Request.Context()
	own, err := s.cfg.Store.OwnReach(ctx, s.userID(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	reach, err := s.cfg.Store.ReachOf(ctx, s.userID(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	sessions, err := s.cfg.Store.UserSessions(ctx, s.userID(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "account", page{Title: "account.title", Data: accountPageData{
		Email: maskEmail(reach.Email), Mobile: maskMobile(reach.Mobile), OwnEmail: own.Email != "", OwnMobile: own.Mobile != "",
		Sessions: sessions, Here: s.device(c),
	}})
}

// device is the row of this session.
func (s *Server) device(c *gin.Context) int64 {
	return s.sessions.GetInt64(c.Request.Context(), keyDevice)
}

// maskMobile and maskEmail show enough to know one's own again.
func maskMobile(mobile string) string {
	if len(mobile) < 11 {
		return ""
	}
	return mobile[:3] + "****" + mobile[len(mobile)-4:]
}

func maskEmail(email string) string {
	name, domain, ok := strings.Cut(email, "@")
	if !ok {
		return ""
	}
	first := []rune(name)
	return string(first[:min(1, len(first))]) + "***@" + domain
}

func passwordFields() []field {
	return append([]field{{Name: "present_password", Type: "password", Required: true, Autocomplete: "current-password"}}, newPasswordFields()...)
}

func (s *Server) passwordForm(c *gin.Context) { s.showPassword(c, http.StatusOK, nil) }

func (s *Server) showPassword(c *gin.Context, status int, problems filing.Problems) {
	s.render(c, status, "account_form", page{Title: "account.password_title", Data: accountForm{
		form: build(s.texts.For(s.lang(c)), "account_password", passwordFields(), url.Values{}, problems), Lead: "account.password_lead", Button: "account.password_button",
	}})
}

// accountForm is a form of the account's; Lead and Button are keys.
type accountForm struct {
	form
	Lead, Button string
}

// presentRight checks the password of somebody who is signed in: their screen may
// be another's for a moment. Its tries count like sign-in's, beside them.
func (s *Server) presentRight(c *gin.Context, password string) (filing.Problems, error) {
	ctx := c.Request.Context()
	if password == "" { // forgotten, not guessed
		return filing.Problems{{Field: "present_password", Key: "required"}}, nil
	}
	user, err := s.cfg.Store.User(ctx, s.userID(c))
	if err != nil {
		return nil, err
	}
	key := "account/" + user.Login
	wait, err := s.cfg.Store.TakeTry(ctx, key)
	switch {
	case err != nil:
		return nil, err
	case wait > 0:
		return filing.Problems{{Field: "present_password", Key: "password_wait", Args: waitArgs(wait)}}, nil
	case !s.passwords.matches(ctx, password, user.PasswordHash):
		return filing.Problems{{Field: "present_password", Key: "present_password_wrong"}}, nil
	}
	return nil, s.cfg.Store.ForgetTries(ctx, key)
}

// readyPassword hashes a password and has its owner told of the change that
// follows: a crash between the two tells nobody, the other way round it would
// keep a change from them.
func (s *Server) readyPassword(c *gin.Context, userID int64, password string) (hash string, version int, err error) {
	ctx := c.Request.Context()
	if hash, err = s.passwords.hash(ctx, password); err != nil {
		return "", 0, err
	}
	if version, err = s.cfg.Store.PasswordVersion(ctx, userID); err != nil {
		return "", 0, err
	}
	return hash, version, s.cfg.Filings.TellPasswordChanged(ctx, userID, version+1)
}

func (s *Server) changePassword(c *gin.Context) {
	values, ctx := posted(c), c.Request.Context()
	problems, err := s.presentRight(c, values.Get("present_password"))
	if err != nil {
		s.fail(c, err)
		return
	}
	login := s.sessions.GetString(ctx, keyLogin)
	problems = append(problems, filing.ValidatePassword(values.Get("password"), values.Get("password_again"), login)...)
	if len(problems) > 0 {
		s.showPassword(c, http.StatusUnprocessableEntity, problems)
		return
	}
	hash, version, err := s.readyPassword(c, s.userID(c), values.Get("password"))
	if err == nil {
		err = s.cfg.Store.ChangePassword(ctx, s.userID(c), version, hash, s.device(c))
	}
	if err == nil {
		err = s.sessions.RenewToken(ctx)
	}
	switch {
	case errors.Is(err, store.ErrConflict):
		s.flash(c, "flash.moved_on")
	case err != nil:
		s.fail(c, err)
		return
	default:
		s.flash(c, "flash.password_changed")
	}
	to(c, "/account")
}

func (s *Server) endSession(c *gin.Context) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err == nil {
		err = s.cfg.Store.EndSession(c.Request.Context(), s.userID(c), id)
	} else {
		err = store.ErrNotFound
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.flash(c, "flash.session_ended")
	to(c, "/account")
}

func (s *Server) endOthers(c *gin.Context) {
	if err := s.cfg.Store.EndOtherSessions(c.Request.Context(), s.userID(c), s.device(c)); err != nil {
		s.fail(c, err)
		return
	}
	s.flash(c, "flash.sessions_ended")
	to(c, "/account")
}
