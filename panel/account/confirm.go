package account

import (
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// confirmForm asks staff who are signed in who they are, before they decide about other people's access.
func (p *Pages) confirmForm(c *gin.Context) error {
	_, factor, err := p.confirming(c)
	if err != nil {
		return err
	}
	return p.showConfirm(c, factor, nil)
}

func (p *Pages) confirming(c *gin.Context) (user store.User, factor store.TOTP, err error) {
	if user, err = p.Store.User(c.Request.Context(), p.UserID(c)); err == nil {
		factor, err = p.Store.TOTP(c.Request.Context(), user.ID)
	}
	return user, factor, err
}

func (p *Pages) showConfirm(c *gin.Context, factor store.TOTP, problems filing.Problems) error {
	form := p.Form(c, "account_password", []web.Field{presentPasswordField()}, nil, problems)
	if factor.Enrolled() {
		form = p.Form(c, "second_factor", totpFields(), nil, problems)
	}
	return p.Render(c, web.StatusOf(problems), web.Page{Title: "account_confirm.title"}, web.With(formPage, accountForm{
		Form: form, Lead: "account_confirm.lead", Button: "account_confirm.button",
	}))
}

// confirm takes the device's code or, without a device, the password.
func (p *Pages) confirm(c *gin.Context) error {
	user, factor, err := p.confirming(c)
	if err != nil {
		return err
	}
	var problems filing.Problems
	if factor.Enrolled() {
		_, problems, err = p.checkSecondFactor(c, user, factor, "code")
	} else {
		problems, err = p.checkPresentPassword(c, c.PostForm("present_password"))
	}
	switch {
	case err != nil:
		return err
	case problems != nil:
		return p.showConfirm(c, factor, problems)
	}
	entry := staffAuditEntry(user, "session.confirm", store.OutcomeDone)
	if _, err := p.Store.Audit(c.Request.Context(), entry); err != nil {
		return err
	}
	p.Confirmed(c)
	return web.Redirect(c, web.LocalPath(c.Query("next")))
}
