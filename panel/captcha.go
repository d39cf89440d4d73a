package panel

import (
	"bytes"
	"net/http"
	"time"

	drawing "github.com/dchest/captcha"
	"github.com/gin-gonic/gin"
	"github.com/ulule/limiter/v3"
	"github.com/ulule/limiter/v3/drivers/store/memory"

	"github.com/beian/beian/internal/filing"
)

const (
	keyCaptcha = "captcha"
	// keyCaptchaSince is since when a session is asked for the captcha that it
	// hasn't passed yet (Unix seconds).
	keyCaptchaSince = "captcha_since"
	// fieldCaptchaAgain is the button that asks for other digits.
	fieldCaptchaAgain = "captcha_again"
	// freeFailures is how often a sign-in may fail before a captcha is asked.
	freeFailures  = 3
	captchaDigits = 5
	// captchaWidth and captchaHeight are the picture's, in pixels.
	captchaWidth, captchaHeight = 200, 64
	// captchaWait lets those pass who can neither see nor hear the digits: a test of
	// the senses or of memory mustn't be the only way in (WCAG 2.2, 3.3.8 and 1.1.1).
	captchaWait = 30 * time.Second
	// waitsPerClient bounds how often that is in a minute, however many sessions
	// one client waits with.
	waitsPerClient = 4
)

// captchas bounds who passes without the digits; the answer to each captcha is kept
// in its session.
type captchas struct {
	wait  time.Duration
	waits *limiter.Limiter
}

func newCaptchas() *captchas {
	counts := memory.NewStoreWithOptions(limiter.StoreOptions{Prefix: "captcha", CleanUpInterval: time.Minute})
	return &captchas{
		wait:  captchaWait,
		waits: limiter.New(counts, limiter.Rate{Period: time.Minute, Limit: waitsPerClient}),
	}
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

// captchaField is the captcha in a form; from now on its session waits for it.
func (s *Server) captchaField(c *gin.Context) field {
	ctx := c.Request.Context()
	if !s.sessions.Exists(ctx, keyCaptchaSince) {
		s.sessions.Put(ctx, keyCaptchaSince, time.Now().Unix())
	}
	return field{Form: "captcha", Name: "captcha", Type: "captcha", Autocomplete: "off"}
}

// captchaAgain tells whether a form was sent for other digits only.
func captchaAgain(c *gin.Context) bool { return c.PostForm(fieldCaptchaAgain) != "" }

// captchaProblems compares and uses up the session's captcha. One that is left
// empty is passed by those who waited.
func (s *Server) captchaProblems(c *gin.Context) filing.Problems {
	ctx, typed := c.Request.Context(), digits(c.PostForm("captcha"))
	if typed == "" {
		if left := s.captchaWaits(c); left > 0 {
			return filing.Problems{{Field: "captcha", Key: "captcha_empty", Args: waitArgs(left)}}
		}
	} else if want := s.sessions.PopString(ctx, keyCaptcha); want == "" || typed != want {
		return filing.Problems{{Field: "captcha", Key: "captcha_wrong"}}
	}
	s.sessions.Remove(ctx, keyCaptcha)
	s.sessions.Remove(ctx, keyCaptchaSince)
	return nil
}

// captchaWaits is how long this session still waits until it passes without
// the digits.
func (s *Server) captchaWaits(c *gin.Context) time.Duration {
	since := s.sessions.GetInt64(c.Request.Context(), keyCaptchaSince)
	if since == 0 { // it was never asked
		return s.captchas.wait
	}
	if left := s.captchas.wait - time.Since(time.Unix(since, 0)); left > 0 {
		return left
	}
	count, err := s.captchas.waits.Get(c.Request.Context(), network(c.ClientIP()))
	if err != nil || count.Reached {
		return time.Minute
	}
	return 0
}

// newCaptcha makes up the session's next digits.
func (s *Server) newCaptcha(c *gin.Context) string {
	answer := drawing.RandomDigits(captchaDigits)
	for i := range answer {
		answer[i] += '0'
	}
	s.sessions.Put(c.Request.Context(), keyCaptcha, string(answer))
	return string(answer)
}

// drawn are an answer's digits as the drawing library wants them: 0 to 9, not '0' to '9'.
func drawn(answer string) []byte {
	list := []byte(answer)
	for i := range list {
		list[i] -= '0'
	}
	return list
}

// captcha draws a new one for the session.
func (s *Server) captcha(c *gin.Context) {
	session, answer := s.sessions.Token(c.Request.Context()), s.newCaptcha(c)
	c.Header("Content-Type", "image/png")
	c.Status(http.StatusOK)
	if _, err := drawing.NewImage(session, drawn(answer), captchaWidth, captchaHeight).WriteTo(c.Writer); err != nil {
		s.cfg.Logger.Debug("a captcha's transfer broke off")
	}
}

// captchaSound speaks the digits that the picture shows, in the reader's
// language; who loads no pictures gets digits of their own. Browsers ask for a sound in
// pieces: a process records the same digits of a session alike each time.
func (s *Server) captchaSound(c *gin.Context) {
	ctx := c.Request.Context()
	answer := s.sessions.GetString(ctx, keyCaptcha)
	if answer == "" {
		answer = s.newCaptcha(c)
	}
	var wav bytes.Buffer
	if _, err := drawing.NewAudio(s.sessions.Token(ctx), drawn(answer), s.lang(c)).WriteTo(&wav); err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Type", "audio/wav")
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(wav.Bytes()))
}
