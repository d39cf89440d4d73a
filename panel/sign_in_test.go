package panel_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/panel"
)

// site is a panel over HTTP, and a browser on it.
type site struct {
	t   *testing.T
	url string
	*http.Client
}

func newSite(t *testing.T, db *store.Store, cfg panel.Config) *site {
	t.Helper()
	cfg.Store, cfg.Logger = db, slog.New(slog.DiscardHandler)
	p, err := panel.New(cfg)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	server := httptest.NewServer(p.Handler())
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &site{t, server.URL, &http.Client{Jar: jar}}
}

// send makes a request and returns the status, the text and the final address.
func (s *site) send(method, path string, form url.Values, header ...string) (int, string, *http.Response) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(form.Encode()))
	require.NoError(s.t, err)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := s.Do(request)
	require.NoError(s.t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return response.StatusCode, string(raw), response
}

func people(t *testing.T, db *store.Store) {
	t.Helper()
	hash := testdb.PasswordHash(t, "right-password")
	_, err := db.EnsureUser(t.Context(), store.RoleCustomer, "demo", hash)
	require.NoError(t, err)
}

// Panels count attempts together, and count those for a missing account like any other.
func TestPanelsCountFailuresTogether(t *testing.T) {
	for _, login := range []string{"demo", "nobody"} {
		db := testdb.New(t)
		people(t, db)
		now := time.Now()
		db.SetClock(func() time.Time { return now })
		var statuses []int
		for range 3 {
			status, text, _ := newSite(t, db, panel.Config{}).send(http.MethodPost, "/sign-in",
				url.Values{"login": {login}, "password": {"wrong"}})
			statuses = append(statuses, status)
			require.Equal(t, len(statuses) == 3, strings.Contains(text, `src="/captcha"`), "after %d", len(statuses))
		}
		require.Equal(t, []int{422, 422, 422}, statuses)
		s := newSite(t, db, panel.Config{})
		status, text, _ := s.send(http.MethodPost, "/sign-in", url.Values{"login": {login}, "password": {"right-password"}})
		require.Equal(t, 422, status)
		require.Contains(t, text, "请填写图中或录音中的数字", "the right password alone isn't enough now")
		for range 2 {
			wait, err := db.TakeTry(t.Context(), store.TrySignIn, login)
			require.NoError(t, err)
			require.Zero(t, wait)
		}
		wait, err := db.TakeTry(t.Context(), store.TrySignIn, login)
		require.NoError(t, err)
		require.Equal(t, time.Second, wait, "the failed captcha used no attempt, and the sixth attempt must wait")
		now = now.Add(31 * time.Minute)
		status, _, response := s.send(http.MethodPost, "/sign-in",
			url.Values{"login": {login}, "password": {"right-password"}, "next": {"/account"}})
		require.Equal(t, login == "demo", status == 200 && response.Request.URL.Path == "/account")
	}
}

