package panel_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/beian/beian/panel/web"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/panel"
)

// savedPosts is a customer with a filing whose site needs an approval (教育), and with an order without a filing.
type savedPosts struct {
	*site
	db     *store.Store
	filing store.Filing
}

const (
	papersPage   = "/orders/D1/filing/papers"
	registerPage = "/orders/D2/register"
	approval     = "number.3"
)

func newSavedPosts(t *testing.T) *savedPosts {
	db := testdb.New(t)
	people(t, db)
	ctx := t.Context()
	k := &savedPosts{site: newSite(t, db, panel.Config{}), db: db}
	for _, number := range []string{"D1", "D2"} {
		_, err := db.ImportOrder(ctx,
			store.OrderImport{Number: number, Customer: "demo", Product: "p", Domains: []string{"example.com"}})
		require.NoError(t, err)
	}
	user, err := db.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	order, err := db.OrderOf(ctx, user.ID, "D1")
	require.NoError(t, err)
	k.filing, err = db.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	consent(t, db, k.filing)
	k.stage(1, filing.Preparing)
	require.NoError(t, db.SaveDraft(ctx, k.filing.ID, "holder", url.Values{"nature": {strconv.Itoa(filing.NaturePerson)},
		"document_type": {strconv.Itoa(filing.DocumentResidentID)}, "name": {"张三"}}))
	require.NoError(t, db.SaveDraft(ctx, k.filing.ID, "site", url.Values{"pre_approvals": {"3"}}))
	k.signIn("/")
	return k
}

func (k *savedPosts) stage(seq int64, stage filing.Stage) {
	k.t.Helper()
	require.NoError(k.t, k.db.Advance(k.t.Context(),
		store.Progress{FilingID: k.filing.ID, Seq: seq, Stage: stage, EventKind: "k", Actor: "a"}))
}

func (k *savedPosts) signIn(next string) *goquery.Document {
	k.t.Helper()
	_, text, _ := k.send(http.MethodPost, "/sign-in",
		url.Values{"login": {"demo"}, "password": {"right-password"}, "next": {next}})
	return parsed(k.t, text)
}

func (k *savedPosts) expire() {
	k.t.Helper()
	require.NoError(k.t, k.db.EndOtherSessions(k.t.Context(), 1, 0))
}

func (k *savedPosts) page(path string) *goquery.Document {
	k.t.Helper()
	status, text, _ := k.send(http.MethodGet, path, nil)
	require.Equal(k.t, http.StatusOK, status)
	return parsed(k.t, text)
}

// files sends a form as browsers do: with empty file fields too.
func (k *savedPosts) files(path string, texts url.Values,
	files map[string][]byte) (int, *goquery.Document, *http.Response) {
	k.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, list := range texts {
		for _, v := range list {
			require.NoError(k.t, form.WriteField(name, v))
		}
	}
	for name, content := range files {
		file := name + ".jpg"
		if content == nil {
			file = ""
		}
		part, err := form.CreateFormFile(name, file)
		require.NoError(k.t, err)
		_, err = part.Write(content)
		require.NoError(k.t, err)
	}
	require.NoError(k.t, form.Close())
	return k.post(path, form.FormDataContentType(), &body)
}

func (k *savedPosts) post(path, kind string, body io.Reader) (int, *goquery.Document, *http.Response) {
	k.t.Helper()
	answer, err := k.Post(k.url+path, kind, body)
	require.NoError(k.t, err)
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	require.NoError(k.t, err)
	return answer.StatusCode, parsed(k.t, string(raw)), answer
}

func field(page *goquery.Document, name string) string {
	return page.Find(`main [name="`+name+`"]`).AttrOr("value", "")
}

// marked is a page's draft state, as its form carries it.
func marked(page *goquery.Document, more url.Values) url.Values {
	more.Set("draft_version", field(page, "draft_version"))
	more.Set("draft_tab", field(page, "draft_tab"))
	return more
}

