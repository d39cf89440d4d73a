package panel

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

// Keys of a session that finds a password again: the row of its code, and the
// same once the code was right.
const (
	keyRecovery  = "recovery"
	keyRecovered = "recovered"
)

const pathForgotten = "/sign-in/forgotten"

func channelOptions(t *locale.Localizer) []option {
	return []option{{Value: string(filing.SMS), Label: t.T("forgotten.sms", nil)}, {Value: string(filing.Mail), Label: t.T("forgotten.mail", nil)}}
}

func forgottenFields(t *locale.Localizer) []field {
	return []field{
		{Name: "account", Type: "text", Required: true, Autocomplete: "username"},
		{Name: "channel", Type: "select", Required: true, Options: channelOptions(t)},
	}
}

// forgottenForm is 找回密码.
func (s *Server) forgottenForm(c *gin.Context) {
	s.showForgotten(c, http.StatusOK, s.keptValues(c), nil)
}

func (s *Server) showForgotten(c *gin.Context, status int, values url.Values, problems filing.Problems) {
	t := s.texts.For(s.lang(c))
	data := build(t, "forgotten", append(forgottenFields(t), s.captchaField(c)), values, problems)
	s.render(c, status, "forgotten", page{Title: "forgotten.title", Data: data})
}

// forgotten asks for a code. What is answered, and how long it takes, is the same
// whether or not the account exists or can be reached.
func (s *Server) forgotten(c *gin.Context) {
	values := posted(c)
	if captchaAgain(c) {
		s.showForgotten(c, http.StatusOK, values, nil)
		return
	}
	account, channel := strings.TrimSpace(values.Get("account")), filing.Channel(values.Get("channel"))
	var problems filing.Problems
	if account == "" || len(account) > maxAccount {
		problems = append(problems, filing.Problem{Field: "account", Key: "required"})
	}
	if channel != filing.SMS && channel != filing.Mail {
		problems = append(problems, filing.Problem{Field: "channel", Key: "required"})
	}
	problems = append(problems, s.captchaProblems(c)...)
	if len(problems) > 0 {
		s.showForgotten(c, http.StatusUnprocessableEntity, values, problems)
		return
	}
	ctx := c.Request.Context()
	id, send, err := s.cfg.Store.RequestRecovery(ctx, account, channel)
	if err == nil {
		err = s.cfg.Filings.SendAccountCode(ctx, id, send)
	}
	switch {
	case errors.Is(err, store.ErrCodeTooSoon):
		s.flash(c, "flash.account_code_too_soon")
	case err != nil:
		s.fail(c, err)
		return
	}
	s.sessions.Put(ctx, keyRecovery, id)
	s.sessions.Remove(ctx, keyRecovered)
	to(c, pathForgotten+"/code")
}

// maxAccount bounds what is looked for: a mail address is the longest.
const maxAccount = 254

// codeData is a page that takes one code.
type codeData struct {
	form
	// Lead and Button are keys; Action and Again are where the forms go.
	Lead, Button, Action, Again, Back string
}

func codeFields() []field {
	return []field{{Name: "code", Type: "code", Required: true, Autocomplete: "one-time-code", Maxlength: maxCodeTyped}}
}

func (s *Server) recoveryCodeForm(c *gin.Context) {
	if s.recovery(c) != 0 {
		s.showRecoveryCode(c, http.StatusOK, nil)
	}
}

// recovery is the row of this session's code; it sends people to the first page
// who have none.
func (s *Server) recovery(c *gin.Context) int64 {
	id := s.sessions.GetInt64(c.Request.Context(), keyRecovery)
	if id == 0 {
		to(c, pathForgotten)
	}
	return id
}

func (s *Server) showRecoveryCode(c *gin.Context, status int, problems filing.Problems) {
	t := s.texts.For(s.lang(c))
	s.render(c, status, "account_code", page{Title: "forgotten.code_title", Data: codeData{
		form: build(t, "account_code", codeFields(), url.Values{}, problems), Lead: "forgotten.code_lead", Button: "forgotten.code_button",
		Action: pathForgotten + "/code", Again: pathForgotten + "/again", Back: pathForgotten,
	}})
}

