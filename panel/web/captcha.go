package web

import (
	"bytes"
	"errors"
	"math"
	"net/http"
	"time"

	drawing "github.com/dchest/captcha"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

const (
	// KeyCaptcha is the session key of the digits in the captcha.
	KeyCaptcha = "captcha"
	// keyCaptchaID identifies those digits, and keyWaitID the wait, in the store, where each can be used up only once.
	keyCaptchaID = "captcha_id"
	keyWaitID    = "captcha_wait_id"
	// keyCaptchaSince is the time since which a session has had an unsolved captcha (Unix seconds).
	keyCaptchaSince = "captcha_since"
	// fieldCaptchaAgain is the button that asks for new digits.
	fieldCaptchaAgain = "captcha_again"
	// freeFailures is how often a sign-in may fail before a captcha is required.
	freeFailures  = 3
	captchaDigits = 5
	// captchaWidth and captchaHeight are the size of the picture in pixels.
	captchaWidth, captchaHeight = 200, 64
	// captchaWait lets people pass who can neither see nor hear the digits: a test of the senses or of memory mustn't
	// be the only way in (WCAG 2.2, 3.3.8 and 1.1.1).
	captchaWait = 30 * time.Second
	// WaitsPerClient limits passes by waiting, without the digits, per client and minute, whatever the number of
	// sessions. The answer to each captcha is in its session.
	WaitsPerClient = 4
)

// NeedsCaptcha reports whether sign-in failed too often in this browser, from this network or for this account.
func (k *Kit) NeedsCaptcha(c *gin.Context, login string) (bool, error) {
	if k.Sessions.GetInt(c.Request.Context(), KeyFailures) >= freeFailures {
		return true, nil
	}
	tries, err := k.Store.SignInTries(c.Request.Context(), login)
	if err != nil || tries >= freeFailures {
		return err == nil, err
	}
	return k.Store.QuotaUsed(c.Request.Context(), store.QuotaSignInFailure, store.ByNetwork, Network(c))
}

// SignInFailed counts a wrong password in the session and for the network.
func (k *Kit) SignInFailed(c *gin.Context) error {
	ctx := c.Request.Context()
	k.Sessions.Put(ctx, KeyFailures, k.Sessions.GetInt(ctx, KeyFailures)+1)
	err := k.Store.Spend(ctx, store.QuotaSignInFailure, map[store.QuotaScope]string{store.ByNetwork: Network(c)})
	if errors.Is(err, store.ErrQuota) { // a captcha is required
		return nil
	}
	return err
}

// CaptchaField is the captcha in a form. It starts the session's wait if none is running.
func (k *Kit) CaptchaField(c *gin.Context) Field {
	ctx := c.Request.Context()
	if !k.Sessions.Exists(ctx, keyCaptchaSince) {
		id, err := k.Store.NewCaptcha(ctx, Network(c))
		if err != nil { // the digits are still there to be typed
			k.Logger.Warn("beginning a captcha's wait failed", "error", err)
			return captchaField
		}
		k.Sessions.Put(ctx, keyWaitID, id)
		k.Sessions.Put(ctx, keyCaptchaSince, time.Now().Unix())
	}
	return captchaField
}

var captchaField = Field{Form: "captcha", Name: "captcha", Type: "captcha", Autocomplete: "off"}

// CaptchaAgain reports whether a form was sent only to get new digits.
func CaptchaAgain(c *gin.Context) bool { return c.PostForm(fieldCaptchaAgain) != "" }

// CaptchaProblems checks the session's captcha and uses it up: of any number of requests with one captcha, one passes.
// An empty answer passes after the wait.
func (k *Kit) CaptchaProblems(c *gin.Context) (filing.Problems, error) {
	ctx, typed := c.Request.Context(), Digits(c.PostForm("captcha"))
	wrong := filing.Problems{{Field: "captcha", Key: "captcha_wrong"}}
	key := keyCaptchaID
	if typed == "" {
		if left := k.captchaWaits(c); left > 0 {
			return filing.Problems{{Field: "captcha", Key: "captcha_empty", Args: WaitArgs(left)}}, nil
		}
		key = keyWaitID
	}
	counts, err := k.Store.UseCaptcha(ctx, k.Sessions.GetString(ctx, key))
	if err != nil {
		return nil, err
	}
	want := k.Sessions.GetString(ctx, KeyCaptcha)
	if !counts || typed != "" && typed != want {
		k.Forget(c, KeyCaptcha, key)
		if key == keyWaitID {
			k.Forget(c, keyCaptchaSince)
		}
		return wrong, nil
	}
	k.Forget(c, KeyCaptcha, keyCaptchaID, keyCaptchaSince, keyWaitID)
	return nil, nil
}

// captchaWaits returns how long this session must still wait to pass without the digits.
func (k *Kit) captchaWaits(c *gin.Context) time.Duration {
	since := k.Sessions.GetInt64(c.Request.Context(), keyCaptchaSince)
	if since == 0 { // no captcha was shown
		return k.CaptchaWait
	}
	if left := k.CaptchaWait - time.Since(time.Unix(since, 0)); left > 0 {
		return left
	}
	if !within(c, k.captchaPasses, network(c.ClientIP())) {
		return time.Minute
	}
	return 0
}

// newCaptcha generates the session's next digits.
func (k *Kit) newCaptcha(c *gin.Context) (string, error) {
	id, err := k.Store.NewCaptcha(c.Request.Context(), Network(c))
	if err != nil {
		return "", err
	}
	k.Sessions.Put(c.Request.Context(), keyCaptchaID, id)
	answer := drawing.RandomDigits(captchaDigits)
	for i := range answer {
		answer[i] += '0'
	}
	k.Sessions.Put(c.Request.Context(), KeyCaptcha, string(answer))
	return string(answer), nil
}

// drawn converts an answer to what the drawing library expects: 0 to 9, not '0' to '9'.
func drawn(answer string) []byte {
	list := []byte(answer)
	for i := range list {
		list[i] -= '0'
	}
	return list
}

// captcha draws new digits for the session.
func (k *Kit) captcha(c *gin.Context) error {
	session := k.Sessions.Token(c.Request.Context())
	answer, err := k.newCaptcha(c)
	if err != nil {
		return err
	}
	c.Header("Content-Type", "image/png")
	c.Status(http.StatusOK)
	if _, err := drawing.NewImage(session, drawn(answer), captchaWidth, captchaHeight).WriteTo(c.Writer); err != nil {
		k.Logger.Debug("sending the captcha failed")
	}
	return nil
}

// captchaSound speaks the digits of the picture in the reader's language, or new digits if no picture was loaded.
// Browsers request a sound in ranges, so within a process the recording of a session's digits is always the same.
func (k *Kit) captchaSound(c *gin.Context) error {
	ctx := c.Request.Context()
	answer := k.Sessions.GetString(ctx, KeyCaptcha)
	if answer == "" {
		var err error
		if answer, err = k.newCaptcha(c); err != nil {
			return err
		}
	}
	var wav bytes.Buffer
	if _, err := drawing.NewAudio(k.Sessions.Token(ctx), drawn(answer), k.Lang(c)).WriteTo(&wav); err != nil {
		return err
	}
	c.Header("Content-Type", "audio/wav")
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, bytes.NewReader(wav.Bytes()))
	return nil
}

// WaitArgs fills the placeholders of a text that says how long to wait.
func WaitArgs(wait time.Duration) map[string]any {
	return map[string]any{"seconds": int(math.Ceil(wait.Seconds()))}
}
