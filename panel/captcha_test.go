package panel_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beian/beian/panel/web"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/panel"
)

func parsed(t *testing.T, text string) *goquery.Document {
	t.Helper()
	page, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	require.NoError(t, err)
	return page
}

// wrongAt returns the message at a field, and checks its links: from the summary to the field and from the field to its
// message.
func wrongAt(t *testing.T, page *goquery.Document, name string) string {
	t.Helper()
	input := page.Find("#f-" + name)
	require.Equal(t, 1, input.Length(), name)
	require.Equal(t, "true", input.AttrOr("aria-invalid", ""), name)
	require.Contains(t, strings.Fields(input.AttrOr("aria-describedby", "")), "e-"+name)
	require.Equal(t, 1, page.Find(`.summary[tabindex="-1"] a[href="#f-`+name+`"]`).Length(), name)
	require.NotZero(t, page.Find(".summary h2").Length())
	return page.Find("#e-" + name).Text()
}

func TestSignInSaysWhatIsWrongAtTheField(t *testing.T) {
	db := testdb.New(t)
	people(t, db)
	s := newSite(t, db, panel.Config{})
	send := func(values url.Values, status int) *goquery.Document {
		t.Helper()
		got, text, _ := s.send(http.MethodPost, "/sign-in", values)
		require.Equal(t, status, got)
		return parsed(t, text)
	}
	page := send(url.Values{"login": {" "}, "password": {""}}, 422)
	require.Equal(t, "请填写此项。", wrongAt(t, page, "login"))
	require.Equal(t, "请填写此项。", wrongAt(t, page, "password"))
	require.NotContains(t, page.Find("main form").AttrOr("novalidate", "no"), "no",
		"browsers show their own messages in their language, not the page's")
	tries, err := db.SignInTries(t.Context(), "demo")
	require.NoError(t, err)
	require.Zero(t, tries)
	page = send(url.Values{"login": {"demo"}, "password": {"wrong"}, "next": {"/account"}}, 422)
	require.Contains(t, wrongAt(t, page, "password"), "用户名或密码不正确")
	require.Equal(t, "demo", page.Find("#f-login").AttrOr("value", ""))
	require.Equal(t, "/account", page.Find("[name=next]").Last().AttrOr("value", ""))
	require.Empty(t, page.Find("#f-password").AttrOr("value", ""))
	for range 2 {
		page = send(url.Values{"login": {"demo"}, "password": {"wrong"}}, 422)
	}
	require.Equal(t, 1, page.Find("#f-captcha").Length())
	page = send(url.Values{"login": {"demo"}, "password": {"right-password"}, "captcha": {"x"}}, 422)
	require.Contains(t, wrongAt(t, page, "captcha"), "数字不正确")
}

// hearing is a browser at a form with a captcha.
type hearing struct {
	*site
	panel *panel.Server
}