// noSavedPosts is a connection to a database whose saved forms can't be read, or written, while it is set.
type noSavedPosts struct {
	net.Conn
	reading, writing *atomic.Int64
}

// Write spoils a question for a saved form, and counts down to none.
func (c noSavedPosts) Write(b []byte) (int, error) {
	for of, left := range map[string]*atomic.Int64{" FROM saved_posts WHERE": c.reading, "INTO saved_posts ": c.writing} {
		if at := bytes.Index(b, []byte(of)); at >= 0 && left.Load() > 0 {
			left.Add(-1)
			b = bytes.Clone(b)
			b[at] = '?'
		}
	}
	return c.Conn.Write(b)
}

// A page whose saved form can't be read doesn't show it empty: whoever sent that would delete what they had typed.
func TestNoFormIsEmptyBecauseItsSavedValuesCouldNotBeRead(t *testing.T) {
	var reading, writing atomic.Int64
	o := newOfficeAt(t, testdb.NewOver(t, func(conn net.Conn) net.Conn {
		return noSavedPosts{conn, &reading, &writing}
	}), panel.Config{})
	o.furnish()
	var asking []string
	for _, login := range []string{"nobody", "owner"} {
		c := o.caller(login)
		site, err := url.Parse(o.url)
		require.NoError(t, err)
		c.http.Jar.SetCookies(site, []*http.Cookie{{Name: "beian_saved", Value: "a browser", Path: "/"}})
		for _, route := range o.routes() {
			if route.Method != http.MethodGet || strings.HasSuffix(route.Path, "/events") ||
				slices.Contains(asking, route.Path) {
				continue
			}
			reading.Store(1)
			status, _ := c.send(http.MethodGet, o.path(route.Path), nil)
			if reading.Swap(0) > 0 {
				continue // asks for none
			}
			asking = append(asking, route.Path)
			require.Equal(t, http.StatusInternalServerError, status, route.Path)
			status, _ = c.send(http.MethodGet, o.path(route.Path), nil)
			require.Less(t, status, http.StatusInternalServerError, route.Path)
		}
	}
	require.Subset(t, asking, []string{
		"/sign-in", "/sign-in/forgotten", "/account/contact/:channel", "/query", "/help/ask", "/tickets/ask", "/tickets/:id",
		"/orders/:number/filing/kind", "/orders/:number/filing/holder", "/orders/:number/filing/site",
		"/orders/:number/filing/papers",
	})
	switched := url.Values{"lang": {"en"}, "next": {"/query"}, "typed.asked": {"example.com"}}
	writing.Store(1)
	status, _ := o.caller("owner").send(http.MethodPost, "/language", switched)
	require.Equal(t, http.StatusInternalServerError, status, "the other language would show the form empty")
	status, to := o.caller("owner").send(http.MethodPost, "/language", switched)
	require.Equal(t, http.StatusSeeOther, status)
	require.Equal(t, "/query", to)
}

