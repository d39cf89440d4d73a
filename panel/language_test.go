package panel_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/panel"
)

// languageForm is what a page's language button sends.
func languageForm(page *goquery.Document) url.Values {
	values := url.Values{}
	form := page.Find(`form[action="/language"]`)
	form.Find("input").Each(func(_ int, e *goquery.Selection) { values.Add(e.AttrOr("name", ""), e.AttrOr("value", "")) })
	values.Set("lang", form.Find("button").AttrOr("value", ""))
	return values
}

func TestLanguageButtonLosesNothing(t *testing.T) {
	db := testdb.New(t)
	people(t, db)
	s := newSite(t, db, panel.Config{})
	other := func(text string) (*goquery.Document, string) {
		t.Helper()
		status, text, response := s.send(http.MethodPost, "/language", languageForm(parsed(t, text)))
		require.Equal(t, 200, status)
		return parsed(t, text), response.Request.URL.RequestURI()
	}
	// the search, and sign-in's target
	_, text, _ := s.send(http.MethodGet, "/orders?q=D2026&stage=filed", nil)
	page, where := other(text)
	require.Equal(t, "/sign-in?next=%2Forders%3Fq%3DD2026%26stage%3Dfiled", where)
	require.Equal(t, "/orders?q=D2026&stage=filed", page.Find("main [name=next]").AttrOr("value", ""))
	require.Equal(t, "en", page.Find("html").AttrOr("lang", ""))
	button := page.Find(`form[action="/language"] button`)
	require.Equal(t, "zh-CN", button.AttrOr("lang", ""), "its text is in the other language")

	// a failed sign-in: the name and the target are kept, the password is not
	_, text, _ = s.send(http.MethodPost, "/sign-in",
		url.Values{"login": {"demo"}, "password": {"wrong-secret"}, "next": {"/account"}})
	require.NotContains(t, text, "wrong-secret")
	page, where = other(text)
	require.Equal(t, "/sign-in", where)
	require.Equal(t, "demo", page.Find("#f-login").AttrOr("value", ""))
	require.Equal(t, "/account", page.Find("main [name=next]").AttrOr("value", ""))
	require.Zero(t, page.Find("[data-saved-post]").Length(), "no session has ended")

	// a POST without a page of its own leads to the one above
	s.send(http.MethodPost, "/sign-in", url.Values{"login": {"demo"}, "password": {"right-password"}})
	_, text, _ = s.send(http.MethodPost, "/account/sessions/999/end", nil)
	_, where = other(text)
	require.Equal(t, "/account", where)
	_, text, _ = s.send(http.MethodPost, "/account/contact/mail",
		url.Values{"email": {"not an address"}, "present_password": {"secret-word"}})
	page, where = other(text)
	require.Equal(t, "/account/contact/mail", where)
	require.Equal(t, "not an address", page.Find("#f-email").AttrOr("value", ""))
	require.NotContains(t, page.Text(), "secret-word")
	dump, err := db.Dump(t.Context())
	require.NoError(t, err)
	require.NotContains(t, dump, "not an address", "saved forms are sealed")

	for _, next := range []string{"//evil.example/a?b=c", "https://evil.example", `/\evil.example`,
		"javascript:alert(1)"} {
		_, _, response := s.send(http.MethodPost, "/language", url.Values{"lang": {"en"}, "next": {next}})
		require.True(t, strings.HasPrefix(response.Request.URL.String(), s.url), next)
	}
}

// The answer to a query can be read in the other language without a new query, but switching languages can't answer a
// new one.
func TestLanguageButtonKeepsTheAnswer(t *testing.T) {
	a := newAsking(t)
	v := visit(t, a.site())
	for range web.FreeQueries { // one more would require a captcha
		v.query("某公司")
	}
	_, page := v.query("某公司")
	require.Equal(t, 1, page.Find("#f-captcha").Length())
	require.Zero(t, page.Find("[data-found]").Length())
	fresh := visit(t, a.site())
	_, page = fresh.query("某公司")
	require.Equal(t, 1, page.Find("[data-found]").Length())
	values := languageForm(page)
	_, page = fresh.send(http.MethodPost, "/language", values)
	require.Equal(t, "某公司", page.Find("#f-asked").AttrOr("value", ""))
	require.Contains(t, page.Find("[data-found]").Text(), "No filing was found")
	values.Set("typed.asked", "别的公司")
	_, page = fresh.send(http.MethodPost, "/language", values)
	require.Equal(t, "别的公司", page.Find("#f-asked").AttrOr("value", ""))
	require.Zero(t, page.Find("[data-found]").Length())
}

