package panel

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// codeField is the form field of a channel's code.
var codeField = map[filing.Channel]string{filing.SMS: "sms_code", filing.Mail: "mail_code"}

// maxCodeTyped leaves room for the spaces with which a code is copied.
const maxCodeTyped = 2 * filing.CodeDigits

type verifyData struct {
	Form     form
	Verified map[string]bool
}

// verifyForm is 身份验证.
func (s *Server) verifyForm(c *gin.Context, cur current) {
	if s.inStage(c, cur, filing.Verifying) && !s.confirmed(c, cur) {
		s.showVerify(c, http.StatusOK, cur, url.Values{}, nil)
	}
}

func (s *Server) showVerify(c *gin.Context, status int, cur current, values url.Values, problems filing.Problems) {
	verifications, err := s.cfg.Store.Verifications(c.Request.Context(), cur.Filing.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	data := verifyData{Verified: map[string]bool{}}
	var fields []field
	for _, channel := range filing.Channels {
		data.Verified[string(channel)] = verifications[channel].VerifiedAt.Valid
		if !data.Verified[string(channel)] {
			fields = append(fields, field{Name: codeField[channel], Type: "code", Required: true, Autocomplete: "one-time-code", Maxlength: maxCodeTyped})
		}
	}
	data.Form = build(s.texts.For(s.lang(c)), "verify", fields, values, problems)
	s.render(c, status, "verify", page{Title: "verify.title", Data: struct {
		verifyData
		Attention filing.Attention
	}{data, cur.Filing.Attention}})
}

// verify takes one code or both.
func (s *Server) verify(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Verifying) {
		return
	}
	values := posted(c)
	problems, err := s.noCode(c.Request.Context(), cur, values)
	if err != nil {
		s.fail(c, err)
		return
	}
	for _, channel := range filing.Channels {
		code := digits(values.Get(codeField[channel]))
		if code == "" {
			continue
		}
		err := s.cfg.Store.VerifyCode(c.Request.Context(), cur.Filing.ID, channel, code)
		switch {
		case errors.Is(err, store.ErrCodeWrong):
			problems = append(problems, filing.Problem{Field: codeField[channel], Key: "code_wrong"})
		case errors.Is(err, store.ErrCodeExpired):
			problems = append(problems, filing.Problem{Field: codeField[channel], Key: "code_expired"})
		case errors.Is(err, store.ErrCodeLocked):
			problems = append(problems, filing.Problem{Field: codeField[channel], Key: "code_locked"})
		case err != nil:
			s.fail(c, err)
			return
		}
	}
	if len(problems) > 0 {
		s.showVerify(c, http.StatusUnprocessableEntity, cur, values, problems)
		return
	}
	if !s.confirmed(c, cur) {
		to(c, filingPath(c)+"/verify")
	}
}

// noCode asks for the codes that are still wanted where none was typed.
func (s *Server) noCode(ctx context.Context, cur current, values url.Values) (problems filing.Problems, err error) {
	for _, name := range codeField {
		if digits(values.Get(name)) != "" {
			return nil, nil
		}
	}
	verifications, err := s.cfg.Store.Verifications(ctx, cur.Filing.ID)
	for _, channel := range filing.Channels {
		if err == nil && !verifications[channel].VerifiedAt.Valid {
			problems = append(problems, filing.Problem{Field: codeField[channel], Key: "required"})
		}
	}
	return problems, err
}

// confirmed tells the workflow once both codes were right, also when a crash
// kept it from being told before.
func (s *Server) confirmed(c *gin.Context, cur current) (done bool) {
	ok, err := s.cfg.Store.Verified(c.Request.Context(), cur.Filing.ID)
	if err != nil {
		s.fail(c, err)
		return true
	}
	if !ok {
		return false
	}
	_, err = s.cfg.Filings.Verified(c.Request.Context(), cur.Filing.Ref(), workflows.ByActor{Actor: s.actor(c)})
	s.moveOn(c, err, filingPath(c)+"/kind")
	return true
}

// sendCodeAgain sends a channel's code again, at most once a minute.
func (s *Server) sendCodeAgain(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Verifying) {
		return
	}
	channel := filing.Channel(c.PostForm("channel"))
	if codeField[channel] == "" {
		s.fail(c, errBadRequest)
		return
	}
	send, err := s.cfg.Store.RequestCode(c.Request.Context(), cur.Filing.ID, channel)
	switch {
	case errors.Is(err, store.ErrCodeTooSoon):
		s.flash(c, "flash.code_too_soon")
	case errors.Is(err, store.ErrConflict):
		s.flash(c, "flash.already_verified")
	case err != nil:
		s.fail(c, err)
		return
	default:
		if _, err := s.cfg.Filings.SendCode(c.Request.Context(), cur.Filing.Ref(), workflows.SendCode{Channel: channel, Send: send}); err != nil {
			s.moveOn(c, err, "")
			return
		}
		s.flash(c, "flash.code_sent")
	}
	to(c, filingPath(c)+"/verify")
}

func recoverFields(*locale.Localizer) []field {
	return []field{
		{Name: "mobile", Type: "tel", Required: true, Autocomplete: "tel-national"},
		{Name: "email", Type: "email", Required: true, Autocomplete: "email"},
	}
}

// recoverForm is 找回验证码: phone and mail address may be corrected.
func (s *Server) recoverForm(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Verifying) {
		return
	}
	contact, err := s.cfg.Store.Contact(c.Request.Context(), cur.Filing.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	var problems filing.Problems
	switch cur.Filing.Attention {
	case filing.AttentionSMSRecipient:
		problems = filing.Problems{{Field: "mobile", Key: "mobile_refused"}}
	case filing.AttentionMailRecipient:
		problems = filing.Problems{{Field: "email", Key: "email_refused"}}
	}
	values := s.keptValues(c)
	if values == nil {
		values = url.Values{"mobile": {contact.Details.Mobile}, "email": {contact.Details.Email}}
	}
	s.showRecover(c, http.StatusOK, values, problems)
}

func (s *Server) showRecover(c *gin.Context, status int, values url.Values, problems filing.Problems) {
	t := s.texts.For(s.lang(c))
	s.render(c, status, "recover", page{Title: "recover.title", Data: build(t, "recover", recoverFields(t), values, problems)})
}

func (s *Server) recoverCodes(c *gin.Context, cur current) {
	if !s.inStage(c, cur, filing.Verifying) {
		return
	}
	ctx := c.Request.Context()
	values := posted(c)
	details := contactOf(values)
	if problems := filing.ValidateReach(details.Mobile, details.Email); len(problems) > 0 {
		s.showRecover(c, http.StatusUnprocessableEntity, values, problems)
		return
	}
	changed, err := s.cfg.Store.CorrectContact(ctx, cur.Filing.ID, details.Mobile, details.Email)
	if err != nil {
		s.moveOn(c, err, "")
		return
	}
	verifications, err := s.cfg.Store.Verifications(ctx, cur.Filing.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	for _, channel := range changed {
		in := workflows.SendCode{Channel: channel, Send: verifications[channel].Sends}
		if _, err := s.cfg.Filings.SendCode(ctx, cur.Filing.Ref(), in); err != nil {
			s.moveOn(c, err, "")
			return
		}
	}
	s.flash(c, "flash.code_sent")
	to(c, filingPath(c)+"/verify")
}
