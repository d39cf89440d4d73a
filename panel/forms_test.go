package panel_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/beian/beian/panel/web"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/panel"
	"github.com/beian/beian/workflows"
)

// submitsOnce is a Temporal that accepts one submission.
type submitsOnce struct {
	panel.Filings
	submitted  int
	codes      int
	submission workflows.Submission
	verified   []workflows.SMSVerified
	opened     []string
}

func (h *submitsOnce) ConfirmSMSVerification(_ context.Context, _ string, in workflows.SMSVerified) (workflows.State,
	error) {
	h.verified = append(h.verified, in)
	return workflows.State{}, nil
}

func (h *submitsOnce) Submit(_ context.Context, _ string, in workflows.Submission) (workflows.State, error) {
	h.submitted++
	h.submission = in
	return workflows.State{}, nil
}

func (h *submitsOnce) SendCode(context.Context, string, workflows.SendCode) (workflows.State, error) {
	h.codes++
	return workflows.State{}, nil
}

// filling is a customer with a filing to fill in, at a provider that files only in Shanghai.
type filling struct {
	*demo.Walker
	t        *testing.T
	url      string
	db       *store.Store
	temporal *submitsOnce
	account  int64
	filing   store.Filing
	seq      int64
}

const filingBase = "/orders/D1/filing"

func newFilling(t *testing.T) *filling {
	t.Helper()
	return newFillingAt(t, testdb.New(t))
}

func newFillingAt(t *testing.T, db *store.Store) *filling {
	t.Helper()
	f := &filling{t: t, db: db, temporal: &submitsOnce{}}
	ctx := t.Context()
	var err error
	f.account, err = f.db.EnsureAccount(ctx, "by hand", "310000")
	require.NoError(t, err)
	require.NoError(t, f.db.SetDriver(ctx, f.account, store.DriverManual))
	p, err := panel.New(panel.Config{
		Store: f.db, Filings: f.temporal, Resolver: website.NewResolver("127.0.0.1:1"), Logger: slog.New(slog.DiscardHandler),
		Provider: panel.Provider{Name: "样例主机", AccessMode: 3, ServerPlace: 9},
	})
	require.NoError(t, err)
	t.Cleanup(p.Close)
	server := httptest.NewServer(p.Handler())
	t.Cleanup(server.Close)
	hash := testdb.PasswordHash(t, "password")
	id, err := f.db.EnsureUser(ctx, store.RoleCustomer, "demo", hash)
	require.NoError(t, err)
	_, err = f.db.ImportOrder(ctx, store.OrderImport{Number: "D1", Customer: "demo", Product: "p",
		Domains: []string{"www.example.com"}, IPs: []string{"192.0.2.10"}})
	require.NoError(t, err)
	order, err := f.db.OrderOf(ctx, id, "D1")
	require.NoError(t, err)
	f.filing, err = f.db.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	_, err = f.db.RegisterContact(ctx, id, f.filing.ID, filingtest.Contact(), "hash")
	require.NoError(t, err)
	consent(t, f.db, f.filing)
	f.url = server.URL
	f.Walker, err = demo.NewWalker(server.URL, "")
	require.NoError(t, err)
	f.Use("D1")
	require.NoError(t, f.SignIn(ctx, "demo", "password"))
	f.advance(filing.Preparing, "")
	return f
}

func (f *filling) advance(stage filing.Stage, attention filing.Attention) {
	f.t.Helper()
	f.seq++
	require.NoError(f.t, f.db.Advance(f.t.Context(), store.Progress{FilingID: f.filing.ID, Seq: f.seq, Stage: stage,
		Attention: &attention, EventKind: "verified", Actor: "test"}))
}

func (f *filling) page(path string) *goquery.Document {
	f.t.Helper()
	page, err := f.Page(f.t.Context(), filingBase+path)
	require.NoError(f.t, err)
	return page
}

// fill overwrites values in a form; wrong says that the panel must reject it.
func (f *filling) fill(path string, typed url.Values, wrong bool) *goquery.Document {
	f.t.Helper()
	page, err := f.Fill(f.t.Context(), filingBase+path, typed)
	require.Equal(f.t, wrong, err != nil, "%v", err)
	return page
}

