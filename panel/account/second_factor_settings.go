package account

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/totp"
	"github.com/beian/beian/panel/web"
)

// totpPage shows whether a member of staff has a second factor and how many recovery codes are
// left; a new device and new codes are set up from there.
func (p *Pages) totpPage(c *gin.Context) error { return p.showTOTP(c, http.StatusOK, nil) }

type totpData struct {
	web.Form
	Enrolled bool
	// Left is how many recovery codes are left.
	Left int
}

func (p *Pages) showTOTP(c *gin.Context, status int, problems filing.Problems) error {
	factor, err := p.Store.TOTP(c.Request.Context(), p.UserID(c))
	if err != nil {
		return err
	}
	return p.Render(c, status, web.Page{Title: "second_factor.title"}, web.With(totpPage, totpData{
		Form:     p.emptyForm(c, "second_factor", totpFields(), problems),
		Enrolled: factor.Enrolled(), Left: factor.RecoveryCodes,
	}))
}

// enrolOwnForm enrols a first device, or replaces one.
func (p *Pages) enrolOwnForm(c *gin.Context) error {
	user, err := p.Store.User(c.Request.Context(), p.UserID(c))
	if err != nil {
		return err
	}
	return p.showEnrol(c, http.StatusOK, user, enrolData{Action: pathEnrolOwn, Back: pathTOTP}, nil)
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
		data := enrolData{Action: pathEnrolOwn, Back: pathTOTP}
		return p.showEnrol(c, http.StatusUnprocessableEntity, user, data, problems)
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