func TestFramedPages(t *testing.T) {
	db := testdb.New(t)
	people(t, db)
	alone := newSite(t, db, panel.Config{SecureCookies: true})
	_, text, response := alone.send(http.MethodGet, "/sign-in", nil, "Sec-Fetch-Dest", "iframe")
	require.Contains(t, response.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	require.Contains(t, text, `class="brand"`)
	framed := newSite(t, db,
		panel.Config{SecureCookies: true, FrameOrigins: []string{"https://a.example", "https://b.example"}})
	_, text, response = framed.send(http.MethodGet, "/sign-in", nil)
	require.Contains(t, response.Header.Get("Content-Security-Policy"),
		"frame-ancestors https://a.example https://b.example")
	require.Contains(t, text, `class="brand"`)
	_, text, _ = framed.send(http.MethodGet, "/sign-in", nil, "Sec-Fetch-Dest", "iframe")
	require.NotContains(t, text, `class="brand"`)
	require.Contains(t, text, `action="/language"`)
	framed.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	status, _, _ := framed.send(http.MethodPost, "/sign-in", url.Values{"login": {"demo"}, "password": {"right-password"}},
		"Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, status, "the framing site's own forms are refused")
	status, _, response = framed.send(http.MethodPost, "/sign-in",
		url.Values{"login": {"demo"}, "password": {"right-password"}}, "Sec-Fetch-Site", "same-origin")
	require.Equal(t, http.StatusSeeOther, status)
	require.NotEmpty(t, response.Cookies())
	for _, c := range response.Cookies() {
		require.True(t, c.Secure && c.HttpOnly && c.Partitioned && c.SameSite == http.SameSiteNoneMode, c.Name)
	}
	alone.CheckRedirect = framed.CheckRedirect
	_, _, response = alone.send(http.MethodPost, "/sign-in", url.Values{"login": {"demo"}, "password": {"right-password"}})
	for _, c := range response.Cookies() {
		require.True(t, c.Secure && !c.Partitioned && c.SameSite == http.SameSiteLaxMode, c.Name)
	}
}

func TestLanguageOfTheBrowserComesFirst(t *testing.T) {
	s := newSite(t, testdb.New(t), panel.Config{})
	for header, lang := range map[string]string{
		"": "zh-CN", "en-GB,en;q=0.9": "en", "zh-TW,en;q=0.5": "zh-CN", "de,fr": "zh-CN", "de,en;q=0.5": "en",
		"en;q=0.1,zh;q=0.9": "zh-CN", ";;;": "zh-CN",
	} {
		_, text, _ := s.send(http.MethodGet, "/sign-in", nil, "Accept-Language", header)
		require.Contains(t, text, `<html lang="`+lang+`">`, header)
	}
	s.send(http.MethodPost, "/language", url.Values{"lang": {"zh"}, "next": {"/sign-in"}})
	_, text, _ := s.send(http.MethodGet, "/sign-in", nil, "Accept-Language", "en")
	require.Contains(t, text, `<html lang="zh-CN">`, "the choice is kept")
}

// A form that arrives after the session's end is saved without its passwords, and only in a browser that knows whose it
// is.
func TestFormsAreSavedWithoutPasswords(t *testing.T) {
	db := testdb.New(t)
	people(t, db)
	s := newSite(t, db, panel.Config{})
	form := url.Values{"email": {"a@example.com"}, "present_password": {"right-password"}}
	saved := func() (n int) {
		require.NoError(t, db.DB().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM saved_posts`).Scan(&n))
		return n
	}
	_, text, _ := s.send(http.MethodPost, "/account/contact/mail", form)
	require.Contains(t, text, "您的登录已过期，请重新登录。")
	require.Zero(t, saved(), "nobody ever signed in here")

	signIn := url.Values{"login": {"demo"}, "password": {"right-password"}, "next": {"/account/contact/mail"}}
	s.send(http.MethodPost, "/sign-in", signIn)
	require.NoError(t, db.EndOtherSessions(t.Context(), 1, 0))
	_, text, response := s.send(http.MethodPost, "/account/contact/mail", form)
	require.Contains(t, text, "填写的内容已保留")
	require.Equal(t, "/account/contact/mail", response.Request.URL.Query().Get("next"))
	require.Equal(t, 1, saved())
	_, text, _ = s.send(http.MethodPost, "/sign-in", signIn)
	require.Contains(t, text, "data-saved-post")
	require.Contains(t, text, `value="a@example.com"`)
	require.NotContains(t, text, "right-password")
	status, _, _ := s.send(http.MethodPost, "/account/contact/mail", url.Values{"email": {"x"}})
	require.Equal(t, 422, status)
	require.Zero(t, saved(), "once resent, it needn't be saved")

	require.NoError(t, db.EndOtherSessions(t.Context(), 1, 0))
	status, _, _ = s.send(http.MethodPost, "/account/contact/mail", form, "Accept", "application/json")
	require.Equal(t, http.StatusUnauthorized, status, "scripts are told")
	_, text, _ = s.send(http.MethodPost, "/account/end-others", nil)
	require.Contains(t, text, `id="f-login"`)
}

// Over HTTPS, cookies belong to this host alone. Nobody frames staff pages, whoever may frame customers'.
func TestCookiesAndFramesOfThisHost(t *testing.T) {
	db := testdb.New(t)
	people(t, db)
	s := newSite(t, db, panel.Config{SecureCookies: true, FrameOrigins: []string{"https://my.example.com"}})
	s.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	_, _, answer := s.send(http.MethodPost, "/sign-in", url.Values{"login": {"demo"}, "password": {"right-password"}})
	require.NotEmpty(t, answer.Cookies())
	for _, c := range answer.Cookies() {
		require.True(t, strings.HasPrefix(c.Name, "__Host-") && c.Secure && c.Path == "/" && c.Domain == "", c.Name)
	}
	_, _, answer = s.send(http.MethodGet, "/sign-in", nil)
	require.Contains(t, answer.Header.Get("Content-Security-Policy"), "frame-ancestors https://my.example.com")
	for _, path := range []string{"/support", "/support/filings/D1", "/support/nothing"} {
		_, _, answer = s.send(http.MethodGet, path, nil)
		require.Contains(t, answer.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'", path)
	}
}
