package api_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/client"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// visitor is a customer's browser.
type visitor struct {
	t      *testing.T
	shop   *shop
	client *http.Client
}

func (s *shop) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	return &visitor{s.t, s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}}
}

// page is what a browser got.
type page struct {
	status int
	header http.Header
	text   string
}

// to is where a page redirects.
func (p page) to() string { return p.header.Get("Location") }

func (v *visitor) send(method, address string, form url.Values) page {
	v.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = v.shop.url + address
	}
	request, err := http.NewRequestWithContext(v.t.Context(), method, address, strings.NewReader(form.Encode()))
	require.NoError(v.t, err)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", "null") // as of a page without a referrer
		if !strings.Contains(address, "/launch/") {
			request.Header.Set("Origin", v.shop.url)
		}
	}
	response, err := v.client.Do(request)
	require.NoError(v.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(v.t, err)
	return page{response.StatusCode, response.Header, string(text)}
}

func (v *visitor) get(path string) page                   { return v.send(http.MethodGet, path, nil) }
func (v *visitor) post(path string, form url.Values) page { return v.send(http.MethodPost, path, form) }

// launch makes a link.
func (s *shop) launch(body string) string {
	s.t.Helper()
	a := s.post("/launches", body)
	require.Equal(s.t, 201, a.status, a.raw)
	require.EqualValues(s.t, 60, a.body["expires_in"])
	require.Equal(s.t, "no-store", a.header.Get("Cache-Control"))
	return a.body["url"].(string)
}

// follow opens a link and lets its page post itself.
func (v *visitor) follow(link string) page {
	v.t.Helper()
	p := v.get(link)
	require.Equal(v.t, 200, p.status)
	require.Contains(v.t, p.text, `data-submit`)
	return v.post(link, nil)
}

func (s *shop) customers(ids ...string) {
	for _, id := range ids {
		require.Equal(s.t, 201, s.put("/customers/"+id, `{"mobile": "13900000001"}`).status)
		require.Equal(s.t, 201, s.put("/orders/D"+id, `{"customer": "`+id+`", "product": "p"}`).status)
	}
}

func TestACustomerIsLaunchedIn(t *testing.T) {
	s := newShop(t)
	s.customers("42")
	for body, path := range map[string]string{`{"customer": "42"}`: "/orders",
		`{"customer": "42", "target": "order", "order": "D42", "language": "en"}`:  "/orders/D42",
		`{"customer": "42", "target": "filing", "order": "D42", "language": "zh"}`: "/orders/D42/filing",
		`{"customer": "42", "target": "account", "language": "en"}`:                "/account",
		`{"customer": "42", "target": "help", "order": "D42"}`:                     "/help",
		`{"customer": "42", "target": "questions"}`:                                "/tickets"} {
		v := s.visitor()
		p := v.follow(s.launch(body))
		require.Equal(t, []any{303, path}, []any{p.status, p.to()}, body)
		require.Equal(t, "no-referrer", p.header.Get("Referrer-Policy"))
		p = v.get(path)
		if path != "/orders/D42/filing" { // not begun yet
			require.Equal(t, 200, p.status, body)
		}
		if strings.Contains(body, `"en"`) {
			require.Contains(t, p.text, `<html lang="en">`)
		}
	}
	entries := s.audited()
	require.Contains(t, entries, "launch.create 42")
	require.Regexp(t, `launch\.use \d+`, strings.Join(entries, "\n"))
}

// Previews and scanners of links use nothing up, and learn nothing.
func TestLookingAtALinkDoesNotUseItUp(t *testing.T) {
	s := newShop(t)
	s.customers("42")
	link, v := s.launch(`{"customer": "42"}`), s.visitor()
	for _, method := range []string{http.MethodHead, http.MethodGet, http.MethodHead} {
		p := s.visitor().send(method, link, nil)
		require.Equal(t, []any{200, "no-store", "no-referrer"},
			[]any{p.status, p.header.Get("Cache-Control"), p.header.Get("Referrer-Policy")})
		require.NotContains(t, strings.Join(p.header.Values("Set-Cookie"), ""), "beian_session")
	}
	unknown := s.visitor().get(s.url + "/launch/" + strings.Repeat("A", 43))
	known := s.visitor().get(link)
	token := link[strings.LastIndexByte(link, '/')+1:]
	require.Len(t, token, 43)
	require.Equal(t, strings.ReplaceAll(known.text, token, ""),
		strings.ReplaceAll(unknown.text, strings.Repeat("A", 43), ""))
	require.Equal(t, "/orders", v.follow(link).to())
	require.NotContains(t, s.log.String(), token)
}