// A form with files that arrives after the session's end loses no text, however big it is, and says which files must be
// chosen again.
func TestFormsWithFilesAreSaved(t *testing.T) {
	k := newSavedPosts(t)
	big := bytes.Repeat([]byte("0123456789abcdef"), 3<<16) // 3 MB: far more than a server discards by itself
	k.expire()
	_, page, answer := k.files(papersPage,
		url.Values{approval: {"沪教 2026-1"}, "action": {"next"}, "draft_version": {"0"}, "draft_tab": {"A"}},
		map[string][]byte{"holder_id_front": big, "letter": nil})
	require.Contains(t, page.Text(), "填写的内容已保留")
	page = k.signIn(answer.Request.URL.Query().Get("next"))
	require.Equal(t, 1, page.Find("[data-saved-post]").Length())
	require.Equal(t, "沪教 2026-1", field(page, approval))
	require.Equal(t, "A", field(page, "draft_tab"))
	require.Contains(t, page.Find("#e-holder_id_front").Text(), "没有收到")
	require.Equal(t, 1, page.Find(".error").Length(), "an empty file field needn't be chosen again")

	k.expire()
	_, page, answer = k.files(registerPage, url.Values{"number": {"沪ICP备2023012345号"},
		"home_page": {"http://example.com/a"}}, map[string][]byte{"certificate": big[:1<<20]})
	require.Contains(t, page.Text(), "填写的内容已保留")
	page = k.signIn(answer.Request.URL.Query().Get("next"))
	require.Equal(t, "沪ICP备2023012345号", field(page, "number"))
	require.Equal(t, "http://example.com/a", field(page, "home_page"))
	require.Contains(t, page.Find("#e-certificate").Text(), "重新选择")

	k.expire()
	answer, err := k.Get(k.url + registerPage)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	k.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	status, _, answer := k.files(papersPage+"/picture", nil, map[string][]byte{"holder_id_front": big})
	require.Equal(t, http.StatusSeeOther, status, "the script is told")
	require.Equal(t, "/sign-in", strings.Split(answer.Header.Get("Location"), "?")[0])
}

// The numbers of approvals are a draft like other forms: saved while people type, and conflicts between two pages are
// reported.
func TestApprovalNumbersAreADraft(t *testing.T) {
	k := newSavedPosts(t)
	one, two := k.page(papersPage), k.page(papersPage)
	draft, _ := one.Find("form[data-papers]").Attr("data-draft")
	status, text, _ := k.send(http.MethodPost, draft,
		marked(one, url.Values{approval: {"一"}, "number.99": {"x"}, "other": {"x"}}), "Accept", "application/json")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, `"version":1`)
	require.Equal(t, "一", field(k.page(papersPage), approval))
	kept := url.Values{}
	require.NoError(t, k.db.Draft(t.Context(), k.filing.ID, "papers", &kept))
	require.Equal(t, url.Values{approval: {"一"}}, kept, "values the page doesn't ask for aren't kept")

	status, _, _ = k.send(http.MethodPost, draft, marked(two, url.Values{approval: {"二"}}), "Accept", "application/json")
	require.Equal(t, http.StatusConflict, status)
	status, page, _ := k.files(papersPage, marked(two, url.Values{approval: {"二"}, "action": {"save"}}), nil)
	require.Equal(t, http.StatusConflict, status)
	require.Equal(t, "二", field(page, approval))
	row := page.Find("[data-conflict] tbody tr")
	require.Equal(t, 1, row.Length())
	require.Contains(t, row.Text(), "批准文件号")
	require.Contains(t, row.Text(), "一")
	require.Equal(t, "一", field(k.page(papersPage), approval), "nothing is overwritten")
	status, _, _ = k.files(papersPage, marked(page, url.Values{approval: {"二"}, "action": {"save"}}), nil)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "二", field(k.page(papersPage), approval), "saving again is the person's choice")
}

// An upload that is too big or breaks off loses no number that arrived before.
func TestTooManyPicturesLoseNoNumbers(t *testing.T) {
	k := newSavedPosts(t)
	require.NoError(t, k.db.SaveDraft(t.Context(), k.filing.ID, "site", url.Values{"pre_approvals": {"3", "4"}}))
	require.NoError(t, k.db.SaveDraft(t.Context(), k.filing.ID, "papers", url.Values{approval: {"旧"}, "number.4": {"留"}}))
	const boundary = "the-boundary"
	begin := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + approval + "\"\r\n\r\n新\r\n" +
		"--" + boundary +
		"\r\nContent-Disposition: form-data; name=\"letter\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
	status, _, _ := k.post(papersPage, "multipart/form-data; boundary="+boundary, strings.NewReader(begin+"broken off"))
	require.Equal(t, http.StatusBadRequest, status)
	page := k.page(papersPage)
	require.Equal(t, "新", field(page, approval))
	require.Equal(t, "留", field(page, "number.4"), "a value that didn't arrive is kept")
	require.Equal(t, 0, page.Find("[data-picture]").Length())

	begin = strings.ReplaceAll(begin, "新", "更新")
	rest := io.LimitReader(zeros{}, 101<<20)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, k.url+papersPage,
		io.MultiReader(strings.NewReader(begin), rest))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	if answer, err := k.Do(request); err == nil { // the connection may break before the answer is read
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusUnprocessableEntity, answer.StatusCode)
	}
	require.Eventually(t, func() bool { return field(k.page(papersPage), approval) == "更新" }, 20e9, 50e6)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// The number of a registration is saved while people type, even though there is no filing yet.