// filled fills in both forms of a person and uploads the papers.
func (f *filling) filled() {
	f.t.Helper()
	f.fill("/holder", demo.HolderValues(filingtest.PersonHolder()), false)
	f.fill("/site", url.Values{"name": {"林测试的读书笔记"}, "services": {"2"}, "action": {"next"}}, false)
	require.NoError(f.t, f.Papers(f.t.Context()))
}

// refuse submits the dossier and has the bureau refuse it because of some fields.
func (f *filling) refuse(fields ...string) {
	f.t.Helper()
	ctx := f.t.Context()
	_, err := f.Post(ctx, filingBase+"/review", nil)
	require.NoError(f.t, err)
	require.Equal(f.t, 1, f.temporal.submitted)
	require.NoError(f.t, f.db.Advance(ctx, store.Progress{FilingID: f.filing.ID, Seq: f.seq + 1, Stage: filing.Submitting,
		Revision: 1, EventKind: "submitting", Actor: "test"}))
	require.NoError(f.t,
		f.db.QueueRecord(ctx, store.NewRecord{AccountID: f.account, FilingID: f.filing.ID, Revision: 1, Operation: 1}))
	require.NoError(f.t, f.db.SubmitByHand(ctx, 1, "support:a"))
	require.NoError(f.t,
		f.db.DecideByHand(ctx, 1, store.ManualDecision{Actor: "support:a", Opinion: "证件不清楚", Fields: fields}))
	f.seq++
	f.advance(filing.Correcting, "refused")
}

// tasks returns the lines of the task list as "KEY STATUS"; those with a link end in "→".
func tasks(page *goquery.Document) (list []string) {
	page.Find(".tasks [data-task]").Each(func(_ int, e *goquery.Selection) {
		line := e.AttrOr("data-task", "") + " " + e.Find(".badge").Text()
		if a := e.Find("a"); a.Length() > 0 {
			line += "→"
			if a.AttrOr("aria-describedby", "") != e.Find(".badge").AttrOr("id", "-") {
				line += " (its state isn't read with it)"
			}
		}
		list = append(list, line)
	})
	return list
}

func TestTaskListHasEachFormWithItsState(t *testing.T) {
	f := newFilling(t)
	later := []string{"vetting 未开始", "reviewing 未开始", "installing 未开始", "filed 未开始"}
	list := func() []string {
		whole := tasks(f.page(""))
		require.Equal(t, whole, tasks(f.page("/progress")), "it refreshes itself")
		require.Equal(t, []string{"contact 已完成", "verify 已完成"}, whole[:2])
		require.Equal(t, later, whole[len(whole)-len(later):])
		return whole[2 : len(whole)-len(later)]
	}
	goesOn := func() string { return f.page("").Find("[data-continue]").AttrOr("href", "") }
	require.Equal(t, []string{"kind 未开始→", "holder 未开始→", "site 未开始→", "papers 未开始→", "review 暂不能开始"}, list())
	require.Equal(t, filingBase+"/kind", goesOn())

	f.fill("/kind", url.Values{"kind": {"new"}, "action": {"next"}}, false)
	f.fill("/holder", url.Values{"name": {"林测试"}, "action": {"save"}}, false)
	require.Equal(t, []string{"kind 已完成→", "holder 未完成→", "site 未开始→", "papers 未开始→", "review 暂不能开始"}, list())
	require.Equal(t, filingBase+"/holder", goesOn())

	holder := filingtest.PersonHolder()
	holder.DocumentNumber = "310101199003070036"
	f.fill("/holder", demo.HolderValues(holder), true)
	require.Equal(t, "holder 待修改→", list()[1])
	f.filled()
	require.Equal(t, []string{"kind 已完成→", "holder 已完成→", "site 已完成→", "papers 已完成→", "review 未开始→"}, list())
	require.Equal(t, filingBase+"/review", goesOn())

	f.fill("/kind", url.Values{"kind": {"new_site"}, "action": {"next"}}, false)
	require.Equal(t, "ownership 未开始→", list()[1], "another kind has other forms")
	f.fill("/kind", url.Values{"kind": {"new"}, "action": {"next"}}, false)

	// refused: the page leads to the field until it is fixed
	f.refuse("holder.document_address", "site.name")
	require.Equal(t, []string{"kind 已完成→", "holder 待修改→", "site 待修改→", "papers 已完成→", "review 未开始→"}, list())
	require.Equal(t, filingBase+"/holder?return_to=review#f-document_address", goesOn())
	links := f.page("").Find(`.callout a[href*="return_to=review"]`)
	require.Equal(t, 3, links.Length(), "both fields, and the link to continue")
	page := f.page("/holder")
	require.Contains(t, page.Find("#e-document_address").Text(), "证件不清楚")
	require.Equal(t, 1, page.Find(`.summary a[href="#f-document_address"]`).Length(), "the summary names it too")
	require.Contains(t, page.Find("title").Text(), "错误：")
	page = f.fill("/holder?return_to=review",
		url.Values{"document_address": {"上海市黄浦区样例路 100 号 301 室"}, "action": {"next"}}, false)
	require.Equal(t, 1, page.Find(".prechecked").Length(), "saving returns to the review")
	require.Equal(t, "holder 已完成→", list()[1])
	require.Equal(t, filingBase+"/site?return_to=review#f-name", goesOn())
	require.Zero(t, f.page("/holder").Find(".summary").Length())
}

