package panel

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/mojocn/base64Captcha"
)

const (
	keyCaptcha = "captcha"
	// freeFailures is how often a sign-in may fail before a captcha is asked.
	freeFailures = 3
)

// captchas draws captchas; the answer to each stands in its session.
type captchas struct{ driver base64Captcha.Driver }

func newCaptchas() *captchas {
	return &captchas{driver: base64Captcha.NewDriverDigit(64, 200, 5, 0.5, 40)}
}

// needsCaptcha tells whether this browser, or anybody for this account, tried in
// vain too often.
func (s *Server) needsCaptcha(c *gin.Context, login string) (bool, error) {
	if s.sessions.GetInt(c.Request.Context(), keyFailures) >= freeFailures {
		return true, nil
	}
	tries, err := s.cfg.Store.SignInTries(c.Request.Context(), login)
	return tries >= freeFailures, err
}

// captchaRight compares and uses up the session's captcha.
func (s *Server) captchaRight(c *gin.Context) bool {
	want := s.sessions.PopString(c.Request.Context(), keyCaptcha)
	return want != "" && strings.TrimSpace(c.PostForm("captcha")) == want
}

// captcha draws a new one for the session.
func (s *Server) captcha(c *gin.Context) {
	_, question, answer := s.captchas.driver.GenerateIdQuestionAnswer()
	item, err := s.captchas.driver.DrawCaptcha(question)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.sessions.Put(c.Request.Context(), keyCaptcha, answer)
	c.Header("Content-Type", "image/png")
	c.Status(http.StatusOK)
	if _, err := item.WriteTo(c.Writer); err != nil {
		s.cfg.Logger.Debug("a captcha's transfer broke off")
	}
}