// A link that was used, is a minute old or was never made gets the same page, and opens nothing.
func TestALaunchWorksOnceAndForAMinute(t *testing.T) {
	s := newShop(t)
	s.customers("42")
	now := time.Now()
	s.db.SetClock(func() time.Time { return now })
	used, late, just := s.launch(`{"customer": "42"}`), s.launch(`{"customer": "42"}`), s.launch(`{"customer": "42"}`)
	require.Equal(t, "/orders", s.visitor().follow(used).to())
	now = now.Add(store.LaunchLifetime - time.Millisecond)
	require.Equal(t, "/orders", s.visitor().follow(just).to())
	now = now.Add(time.Millisecond)
	var texts []string
	for _, link := range []string{used, late, s.url + "/launch/unknown", s.url + "/launch/" + strings.Repeat("A", 43)} {
		v := s.visitor()
		p := v.follow(link)
		require.Equal(t, []any{410, "no-referrer"}, []any{p.status, p.header.Get("Referrer-Policy")})
		require.Contains(t, p.text, `href="/sign-in"`)
		texts = append(texts, strings.ReplaceAll(p.text, link[strings.LastIndexByte(link, '/')+1:], ""))
		require.Equal(t, "/sign-in?next=%2Forders", v.get("/orders").to())
	}
	for _, text := range texts {
		require.Equal(t, texts[0], text)
	}
	refused := 0
	require.NoError(t, s.db.EachAuditRow(t.Context(), store.AuditFilter{Action: "launch.use"},
		func(r store.AuditRow) error {
			if r.Outcome == store.OutcomeRefused {
				refused++
			}
			return nil
		}))
	require.Equal(t, 2, refused, "of the links that exist")
	require.NoError(t, s.db.PurgeSignIn(t.Context()))
	var left int
	require.NoError(t, s.db.DB().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM launches`).Scan(&left))
	require.Equal(t, 3, left)
	now = now.Add(25 * time.Hour)
	require.NoError(t, s.db.PurgeSignIn(t.Context()))
	require.NoError(t, s.db.DB().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM launches`).Scan(&left))
	require.Zero(t, left)
}

// What changes while a link is under way counts: its customer, its order and its key.
func TestALaunchIsJudgedWhenItIsUsed(t *testing.T) {
	for name, change := range map[string]func(*shop){
		"the order went to another": func(s *shop) {
			require.Equal(s.t, 200, s.post("/orders/D42/transfer", `{"customer": "43"}`).status)
		},
		"the key was revoked": func(s *shop) {
			keys, err := s.db.APIKeys(s.t.Context())
			require.NoError(s.t, err)
			require.NoError(s.t, s.db.RevokeAPIKey(s.t.Context(), keys[0].ID))
		},
		"the account was disabled": func(s *shop) { s.exec(`UPDATE users SET disabled_at = NOW() WHERE login = 'shop/42'`) },
		"it became one of staff":   func(s *shop) { s.exec(`UPDATE users SET role = 'support' WHERE login = 'shop/42'`) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.customers("42", "43")
			link := s.launch(`{"customer": "42", "target": "order", "order": "D42"}`)
			change(s)
			require.Equal(t, 410, s.visitor().follow(link).status)
		})
	}
}

func (s *shop) exec(query string) {
	s.t.Helper()
	_, err := s.db.DB().ExecContext(s.t.Context(), query)
	require.NoError(s.t, err)
}

