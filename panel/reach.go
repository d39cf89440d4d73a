package panel

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// keyReach is the row of the code that confirms an address.
const keyReach = "reach"

// reachChannel is the channel in the path: sms or mail.
func (s *Server) reachChannel(c *gin.Context) (ch filing.Channel, name string, ok bool) {
	switch ch = filing.Channel(c.Param("channel")); ch {
	case filing.SMS:
		return ch, "mobile", true
	case filing.Mail:
		return ch, "email", true
	}
	s.fail(c, store.ErrNotFound)
	return ch, "", false
}

func (s *Server) reachForm(c *gin.Context) {
	if _, name, ok := s.reachChannel(c); ok {
		s.showReach(c, http.StatusOK, name, s.keptValues(c), nil)
	}
}

func (s *Server) showReach(c *gin.Context, status int, name string, values url.Values, problems filing.Problems) {
	address := field{Name: "mobile", Type: "tel", Required: true, Autocomplete: "tel-national"}
	if name == "email" {
		address = field{Name: "email", Type: "email", Required: true, Autocomplete: "email"}
	}
	title := "account.set_" + name
	fields := []field{address, {Name: "present_password", Type: "password", Required: true, Autocomplete: "current-password"}}
	s.render(c, status, "account_form", page{Title: title, Data: accountForm{
		form: build(s.texts.For(s.lang(c)), "account_reach", fields, values, problems), Lead: "account.reach_lead", Button: "account.reach_button",
	}})
}

// giveReach sends a code to a new address, which becomes the account's when the
// code is right.
func (s *Server) giveReach(c *gin.Context) {
	ch, name, ok := s.reachChannel(c)
	if !ok {
		return
	}
	values, ctx := posted(c), c.Request.Context()
	details := contactOf(values)
	problems := slices.DeleteFunc(filing.ValidateReach(details.Mobile, details.Email), func(p filing.Problem) bool { return p.Field != name })
	wrong, err := s.presentRight(c, values.Get("present_password"))
	if err != nil {
		s.fail(c, err)
		return
	}
	if problems = append(problems, wrong...); len(problems) > 0 {
		s.showReach(c, http.StatusUnprocessableEntity, name, values, problems)
		return
	}
	address := details.Email
	if ch == filing.SMS {
		address = details.Mobile
	}
	id, send, err := s.cfg.Store.RequestReach(ctx, s.userID(c), ch, address)
	if errors.Is(err, store.ErrCodeTooSoon) {
		s.showReach(c, http.StatusUnprocessableEntity, name, values, filing.Problems{{Field: name, Key: "code_too_soon"}})
		return
	}
	if err == nil {
		err = s.cfg.Filings.SendAccountCode(ctx, id, send)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.sessions.Put(ctx, keyReach, id)
	to(c, c.Request.URL.Path+"/code")
}

func (s *Server) reachCodeForm(c *gin.Context) {
	if _, _, ok := s.reachChannel(c); ok {
		s.showReachCode(c, http.StatusOK, nil)
	}
}

func (s *Server) showReachCode(c *gin.Context, status int, problems filing.Problems) {
	s.render(c, status, "account_code", page{Title: "account.code_title", Data: codeData{
		form: build(s.texts.For(s.lang(c)), "account_code", codeFields(), url.Values{}, problems), Lead: "account.code_lead", Button: "account.code_button",
		Action: c.Request.URL.Path, Back: strings.TrimSuffix(c.Request.URL.Path, "/code"),
	}})
}

func (s *Server) reachCode(c *gin.Context) {
	if _, _, ok := s.reachChannel(c); !ok {
		return
	}
	ctx := c.Request.Context()
	id, code := s.sessions.GetInt64(ctx, keyReach), typedCode(c)
	if code == "" { // costs no try
		s.showReachCode(c, http.StatusUnprocessableEntity, filing.Problems{{Field: "code", Key: "required"}})
		return
	}
	err := s.cfg.Store.VerifyAccountCode(ctx, id, code)
	if problems := codeProblem(err); problems != nil {
		s.showReachCode(c, http.StatusUnprocessableEntity, problems)
		return
	}
	if err == nil {
		err = s.cfg.Store.ConfirmReach(ctx, s.userID(c), id)
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.sessions.Remove(ctx, keyReach)
	s.flash(c, "flash.reach_set")
	to(c, "/account")
}
