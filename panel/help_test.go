package panel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/panel"
)

// helping is a panel over a real database with workflows that only record requests.
type helping struct {
	panel.Filings
	t      *testing.T
	db     *store.Store
	panel  *panel.Server
	url    string
	mails  [][2]int64
	broken bool
}

func newHelping(t *testing.T) *helping {
	h := &helping{t: t, db: testdb.New(t)}
	var err error
	h.panel, err = panel.New(panel.Config{Store: h.db, Filings: h, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(h.panel.Close)
	server := httptest.NewServer(h.panel.Handler())
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *helping) SendTicket(_ context.Context, ticketID, answerID int64) error {
	if h.broken {
		return errors.New("no Temporal")
	}
	h.mails = append(h.mails, [2]int64{ticketID, answerID})
	return nil
}

// visitor is a browser of its own.
type visitor struct {
	h    *helping
	http *http.Client
}

func (h *helping) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	require.NoError(h.t, err)
	return &visitor{h, &http.Client{Jar: jar}}
}

func (h *helping) signedIn(role store.Role, login string) *visitor {
	hash := testdb.PasswordHash(h.t, "password-1")
	id, err := h.db.EnsureUser(h.t.Context(), role, login, hash)
	require.NoError(h.t, err)
	require.NoError(h.t, h.db.SetPassword(h.t.Context(), id, hash))
	v := h.visitor()
	v.post("/sign-in", url.Values{"login": {login}, "password": {"password-1"}}, 200)
	return v
}

func (v *visitor) read(response *http.Response, err error, status int) *goquery.Document {
	v.h.t.Helper()
	require.NoError(v.h.t, err)
	defer response.Body.Close()
	page, err := goquery.NewDocumentFromReader(response.Body)
	require.NoError(v.h.t, err)
	require.Equal(v.h.t, status, response.StatusCode, page.Find("main").Text())
	return page
}

func (v *visitor) get(path string, status int) *goquery.Document {
	v.h.t.Helper()
	response, err := v.http.Get(v.h.url + path)
	return v.read(response, err, status)
}

func (v *visitor) post(path string, values url.Values, status int) *goquery.Document {
	v.h.t.Helper()
	response, err := v.http.PostForm(v.h.url+path, values)
	return v.read(response, err, status)
}

// A new form field needs a hint next to it or a section of the help centre, in both languages.
func TestEveryFieldOfEveryFormIsExplained(t *testing.T) {
	h := newHelping(t)
	forms := h.panel.FormFields()
	require.Len(t, forms, 22)
	for form, names := range forms {
		require.NotEmpty(t, names)
		for _, name := range names {
			for _, lang := range help.Languages {
				texts := h.panel.Texts.For(lang)
				page, anchor, found := strings.Cut(h.panel.FieldHelp(texts, form, name), "#")
				if !found && texts.Has("help."+form+"."+name) {
					continue
				}
				require.Contains(t, []string{"/help/fields", "/help/papers"}, page,
					"%s: explain %s's %s in internal/help/content/%s/20-fields.md", lang, form, name, lang)
				require.Equal(t, strings.TrimSuffix(form+"-"+name, ".3"), anchor)
			}
		}
	}
	require.Empty(t, h.panel.FieldHelp(h.panel.Texts.For("zh"), "notice", "title_zh"), "staff's forms have no such page")
	require.Empty(t, h.panel.FieldHelp(h.panel.Texts.For("zh"), "papers", "of_the_providers_own_list"))
}

func TestFieldsLinkToTheirExplanation(t *testing.T) {
	h := newHelping(t)
	_, err := h.db.ImportOrder(t.Context(),
		store.OrderImport{Number: "D1", Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	c, stranger := h.signedIn(store.RoleCustomer, "demo"), h.visitor()
	for path, links := range map[string][]string{
		"/help/ask": {"ticket-text", "ticket-order", "ticket-email"}, "/account/password": {
			"account_password-present_password", "account_password-password", "account_password-password_again"},
		"/account/contact/sms": {"account_contact-mobile", "account_contact-present_password"},
		"/orders/D1/register":  {"register-number", "register-home_page"},
	} {
		page := c.get(path, 200)
		for _, link := range links {
			require.Equal(t, 1, page.Find(`.whatis[href="/help/fields#`+link+`"]`).Length(), "%s: %s", path, link)
		}
	}
	require.Equal(t, 1, stranger.get("/help/ask", 200).Find(`.whatis[href="/help/fields#captcha-captcha"]`).Length())
	require.Equal(t, 1,
		stranger.get("/sign-in/forgotten", 200).Find(`.whatis[href="/help/fields#forgotten-account"]`).Length())
}

func TestHelpIsOpenToEverybodyInBothLanguages(t *testing.T) {
	h := newHelping(t)
	v := h.visitor()
	for _, lang := range []string{"zh", "en"} {
		v.post("/language", url.Values{"lang": {lang}, "next": {"/help"}}, 200)
		page := v.get("/help", 200)
		require.Equal(t, 14, page.Find(".topics a").Length())
		page.Find(".topics a, .helpnav a").Each(func(_ int, a *goquery.Selection) {
			topic := v.get(a.AttrOr("href", ""), 200)
			require.Equal(t, 1, topic.Find("h1").Length(), a.Text())
			html, err := topic.Html()
			require.NoError(t, err)
			require.NotContains(t, html, "style=")
			ids := map[string]bool{}
			topic.Find("[id]").Each(func(_ int, e *goquery.Selection) {
				id := e.AttrOr("id", "")
				require.False(t, ids[id], "%s: the id %s stands twice", a.Text(), id)
				ids[id] = true
			})
		})
		flow := v.get("/help/process", 200).Find("svg")
		require.Equal(t, 10, flow.Find("rect").Length())
		require.NotEmpty(t, flow.Find("title").Text())
		require.NotEmpty(t, flow.Find("desc").Text())
	}
	v.get("/help/no-such-page", 404)
}

func TestHelpIsSearched(t *testing.T) {
	v := newHelping(t).visitor()
	page := v.get("/help/search?q="+url.QueryEscape("没有收到验证码"), 200)
	first := page.Find(".hits a").First()
	require.Equal(t, "/help/passwords#nothing-came", first.AttrOr("href", ""))
	require.Contains(t, first.Find("mark").Text(), "验证码")
	require.Equal(t, "没有收到验证码", page.Find("#q").AttrOr("value", ""))
	page = v.get("/help/search?q="+url.QueryEscape(`"><script>`+strings.Repeat("x", 999)), 200)
	require.Zero(t, page.Find("main script").Length())
	require.Contains(t, page.Find("[role=status]").Text(), "没有找到")
	require.Contains(t, v.get("/help/search?q=1020", 200).Find(`[data-table="results"]`).Text(), "网站名称")
}

func TestCodesAreLookedUp(t *testing.T) {
	v := newHelping(t).visitor()
	page := v.get("/help/codes", 200)
	require.Equal(t, 10, page.Find("[data-table]").Length())
	require.NotContains(t, page.Find(`[data-table="results"]`).Text(), "2001", "most codes are for staff")
	require.Contains(t, v.get("/help/codes?q=2001", 200).Find(`[data-table="results"]`).Text(), "没有此报备单位")
	require.Equal(t, 31, page.Find(`[data-table="regions"] tbody tr`).Length())
	require.Equal(t, "/help/refusals#site-name",
		page.Find(`[data-table="results"] a[href$="#site-name"]`).AttrOr("href", ""))
	cities := v.get(page.Find(`[data-table="regions"] a[href*="440000"]`).AttrOr("href", ""), 200)
	require.Contains(t, cities.Find(`[data-table="regions"]`).Text(), "深圳市")
	counties := v.get(cities.Find(`a[href*="440300"]`).AttrOr("href", ""), 200)
	require.Contains(t, counties.Find(`[data-table="regions"]`).Text(), "南山区")
	require.Contains(t, counties.Find("main").Text(), "广东省")
	require.Contains(t, v.get("/help/codes?q="+url.QueryEscape("南山"), 200).Find(`[data-table="regions"]`).Text(), "440305")
	require.Contains(t, v.get("/help/codes?q=４４０３０５", 200).Find(`[data-table="regions"]`).Text(), "南山区")
	for query, code := range map[string]string{"Shanghai": "310000", "xi'an": "610100", "XIAN": "610100",
		"chongqing": "500000", "Inner Mongolia": "150000", "neimenggu": "150000"} {
		found := v.get("/help/codes?q="+url.QueryEscape(query), 200).Find(`[data-table="regions"] tbody tr`)
		require.Equal(t, code, strings.TrimSpace(found.First().Find(".mono").Text()), query)
	}
	require.Contains(t, v.get("/help/search?q=Shanghai", 200).Find(`[data-table="regions"]`).Text(), "310000")
	require.Contains(t, v.get("/help/codes?q=passport", 200).Find(`[data-table="documents"]`).Text(), "护照")
	require.Contains(t, v.get("/help/codes?q=zzzz", 200).Find("[role=status]").Text(), "没有找到")
	v.get("/help/codes?region=999999", 400)
}

// The look-up has the same places as the forms: the bureau's edition.
func TestPlacesAreTheBureausEdition(t *testing.T) {
	h := newHelping(t)
	require.NoError(t, h.db.SaveCodeTable(t.Context(), bureau.TableRegions, []store.CodeRow{
		{ID: 310000, Name: "上海市", Valid: true}, {ID: 310100, Name: "市辖区", Valid: true},
		{ID: 310101, Name: "黄浦区", Valid: true}, {ID: 310199, Name: "新设区", Valid: true},
	}))
	v := h.visitor()
	require.Contains(t, v.get("/help/codes?q="+url.QueryEscape("新设"), 200).Find(`[data-table="regions"]`).Text(), "310199")
	below := v.get("/help/codes?region=310100", 200)
	require.Contains(t, below.Find(`[data-table="regions"]`).Text(), "新设区")
	require.Contains(t, below.Find("main").Text(), "上海市")
	require.Contains(t, v.get("/help/codes?region=440300", 200).Find(`[data-table="regions"]`).Text(), "南山区",
		"the built-in divisions where the bureau sent none")
}

func TestAnnouncementsAreWrittenShownAndWithdrawn(t *testing.T) {
	h := newHelping(t)
	staff, v := h.signedIn(store.RoleSupport, "support"), h.visitor()
	token := staff.get("/support/announcements/new", 200).Find("main [name=token]").AttrOr("value", "")
	form := url.Values{"token": {token}, "title_zh": {"春节安排"}, "body_zh": {
		"**正月初七**起受理 <b>x</b> [日程](https://example.com)"}, "title_en": {"New Year"}, "body_en": {"from the *seventh*"},
		"pinned": {"yes"}, "action": {"preview"}}
	preview := staff.post("/support/announcements/new", form, 200)
	require.Equal(t, 2, preview.Find(".preview").Length())
	require.Equal(t, "正月初七", preview.Find(".preview strong").First().Text())
	require.Zero(t, v.get("/help", 200).Find("[data-announcement]").Length(), "previews aren't stored")
	form.Set("action", "save")
	staff.post("/support/announcements/new", form, 200)
	staff.post("/support/announcements/new", form, 200) // a double click
	shown := v.get("/help", 200).Find("[data-announcement]")
	require.Equal(t, 1, shown.Length())
	page := v.get(shown.Find("a").AttrOr("href", ""), 200)
	require.Equal(t, "春节安排", page.Find("h1").Text())
	require.Zero(t, page.Find("article b").Length())
	require.Equal(t, "nofollow noopener noreferrer", page.Find("article a").AttrOr("rel", ""))
	require.Contains(t, h.signedIn(store.RoleCustomer, "demo").get("/orders", 200).Find("main").Text(), "春节安排")
	v.post("/language", url.Values{"lang": {"en"}, "next": {"/help"}}, 200)
	require.Contains(t, v.get("/help/announcements", 200).Find("article").Text(), "from the seventh")

	edit := staff.get("/support/announcements/1", 200)
	require.Equal(t, "春节安排", edit.Find("#f-title_zh").AttrOr("value", ""))
	old := url.Values{"token": {token}, "version": {"1"}, "title_zh": {"春节受理"}, "body_zh": {"x"}}
	staff.post("/support/announcements/1", old, 200)
	old.Set("title_zh", "第三个标题")
	conflict := staff.post("/support/announcements/1", old, 409)
	require.Equal(t, "第三个标题", conflict.Find("#f-title_zh").AttrOr("value", ""), "the input is kept")
	require.Equal(t, "2", conflict.Find("main [name=version]").AttrOr("value", ""))
	bad := staff.post("/support/announcements/1", url.Values{"token": {token}, "title_zh": {"x"},
		"published_at": {"2026-02-01T00:00"}, "expires_at": {"2026-01-01T00:00"}}, 422)
	require.Equal(t, 2, bad.Find(".error").Length())
	staff.post("/support/announcements/1/withdraw", url.Values{"version": {"2"}}, 200)
	v.get("/help/announcements/1", 404)
	staff.post("/support/announcements/1/withdraw", url.Values{"version": {"3"}, "action": {"restore"}}, 200)
	v.get("/help/announcements/1", 200)
	h.signedIn(store.RoleCustomer, "demo").get("/support/announcements", 404)
}

func TestCustomerAsksAndReadsTheAnswer(t *testing.T) {
	h := newHelping(t)
	ctx := t.Context()
	for order, customer := range map[string]string{"D1": "demo", "D2": "other"} {
		_, err := h.db.ImportOrder(ctx,
			store.OrderImport{Number: order, Customer: customer, Product: "p", Domains: []string{"www.example.com"}})
		require.NoError(t, err)
	}
	c, other, staff := h.signedIn(store.RoleCustomer, "demo"), h.signedIn(store.RoleCustomer, "other"),
		h.signedIn(store.RoleSupport, "support")
	form := c.get("/help/ask?order=D1", 200)
	require.Equal(t, "D1", form.Find("#f-order").AttrOr("value", ""))
	require.Zero(t, form.Find("#f-captcha").Length())
	token := form.Find("main [name=token]").AttrOr("value", "")
	wrong := c.post("/help/ask", url.Values{"token": {token}, "text": {"我的问题"}, "order": {"D2"}, "email": {"x"}}, 422)
	require.Equal(t, 2, wrong.Find(".error").Length())
	require.Equal(t, "我的问题", wrong.Find("#f-text").Text())
	values := url.Values{"token": {token}, "text": {"秘密的问题 <b>"}, "order": {"D1"}, "email": {"asker@example.com"}}
	h.broken = true // without Temporal, the ticket is still saved
	page := c.post("/help/ask", values, 200)
	h.broken = false
	require.Equal(t, "open", page.Find("[data-status]").AttrOr("data-status", ""))
	c.post("/help/ask", values, 200)
	require.Equal(t, 1, c.get("/tickets", 200).Find("[data-ticket]").Length(), "a double click is one ticket")
	require.Equal(t, [][2]int64{{1, 0}}, h.mails)
	other.get("/tickets/1", 404)
	other.get("/support/tickets/1", 404)
	dump, err := h.db.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, "秘密的问题")
	require.NotContains(t, dump, "asker@example.com")

	require.Contains(t, staff.get("/support/tickets", 200).Find(`[data-ticket="1"]`).Text(), "秘密的问题")
	one := staff.get("/support/tickets/1", 200)
	require.Contains(t, one.Find("main").Text(), "asker@example.com")
	answer := url.Values{"token": {one.Find("main [name=token]").AttrOr("value", "")}, "text": {"请改名称"}}
	staff.post("/support/tickets/1/answer", answer, 200)
	staff.post("/support/tickets/1/answer", answer, 200)
	require.Contains(t, h.mails, [2]int64{1, 1})
	mine := c.get("/tickets/1", 200)
	require.Equal(t, "answered", mine.Find("[data-status]").AttrOr("data-status", ""))
	require.Equal(t, 1, strings.Count(mine.Find("main").Text(), "请改名称"))
	staff.post("/support/tickets/1/close", nil, 200)
	require.Equal(t, 1, staff.get("/support/tickets?status=closed", 200).Find(`[data-ticket="1"]`).Length())
	late := staff.post("/support/tickets/1/answer",
		url.Values{"token": {strings.Repeat("ab", 16)}, "text": {"zu spät"}}, 409)
	require.NotContains(t, late.Find(".said").Text(), "zu spät")
}

// upload sends a form with a file.
func (v *visitor) upload(path string, values url.Values, field, name string, content []byte, status int) *goquery.Document {
	v.h.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for key := range values {
		require.NoError(v.h.t, w.WriteField(key, values.Get(key)))
	}
	part, err := w.CreateFormFile(field, name)
	require.NoError(v.h.t, err)
	_, err = part.Write(content)
	require.NoError(v.h.t, err)
	require.NoError(v.h.t, w.Close())
	response, err := v.http.Post(v.h.url+path, w.FormDataContentType(), &body)
	return v.read(response, err, status)
}

// pictureType is the type of what an address answers with.
func (v *visitor) pictureType(path string) string {
	v.h.t.Helper()
	response, err := v.http.Get(v.h.url + path)
	require.NoError(v.h.t, err)
	require.NoError(v.h.t, response.Body.Close())
	return response.Header.Get("Content-Type")
}

// A question goes on as a conversation, with pictures: each side sees what is new, and sends a form only once. Nobody
// else's account reaches it, not even that of the order's next owner.
func TestQuestionsAreConversations(t *testing.T) {
	h := newHelping(t)
	ctx := t.Context()
	_, err := h.db.ImportOrder(ctx, store.OrderImport{Number: "D1", Customer: "demo", Product: "p",
		Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	c, other, staff := h.signedIn(store.RoleCustomer, "demo"), h.signedIn(store.RoleCustomer, "other"),
		h.signedIn(store.RoleSupport, "support")
	drawn, screenshot := image.NewGray(image.Rect(0, 0, 40, 40)), bytes.Buffer{}
	for i := range drawn.Pix {
		drawn.Pix[i] = byte(i)
	}
	require.NoError(t, jpeg.Encode(&screenshot, drawn, nil))

	form := c.get("/help/ask?order=D1", 200).Find("main form[enctype]")
	require.Equal(t, "/tickets/ask", form.AttrOr("action", ""))
	ask := url.Values{"token": {form.Find("[name=token]").AttrOr("value", "")}, "text": {"这是什么"}, "order": {"D1"}}
	bad := c.upload("/tickets/ask", ask, "picture", "a.jpg", []byte("no picture"), 422)
	require.Equal(t, 1, bad.Find("#e-picture").Length())
	require.Equal(t, "这是什么", bad.Find("#f-text").Text())
	require.Contains(t, c.upload("/tickets/ask", url.Values{"token": {ask.Get("token")}}, "picture", "a.jpg",
		screenshot.Bytes(), 422).Find("#e-picture").Text(), "重新选择", "browsers don't keep files")
	mine := c.upload("/tickets/ask", ask, "picture", "a.jpg", screenshot.Bytes(), 200)
	c.upload("/tickets/ask", ask, "picture", "a.jpg", screenshot.Bytes(), 200) // a double click
	attached := mine.Find(`a[href^="/tickets/1/pictures/"]`)
	require.Equal(t, 1, attached.Length())
	require.Equal(t, "image/jpeg", c.pictureType(attached.AttrOr("href", "")))
	require.NotEqual(t, "image/jpeg", other.pictureType(attached.AttrOr("href", "")))
	require.Zero(t, h.visitor().get("/help/ask", 200).Find("#f-picture").Length(), "strangers attach nothing")

	isNew := func(v *visitor, path string) bool {
		return v.get(path, 200).Find(`[data-ticket="1"] [data-new]`).Length() == 1
	}
	require.True(t, isNew(staff, "/support/tickets"))
	one := staff.get("/support/tickets/1", 200)
	require.False(t, isNew(staff, "/support/tickets"))
	require.Equal(t, "image/jpeg", staff.pictureType(one.Find(`a[href*="/pictures/"]`).AttrOr("href", "")))
	rows, err := h.db.AuditRows(ctx, store.AuditFilter{Action: "ticket.view_picture"}, 0, 10)
	require.NoError(t, err)
	require.Len(t, rows, 1)

	told := func(path string) bool { return c.get(path, 200).Find("[data-ticket-news]").Length() == 1 }
	require.False(t, told("/orders"))
	answer := url.Values{"token": {one.Find("main [name=token]").AttrOr("value", "")}, "text": {"请改名称"}}
	wrong := staff.upload("/support/tickets/1/answer", answer, "picture", "a.jpg", []byte("no picture"), 422)
	require.Equal(t, 1, wrong.Find("#e-picture").Length())
	staff.upload("/support/tickets/1/answer", answer, "picture", "a.jpg", screenshot.Bytes(), 200)
	staff.upload("/support/tickets/1/answer", answer, "picture", "a.jpg", screenshot.Bytes(), 200) // a double click
	require.True(t, told("/orders"))
	require.True(t, told("/help"))
	require.Zero(t, other.get("/orders", 200).Find("[data-ticket-news]").Length())
	require.True(t, isNew(c, "/tickets"))
	page := c.get("/tickets/1", 200)
	require.Equal(t, 1, page.Find("[data-answer] [data-new]").Length())
	ours := page.Find(`[data-answer] a[href^="/tickets/1/pictures/"]`)
	require.Equal(t, 1, ours.Length())
	require.Equal(t, "image/jpeg", c.pictureType(ours.AttrOr("href", "")))
	require.NotEqual(t, "image/jpeg", other.pictureType(ours.AttrOr("href", "")))
	require.False(t, told("/orders"), "it has been read")
	require.False(t, isNew(c, "/tickets"))
	require.Zero(t, c.get("/tickets/1", 200).Find("[data-answer] [data-new]").Length())

	form = page.Find(`main form[action="/tickets/1"]`)
	reply := url.Values{"token": {form.Find("[name=token]").AttrOr("value", "")}, "text": {""}}
	require.Equal(t, 1, c.post("/tickets/1", reply, 422).Find("#e-text").Length())
	reply.Set("text", "改哪一个名称？")
	h.broken = true // without Temporal, the reply is still saved
	page = c.upload("/tickets/1", reply, "picture", "a.jpg", screenshot.Bytes(), 200)
	h.broken = false
	require.Equal(t, "open", page.Find("[data-status]").AttrOr("data-status", ""), "it waits for an answer again")
	page = c.post("/tickets/1", reply, 200)
	require.Equal(t, 1, page.Find("[data-by-customer]").Length(), "a double click")
	require.Equal(t, 1, page.Find(`[data-by-customer] a[href*="/pictures/"]`).Length())
	require.Contains(t, h.mails, [2]int64{1, 2})
	other.post("/tickets/1", url.Values{"token": {strings.Repeat("cd", 16)}, "text": {"x"}}, 404)
	require.True(t, isNew(staff, "/support/tickets"))
	require.Equal(t, 1, staff.get("/support/tickets/1", 200).Find("[data-by-customer] [data-new]").Length())

	demo, err := h.db.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	to, err := h.db.UserByLogin(ctx, "other")
	require.NoError(t, err)
	_, err = h.db.DB().ExecContext(ctx, `UPDATE orders SET customer_id = ? WHERE number = 'D1' AND customer_id = ?`, to.ID,
		demo.ID)
	require.NoError(t, err)
	other.get("/tickets/1", 404)
	require.Zero(t, other.get("/tickets", 200).Find("[data-ticket]").Length(), "a ticket doesn't follow its order")
	require.Equal(t, 1, c.get("/tickets", 200).Find("[data-ticket]").Length())

	strange, err := h.db.OpenTicket(ctx, store.Ticket{Token: strings.Repeat("5", 32), Kind: store.TicketAsk, Lang: "zh",
		TicketBody: store.TicketBody{Text: "?", Email: "stranger@example.com"}})
	require.NoError(t, err)
	path := fmt.Sprintf("/support/tickets/%d", strange)
	require.Zero(t, staff.get(path, 200).Find("#f-picture").Length(), "a stranger has no page that would show it")
	staff.upload(path+"/answer", url.Values{"token": {strings.Repeat("6", 32)}, "text": {"好的"}}, "picture", "a.jpg",
		screenshot.Bytes(), 200)
	require.Zero(t, staff.get(path, 200).Find(`a[href*="/pictures/"]`).Length())

	staff.post("/support/tickets/1/close", nil, 200)
	require.Zero(t, c.get("/tickets/1", 200).Find(`main form[action="/tickets/1"]`).Length())
	late := c.post("/tickets/1", url.Values{"token": {strings.Repeat("ef", 16)}, "text": {"还在吗"}}, 200)
	require.NotContains(t, late.Find("main").Text(), "还在吗")
	require.Contains(t, late.Find(".flash").Text(), "结束")
}

// A reply whose session has ended is there again after signing in.
func TestAReplyOutlivesItsSession(t *testing.T) {
	h := newHelping(t)
	c := h.signedIn(store.RoleCustomer, "demo")
	token := c.get("/help/ask", 200).Find("main [name=token]").AttrOr("value", "")
	c.post("/tickets/ask", url.Values{"token": {token}, "text": {"问题"}}, 200)
	demo, err := h.db.UserByLogin(t.Context(), "demo")
	require.NoError(t, err)
	for path, field := range map[string]string{"/tickets/1": "补充的话", "/tickets/complain": "举报的话"} {
		require.NoError(t, h.db.EndOtherSessions(t.Context(), demo.ID, 0))
		form := url.Values{"token": {token}, "text": {field}}
		require.Equal(t, 1, c.upload(path, form, "picture", "a.jpg", []byte("x"), 200).Find("#f-login").Length())
		page := c.post("/sign-in", url.Values{"login": {"demo"}, "password": {"password-1"}, "next": {path}}, 200)
		require.Equal(t, field, page.Find("#f-text").Text(), path)
		require.Equal(t, 1, page.Find("#e-picture").Length(), "files aren't saved")
	}
}

func TestTenTicketsADay(t *testing.T) {
	h := newHelping(t)
	c := h.signedIn(store.RoleCustomer, "demo")
	ask := func(status int) *goquery.Document {
		token := c.get("/help/complain", 200).Find("main [name=token]").AttrOr("value", "")
		return c.post("/help/complain", url.Values{"token": {token}, "text": {"举报"}}, status)
	}
	for range 10 {
		ask(200)
	}
	require.Equal(t, "举报", ask(429).Find("#f-text").Text())
	h.db.SetClock(func() time.Time { return time.Now().Add(25 * time.Hour) })
	ask(200)
}

func TestStrangersNeedACaptchaAndAnAddress(t *testing.T) {
	h := newHelping(t)
	v := h.visitor()
	form := v.get("/help/complain", 200)
	token := form.Find("main [name=token]").AttrOr("value", "")
	require.Equal(t, 1, form.Find("#f-captcha").Length())
	values := url.Values{"token": {token}, "text": {"违规网站 www.example.com"}, "email": {""}}
	page := v.post("/help/complain", values, 422)
	require.Equal(t, 2, page.Find(".error").Length(), "the address and the captcha")
	values.Set("email", "stranger@example.com")
	values.Set("captcha", "")
	page = v.post("/help/complain", values, 422)
	require.Equal(t, "违规网站 www.example.com", page.Find("#f-text").Text())
	require.Empty(t, h.mails)

	response, err := v.http.Get(h.url + "/captcha")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	values.Set("captcha", h.captcha())
	page = v.post("/help/complain", values, 200)
	require.Regexp(t, regexp.MustCompile(`编号是 1`), page.Find("main").Text())
	require.Equal(t, [][2]int64{{1, 0}}, h.mails)
	v.get("/tickets/1", 200) // the sign-in page
	require.Equal(t, 1, v.get("/tickets/1", 200).Find("#f-login").Length())
	v.post("/help/ask", url.Values{"token": {"no token"}, "text": {"x"}}, 400)
}

// captcha reads the answer from the newest session.
func (h *helping) captcha() string {
	var answer string
	sessions, err := h.db.Sessions().AllCtx(h.t.Context())
	require.NoError(h.t, err)
	for _, data := range sessions {
		if values := panel.SessionValues(h.t, data); values["captcha"] != nil {
			answer = values["captcha"].(string)
		}
	}
	require.NotEmpty(h.t, answer)
	return answer
}