// blocking returns the rules of the pre-check's blocking lines, with their links.
func blocking(t *testing.T, page *goquery.Document) map[string]string {
	t.Helper()
	rules := map[string]string{}
	page.Find(".blocking").Each(func(_ int, e *goquery.Selection) {
		rules[e.AttrOr("data-rule", "")] = e.Find("a").AttrOr("href", "")
		require.NotContains(t, e.Text(), "precheck_source")
		require.NotEmpty(t, strings.TrimPrefix(strings.TrimSpace(e.Find(".quiet").Text()), "依据："), "its source")
	})
	require.Equal(t, len(rules) == 0, page.Find("main form").Length() == 1, "blocking findings remove the button")
	return rules
}

// Every rule of the forms is a finding of the pre-check, with its source and its field.
func TestReviewFindsWhatFormsRefuse(t *testing.T) {
	f := newFilling(t)
	rules := blocking(t, f.page("/review"))
	require.Contains(t, rules, "form_missing")
	missing := f.page("/review").Find(`[data-rule=form_missing] a`)
	require.Equal(t, 2, missing.Length(), "each empty form is one line")
	require.Equal(t, filingBase+"/holder?return_to=review", missing.First().AttrOr("href", ""))

	f.filled()
	require.Empty(t, blocking(t, f.page("/review")))
	at := func(form, field string) string {
		return filingBase + "/" + form + "?return_to=review&check=1#f-" + field
	}
	for _, c := range []struct {
		form  string
		typed url.Values
		rule  string
		field string
	}{
		{"holder", url.Values{"document_number": {"310101199003070036"}}, "resident_id_check_digit", "document_number"},
		{"holder", url.Values{"nature": {"4"}, "document_type": {"1"}, "document_number": {"91310101MA1FP0000X"}},
			"usc_check_digit", "document_number"},
		{"holder", url.Values{"nature": {"4"}}, "document_not_for_nature", "document_type"},
		{"holder", url.Values{"address": {"路1"}}, "address_short", "address"},
		{"holder", url.Values{"province": {"330000"}, "city": {"330100"}, "county": {"330102"}}, "province_not_served",
			"province"},
		{"site", url.Values{"home_page": {"http://example.org/"}}, "home_page_not_in_domains", "home_page"},
		{"site", url.Values{"name": {"example.com"}}, "site_name_not_a_name", "name"},
		{"site", url.Values{"name": {"12345"}}, "site_name_not_a_name", "name"},
	} {
		c.typed.Set("action", "save")
		before := demo.FormValues(f.page("/" + c.form).Find("main form").First())
		f.fill("/"+c.form, c.typed, false)
		rules := blocking(t, f.page("/review"))
		require.Equal(t, at(c.form, c.field), rules[c.rule], "%s in %v", c.rule, rules)
		page := f.page(strings.TrimPrefix(strings.Split(rules[c.rule], "#")[0], filingBase))
		require.Equal(t, 1, page.Find("#e-"+c.field).Length(), "the link leads to the message at the field")
		_, err := f.Post(t.Context(), filingBase+"/review", nil)
		require.NoError(t, err)
		require.Zero(t, f.temporal.submitted, "whatever is posted")
		before.Set("draft_tab", "later")
		before.Del("draft_version")
		before.Set("action", "save")
		_, err = f.Post(t.Context(), filingBase+"/"+c.form, before)
		require.NoError(t, err)
	}
	require.Empty(t, blocking(t, f.page("/review")), "as before")
}