// Nobody is launched whom the key doesn't know, and nowhere that isn't theirs.
func TestALaunchIsRefused(t *testing.T) {
	s, ctx := newShop(t), t.Context()
	s.customers("42", "43")
	_, err := s.db.EnsureUser(ctx, store.RoleSupport, "boss", "x")
	require.NoError(t, err)
	for body, want := range map[string][2]string{
		`{"customer": "99"}`:                                        {"customer_unknown", "#/customer"},
		`{"customer": "boss"}`:                                      {"customer_unknown", "#/customer"},
		`{"customer": "shop/42"}`:                                   {"customer_unknown", "#/customer"},
		`{"customer": "42", "order": "D43"}`:                        {"order_unknown", "#/order"},
		`{"customer": "42", "order": "D99"}`:                        {"order_unknown", "#/order"},
		`{"customer": "42", "target": "order"}`:                     {"invalid", "#/order"},
		`{"customer": "42", "target": "filing"}`:                    {"invalid", "#/order"},
		`{"customer": "42", "target": "https://evil.example"}`:      {"invalid", "#/target"},
		`{"customer": "42", "language": "de"}`:                      {"invalid", "#/language"},
		`{"target": "orders"}`:                                      {"invalid", "#/customer"},
		`{"customer": "42", "return_url": "https://evil.example/"}`: {"invalid", "#/return_url"},
	} {
		a := s.post("/launches", body)
		require.Equal(t, 422, a.status, a.raw)
		require.Equal(t, want[0], a.code(), body)
		require.Contains(t, a.wrong(), want[1], body)
		require.NotContains(t, a.raw, "evil")
	}
	live := s.secret
	s.secret = s.key(store.NewAPIKey{Namespace: "other"})
	require.Equal(t, "customer_unknown", s.post("/launches", `{"customer": "42"}`).code(), "another panel's 42")
	s.secret = s.key(store.NewAPIKey{Sandbox: true})
	require.Equal(t, "customer_unknown", s.post("/launches", `{"customer": "42"}`).code(), "the live 42")
	require.Equal(t, 201, s.put("/customers/42", `{}`).status)
	require.Equal(t, "order_unknown", s.post("/launches", `{"customer": "42", "order": "D42"}`).code(), "a live order")
	require.Equal(t, 201, s.put("/orders/T1", `{"customer": "42", "product": "p"}`).status)
	require.Equal(t, "/orders/T1",
		s.visitor().follow(s.launch(`{"customer": "42", "order": "T1", "target": "order"}`)).to())
	s.secret = live
	require.Equal(t, "order_unknown", s.post("/launches", `{"customer": "42", "order": "T1"}`).code())
	s.secret = s.key(store.NewAPIKey{Scopes: []store.APIScope{store.ScopeOrders}})
	require.Equal(t, "scope_missing", s.post("/launches", `{"customer": "42"}`).code())
	s.secret = live
	s.db.LimitQuota(store.QuotaLaunch, store.ByCustomer, 1)
	s.launch(`{"customer": "43"}`)
	a := s.post("/launches", `{"customer": "43"}`)
	require.Equal(t, []any{429, "rate_limited"}, []any{a.status, a.code()})
	require.NotEmpty(t, a.header.Get("Retry-After"))
}

// A launch ends whoever was signed in in the browser before.
func TestALaunchEndsTheFormerSession(t *testing.T) {
	s := newShop(t)
	s.customers("42", "43")
	v := s.visitor()
	require.Equal(t, "/orders", v.follow(s.launch(`{"customer": "42"}`)).to())
	require.Equal(t, 200, v.get("/orders/D42").status)
	thief := &visitor{t, s, &http.Client{Jar: oldCookies(t, v), CheckRedirect: v.client.CheckRedirect}}
	require.Equal(t, 200, thief.get("/orders/D42").status)
	require.Equal(t, "/orders", v.follow(s.launch(`{"customer": "43"}`)).to())
	require.Equal(t, []int{200, 404}, []int{v.get("/orders/D43").status, v.get("/orders/D42").status})
	require.Equal(t, 303, thief.get("/orders/D42").status, "the former session has ended for its cookie too")
	var sessions int
	require.NoError(t, s.db.DB().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM user_sessions
		WHERE launched_by IS NOT NULL`).Scan(&sessions))
	require.Equal(t, 1, sessions)
	p := v.follow(s.launch(`{"customer": "42"}`) + "x")
	require.Equal(t, 410, p.status)
	require.NotContains(t, p.text, "/sign-in", "who is signed in can go on")
	require.Contains(t, v.get("/account").text, "从服务商控制台进入")
}

// oldCookies are a copy of a browser's cookies.
func oldCookies(t *testing.T, v *visitor) http.CookieJar {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	at, err := url.Parse(v.shop.url)
	require.NoError(t, err)
	jar.SetCookies(at, v.client.Jar.Cookies(at))
	return jar
}

// Where the browser keeps no cookies, as in a frame, the link stays good and opens in a tab of its own.
func TestAFrameWithoutCookiesOffersATab(t *testing.T) {
	s := newShop(t)
	s.customers("42")
	link := s.launch(`{"customer": "42"}`)
	framed := &visitor{t, s, &http.Client{CheckRedirect: s.visitor().client.CheckRedirect}}
	for range 2 {
		p := framed.follow(link)
		require.Equal(t, 200, p.status, "no redirect, so no loop")
		require.NotContains(t, p.text, "data-submit")
		require.Regexp(t, `<a[^>]* href="/launch/[^"]+" target="_blank"`, p.text)
	}
	require.Equal(t, "/orders", s.visitor().follow(link).to())
}

// code answers account codes as the worker would.
func (s *shop) code(id int64) string {
	code, send, err := s.db.PrepareAccountCode(s.t.Context(), id)
	require.NoError(s.t, err)
	require.NoError(s.t, s.db.AccountCodeSent(s.t.Context(), id, send))
	return code
}

// SendAccountCode notes which code is asked for.
func (f *filings) SendAccountCode(_ context.Context, id int64, _ int) error {
	f.codes = append(f.codes, id)
	return nil
}

// NotifyPasswordChanged tells nobody.
func (f *filings) NotifyPasswordChanged(context.Context, int64, int) error { return nil }

