package panel

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/totp"
)

// totpPage is a member of staff's second factor: whether there is one, how many recovery
// codes are left, and the ways to a new device and new codes.
func (s *Server) totpPage(c *gin.Context) { s.showTOTP(c, http.StatusOK, nil) }

type totpData struct {
	form
	Enrolled, Required bool
	Left               int
}

func (s *Server) showTOTP(c *gin.Context, status int, problems filing.Problems) {
	factor, err := s.cfg.Store.TOTP(c.Request.Context(), s.userID(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, status, "totp", page{Title: "totp.title", Data: totpData{
		form:     build(s.texts.For(s.lang(c)), "totp", totpFields(), url.Values{}, problems),
		Enrolled: factor.Enrolled(), Required: s.cfg.RequireTOTP, Left: factor.RecoveryCodes,
	}})
}

// enrolOwnForm enrols a device, a first or a new one.
func (s *Server) enrolOwnForm(c *gin.Context) {
	if user, ok := s.self(c); ok {
		s.showEnrol(c, http.StatusOK, user, enrolData{Action: pathTOTP + "/enrol", Back: pathTOTP}, nil)
	}
}

// self is the reader's account.
func (s *Server) self(c *gin.Context) (store.User, bool) {
	user, err := s.cfg.Store.User(c.Request.Context(), s.userID(c))
	if err != nil {
		s.fail(c, err)
	}
	return user, err == nil
}

// enrolOwn wants the password, and of who has a device already also its code.
func (s *Server) enrolOwn(c *gin.Context) {
	user, ok := s.self(c)
	if !ok {
		return
	}
	ctx := c.Request.Context()
	factor, err := s.cfg.Store.TOTP(ctx, user.ID)
	var problems filing.Problems
	if err == nil {
		problems, err = s.presentRight(c, c.PostForm("present_password"))
	}
	if err == nil && problems == nil && factor.Enrolled() {
		var problem *filing.Problem
		if _, problem, err = s.rightCode(ctx, user, factor, c.PostForm("present_code")); problem != nil {
			problem.Field = "present_code"
			problems = filing.Problems{*problem}
		}
	}
	var codes []string
	if err == nil && problems == nil {
		codes, problems, err = s.enrolled(c, user)
	}
	if err == nil && problems == nil {
		err = s.cfg.Store.SecondFactor(ctx, user.ID, s.device(c))
	}
	switch {
	case err != nil:
		s.fail(c, err)
	case problems != nil:
		s.showEnrol(c, http.StatusUnprocessableEntity, user, enrolData{Action: pathTOTP + "/enrol", Back: pathTOTP}, problems)
	default:
		s.showRecoveryCodes(c, codes, pathTOTP)
	}
}

// newRecoveryCodes replaces the recovery codes; it wants a code.
func (s *Server) newRecoveryCodes(c *gin.Context) {
	user, ok := s.self(c)
	if !ok {
		return
	}
	ctx := c.Request.Context()
	factor, err := s.cfg.Store.TOTP(ctx, user.ID)
	if err == nil && !factor.Enrolled() {
		to(c, pathTOTP)
		return
	}
	var problem *filing.Problem
	if err == nil {
		_, problem, err = s.rightCode(ctx, user, factor, c.PostForm("code"))
	}
	switch {
	case err != nil:
		s.fail(c, err)
		return
	case problem != nil:
		problem.Field = "code"
		s.showTOTP(c, http.StatusUnprocessableEntity, filing.Problems{*problem})
		return
	}
	codes := totp.RecoveryCodes()
	d := staffDeed(user, "totp.new_codes", store.OutcomeDone)
	if err := s.cfg.Store.NewRecoveryCodes(store.WithDeed(ctx, &d), user.ID, codes); err != nil {
		s.fail(c, err)
		return
	}
	s.showRecoveryCodes(c, codes, pathTOTP)
}