// Each line of the review can be changed; saving returns to it.
func TestReviewIsComeBackTo(t *testing.T) {
	f := newFilling(t)
	f.filled()
	page := f.page("/review")
	require.Equal(t, 1, page.Find(fmt.Sprintf(`.facts a[href=%q]`, filingBase+"/kind?return_to=review#f-kind")).Length())
	require.Equal(t, 1, page.Find(fmt.Sprintf(`.facts a[href=%q]`, filingBase+"/site?return_to=review#f-name")).Length())
	require.Contains(t, page.Find(".facts").Text(), filingtest.Contact().Mobile, "the contact is there")
	require.Zero(t, page.Find(`.facts a[href*="contact"], .facts a[href$="#f-provider"]`).Length(),
		"no link leads to a page that can't be changed")

	page = f.fill("/site?return_to=review", url.Values{"name": {""}, "action": {"next"}}, true)
	require.Equal(t, "review", page.Find("[name=return_to]").AttrOr("value", ""), "also after problems")
	values := demo.FormValues(page.Find("main form").First())
	values.Set("name", "林测试的书评")
	values.Set("action", "next")
	page, err := f.Post(t.Context(), filingBase+"/site", values)
	require.NoError(t, err)
	require.Contains(t, page.Find(".facts").Text(), "林测试的书评")
	page = f.fill("/site?return_to=review", url.Values{"action": {"save"}}, false)
	require.Equal(t, "review", page.Find("[name=return_to]").AttrOr("value", ""), "also when only saving")
	page = f.fill("/site", url.Values{"action": {"next"}}, false)
	require.Equal(t, 1, page.Find("form[data-papers]").Length(), "otherwise the next page follows")
	require.NoError(t, f.Papers(t.Context()), "the letter has the former name")
	page, err = f.Post(t.Context(), filingBase+"/papers", url.Values{"return_to": {"review"}, "action": {"next"}})
	require.NoError(t, err)
	require.Equal(t, 1, page.Find(".prechecked").Length())
	page = f.fill("/kind?return_to=review", url.Values{"kind": {"new"}, "action": {"next"}}, false)
	require.Equal(t, 1, page.Find(".prechecked").Length())
	page = f.fill("/site?return_to=//evil.example", nil, false)
	require.Zero(t, page.Find("[name=return_to]").Length(), "only known targets are carried")
}

// Changing the kind on its page loses nothing and reports problems next to their fields; corrections made there also
// apply to the holder's form.
func TestKindIsOneForm(t *testing.T) {
	f := newFilling(t)
	require.Equal(t, 1, f.page("/kind").Find("main form").Length())
	page := f.fill("/kind", url.Values{"nature": {"5"}, "document_type": {"2"}, "document_number": {"310101199003070035"},
		"action": {"next"}}, true)
	require.Equal(t, 1, page.Find("#e-kind").Length())
	require.Equal(t, 1, page.Find(`.summary a[href="#f-kind"]`).Length())
	require.Equal(t, "310101199003070035", f.page("/kind").Find("[name=document_number]").AttrOr("value", ""),
		"kept, although no kind was chosen")
	page = f.fill("/kind", url.Values{"document_number": {"310101199003070036"}, "kind": {"new"}, "action": {"ask"}}, true)
	require.Equal(t, 1, page.Find("#e-document_number").Length())
	page = f.page("/kind")
	require.Equal(t, "310101199003070036", page.Find("[name=document_number]").AttrOr("value", ""),
		"kept, although it is wrong")
	require.Equal(t, "new", page.Find("[name=kind][checked]").AttrOr("value", ""))
	page = f.fill("/kind", url.Values{"document_number": {"310101199003070035"}, "action": {"ask"}}, false)
	require.Equal(t, "unknown", page.Find("[data-advice]").AttrOr("data-advice", ""), "there is no bureau to ask here")
	for range web.QueriesPerClient {
		if page, err := f.Fill(t.Context(), filingBase+"/kind", url.Values{"action": {"ask"}}); err != nil {
			require.ErrorContains(t, err, "429")
			require.Contains(t, page.Find("#e-document_number").Text(), "太频繁")
			require.Equal(t, "310101199003070035", page.Find("[name=document_number]").AttrOr("value", ""))
			break
		}
	}
	f.filled()
	page = f.page("/kind")
	require.Equal(t, "unknown", page.Find("[data-advice]").AttrOr("data-advice", ""))
	page = f.fill("/kind", url.Values{"document_number": {"110101199003070011"}, "province": {"110000"}, "kind": {"new"},
		"action": {"next"}}, false)
	require.Contains(t, page.Find(".flash").Text(), "主体信息")
	require.Equal(t, "110101199003070011", page.Find("[name=document_number]").AttrOr("value", ""),
		"the holder's form has it")
	require.Equal(t, "110000", page.Find("[name=province] option[selected]").AttrOr("value", ""))
	require.Empty(t, page.Find("[name=city] option[selected]").AttrOr("value", ""),
		"the city must be chosen again for the new province")
	require.Equal(t, "林测试", page.Find("[name=name]").AttrOr("value", ""), "the rest is unchanged")
	require.Zero(t, f.page("/kind").Find("[data-advice]").Length(), "the answer was about another document")
}

