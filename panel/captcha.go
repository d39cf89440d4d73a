package panel

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/mojocn/base64Captcha"
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
	// captchaWait lets those pass who can neither see nor hear the digits: a test of
	// the senses or of memory mustn't be the only way in (WCAG 2.2, 3.3.8 and 1.1.1).
	captchaWait = 30 * time.Second
	// waitsPerClient bounds how often that is in a minute, however many sessions
	// one client waits with.
	waitsPerClient = 4
	// soundsKept are those of the last challenges, some 100 kB each.
	soundsKept = 32
)

// captchas draws and speaks captchas; the answer to each stands in its session.
type captchas struct {
	picture base64Captcha.Driver
	wait    time.Duration
	waits   *limiter.Limiter

	mu     sync.Mutex
	sounds []captchaSound
}

// captchaSound is kept for a while: browsers ask for a sound in pieces, and no
// two recordings of the same digits are alike.
type captchaSound struct {
	of  string
	wav []byte
}

func newCaptchas() *captchas {
	counts := memory.NewStoreWithOptions(limiter.StoreOptions{Prefix: "captcha", CleanUpInterval: time.Minute})
	return &captchas{
		picture: base64Captcha.NewDriverDigit(64, 200, captchaDigits, 0.5, 40), wait: captchaWait,
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
	_, _, answer := s.captchas.picture.GenerateIdQuestionAnswer()
	s.sessions.Put(c.Request.Context(), keyCaptcha, answer)
	return answer
}

// captcha draws a new one for the session.
func (s *Server) captcha(c *gin.Context) {
	item, err := s.captchas.picture.DrawCaptcha(s.newCaptcha(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Type", "image/png")
	c.Status(http.StatusOK)
	if _, err := item.WriteTo(c.Writer); err != nil {
		s.cfg.Logger.Debug("a captcha's transfer broke off")
	}
}

// captchaSound speaks the digits that the picture shows, in the reader's
// language; who loads no pictures gets digits of their own.
func (s *Server) captchaSound(c *gin.Context) {
	ctx := c.Request.Context()
	answer := s.sessions.GetString(ctx, keyCaptcha)
	if answer == "" {
		answer = s.newCaptcha(c)
	}
	wav, err := s.captchas.speak(s.sessions.Token(ctx), answer, s.lang(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Type", "audio/wav")
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(wav))
}

// speak records an answer, or finds its recording again.
func (p *captchas) speak(session, answer, lang string) ([]byte, error) {
	of := strings.Join([]string{session, lang, answer}, "/")
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.IndexFunc(p.sounds, func(s captchaSound) bool { return s.of == of }); i >= 0 {
		return p.sounds[i].wav, nil
	}
	item, err := base64Captcha.NewDriverAudio(captchaDigits, lang).DrawCaptcha(answer)
	if err != nil {
		return nil, err
	}
	var wav bytes.Buffer
	if _, err := item.WriteTo(&wav); err != nil {
		return nil, err
	}
	if len(p.sounds) >= soundsKept {
		p.sounds = slices.Delete(p.sounds, 0, 1)
	}
	p.sounds = append(p.sounds, captchaSound{of, wav.Bytes()})
	return wav.Bytes(), nil
}