// Inside a frame, too, people find their orders, the query and their account.
func TestPagesLeadBack(t *testing.T) {
	db := testdb.New(t)
	people(t, db)
	hash := testdb.PasswordHash(t, "right-password")
	_, err := db.EnsureUser(t.Context(), store.RoleSupport, "helper", hash)
	require.NoError(t, err)
	for login, list := range map[string]string{"demo": "/orders", "helper": "/support/filings"} {
		s := newSite(t, db, panel.Config{FrameOrigins: []string{"http://localhost:1"}})
		s.send(http.MethodPost, "/sign-in", url.Values{"login": {login}, "password": {"right-password"}})
		_, text, _ := s.send(http.MethodGet, "/account", nil, "Sec-Fetch-Dest", "iframe")
		nav := parsed(t, text).Find("nav")
		require.Equal(t, 1, nav.Find(`a[href="`+list+`"]`).Length())
		require.Equal(t, 1, nav.Find(`a[href="/query"]`).Length())
		require.Equal(t, "账号 "+login, nav.Find(`a[href="/account"][aria-current=page]`).Text())
	}
}

// Staff can read in their own language who viewed a paper and why.
func TestViewsOfPapersAreWords(t *testing.T) {
	p, err := panel.New(panel.Config{Store: testdb.New(t), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	for _, c := range []struct{ reason, zh, en string }{
		{"owner", "本人、原图", "the owner, full picture"},
		{"owner/preview", "本人、缩略图", "the owner, preview"},
		{"staff/vetting", "工作人员、初审、原图", "staff, Vetting, full picture"},
		{"staff/vetting/preview", "工作人员、初审、缩略图", "staff, Vetting, preview"},
		{"staff/of_old", "工作人员、of_old、原图", "staff, of_old, full picture"},
	} {
		require.Equal(t, c.zh, dossierview.ViewReason(p.Texts.For("zh"), c.reason))
		require.Equal(t, c.en, dossierview.ViewReason(p.Texts.For("en"), c.reason))
	}
	require.Equal(t, "客服 support", dossierview.ActorName(p.Texts.For("zh"), "support:support"))
	require.Equal(t, "Customer demo", dossierview.ActorName(p.Texts.For("en"), "customer:demo"))
	require.Equal(t, "System", dossierview.ActorName(p.Texts.For("en"), "worker"))
	en, zh := web.Page{Lang: "en"}, web.Page{Lang: "zh"}
	require.Equal(t, templ.Attributes{"lang": "zh-CN"}, en.LangOf("上海 office"))
	require.Empty(t, en.LangOf("office"))
	require.Empty(t, zh.LangOf("上海"))
}

// The answer to a form that has no page of its own, such as that it needs another role, leads to the page above it.
func TestLanguageButtonOfAnErrorLeadsToThePageAbove(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.furnish()
	viewer := o.caller("viewer")
	for path, above := range map[string]string{
		"/support/filings/M1/run-now":            "/support/filings/M1",
		"/support/filings/M1/proofs/1/none/such": "/",
		"/support/announcements/1/withdraw":      "/support/announcements/1",
		"/nowhere":                               "/",
	} {
		status, page, _ := viewer.look(path, url.Values{"a": {"b"}})
		require.GreaterOrEqual(t, status, 400, path)
		require.Equal(t, above, page.Find(`form[action="/language"] input[name="next"]`).AttrOr("value", "none"), path)
	}
	_, page, _ := viewer.look("/support/filings?order=M1", nil)
	require.Equal(t, "/support/filings?order=M1", page.Find(`form[action="/language"] input[name="next"]`).AttrOr("value", ""))
}