// A person types name and document only once.
func TestPersonIsTypedOnce(t *testing.T) {
	f := newFilling(t)
	f.fill("/kind", url.Values{"nature": {"5"}, "kind": {"new"}, "action": {"next"}}, false)
	require.Equal(t, 1, f.page("/holder").Find("[name=manager_same][checked]").Length(), "a person manages their own site")
	h := filingtest.PersonHolder()
	typed := demo.HolderValues(h)
	for _, name := range []string{"superior", "manager_name", "manager_document_type", "manager_document_number"} {
		typed.Set(name, "")
	}
	typed.Set("name", "林测")
	f.fill("/holder", typed, false)
	page := f.page("/holder")
	require.Equal(t, h.DocumentNumber, page.Find("[name=manager_document_number]").AttrOr("value", ""))
	require.Equal(t, "林测", page.Find("[name=superior]").AttrOr("value", ""))
	f.fill("/holder", url.Values{"name": {"林测试"}, "action": {"next"}}, false)
	page = f.page("/holder")
	for _, name := range []string{"superior", "manager_name"} {
		require.Equal(t, "林测试", page.Find("[name="+name+"]").AttrOr("value", ""), "the values follow")
	}
	page = f.fill("/holder", url.Values{"document_number": {"310101199003070036"}, "action": {"next"}}, true)
	require.Equal(t, 1, page.Find(".summary li").Length(), "each problem is reported once")
	require.Equal(t, 1, page.Find("#e-document_number").Length())

	unit := demo.HolderValues(filingtest.CompanyHolder())
	unit.Set("manager_same", "yes")
	unit.Set("manager_name", "")
	page = f.fill("/holder", unit, true)
	require.Equal(t, 1, page.Find("#e-manager_name").Length(), "a unit's manager is a person, who must be entered")
	require.NotContains(t, f.page("/review").Find(".facts").Text(), "负责人就是主办者本人", "it isn't part of the dossier")
}

// Customers learn which places the provider doesn't cover before any codes are sent.
func TestContactKnowsTheProvidersProvinces(t *testing.T) {
	f := newFilling(t)
	f.advance(filing.Contact, "")
	_, err := f.Post(t.Context(), filingBase+"/notice", url.Values{"accept": {"yes"}})
	require.NoError(t, err)
	page := f.fill("/contact", url.Values{
		"user_name": {"demo_2"}, "password": {"password-1"}, "password_again": {"password-1"}, "province": {"330000"},
		"name": {"林测试"}, "mobile": {"13900001234"}, "email": {"lin.ceshi@example.com"},
	}, true)
	require.Contains(t, page.Find("#e-province").Text(), "本公司在该省没有备案账号")
	require.Equal(t, 1, page.Find(".summary li").Length())
}

