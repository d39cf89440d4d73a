package account

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// Keys of a session that finds a password again: the row of its code, and the
// same once the code was right.
const (
	keyRecovery  = "recovery"
	keyRecovered = "recovered"
)

const pathForgotten = "/sign-in/forgotten"

func channelOptions(t *locale.Localizer) []web.Option {
	return []web.Option{{Value: string(filing.SMS), Label: t.T("forgotten.sms", nil)}, {Value: string(filing.Mail), Label: t.T("forgotten.mail", nil)}}
}

func forgottenFields(t *locale.Localizer) []web.Field {
	return []web.Field{
		{Name: "account", Type: "text", Required: true, Autocomplete: "username"},
		{Name: "channel", Type: "select", Required: true, Options: channelOptions(t)},
	}
}

// forgottenForm is 找回密码.
func (p *Pages) forgottenForm(c *gin.Context) error {
	return p.showForgotten(c, http.StatusOK, p.SavedValues(c), nil)
}

func (p *Pages) showForgotten(c *gin.Context, status int, values url.Values, problems filing.Problems) error {
	t := p.Texts.For(p.Lang(c))
	data := web.Build(t, "forgotten", append(forgottenFields(t), p.CaptchaField(c)), values, problems)
	return p.RenderTemplate(c, status, "forgotten", web.Page{Title: "forgotten.title", Data: data})
}

// forgotten asks for a code. What is answered, and how long it takes, is the same
// whether or not the account exists or can be reached.
func (p *Pages) forgotten(c *gin.Context) error {
	values := web.PostForm(c)
	if web.CaptchaAgain(c) {
		return p.showForgotten(c, http.StatusOK, values, nil)
	}
	account, channel := strings.TrimSpace(values.Get("account")), filing.Channel(values.Get("channel"))
	var problems filing.Problems
	if account == "" || len(account) > maxAccount {
		problems = append(problems, filing.Problem{Field: "account", Key: "required"})
	}
	if channel != filing.SMS && channel != filing.Mail {
		problems = append(problems, filing.Problem{Field: "channel", Key: "required"})
	}
	problems = append(problems, p.CaptchaProblems(c)...)
	if len(problems) > 0 {
		return p.showForgotten(c, http.StatusUnprocessableEntity, values, problems)
	}
	ctx := c.Request.Context()
	id, send, err := p.Store.RequestRecovery(ctx, account, channel)
	if err == nil {
		err = p.Filings.SendAccountCode(ctx, id, send)
	}
	switch {
	case errors.Is(err, store.ErrCodeTooSoon):
		p.Flash(c, "flash.account_code_too_soon")
	case err != nil:
		return err
	}
	p.Sessions.Put(ctx, keyRecovery, id)
	p.Sessions.Remove(ctx, keyRecovered)
	return web.Redirect(c, pathForgotten+"/code")
}

// maxAccount bounds what is looked for: a mail address is the longest.
const maxAccount = 254

func (p *Pages) recoveryCodeForm(c *gin.Context) error {
	if p.recovery(c) != 0 {
		return p.showRecoveryCode(c, http.StatusOK, nil)
	}

	return nil
}

// recovery is the row of this session's code; it sends people to the first page
// who have none.
func (p *Pages) recovery(c *gin.Context) int64 {
	id := p.Sessions.GetInt64(c.Request.Context(), keyRecovery)
	if id == 0 {
		web.Redirect(c, pathForgotten)
	}
	return id
}

func (p *Pages) showRecoveryCode(c *gin.Context, status int, problems filing.Problems) error {
	t := p.Texts.For(p.Lang(c))
	return p.RenderTemplate(c, status, "account_code", web.Page{Title: "forgotten.code_title", Data: web.CodeData{
		Form: web.Build(t, "account_code", web.CodeFields(), url.Values{}, problems), Lead: "forgotten.code_lead", Button: "forgotten.code_button",
		Action: pathForgotten + "/code", Again: pathForgotten + "/again", Back: pathForgotten,
	}})
}

