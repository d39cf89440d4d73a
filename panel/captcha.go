package panel

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/mojocn/base64Captcha"
)

const (
	keyCaptcha = "captcha"
	// freeFailures is how often a sign-in may fail before a captcha is asked.
	freeFailures = 3
	// failureMemory is how long an account's failures count.
	failureMemory = 30 * time.Minute
	// maxRemembered bounds the memory of failing accounts.
	maxRemembered = 10_000
)

// captchas remembers, for this panel, which accounts were tried in vain; the
// answer to each captcha stands in its session.
type captchas struct {
	driver base64Captcha.Driver

	mu       sync.Mutex
	failures map[string]failures
}

type failures struct {
	count int
	last  time.Time
}

func newCaptchas() *captchas {
	return &captchas{driver: base64Captcha.NewDriverDigit(64, 200, 5, 0.5, 40), failures: map[string]failures{}}
}

func (k *captchas) failed(login string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.failures) >= maxRemembered {
		clear(k.failures)
	}
	f := k.failures[login]
	k.failures[login] = failures{f.count + 1, time.Now()}
}

func (k *captchas) succeeded(login string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.failures, login)
}

func (k *captchas) suspicious(login string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	f := k.failures[login]
	return f.count >= freeFailures && time.Since(f.last) < failureMemory
}

func (s *Server) needsCaptcha(c *gin.Context, login string) bool {
	return s.sessions.GetInt(c.Request.Context(), keyFailures) >= freeFailures || s.captchas.suspicious(login)
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
