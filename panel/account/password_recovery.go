package account

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// Keys of a session that resets a password: its code's ID, and the same once the code was right.
const (
	keyRecovery  = "recovery"
	keyRecovered = "recovered"
)

const pathForgotten = "/sign-in/forgotten"

func channelOptions(t *locale.Localizer) []web.Option {
	return []web.Option{
		{Value: string(filing.SMS), Label: t.T("forgotten.sms", nil)},
		{Value: string(filing.Mail), Label: t.T("forgotten.mail", nil)},
	}
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
	t := p.T(c)
	form := web.Build(t, "forgotten", append(forgottenFields(t), p.CaptchaField(c)), values, problems)
	return p.Render(c, status, web.Page{Title: "forgotten.title"}, web.With(forgottenPage, form))
}

// forgotten requests a code. Neither the answer nor the time it takes shows whether the account
// exists or can be reached.
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

// maxAccount is the longest account name, a mail address.
const maxAccount = 254

func (p *Pages) recoveryCodeForm(c *gin.Context) error {
	if _, err := p.recovery(c); err != nil {
		return err
	}
	return p.showRecoveryCode(c, http.StatusOK, nil)
}

// recovery is the ID of this session's code; without one it redirects to the first page.
func (p *Pages) recovery(c *gin.Context) (int64, error) {
	id := p.Sessions.GetInt64(c.Request.Context(), keyRecovery)
	if id == 0 {
		return 0, web.Answered(web.Redirect(c, pathForgotten))
	}
	return id, nil
}

func (p *Pages) showRecoveryCode(c *gin.Context, status int, problems filing.Problems) error {
	return p.Render(c, status, web.Page{Title: "forgotten.code_title"}, web.With(web.CodePage, web.CodeData{
		Form: p.emptyForm(c, "account_code", web.CodeFields(), problems),
		Lead: "forgotten.code_lead", Button: "forgotten.code_button",
		Action: pathForgotten + "/code", Again: pathForgotten + "/again", Back: pathForgotten,
	}))
}

func (p *Pages) recoveryCode(c *gin.Context) error {
	id, err := p.recovery(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	code := web.TypedCode(c)
	if code == "" {
		return p.showRecoveryCode(c, http.StatusUnprocessableEntity, filing.Problems{{Field: "code", Key: "required"}})
	}
	err = p.Store.VerifyAccountCode(ctx, id, code)
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
	id, err := p.recovery(c)
	if err != nil {
		return err
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

// recovered is the user whose password this session may set, and the code that proved it;
// without one it redirects to the first page.
func (p *Pages) recovered(c *gin.Context) (codeID int64, user store.User, err error) {
	codeID = p.Sessions.GetInt64(c.Request.Context(), keyRecovered)
	user, err = p.Store.RecoveredUser(c.Request.Context(), codeID)
	if errors.Is(err, store.ErrNotFound) {
		p.Flash(c, "flash.recovery_over")
		err = web.Answered(web.Redirect(c, pathForgotten))
	}
	return codeID, user, err
}

func (p *Pages) newPasswordForm(c *gin.Context) error {
	_, user, err := p.recovered(c)
	if err != nil {
		return err
	}
	return p.showNewPassword(c, http.StatusOK, user, nil)
}

func (p *Pages) showNewPassword(c *gin.Context, status int, user store.User, problems filing.Problems) error {
	form := p.emptyForm(c, "account_password", newPasswordFields(), problems)
	return p.Render(c, status, web.Page{Title: "forgotten.password_title"}, func(page *web.Page) templ.Component {
		return newPasswordPage(page, user.Login, form)
	})
}

// newPassword sets the password, uses the code up and ends every session of the account.
func (p *Pages) newPassword(c *gin.Context) error {
	codeID, user, err := p.recovered(c)
	if err != nil {
		return err
	}
	values, ctx := web.PostForm(c), c.Request.Context()
	problems := filing.ValidatePassword(values.Get("password"), values.Get("password_again"), user.Login)
	if len(problems) > 0 {
		return p.showNewPassword(c, http.StatusUnprocessableEntity, user, problems)
	}
	hash, version, err := p.preparePasswordChange(c, user.ID, values.Get("password"))
	if err == nil {
		err = p.Store.RecoverPassword(ctx, codeID, version, hash)
	}
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrConflict): // another tab was faster
		return p.RedirectWith(c, pathForgotten, "flash.recovery_over")
	case err == nil:
		err = p.Store.ForgetTries(ctx, user.Login)
	}
	if err != nil {
		return err
	}
	p.Sessions.Remove(ctx, keyRecovery)
	p.Sessions.Remove(ctx, keyRecovered)
	p.Sessions.Remove(ctx, web.KeyFailures)
	return p.RedirectWith(c, "/sign-in", "flash.password_set")
}
