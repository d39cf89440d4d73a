package account

import (
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// confirmForm asks somebody who is signed in who they are: staff before they decide about other people's access, and
// customers before they change what keeps others out of their account, if they proved nothing yet (proven).
func (p *Pages) confirmForm(c *gin.Context) error {
	user, factor, err := p.confirming(c)
	if err != nil {
		return err
	}
	if user.Role == store.RoleCustomer && user.PasswordHash == "" {
		return web.Redirect(c, proofPath(c, pathProof))
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
	data := confirmData{Form: form, Lead: "account_confirm.lead"}
	if p.Role(c) == store.RoleCustomer {
		data.Lead, data.Code = "account_confirm.own_lead", proofPath(c, pathProof)
	}
	return p.Render(c, web.StatusOf(problems), web.Page{Title: "account_confirm.title"}, web.With(confirmPage, data))
}

type confirmData struct {
	web.Form
	// Lead is a key of texts; Code is where a code does instead, if anywhere.
	Lead, Code string
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
	return p.confirmed(c, user)
}

// confirmed goes on to what wanted the proof.
func (p *Pages) confirmed(c *gin.Context, user store.User) error {
	entry := staffAuditEntry(user, "session.confirm", store.OutcomeDone)
	if user.Role == store.RoleCustomer {
		entry = customerAuditEntry(user, "session.confirm")
	}
	if _, err := p.Store.Audit(c.Request.Context(), entry); err != nil {
		return err
	}
	p.Confirmed(c)
	return web.Redirect(c, web.LocalPath(c.Query("next")))
}