func (p *Pages) recoveryCode(c *gin.Context) error {
	id := p.recovery(c)
	if id == 0 {
		return nil
	}
	ctx := c.Request.Context()
	code := web.TypedCode(c)
	if code == "" {
		return p.showRecoveryCode(c, http.StatusUnprocessableEntity, filing.Problems{{Field: "code", Key: "required"}})
	}
	err := p.Store.VerifyAccountCode(ctx, id, code)
	if problems := web.CodeProblem(err); problems != nil {
		return p.showRecoveryCode(c, http.StatusUnprocessableEntity, problems)
	}
	if err == nil {
		err = p.Sessions.RenewToken(ctx)
	}
	if err != nil {
		return err
	}
	p.Sessions.Put(ctx, keyRecovered, id)
	return web.Redirect(c, pathForgotten+"/password")
}

// recoveryAgain sends another code, at most once a minute.
func (p *Pages) recoveryAgain(c *gin.Context) error {
	id := p.recovery(c)
	if id == 0 {
		return nil
	}
	ctx := c.Request.Context()
	send, err := p.Store.RepeatAccountCode(ctx, id)
	if err == nil {
		err = p.Filings.SendAccountCode(ctx, id, send)
	}
	switch {
	case errors.Is(err, store.ErrCodeTooSoon):
		p.Flash(c, "flash.account_code_too_soon")
	case err != nil:
		return err
	default:
		p.Flash(c, "flash.account_code_again")
	}
	return web.Redirect(c, pathForgotten+"/code")
}

func newPasswordFields() []web.Field {
	return []web.Field{
		{Name: "password", Type: "password", Required: true, Autocomplete: "new-password"},
		{Name: "password_again", Type: "password", Required: true, Autocomplete: "new-password"},
	}
}

// recovered is whose password this session may set; it sends others back.
func (p *Pages) recovered(c *gin.Context) (codeID int64, user store.User, ok bool) {
	codeID = p.Sessions.GetInt64(c.Request.Context(), keyRecovered)
	user, err := p.Store.RecoveredUser(c.Request.Context(), codeID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		p.Flash(c, "flash.recovery_over")
		web.Redirect(c, pathForgotten)
	case err != nil:
		p.Fail(c, err)
	}
	return codeID, user, err == nil
}

func (p *Pages) newPasswordForm(c *gin.Context) error {
	if _, user, ok := p.recovered(c); ok {
		return p.showNewPassword(c, http.StatusOK, user, nil)
	}

	return nil
}

func (p *Pages) showNewPassword(c *gin.Context, status int, user store.User, problems filing.Problems) error {
	return p.RenderTemplate(c, status, "new_password", web.Page{Title: "forgotten.password_title", Data: struct {
		web.Form
		User string
	}{web.Build(p.Texts.For(p.Lang(c)), "account_password", newPasswordFields(), url.Values{}, problems), user.Login}})
}

// newPassword sets it, uses the code up and ends every session of the account.
func (p *Pages) newPassword(c *gin.Context) error {
	codeID, user, ok := p.recovered(c)
	if !ok {
		return nil
	}
	values, ctx := web.PostForm(c), c.Request.Context()
	if problems := filing.ValidatePassword(values.Get("password"), values.Get("password_again"), user.Login); len(problems) > 0 {
		return p.showNewPassword(c, http.StatusUnprocessableEntity, user, problems)
	}
	hash, version, err := p.preparePasswordChange(c, user.ID, values.Get("password"))
	if err == nil {
		err = p.Store.RecoverPassword(ctx, codeID, version, hash)
	}
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrConflict): // a second tab was quicker
		p.Flash(c, "flash.recovery_over")
		return web.Redirect(c, pathForgotten)
	case err == nil:
		err = p.Store.ForgetTries(ctx, user.Login)
	}
	if err != nil {
		return err
	}
	p.Sessions.Remove(ctx, keyRecovery)
	p.Sessions.Remove(ctx, keyRecovered)
	p.Sessions.Remove(ctx, web.KeyFailures)
	p.Flash(c, "flash.password_set")
	return web.Redirect(c, "/sign-in")
}
