package account

import (
	"crypto/rand"
	"errors"
	"net/url"

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

// keyAsker identifies a browser that resets a password.
const keyAsker = "asker"

// asker is who resets a password: see store.Asker.
func (p *Pages) asker(c *gin.Context) store.Asker {
	ctx := c.Request.Context()
	if p.Sessions.GetString(ctx, keyAsker) == "" {
		p.Sessions.Put(ctx, keyAsker, rand.Text())
	}
	return store.Asker{Browser: p.Sessions.GetString(ctx, keyAsker), Network: web.Network(c)}
}

const pathForgotten = "/sign-in/forgotten"

func forgottenFields(t *locale.Localizer) []web.Field {
	return []web.Field{
		{Name: "account", Type: "text", Required: true, Autocomplete: "username"},
		{Name: "channel", Type: "select", Required: true,
			Options: web.TextOptions(t, "forgotten.", filing.SMS, filing.Mail)},
	}
}

// forgottenForm is 找回密码.
func (p *Pages) forgottenForm(c *gin.Context) error {
	saved, err := p.SavedValues(c)
	if err != nil {
		return err
	}
	return p.showForgotten(c, saved, nil)
}

func (p *Pages) showForgotten(c *gin.Context, values url.Values, problems filing.Problems) error {
	form := p.Form(c, "forgotten", append(forgottenFields(p.T(c)), p.CaptchaField(c)), values, problems)
	return p.Render(c, web.StatusOf(problems), web.Page{Title: "forgotten.title"}, web.With(forgottenPage, form))
}

// forgotten requests a code. Neither the answer nor the time it takes shows whether the account
// exists or can be reached.
func (p *Pages) forgotten(c *gin.Context) error {
	values := web.PostForm(c)
	if web.CaptchaAgain(c) {
		return p.showForgotten(c, values, nil)
	}
	account, channel := web.Trimmed(values, "account"), filing.Channel(values.Get("channel"))
	var problems filing.Problems
	if account == "" || len(account) > maxAccount {
		problems = append(problems, filing.Problem{Field: "account", Key: "required"})
	}
	if channel != filing.SMS && channel != filing.Mail {
		problems = append(problems, filing.Problem{Field: "channel", Key: "required"})
	}
	wrong, err := p.CaptchaProblems(c)
	if err != nil {
		return err
	}
	if problems = append(problems, wrong...); len(problems) > 0 {
		return p.showForgotten(c, values, problems)
	}
	ctx := c.Request.Context()
	id, send, err := p.Store.RequestRecovery(ctx, p.asker(c), account, channel)
	if problems = web.CodeQuotaProblem(err, "account", "account"); problems != nil {
		return p.showForgotten(c, values, problems)
	}
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
	return p.showRecoveryCode(c, nil)
}

// recovery is the ID of this session's code; without one it redirects to the first page.
func (p *Pages) recovery(c *gin.Context) (int64, error) {
	id := p.Sessions.GetInt64(c.Request.Context(), keyRecovery)
	if id == 0 {
		return 0, web.Answered(web.Redirect(c, pathForgotten))
	}
	return id, nil
}

func (p *Pages) showRecoveryCode(c *gin.Context, problems filing.Problems) error {
	return p.showAccountCode(c, "forgotten.code_title", problems, web.CodeData{
		Lead: "forgotten.code_lead", Button: "forgotten.code_button",
		Action: pathForgotten + "/code", Again: pathForgotten + "/again", Back: pathForgotten,
	})
}

// showAccountCode asks for a code that was sent to an account.
func (p *Pages) showAccountCode(c *gin.Context, title string, problems filing.Problems, data web.CodeData) error {
	data.Form = p.Form(c, "account_code", web.CodeFields(), nil, problems)
	return p.Render(c, web.StatusOf(problems), web.Page{Title: title}, web.With(web.CodePage, data))
}

// checkAccountCode checks the typed code; an empty one costs no try.
func (p *Pages) checkAccountCode(c *gin.Context, id int64) (filing.Problems, error) {
	code := web.TypedCode(c)
	if code == "" {
		return filing.Problems{{Field: "code", Key: "required"}}, nil
	}
	err := p.Store.VerifyAccountCode(c.Request.Context(), id, code)
	if problems := web.CodeProblem(err); problems != nil {
		return problems, nil
	}
	return nil, err
}

func (p *Pages) recoveryCode(c *gin.Context) error {
	id, err := p.recovery(c)
	if err != nil {
		return err
	}
	problems, err := p.checkAccountCode(c, id)
	if problems != nil {
		return p.showRecoveryCode(c, problems)
	}
	if err == nil {
		err = p.Sessions.RenewToken(c.Request.Context())
	}
	if err != nil {
		return err
	}
	p.Sessions.Put(c.Request.Context(), keyRecovered, id)
	return web.Redirect(c, pathForgotten+"/password")
}

// recoveryAgain sends another code, at most once a minute.
func (p *Pages) recoveryAgain(c *gin.Context) error {
	id, err := p.recovery(c)
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	send, err := p.Store.RepeatRecovery(ctx, p.asker(c), id)
	if err == nil {
		err = p.Filings.SendAccountCode(ctx, id, send)
	}
	return p.Finish(c, err, pathForgotten+"/code", "flash.account_code_again",
		web.Refusals{store.ErrCodeTooSoon: "flash.account_code_too_soon"})
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
	return p.showNewPassword(c, user, nil)
}

func (p *Pages) showNewPassword(c *gin.Context, user store.User, problems filing.Problems) error {
	form := p.Form(c, "account_password", newPasswordFields(), nil, problems)
	title := web.Page{Title: "forgotten.password_title"}
	return p.Render(c, web.StatusOf(problems), title, func(page *web.Page) templ.Component {
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
	problems := filing.ValidateAccountPassword(values.Get("password"), values.Get("password_again"), user.Login,
		user.Role == store.RoleSupport)
	if len(problems) > 0 {
		return p.showNewPassword(c, user, problems)
	}
	hash, version, err := p.preparePasswordChange(ctx, user.ID, values.Get("password"))
	if err == nil {
		err = p.Store.RecoverPassword(ctx, codeID, version, hash)
	}
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrConflict): // another tab was faster
		return p.RedirectWith(c, pathForgotten, "flash.recovery_over")
	case err == nil:
		err = p.Store.ForgetTries(ctx, store.TrySignIn, user.Login)
	}
	if err != nil {
		return err
	}
	p.Forget(c, keyRecovery, keyRecovered, web.KeyFailures)
	return p.RedirectWith(c, "/sign-in", "flash.password_set")
}
