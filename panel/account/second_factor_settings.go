package account

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/totp"
	"github.com/beian/beian/panel/web"
)

// totpPage is a member of staff's second factor: whether there is one, how many recovery
// codes are left, and the ways to a new device and new codes.
func (p *Pages) totpPage(c *gin.Context) error { return p.showTOTP(c, http.StatusOK, nil) }

type totpData struct {
	web.Form
	Enrolled, Required bool
	Left               int
}

func (p *Pages) showTOTP(c *gin.Context, status int, problems filing.Problems) error {
	factor, err := p.Store.TOTP(c.Request.Context(), p.UserID(c))
	if err != nil {
		return err
	}
	return p.RenderTemplate(c, status, "totp", web.Page{Title: "totp.title", Data: totpData{
		Form:     web.Build(p.Texts.For(p.Lang(c)), "totp", totpFields(), url.Values{}, problems),
		Enrolled: factor.Enrolled(), Required: p.RequireTOTP, Left: factor.RecoveryCodes,
	}})
}

// enrolOwnForm enrols a device, a first or a new one.
func (p *Pages) enrolOwnForm(c *gin.Context) error {
	if user, ok := p.ownAccount(c); ok {
		return p.showEnrol(c, http.StatusOK, user, enrolData{Action: pathTOTP + "/enrol", Back: pathTOTP}, nil)
	}

	return nil
}

// ownAccount is the reader's account.
func (p *Pages) ownAccount(c *gin.Context) (store.User, bool) {
	user, err := p.Store.User(c.Request.Context(), p.UserID(c))
	if err != nil {
		p.Fail(c, err)
	}
	return user, err == nil
}

// enrolOwn wants the password, and of who has a device already also its code.
func (p *Pages) enrolOwn(c *gin.Context) error {
	user, ok := p.ownAccount(c)
	if !ok {
		return nil
	}
	ctx := c.Request.Context()
	factor, err := p.Store.TOTP(ctx, user.ID)
	var problems filing.Problems
	if err == nil {
		problems, err = p.checkPresentPassword(c, c.PostForm("present_password"))
	}
	if err == nil && problems == nil && factor.Enrolled() {
		var problem *filing.Problem
		if _, problem, err = p.checkSecondFactor(ctx, user, factor, c.PostForm("present_code")); problem != nil {
			problem.Field = "present_code"
			problems = filing.Problems{*problem}
		}
	}
	var codes []string
	if err == nil && problems == nil {
		codes, problems, err = p.enrolled(c, user)
	}
	if err == nil && problems == nil {
		err = p.Store.SecondFactor(ctx, user.ID, p.device(c))
	}
	switch {
	case err != nil:
		return err
	case problems != nil:
		return p.showEnrol(c, http.StatusUnprocessableEntity, user, enrolData{Action: pathTOTP + "/enrol", Back: pathTOTP}, problems)
	default:
		return p.showRecoveryCodes(c, codes, pathTOTP)
	}
}

// newRecoveryCodes replaces the recovery codes; it wants a code.
func (p *Pages) newRecoveryCodes(c *gin.Context) error {
	user, ok := p.ownAccount(c)
	if !ok {
		return nil
	}
	ctx := c.Request.Context()
	factor, err := p.Store.TOTP(ctx, user.ID)
	if err == nil && !factor.Enrolled() {
		return web.Redirect(c, pathTOTP)
	}
	var problem *filing.Problem
	if err == nil {
		_, problem, err = p.checkSecondFactor(ctx, user, factor, c.PostForm("code"))
	}
	switch {
	case err != nil:
		return err
	case problem != nil:
		problem.Field = "code"
		return p.showTOTP(c, http.StatusUnprocessableEntity, filing.Problems{*problem})
	}
	codes := totp.RecoveryCodes()
	d := staffAuditEntry(user, "totp.new_codes", store.OutcomeDone)
	if err := p.Store.NewRecoveryCodes(store.WithAudit(ctx, &d), user.ID, codes); err != nil {
		return err
	}
	return p.showRecoveryCodes(c, codes, pathTOTP)
}