// Whoever was launched proves that it is them before they change what keeps others out: by a code where there is no
// password, or else by that.
func TestALaunchedSessionProvesItselfFirst(t *testing.T) {
	s, ctx := newShop(t), t.Context()
	s.customers("42")
	v := s.visitor()
	v.follow(s.launch(`{"customer": "42", "language": "en"}`))
	for _, path := range []string{"/account/password", "/account/contact/sms", "/account/contact/mail"} {
		confirm := "/account/confirm?next=" + url.QueryEscape(path)
		require.Equal(t, confirm, v.get(path).to())
		require.Equal(t, confirm, v.post(path, url.Values{"email": {"a@example.com"}, "password": {"long enough 1"},
			"password_again": {"long enough 1"}}).to())
	}
	require.Empty(t, s.filings.codes, "nothing was sent")
	p := v.get("/account/confirm?next=%2Faccount%2Fpassword")
	require.Equal(t, "/account/confirm/code?next=%2Faccount%2Fpassword", p.to(), "there is no password to ask for")
	p = v.get(p.to())
	require.Contains(t, p.text, "139****0001")
	p = v.post("/account/confirm/code?next=%2Faccount%2Fpassword", url.Values{"channel": {"mail"}})
	require.Equal(t, 422, p.status, "there is no mail address")
	p = v.post("/account/confirm/code?next=%2Faccount%2Fpassword", url.Values{"channel": {"sms"}})
	require.Equal(t, "/account/confirm/code/enter?next=%2Faccount%2Fpassword", p.to())
	enter := p.to()
	require.Equal(t, 200, v.get(enter).status)
	code := s.code(s.filings.codes[0])
	require.Equal(t, 422, v.post(enter, url.Values{"code": {"000000"}}).status)
	require.Equal(t, 303, v.get("/account/password").status)
	require.Equal(t, "/account/password", v.post(enter, url.Values{"code": {code}}).to())
	p = v.get("/account/password")
	require.Equal(t, 200, p.status)
	require.NotContains(t, p.text, "present_password")
	const password = "long enough 1"
	p = v.post("/account/password", url.Values{"password": {password}, "password_again": {password}})
	require.Equal(t, "/account", p.to())

	v = s.visitor()
	v.follow(s.launch(`{"customer": "42"}`))
	p = v.get("/account/password")
	require.Equal(t, "/account/confirm?next=%2Faccount%2Fpassword", p.to(), "another launch proves as little")
	require.Contains(t, v.get(p.to()).text, "present_password")
	require.Equal(t, 422, v.post(p.to(), url.Values{"present_password": {"wrong"}}).status)
	require.Equal(t, "/account/password", v.post(p.to(), url.Values{"present_password": {password}}).to())
	require.Equal(t, 200, v.get("/account/password").status)
	require.Contains(t, v.get("/account").text, "仅用于发送验证码", "what the provider gave")
	p = v.post("/account/contact/mail", url.Values{"email": {"own@example.com"}})
	require.Equal(t, "/account/contact/mail/code", p.to())
	p = v.post(p.to(), url.Values{"code": {s.code(s.filings.codes[1])}})
	require.Equal(t, "/account", p.to())

	user, err := s.db.UserByLogin(ctx, "shop/42")
	require.NoError(t, err)
	to, err := s.db.ProofAddresses(ctx, user.ID)
	require.NoError(t, err)
	require.Equal(t, store.ContactAddresses{Email: "own@example.com"}, to,
		"what the provider gave proves nothing once the customer has confirmed an address")
	require.NotEmpty(t, to.By(filing.Mail))
	require.NotContains(t, v.get("/account").text, "仅用于发送验证码", "the page shows where codes go")
	rows, err := s.db.AuditRows(ctx, store.AuditFilter{Action: "session.confirm"}, 0, 9)
	require.NoError(t, err)
	require.Len(t, rows, 2)
	require.Equal(t, "customer", rows[0].Actor)
}

// The client in Go makes launches.
func TestTheClientLaunches(t *testing.T) {
	s := newShop(t)
	s.customers("42")
	c, err := client.New(s.url, s.secret)
	require.NoError(t, err)
	made, err := c.CreateLaunchWithResponse(t.Context(), nil, client.LaunchInput{Customer: "42",
		Order: client.Ptr("D42"), Target: client.Ptr(client.LaunchInputTargetOrder)})
	require.NoError(t, err)
	require.NotNil(t, made.JSON201, "%s", made.Body)
	require.Regexp(t, regexp.MustCompile(`^http://127\.0\.0\.1:\d+/launch/[\w-]{43}$`), made.JSON201.Url)
	require.Equal(t, "/orders/D42", s.visitor().follow(made.JSON201.Url).to())
}