func TestRegistrationIsADraft(t *testing.T) {
	k := newSavedPosts(t)
	page, other := k.page(registerPage), k.page(registerPage)
	require.Equal(t, "http://example.com/", field(page, "home_page"))
	draft, _ := page.Find("form[data-draft]").Attr("data-draft")
	typed := url.Values{"number": {"沪ICP"}, "home_page": {"http://example.com/a"}}
	status, _, _ := k.send(http.MethodPost, draft, marked(page, typed), "Accept", "application/json")
	require.Equal(t, http.StatusOK, status)
	page = k.page(registerPage)
	require.Equal(t, "沪ICP", field(page, "number"))
	require.Equal(t, "http://example.com/a", field(page, "home_page"))
	status, answer, _ := k.files(registerPage, marked(other,
		url.Values{"number": {"京ICP"}, "home_page": {"http://example.com/b"}}), map[string][]byte{"certificate": []byte("c")})
	require.Equal(t, http.StatusConflict, status)
	require.Equal(t, 2, answer.Find("[data-conflict] tbody tr").Length())
	require.Contains(t, answer.Find("#e-certificate").Text(), "重新选择")
	require.Equal(t, "京ICP", field(answer, "number"))

	k.expire()
	status, _, _ = k.send(http.MethodPost, draft, marked(page, url.Values{"number": {"粤ICP"}}), "Accept",
		"application/json")
	require.Equal(t, http.StatusUnauthorized, status)
	page = k.signIn(registerPage)
	require.Equal(t, "粤ICP", field(page, "number"), "what the script sent is saved for the form's own page")

	// only the file that is too big is lost
	status, page, _ = k.files(registerPage,
		marked(page, url.Values{"number": {"粤ICP"}, "home_page": {"http://example.com/c"}}),
		map[string][]byte{"certificate": make([]byte, 2<<20)})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, page.Find("#e-certificate").Text(), "1 MB")
	require.Equal(t, "http://example.com/c", field(k.page(registerPage), "home_page"))
}

// The page's script sends pictures one at a time and replaces that paper's part of the page.
func TestOnePictureAtATime(t *testing.T) {
	k := newSavedPosts(t)
	page := k.page(papersPage)
	action, _ := page.Find("form[data-papers]").Attr("data-papers")
	input := page.Find("#f-holder_id_front")
	for _, id := range strings.Fields(input.AttrOr("aria-labelledby", "")) {
		require.Equal(t, 1, page.Find(`[id="`+id+`"]`).Length())
	}
	require.Contains(t, page.Find("#"+strings.Fields(input.AttrOr("aria-labelledby", ""))[0]).Text(), "身份证")
	status, page, _ := k.files(action, nil, map[string][]byte{"holder_id_front": demo.Picture("holder_id_front")})
	require.Equal(t, http.StatusOK, status)
	card := page.Find(`[data-paper="holder_id_front"]`)
	require.Equal(t, 2, card.Find("[data-part]").Length())
	require.Equal(t, 1, card.Find("[data-part] [data-picture]").Length())
	require.Equal(t, 1, page.Find("[data-removals] form").Length())
	status, page, _ = k.files(action, nil, map[string][]byte{"holder_id_front": demo.Picture("holder_id_front")})
	require.Equal(t, http.StatusOK, status, "resent after a lost answer, it is the same picture")
	require.Equal(t, 1, page.Find("[data-picture]").Length())
	status, page, _ = k.files(action, nil, map[string][]byte{"letter": []byte("MZ")})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, page.Find("#e-letter").Text(), "不是图片")
	require.Equal(t, 1, page.Find(".error").Length())
	k.stage(2, filing.Vetting)
	status, _, answer := k.files(action, nil, map[string][]byte{"letter": demo.Picture("letter")})
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "/orders/D1/filing", answer.Request.URL.Path, "the filing has moved on")
}

