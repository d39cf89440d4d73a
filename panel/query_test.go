package panel_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/beian/beian/panel/web"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/panel"
)

// stranger is somebody's browser on the public query.
type stranger struct {
	t      *testing.T
	http   *http.Client
	base   string
	header http.Header
}

func (a *asking) site(proxies ...string) string {
	p, err :=
		panel.New(panel.Config{Store: a.db, Filings: a, TrustedProxies: proxies, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(a.t, err)
	a.panel = p
	a.t.Cleanup(p.Close)
	server := httptest.NewServer(p.Handler())
	a.t.Cleanup(server.Close)
	return server.URL
}

func visit(t *testing.T, base string) *stranger {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &stranger{t: t, http: &http.Client{Jar: jar}, base: base, header: http.Header{}}
}

func (v *stranger) send(method, path string, values url.Values) (int, *goquery.Document) {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, strings.NewReader(values.Encode()))
	require.NoError(v.t, err)
	request.Header = v.header.Clone()
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := v.http.Do(request)
	require.NoError(v.t, err)
	defer response.Body.Close()
	page, err := goquery.NewDocumentFromReader(response.Body)
	require.NoError(v.t, err)
	return response.StatusCode, page
}

func (v *stranger) query(asked string) (int, *goquery.Document) {
	v.t.Helper()
	return v.send(http.MethodPost, "/query", url.Values{"asked": {asked}})
}

// found queries as a new stranger with an address of their own, and returns the answer's text.
func found(t *testing.T, base string, n int, asked string) string {
	t.Helper()
	v := visit(t, base)
	v.header.Set("X-Forwarded-For", fmt.Sprintf("192.0.2.%d", n))
	status, page := v.query(asked)
	require.Equal(t, http.StatusOK, status, page.Text())
	require.Equal(t, asked, page.Find("#f-asked").AttrOr("value", ""))
	return strings.Join(strings.Fields(page.Find("[data-found]").Text()), " ")
}

func TestQueryAnswersFromOurRecordsAndTheBureau(t *testing.T) {
	a, ctx := newAsking(t), t.Context()
	company := filing.FiledHolder{
		HolderID: 1, Number: "沪ICP备05000001号", Holder: filingtest.CompanyHolder(),
		Sites: []filing.FiledSite{
			{ID: 1, Number: "沪ICP备05000001号-1", Name: "公司网站", Domains: []filing.FiledDomain{{Name: "example.com"}}},
			{ID: 2, Number: "沪ICP备05000001号-2", Name: "商城",
				Domains: []filing.FiledDomain{{Name: "shop.example.com"}, {Name: "xn--fsq092h.xn--fiqs8s"}}},
		},
	}
	person := filing.FiledHolder{HolderID: 2, Number: "沪ICP备05000002号", Holder: filingtest.PersonHolder(),
		Sites: []filing.FiledSite{
			{ID: 3, Number: "沪ICP备05000002号-1", Domains: []filing.FiledDomain{{Name: "person.example.com"}}}}}
	require.NoError(t, a.db.SaveFiled(ctx, a.account, []filing.FiledHolder{company, person}))
	base, n := a.site("127.0.0.1"), 0
	ask := func(asked string) string {
		t.Helper()
		n++
		return found(t, base, n, asked)
	}
	for _, asked := range []string{"example.com", " http://www.Example.com/path?q=1 ", "沪ICP备05000001号-1"} {
		answer := ask(asked)
		for _, text := range []string{"上海样例网络科技有限公司", "企业", "沪ICP备05000001号", "沪ICP备05000001号-1", "公司网站", "example.com",
			"管局下发的备案数据"} {
			require.Contains(t, answer, text)
		}
		require.NotContains(t, answer, "商城", "the holder's other site isn't queried")
	}
	for _, asked := range []string{"沪icp备05000001号", "上海样例网络科技有限公司"} {
		answer := ask(asked)
		require.Contains(t, answer, "公司网站")
		require.Contains(t, answer, "商城")
	}
	person1 := ask("person.example.com")
	require.Contains(t, person1, "林**")
	require.Contains(t, person1, "个人")
	require.NotContains(t, person1, filingtest.PersonHolder().Name)
	require.Zero(t, a.inquiries, "answered from our records")

	answer := ask("www.filed.example.net")
	require.Contains(t, answer, "向管局查询的结果")
	require.Contains(t, answer, holderNumber+"-1")
	require.Equal(t, 2, a.inquiries, "itself, and what would cover it")
	answer = ask("free.example.net")
	require.Contains(t, answer, "没有查到备案信息")
	require.Contains(t, answer, "答复：未备案")
	require.Contains(t, answer, "beian.miit.gov.cn")
	asked := a.inquiries
	require.Contains(t, ask("不存在的公司"), "没有查到备案信息")
	require.Contains(t, ask("沪ICP备09999999号"), "没有查到备案信息")
	require.Equal(t, asked, a.inquiries, "bureaus only tell about domains")
	a.stand.Faults.Set(fault.Fault{Operation: "isp_querybeianstatus", Mode: fault.Fail, Code: "901", Times: 1})
	require.Contains(t, ask("other.example.net"), "现在不能向管局查询")
}

func TestQueryTakesEveryFormOfNumbers(t *testing.T) {
	a, ctx := newAsking(t), t.Context()
	base := a.site("127.0.0.1")
	for i, c := range filingtest.Numbers() {
		id := int64(i + 1)
		require.NoError(t, a.db.SaveFiled(ctx, a.account, []filing.FiledHolder{{HolderID: id, Number: c.Holder,
			Holder: filingtest.CompanyHolder(), Sites: []filing.FiledSite{{ID: id, Number: c.Text, Name: fmt.Sprint("网站", i)}}}}))
		asked := strings.TrimSpace(c.Text)
		require.Contains(t, found(t, base, i+1, asked), fmt.Sprint("网站", i), asked)
		require.Contains(t, found(t, base, i+101, c.Want), fmt.Sprint("网站", i), c.Want)
	}
}

func TestQueryFindsOurOwnOrders(t *testing.T) {
	a, ctx := newAsking(t), t.Context()
	_, err := a.db.ImportOrder(ctx, store.OrderImport{Number: "D1", Customer: "demo", Product: "p",
		Domains: []string{"own.example.org", "*.own.example.org"}})
	require.NoError(t, err)
	f, err := a.db.OpenFiling(ctx, 1)
	require.NoError(t, err)
	consent(t, a.db, f)
	require.NoError(t,
		a.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Preparing, EventKind: "k", Actor: "a"}))
	_, err = a.db.SaveDossier(ctx, f.ID, filingtest.Dossier())
	require.NoError(t, err)
	require.NoError(t,
		a.db.QueueRecord(ctx, store.NewRecord{AccountID: a.account, FilingID: f.ID, Revision: 1, Operation: 1}))
	file, err := a.db.StoreDownload(ctx, a.account, "f", []byte("x"))
	require.NoError(t, err)
	_, err = a.db.ApplyDownload(ctx, a.account, file, []store.Verdict{{RecordID: 1, Decided: true, Approved: true,
		Code: 1001, HolderNumber: "沪ICP备05000003号", SiteNumber: "沪ICP备05000003号-1"}})
	require.NoError(t, err)
	base := a.site("127.0.0.1")
	require.Contains(t, found(t, base, 1, "own.example.org"), "没有查到", "the number isn't on the order yet")
	_, err = a.db.RecordNumber(ctx,
		store.Progress{FilingID: f.ID, Seq: 2, Stage: filing.Filed, EventKind: "filed", Actor: "a"})
	require.NoError(t, err)
	for i, asked := range []string{"own.example.org", "any.own.example.org", "沪ICP备05000003号", "沪ICP备05000003号-1"} {
		answer := found(t, base, i+2, asked)
		for _, text := range []string{"林**", "沪ICP备05000003号-1", "林测试的读书笔记", "own.example.org", "经本平台办理的备案"} {
			require.Contains(t, answer, text, asked)
		}
	}
	require.Contains(t, found(t, base, 9, "沪ICP备05000003号-2"), "没有查到")
	require.Contains(t, found(t, base, 10, "example.org"), "沪ICP备05000003号-1", "the domain that it is filed with")
}

