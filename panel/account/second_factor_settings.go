package account

import (
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/totp"
	"github.com/beian/beian/panel/web"
)

// totpPage shows whether a member of staff has a second factor and how many recovery codes are
// left; a new device and new codes are set up from there.
func (p *Pages) totpPage(c *gin.Context) error { return p.showTOTP(c, nil) }

type totpData struct {
	web.Form
	Enrolled bool
	// Left is how many recovery codes are left.
	Left int
}

func (p *Pages) showTOTP(c *gin.Context, problems filing.Problems) error {
	factor, err := p.Store.TOTP(c.Request.Context(), p.UserID(c))
	if err != nil {
		return err
	}
	return p.Render(c, web.StatusOf(problems), web.Page{Title: "second_factor.title"}, web.With(totpPage, totpData{
		Form: p.Form(c, "second_factor", totpFields(), nil, problems), Enrolled: factor.Enrolled(), Left: factor.RecoveryCodes,
	}))
}

// enrolOwnForm enrols a first device, or replaces one.
func (p *Pages) enrolOwnForm(c *gin.Context) error {
	user, err := p.Store.User(c.Request.Context(), p.UserID(c))
	if err != nil {
		return err
	}
	return p.showEnrol(c, user, enrolData{Action: pathEnrolOwn, Back: pathTOTP}, nil)
}

// enrolOwn requires the password and, where a device is enrolled already, its code.
func (p *Pages) enrolOwn(c *gin.Context) error {
	ctx := c.Request.Context()
	user, err := p.Store.User(ctx, p.UserID(c))
	if err != nil {
		return err
	}
	factor, err := p.Store.TOTP(ctx, user.ID)
	var problems filing.Problems
	if err == nil {
		problems, err = p.checkPresentPassword(c, c.PostForm("present_password"))
	}
	if err == nil && problems == nil && factor.Enrolled() {
		_, problems, err = p.checkSecondFactor(c, user, factor, "present_code")
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
		data := enrolData{Action: pathEnrolOwn, Back: pathTOTP}
		return p.showEnrol(c, user, data, problems)
	default:
		return p.showRecoveryCodes(c, codes, pathTOTP)
	}
}

// newRecoveryCodes replaces the recovery codes; it requires a code.
func (p *Pages) newRecoveryCodes(c *gin.Context) error {
	ctx := c.Request.Context()
	user, err := p.Store.User(ctx, p.UserID(c))
	if err != nil {
		return err
	}
	factor, err := p.Store.TOTP(ctx, user.ID)
	if err == nil && !factor.Enrolled() {
		return web.Redirect(c, pathTOTP)
	}
	var problems filing.Problems
	if err == nil {
		_, problems, err = p.checkSecondFactor(c, user, factor, "code")
	}
	switch {
	case err != nil:
		return err
	case problems != nil:
		return p.showTOTP(c, problems)
	}
	codes := totp.RecoveryCodes()
	d := staffAuditEntry(user, "totp.new_codes", store.OutcomeDone)
	if err := p.Store.NewRecoveryCodes(store.WithAudit(ctx, &d), user.ID, codes); err != nil {
		return err
	}
	return p.showRecoveryCodes(c, codes, pathTOTP)
}