// Pressing 撤销 without ticking the box shows the message at the box.
func TestUnconfirmedEndIsSaidAtItsBox(t *testing.T) {
	f := newFilling(t)
	page, err := f.Post(t.Context(), filingBase+"/withdraw", nil)
	require.NoError(t, err)
	_, open := page.Find("details.withdraw").Attr("open")
	require.True(t, open)
	require.Contains(t, page.Find("#e-sure").Text(), "勾选")
	require.Equal(t, "e-sure", page.Find("#f-sure").AttrOr("aria-describedby", ""))
	require.Equal(t, 1, page.Find(`.summary a[href="#f-sure"]`).Length())
	require.Contains(t, page.Find("title").Text(), "错误：")
	_, open = f.page("").Find("details.withdraw").Attr("open")
	require.False(t, open)
	require.Zero(t, f.page("?unsure=take_off").Find(".summary").Length(), "only for forms on the page")
}

// Everything that aria-describedby names exists, required fields say so, and long texts are limited.
func TestFieldsAreMarkedUp(t *testing.T) {
	f := newFilling(t)
	for _, path := range []string{"/holder", "/holder?check=1", "/site", "/site?check=1", "/kind", "/papers?check=1"} {
		page := f.page(path)
		ids := map[string]bool{}
		page.Find("[id]").Each(func(_ int, e *goquery.Selection) { ids[e.AttrOr("id", "")] = true })
		page.Find("[aria-describedby]").Each(func(_ int, e *goquery.Selection) {
			for _, id := range strings.Fields(e.AttrOr("aria-describedby", "")) {
				require.True(t, ids[id], "%s: %s is described by %s, which isn't there", path, e.AttrOr("id", ""), id)
			}
		})
		require.Zero(t, page.Find("legend a").Length(), "%s: help is no part of a legend", path)
		require.Equal(t, page.Find(".need[aria-hidden]").Length(), page.Find(".need[aria-hidden] + .unseen").Length(),
			"%s: a star says what it means", path)
		require.Equal(t, strings.Contains(path, "check"), strings.HasPrefix(page.Find("title").Text(), "错误："), path)
	}
	services := f.page("/site?check=1").Find("fieldset#f-services")
	require.Equal(t, "e-services", services.AttrOr("aria-describedby", ""))
	require.Contains(t, f.page("/site").Find("main form .hint").Text(), "* 的为必填项")
	f.advance(filing.Contact, "")
	_, err := f.Post(t.Context(), filingBase+"/notice", url.Values{"accept": {"yes"}})
	require.NoError(t, err)
	require.Equal(t, "32", f.page("/contact").Find("#f-user_name").AttrOr("maxlength", ""))
}

// Saving a form says at once, at the field, what the pre-check would block, what it would advise, and what breaks a
// rule, but not what isn't filled in yet.
func TestEachSaveIsPrechecked(t *testing.T) {
	f := newFilling(t)
	f.fill("/holder", demo.HolderValues(filingtest.PersonHolder()), false)
	page := f.save("site", url.Values{"name": {"中国书评"}, "home_page": {"http://example.org/"}})
	require.Contains(t, page.Find("#e-name").Text(), "中国")
	require.Contains(t, page.Find("#f-name").AttrOr("aria-describedby", ""), "e-name")
	require.Equal(t, 1, page.Find(`.summary a[href="#f-name"]`).Length(), "the summary names it too")
	require.Equal(t, 1, page.Find("#e-home_page").Length(), "rules of the form itself")
	require.Zero(t, page.Find("#e-services").Length(), "not filled in yet")
	page = f.save("site", url.Values{"name": {"读书笔记"}, "home_page": {"http://www.example.net/"},
		"domains": {"example.net"}})
	require.Zero(t, page.Find(".error").Length())
	require.Contains(t, page.Find("#a-domains").Text(), "example.net", "advice")
	require.Contains(t, page.Find("#f-domains").AttrOr("aria-describedby", ""), "a-domains")
	require.Zero(t, page.Find(".summary").Length(), "which needs no correction")
	require.Zero(t, f.page("/site").Find("#a-domains").Length(), "opening a form checks nothing")

	page = f.fill("/site", url.Values{"name": {"中国书评"}, "services": {"2"}, "action": {"next"}}, true)
	require.Contains(t, page.Find("#e-name").Text(), "中国", "it doesn't go on before")
	require.Equal(t, "中国书评", f.page("/site").Find("[name=name]").AttrOr("value", ""), "it is saved")
	page = f.fill("/site", url.Values{"name": {"林测试的读书笔记"}, "action": {"next"}}, false)
	require.Equal(t, 1, page.Find("form[data-papers]").Length(), "advice doesn't hold anybody up")
}