func TestQueryNamesWhatIsWrong(t *testing.T) {
	a := newAsking(t)
	v := visit(t, a.site())
	for asked, problem := range map[string]string{
		"": "请填写", "沪ICP备123号": "备案号格式不对", "exa mple.com": "域名格式不对", "192.0.2.1": "域名格式不对", strings.Repeat("长", 300): "太长",
	} {
		status, page := v.query(asked)
		require.Equal(t, http.StatusUnprocessableEntity, status)
		require.Contains(t, page.Find(".summary").Text(), problem)
		require.Equal(t, asked, page.Find("#f-asked").AttrOr("value", ""), "the input is kept")
	}
	_, page := v.send(http.MethodGet, "/sign-in", nil)
	require.NotZero(t, page.Find(`main a[href="/query"]`).Length())
	v.send(http.MethodPost, "/language", url.Values{"lang": {"en"}})
	_, page = v.query("nobody's company")
	require.Contains(t, page.Text(), "No filing was found.")
}

// Every key that the template composes has a text in both languages.
func TestQueryHasItsTexts(t *testing.T) {
	texts, err := locale.New()
	require.NoError(t, err)
	for _, lang := range locale.Languages {
		for _, key := range []string{"query.source_base", "query.source_order", "query.source_bureau", "problem.query_empty",
			"problem.query_long", "problem.query_number", "problem.query_domain", "problem.query_often"} {
			require.True(t, texts.For(lang).Has(key), "%s: %s", lang, key)
		}
	}
}