// Options that depend on a choice come from the server; without JavaScript, a button loads them, and saves without
// reporting problems.
func TestListsFollowWhatWasChosen(t *testing.T) {
	k := newSavedPosts(t)
	_, text, _ := k.send(http.MethodGet, "/documents?nature="+strconv.Itoa(filing.NaturePerson), nil)
	_, all, _ := k.send(http.MethodGet, "/documents?nature=", nil)
	require.Contains(t, text, "身份证")
	require.Less(t, len(text), len(all))
	page := k.page("/orders/D1/filing/holder")
	for name, follows := range map[string]string{"document_type": "nature", "city": "province", "county": "city"} {
		note := page.Find("#f-" + name).Parent().Find("[data-follows]")
		require.Equal(t, follows, note.AttrOr("data-follows", ""))
		require.Contains(t, page.Find("#f-"+name).Parent().Find("noscript").Text(), "更新列表")
	}
	require.Zero(t, page.Find("#f-province").Parent().Find("[data-follows]").Length())
	status, text, answer := k.send(http.MethodPost, "/orders/D1/filing/holder",
		marked(page, url.Values{"province": {"310000"}, "action": {"lists.city"}, "name": {"张三"}}))
	require.Equal(t, http.StatusOK, status)
	page = parsed(t, text)
	require.Equal(t, "f-city", answer.Request.URL.Fragment)
	require.Zero(t, page.Find(".error").Length())
	require.Greater(t, page.Find("#f-city option").Length(), 1)
	require.Equal(t, "张三", field(page, "name"))
}

// An empty code is reported and costs no attempt; a code in full-width digits works.
func TestCodesAsTheyAreTyped(t *testing.T) {
	k := newSavedPosts(t)
	require.Equal(t, "12345678", web.Digits(" １２３４　5678\n"))
	k.stage(2, filing.Verifying)
	status, text, _ := k.send(http.MethodPost, "/orders/D1/filing/verify",
		url.Values{"sms_code": {" "}, "mail_code": {"　"}})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	page := parsed(t, text)
	require.Equal(t, 1, page.Find("#e-sms_code").Length())
	require.Equal(t, 1, page.Find("#e-mail_code").Length())
	for range 7 {
		status, text, _ = k.send(http.MethodPost, "/account/contact/mail/code", url.Values{"code": {" "}})
		require.Equal(t, http.StatusUnprocessableEntity, status)
		require.NotContains(t, text, "错误次数过多")
		require.Equal(t, 1, parsed(t, text).Find("#e-code").Length())
	}
}

// Changes on a filing's page are announced from an element that isn't replaced, and can be seen without JavaScript.
func TestProgressIsToldFromAPlaceThatStays(t *testing.T) {
	k := newSavedPosts(t)
	page := k.page("/orders/D1/filing")
	require.Zero(t, page.Find("#progress [role=status]").Length())
	require.Equal(t, 1, page.Find("main > [data-progress-told][role=status]").Length())
	require.Equal(t, 1, page.Find("#progress [data-say]").Length())
	require.Contains(t, page.Find("main > noscript").Text(), `href="/orders/D1/filing"`)
	require.Zero(t, k.page("/orders/D1/filing/holder").Find("[data-draft-state][role=status]").Length(),
		"routine saves are silent")
}