func newHearing(t *testing.T) hearing {
	t.Helper()
	p, err := panel.New(panel.Config{Store: testdb.New(t), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	server := httptest.NewServer(p.Handler())
	t.Cleanup(server.Close)
	h := hearing{&site{t: t, url: server.URL}, p}
	h.fresh()
	return h
}

// fresh starts a new session.
func (h hearing) fresh() {
	jar, err := cookiejar.New(nil)
	require.NoError(h.t, err)
	if h.Client == nil {
		h.site.Client = &http.Client{}
	}
	h.site.Client.Jar = jar
}

func (h hearing) answer() string {
	h.t.Helper()
	home, err := url.Parse(h.url)
	require.NoError(h.t, err)
	for _, c := range h.Jar.Cookies(home) {
		if c.Name == "beian_session" {
			answer, err := h.panel.Captcha(h.t.Context(), c.Value)
			require.NoError(h.t, err)
			return answer
		}
	}
	return ""
}

func (h hearing) sound(header ...string) (*http.Response, []byte) {
	h.t.Helper()
	_, text, response := h.send(http.MethodGet, "/captcha/sound", nil, header...)
	return response, []byte(text)
}

// The digits can be heard in both languages, also in ranges. New digits can be requested without a script and without
// losing what was typed.
func TestCaptchaCanBeHeardAndChanged(t *testing.T) {
	h := newHearing(t)
	_, text, response := h.send(http.MethodGet, "/sign-in/forgotten", nil)
	require.Contains(t, response.Header.Get("Content-Security-Policy"), "media-src 'self'")
	page := parsed(t, text)
	require.Equal(t, "/captcha/sound", page.Find("audio").AttrOr("src", ""))
	require.NotEmpty(t, page.Find("audio").AttrOr("aria-label", ""))
	first := page.Find("form.card button").First()
	require.Empty(t, first.AttrOr("name", ""), "Enter submits the form rather than requesting new digits")

	h.send(http.MethodGet, "/captcha", nil)
	answer := h.answer()
	require.Len(t, answer, 5)
	response, wav := h.sound()
	require.Equal(t, "audio/wav", response.Header.Get("Content-Type"))
	require.True(t, bytes.HasPrefix(wav, []byte("RIFF")))
	require.Equal(t, answer, h.answer(), "it speaks the same digits")
	response, part := h.sound("Range", "bytes=100-199")
	require.Equal(t, http.StatusPartialContent, response.StatusCode)
	require.Equal(t, wav[100:200], part, "part of the same recording")
	_, english := h.sound("Accept-Language", "en")
	require.NotEqual(t, wav, english)

	status, text, _ := h.send(http.MethodPost, "/sign-in/forgotten",
		url.Values{"account": {"someone"}, "channel": {"mail"}, "captcha_again": {"1"}})
	require.Equal(t, 200, status)
	page = parsed(t, text)
	require.Equal(t, "someone", page.Find("#f-account").AttrOr("value", ""))
	require.Zero(t, page.Find(".summary").Length())
	h.send(http.MethodGet, "/captcha", nil)
	require.NotEqual(t, answer, h.answer())

	// full-width digits, as input methods produce them
	wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, h.answer())
	status, text, _ = h.send(http.MethodPost, "/sign-in/forgotten",
		url.Values{"account": {""}, "channel": {"mail"}, "captcha": {" " + wide}})
	require.Equal(t, 422, status)
	page = parsed(t, text)
	wrongAt(t, page, "account")
	require.Zero(t, page.Find("#e-captcha").Length())
	require.Empty(t, page.Find("#f-captcha").AttrOr("value", ""))
}

// People who can neither see nor hear the digits can wait instead, limited per client and minute.
func TestCaptchaIsPassedByWaiting(t *testing.T) {
	h := newHearing(t)
	ask := func() *goquery.Document {
		_, text, _ := h.send(http.MethodPost, "/sign-in/forgotten",
			url.Values{"account": {""}, "channel": {"mail"}, "captcha": {""}})
		return parsed(t, text)
	}
	h.send(http.MethodGet, "/sign-in/forgotten", nil)
	require.Contains(t, wrongAt(t, ask(), "captcha"), "请过 30 秒再提交")
	h.panel.CaptchaWait = 0
	for range web.WaitsPerClient {
		require.Zero(t, ask().Find("#e-captcha").Length())
		h.fresh()
		h.send(http.MethodGet, "/sign-in/forgotten", nil)
	}
	require.Contains(t, wrongAt(t, ask(), "captcha"), "请过 60 秒再提交")
}

// Of many requests with one captcha, one passes.
func TestACaptchaPassesOnce(t *testing.T) {
	h := newHearing(t)
	h.send(http.MethodGet, "/sign-in/forgotten", nil)
	h.send(http.MethodGet, "/captcha", nil)
	answer := h.answer()
	passed := make(chan bool, 50)
	var all sync.WaitGroup
	for range cap(passed) {
		all.Go(func() {
			_, text, _ := h.send(http.MethodPost, "/sign-in/forgotten",
				url.Values{"account": {""}, "channel": {"mail"}, "captcha": {answer}})
			passed <- !strings.Contains(text, `id="e-captcha"`)
		})
	}
	all.Wait()
	close(passed)
	n := 0
	for ok := range passed {
		if ok {
			n++
		}
	}
	require.Equal(t, 1, n)
}

// Dropping the cookie doesn't avoid the captcha, and passwords for any number of accounts are few from one network.
func TestANetworkGuessesFewPasswords(t *testing.T) {
	db := testdb.New(t)
	people(t, db)
	now := time.Now()
	db.SetClock(func() time.Time { return now })
	try := func(i int) (int, *goquery.Document) {
		status, text, _ := newSite(t, db, panel.Config{}).send(http.MethodPost, "/sign-in",
			url.Values{"login": {"someone" + strconv.Itoa(i)}, "password": {"wrong"}})
		return status, parsed(t, text)
	}
	for i := range 10 {
		_, page := try(i)
		require.Contains(t, wrongAt(t, page, "password"), "用户名或密码不正确", i)
	}
	_, page := try(10)
	require.Equal(t, 1, page.Find("#f-captcha").Length())
	require.Contains(t, wrongAt(t, page, "captcha"), "请填写")

	db.LimitQuota(store.QuotaSignInFailure, store.ByNetwork, 0)
	db.LimitQuota(store.QuotaSignIn, store.ByNetwork, 1)
	status, page := try(11)
	require.Equal(t, http.StatusTooManyRequests, status)
	require.Contains(t, wrongAt(t, page, "password"), "请 600 秒后再试")
	now = now.Add(10*time.Minute + time.Second)
	status, _ = try(12)
	require.Equal(t, http.StatusUnprocessableEntity, status)
}