// codeProblem says what is wrong with a code; nil for errors that aren't its.
func codeProblem(err error) filing.Problems {
	for target, key := range map[error]string{store.ErrCodeWrong: "code_wrong", store.ErrCodeExpired: "code_expired", store.ErrCodeLocked: "code_locked"} {
		if errors.Is(err, target) {
			return filing.Problems{{Field: "code", Key: key}}
		}
	}
	return nil
}

func typedCode(c *gin.Context) string { return digits(c.PostForm("code")) }

func (s *Server) recoveryCode(c *gin.Context) {
	id := s.recovery(c)
	if id == 0 {
		return
	}
	ctx := c.Request.Context()
	code := typedCode(c)
	if code == "" {
		s.showRecoveryCode(c, http.StatusUnprocessableEntity, filing.Problems{{Field: "code", Key: "required"}})
		return
	}
	err := s.cfg.Store.VerifyAccountCode(ctx, id, code)
	if problems := codeProblem(err); problems != nil {
		s.showRecoveryCode(c, http.StatusUnprocessableEntity, problems)
		return
	}
	if err == nil {
		err = s.sessions.RenewToken(ctx)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.sessions.Put(ctx, keyRecovered, id)
	to(c, pathForgotten+"/password")
}

// recoveryAgain sends another code, at most once a minute.
func (s *Server) recoveryAgain(c *gin.Context) {
	id := s.recovery(c)
	if id == 0 {
		return
	}
	ctx := c.Request.Context()
	send, err := s.cfg.Store.RepeatAccountCode(ctx, id)
	if err == nil {
		err = s.cfg.Filings.SendAccountCode(ctx, id, send)
	}
	switch {
	case errors.Is(err, store.ErrCodeTooSoon):
		s.flash(c, "flash.account_code_too_soon")
	case err != nil:
		s.fail(c, err)
		return
	default:
		s.flash(c, "flash.account_code_again")
	}
	to(c, pathForgotten+"/code")
}

func newPasswordFields() []field {
	return []field{
		{Name: "password", Type: "password", Required: true, Autocomplete: "new-password"},
		{Name: "password_again", Type: "password", Required: true, Autocomplete: "new-password"},
	}
}

// recovered is whose password this session may set; it sends others back.
func (s *Server) recovered(c *gin.Context) (codeID int64, user store.User, ok bool) {
	codeID = s.sessions.GetInt64(c.Request.Context(), keyRecovered)
	user, err := s.cfg.Store.RecoveredUser(c.Request.Context(), codeID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		s.flash(c, "flash.recovery_over")
		to(c, pathForgotten)
	case err != nil:
		s.fail(c, err)
	}
	return codeID, user, err == nil
}

func (s *Server) newPasswordForm(c *gin.Context) {
	if _, user, ok := s.recovered(c); ok {
		s.showNewPassword(c, http.StatusOK, user, nil)
	}
}

func (s *Server) showNewPassword(c *gin.Context, status int, user store.User, problems filing.Problems) {
	s.render(c, status, "new_password", page{Title: "forgotten.password_title", Data: struct {
		form
		User string
	}{build(s.texts.For(s.lang(c)), "account_password", newPasswordFields(), url.Values{}, problems), user.Login}})
}

// newPassword sets it, uses the code up and ends every session of the account.
func (s *Server) newPassword(c *gin.Context) {
	codeID, user, ok := s.recovered(c)
	if !ok {
		return
	}
	values, ctx := posted(c), c.Request.Context()
	if problems := filing.ValidatePassword(values.Get("password"), values.Get("password_again"), user.Login); len(problems) > 0 {
		s.showNewPassword(c, http.StatusUnprocessableEntity, user, problems)
		return
	}
	hash, version, err := s.readyPassword(c, user.ID, values.Get("password"))
	if err == nil {
		err = s.cfg.Store.RecoverPassword(ctx, codeID, version, hash)
	}
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrConflict): // a second tab was quicker
		s.flash(c, "flash.recovery_over")
		to(c, pathForgotten)
		return
	case err == nil:
		err = s.cfg.Store.ForgetTries(ctx, user.Login)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.sessions.Remove(ctx, keyRecovery)
	s.sessions.Remove(ctx, keyRecovered)
	s.sessions.Remove(ctx, keyFailures)
	s.flash(c, "flash.password_set")
	to(c, "/sign-in")
}