// A stranger's fourth query within an hour requires a captcha.
func TestQueryAsksStrangersForACaptcha(t *testing.T) {
	a, ctx := newAsking(t), t.Context()
	hash := testdb.PasswordHash(t, "secret")
	_, err := a.db.EnsureUser(ctx, store.RoleCustomer, "demo", hash)
	require.NoError(t, err)
	base := a.site()
	v := visit(t, base)
	for range web.FreeQueries {
		status, _ := v.query("某公司")
		require.Equal(t, http.StatusOK, status)
	}
	for _, captcha := range []string{"", "12345"} {
		status, page := v.send(http.MethodPost, "/query", url.Values{"asked": {"某公司"}, "captcha": {captcha}})
		require.Equal(t, http.StatusUnprocessableEntity, status)
		require.NotZero(t, page.Find("#f-captcha").Length())
		require.Zero(t, page.Find("[data-found]").Length())
	}
	v.send(http.MethodGet, "/captcha", nil)
	home, err := url.Parse(base)
	require.NoError(t, err)
	right, err := a.panel.Captcha(ctx, v.http.Jar.Cookies(home)[0].Value)
	require.NoError(t, err)
	for _, want := range []int{http.StatusOK, http.StatusUnprocessableEntity} { // the second time it is used up
		status, _ := v.send(http.MethodPost, "/query", url.Values{"asked": {"某公司"}, "captcha": {right}})
		require.Equal(t, want, status)
	}
	v.send(http.MethodPost, "/sign-in", url.Values{"login": {"demo"}, "password": {"secret"}})
	status, page := v.query("某公司")
	require.Equal(t, http.StatusOK, status)
	require.Zero(t, page.Find("#f-captcha").Length(), "not for signed-in people")
	_, page = v.send(http.MethodGet, "/orders", nil)
	require.NotZero(t, page.Find(`.foot a[href="/query"]`).Length())
}

// Each client has a quota per minute, whatever its headers and cookies say.
func TestQueriesAreLimited(t *testing.T) {
	a := newAsking(t)
	base := a.site()
	ask := func(base, forwarded string) int {
		v := visit(t, base)
		v.header.Set("X-Forwarded-For", forwarded)
		status, _ := v.query("某公司")
		return status
	}
	for i := range web.QueriesPerClient {
		require.Equal(t, http.StatusOK, ask(base, fmt.Sprintf("192.0.2.%d", i)))
	}
	require.Equal(t, http.StatusTooManyRequests, ask(base, "192.0.2.99"), "no proxy is trusted")

	behind := a.site("127.0.0.1")
	for i := range web.QueriesPerClient {
		require.Equal(t, http.StatusOK, ask(behind, fmt.Sprintf("2001:db8::%d", i)))
	}
	require.Equal(t, http.StatusTooManyRequests, ask(behind, "2001:db8::ffff"), "a /64 is one client")
	for i := range web.QueriesOfAll - web.QueriesPerClient {
		require.Equal(t, http.StatusOK, ask(behind, fmt.Sprintf("192.0.2.%d", i)))
	}
	require.Equal(t, http.StatusTooManyRequests, ask(behind, "203.0.113.1"), "all strangers together")
	_, err := panel.New(panel.Config{Store: a.db, TrustedProxies: []string{"proxy"}})
	require.ErrorContains(t, err, "BEIAN_TRUSTED_PROXIES")
}
