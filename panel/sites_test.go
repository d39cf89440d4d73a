package panel_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/workflows"
)

func (h *submitsOnce) Open(_ context.Context, ref string, _ workflows.FilingInput) error {
	h.opened = append(h.opened, ref)
	return nil
}

func (h *submitsOnce) Execution(context.Context, string, ...string) (workflows.Execution, error) {
	return workflows.Execution{}, workflows.ErrNoExecution
}

// manySites is a customer of an order with three sites.
type manySites struct {
	*filling
	order store.Order
	seqs  map[int64]int64
}

func newManySites(t *testing.T) *manySites {
	t.Helper()
	m := &manySites{filling: newFilling(t), seqs: map[int64]int64{}}
	ctx := t.Context()
	_, err := m.db.ImportOrder(ctx, store.OrderImport{Number: "D3", Customer: "demo", Product: "p",
		Domains: []string{"www.one.example.com", "one.com", "www.one.com", "two.com", "shop.two.com", "three.cn"},
		IPs:     []string{"192.0.2.10"}})
	require.NoError(t, err)
	// example.com is a site of its own, which leaves the order again
	_, err = m.db.ImportOrder(ctx, store.OrderImport{Number: "D3", Customer: "demo", Product: "p",
		Domains: []string{"one.com", "www.one.com", "two.com", "shop.two.com", "three.cn"}})
	require.NoError(t, err)
	m.order, err = m.db.OrderOf(ctx, m.filing.CustomerID, "D3")
	require.NoError(t, err)
	return m
}

func (m *manySites) see(path string) *goquery.Document {
	m.t.Helper()
	page, err := m.Page(m.t.Context(), path)
	require.NoError(m.t, err)
	return page
}

func (m *manySites) post(path string, values url.Values) {
	m.t.Helper()
	_, err := m.Post(m.t.Context(), path, values)
	require.NoError(m.t, err)
}

func (m *manySites) of(domain string) store.Filing {
	m.t.Helper()
	site, err := m.db.SiteOf(m.t.Context(), m.order.CustomerID, "D3", domain)
	require.NoError(m.t, err)
	f, err := m.db.FilingOfSite(m.t.Context(), site.ID)
	require.NoError(m.t, err)
	return f
}

// move advances a site's filing.
func (m *manySites) move(domain string, stage filing.Stage) {
	m.t.Helper()
	f := m.of(domain)
	require.NoError(m.t, m.db.Advance(m.t.Context(), store.Progress{FilingID: f.ID, Seq: f.Seq + 1, Stage: stage,
		Attention: new(filing.Attention), EventKind: "verified", Actor: "test"}))
}

// verified gives the contact of one.com and verifies it, so that the others begin.
func (m *manySites) verified() {
	m.t.Helper()
	f := m.of("one.com")
	_, err := m.db.RegisterContact(m.t.Context(), m.order.CustomerID, f.ID, filingtest.Contact(), "hash")
	require.NoError(m.t, err)
	consent(m.t, m.db, f)
	for _, domain := range []string{"one.com", "two.com", "three.cn"} {
		m.move(domain, filing.Preparing)
	}
}

func rowText(page *goquery.Document, domain string) string {
	return strings.Join(strings.Fields(page.Find(`[data-site="`+domain+`"]`).Text()), " ")
}

// An order with several sites shows each with its host names and its state, and the addresses without a domain lead to
// the choice. One click files them all; the list of orders has one row.
func TestOrderShowsItsSites(t *testing.T) {
	m := newManySites(t)
	page := m.see("/orders/D3")
	require.Equal(t, 3, page.Find("[data-site]").Length())
	require.Contains(t, rowText(page, "one.com"), "www.one.com")
	require.NotContains(t, rowText(page, "one.com"), "shop.two.com")
	require.Contains(t, rowText(page, "three.cn"), "未备案")
	list := m.see("/orders")
	row := list.Find(`[data-order="D3"]`)
	require.Equal(t, "/orders/D3", row.Find("a.button").AttrOr("href", ""))
	require.Equal(t, 1, row.Length())

	m.post("/orders/D3/filing", nil)
	require.Equal(t, []string{"D3"}, m.temporal.opened, "the others begin when the contact is verified")
	page = m.see("/orders/D3")
	require.Contains(t, rowText(page, "one.com"), "现在需要您操作")
	require.Contains(t, rowText(page, "two.com"), "等待身份验证")
	require.Equal(t, "一起提交管局：one.com、two.com、three.cn。", page.Find("[data-record]").Text())
	require.Zero(t, page.Find("[data-file-sites]").Length())
	for _, path := range []string{"", "/site", "/review"} {
		response, err := m.Raw(t.Context(), "/orders/D3/filing"+path)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, "/orders/D3", response.Request.URL.Path, "the choice")
	}
	for _, missing := range []string{"/orders/D3/sites/four.com/filing", "/orders/D1/sites/one.com/filing"} {
		response, err := m.Raw(t.Context(), missing)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusNotFound, response.StatusCode, missing)
	}
	hub := m.see("/orders/D3/sites/one.com/filing")
	require.Equal(t, "/orders/D3", hub.Find("p.back a").AttrOr("href", ""))
	require.Equal(t, "/orders/D3/sites/one.com/filing/notice", hub.Find("[data-continue]").AttrOr("href", ""))
	require.Equal(t, "/orders/D3/sites/www.one.com/filing/notice",
		m.see("/orders/D3/sites/www.one.com/filing").Find("[data-continue]").AttrOr("href", ""), "by a host name")
	require.Zero(t, m.see("/orders/D3/sites/two.com/filing").Find("[data-continue]").Length(), "not begun")
	require.NotContains(t, m.temporal.opened, "D3/2", "no page starts it too early")
}

// A province that takes one site at a time says so with its source, on the order's page.
func TestOrderSaysWhichSitesFollow(t *testing.T) {
	m := newManySites(t)
	m.post("/orders/D3/filing", nil)
	m.verified()
	h := filingtest.CompanyHolder()
	h.Province = "430000"
	require.NoError(t, m.db.SaveDraft(t.Context(), m.of("one.com").ID, "holder", demo.HolderValues(h)))
	page := m.see("/orders/D3")
	require.Equal(t, "先提交管局：one.com。", page.Find("[data-record]").Text())
	require.Contains(t, page.Find("[data-later]").Text(), "two.com、three.cn")
	require.Contains(t, page.Find("[data-rule]").Text(), "一次最多提交1个网站。")
	require.Contains(t, page.Find("[data-rule]").Text(), "2025", "with its source")
	require.Contains(t, m.see("/orders/D3/sites/two.com/filing").Find("[data-siblings]").Text(), "本省一次收不下的")
}

func (m *manySites) tasks(domain string) (keys []string) {
	m.t.Helper()
	for _, task := range m.see("/orders/D3/sites/" + domain + "/filing").Find("[data-task]").EachIter() {
		keys = append(keys, task.AttrOr("data-task", ""))
	}
	return keys
}

// submit submits a site's dossier as its form would.
func (m *manySites) submit(domain string) {
	m.t.Helper()
	f, d := m.of(domain), filingtest.Dossier()
	d.Kind, d.Site.Domains = filing.KindNew, []string{domain}
	revision, err := m.db.SaveDossier(m.t.Context(), f.ID, d)
	require.NoError(m.t, err)
	require.NoError(m.t, m.db.Advance(m.t.Context(), store.Progress{FilingID: f.ID, Seq: f.Seq + 1,
		Stage: filing.Submitting, Revision: revision, EventKind: "submitting", Actor: "test"}))
}

// The holder is filled in once, with the site that carries the others: they have only their own forms, whose kind is
// fixed, and are submitted after it.
func TestCompanionHasOnlyItsOwnForms(t *testing.T) {
	m := newManySites(t)
	m.post("/orders/D3/filing", nil)
	require.Empty(t, m.tasks("two.com"), "not begun")
	hub := m.see("/orders/D3/sites/two.com/filing")
	require.Contains(t, hub.Find("[data-siblings]").Text(), "one.com")
	require.Equal(t, "/orders/D3/sites/one.com/filing", hub.Find("[data-siblings] a").AttrOr("href", ""))
	require.Zero(t, hub.Find("details.withdraw").Length(), "nothing runs yet that could be withdrawn")
	m.verified()
	require.Subset(t, m.tasks("one.com"), []string{"contact", "kind", "holder", "site", "papers", "review"})
	companion := m.tasks("two.com")
	require.Equal(t, []string{"site", "papers", "review"}, companion[:3])
	require.NotContains(t, companion, "contact")
	for _, page := range []string{"holder", "kind"} {
		response, err := m.Raw(t.Context(), "/orders/D3/sites/two.com/filing/"+page)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.NotContains(t, response.Request.URL.Path, page, "sent elsewhere")
	}
	papers := m.see("/orders/D3/sites/two.com/filing/papers")
	require.Zero(t, papers.Find("#f-holder_document").Length(), "the holder's papers go with one.com")
	require.Less(t, papers.Find("[data-paper]").Length(),
		m.see("/orders/D3/sites/one.com/filing/papers").Find("[data-paper]").Length())

	review := m.see("/orders/D3/sites/two.com/filing/review")
	require.Equal(t, "/orders/D3/sites/one.com/filing", review.Find("[data-holder-first] a").AttrOr("href", ""))
	require.Zero(t, review.Find("form[method=post] button:contains('提交')").Length())
	m.submit("one.com")
	require.Zero(t, m.see("/orders/D3/sites/two.com/filing/review").Find("[data-holder-first]").Length())
	page := m.see("/orders/D3/sites/one.com/filing")
	require.Contains(t, page.Find("[data-missing]").Text(), "two.com、three.cn", "the record waits for them")
	require.Contains(t, m.see("/orders/D3").Find("[data-missing]").Text(), "two.com、three.cn")
}

// A refusal of one site returns the others. Their customer chooses: correct it, or let the others go without it.
func TestOthersGoWithoutARefusedSite(t *testing.T) {
	m := newManySites(t)
	m.post("/orders/D3/filing", nil)
	m.verified()
	for _, domain := range []string{"one.com", "two.com", "three.cn"} {
		m.submit(domain)
	}
	attend := func(domain string, attention filing.Attention) {
		f := m.of(domain)
		require.NoError(t, m.db.Advance(t.Context(), store.Progress{FilingID: f.ID, Seq: f.Seq + 1,
			Stage: filing.Correcting, Attention: &attention, EventKind: "refused", Actor: "bureau"}))
	}
	attend("one.com", filing.AttentionReturnedTogether)
	attend("three.cn", filing.AttentionReturnedTogether)
	attend("two.com", filing.AttentionRefused)
	require.Contains(t, rowText(m.see("/orders/D3"), "two.com"), "修改")
	require.Zero(t, m.see("/orders/D3/sites/one.com/filing").Find("[data-let-go]").Length(), "not this one")
	hub := m.see("/orders/D3/sites/two.com/filing")
	require.Contains(t, hub.Find("[data-let-go]").Text(), "管局退回了这个网站")
	m.post(hub.Find("[data-let-go]").AttrOr("action", ""), nil)
	require.True(t, m.of("two.com").AwaitsHolder)
	require.Contains(t, m.see("/orders/D3").Find("[data-later]").Text(), "two.com")
	require.Contains(t, m.see("/orders/D3").Find("[data-record]").Text(), "one.com、three.cn")
}

// Staff see which site a filing is for, which sites the bureau gets with it, and which wait.
func TestStaffSeeTheSitesOfARecord(t *testing.T) {
	m := newManySites(t)
	m.post("/orders/D3/filing", nil)
	m.verified()
	hash := testdb.PasswordHash(t, "password")
	_, err := m.db.EnsureStaff(t.Context(), store.StaffAdministrator, "staff", hash)
	require.NoError(t, err)
	require.NoError(t, m.db.ArrangeSites(t.Context(), m.of("one.com").ID, 2))
	w, err := demo.NewWalker(m.url, "")
	require.NoError(t, err)
	require.NoError(t, w.SignIn(t.Context(), "staff", "password"))
	page, err := w.Page(t.Context(), "/support/filings/D3?serial=2")
	require.NoError(t, err)
	require.Equal(t, "two.com", page.Find("[data-site]").Text())
	require.NotContains(t, page.Find("h1 + p").Text(), "three.cn", "another site's")
	require.Equal(t, "one.com", page.Find("[data-together] a").Text())
	page, err = w.Page(t.Context(), "/support/filings/D3?serial=3")
	require.NoError(t, err)
	require.Equal(t, 1, page.Find("[data-awaits]").Length())
}

// Another order's sites can be filed for a holder that the customer has filed, without filling it in again. Nobody else's
// holder can be.
func TestFiledHolderIsUsedAgain(t *testing.T) {
	m := newManySites(t)
	ctx := t.Context()
	require.Zero(t, m.see("/orders/D3").Find("[data-holders]").Length(), "none is filed yet")
	d := filingtest.Dossier()
	d.Kind = filing.KindNew
	f := m.filing // of order D1
	revision, err := m.db.SaveDossier(ctx, f.ID, d)
	require.NoError(t, err)
	m.advance(filing.Submitting, "")
	require.NoError(t, m.db.QueueRecord(ctx, store.NewRecord{AccountID: m.account, FilingID: f.ID, Revision: revision,
		Operation: filing.KindNew.Operation()}))
	require.NoError(t, m.db.SubmitByHand(ctx, 1, "support:a"))
	require.NoError(t, m.db.DecideByHand(ctx, 1, store.ManualDecision{Actor: "support:a", Approved: true,
		Issued: filing.Issued{HolderNumber: "沪ICP备05000940号", SiteNumber: "沪ICP备05000940号-1"}}))
	m.advance(filing.Installing, "")

	choice := m.see("/orders/D3").Find("[data-holders]")
	require.Contains(t, choice.Text(), "沪ICP备05000940号")
	holder := choice.Find("input").First().AttrOr("value", "")
	_, err = m.Post(ctx, "/orders/D3/filing", url.Values{"holder": {"999"}})
	require.Error(t, err, "not a holder of this customer")
	m.post("/orders/D3/filing", url.Values{"holder": {holder}})
	for _, domain := range []string{"one.com", "two.com", "three.cn"} {
		require.Equal(t, filing.KindNewSite, m.of(domain).Kind)
		require.Equal(t, filing.Preparing, m.of(domain).Stage, "the contact is known")
		m.move(domain, filing.Preparing)
		require.NotContains(t, m.tasks(domain), "holder")
		require.NotContains(t, m.tasks(domain), "ownership")
	}
	require.Len(t, m.temporal.opened, 3)
}

// A site is filed with its registrable domain, whatever host names the order lists below it: they are shown and checked.
func TestSiteIsFiledWithItsRegistrableDomain(t *testing.T) {
	m := newManySites(t)
	_, err := m.db.ImportOrder(t.Context(), store.OrderImport{Number: "D3", Customer: "demo", Product: "p",
		Domains: []string{"www.one.com", "two.com", "shop.two.com", "new.three.cn", "*.three.cn"}})
	require.NoError(t, err)
	m.post("/orders/D3/filing", nil)
	m.verified()
	for domain, want := range map[string]struct{ home, served string }{
		"one.com":  {"http://www.one.com/", "www.one.com"},
		"two.com":  {"http://two.com/", "shop.two.com"},
		"three.cn": {"http://new.three.cn/", "new.three.cn、*.three.cn"},
	} {
		form := m.see("/orders/D3/sites/" + domain + "/filing/site")
		require.Equal(t, domain, strings.TrimSpace(form.Find("#f-domains").Text()))
		require.Equal(t, want.home, form.Find("#f-home_page").AttrOr("value", ""))
		require.Equal(t, want.served, form.Find("#f-served").Text())
		require.Contains(t, form.Find("#h-served").Text(), "不另外备案")
		review := m.see("/orders/D3/sites/" + domain + "/filing/review")
		require.NotContains(t, review.Text(), "没有绑定", "its host names are bound")
	}
}

// The only site of an order, too. What somebody types below the domain is filed as the domain; an order that lists
// nothing else has nothing more to show.
func TestOnlySiteIsFiledWithItsRegistrableDomain(t *testing.T) {
	f := newFilling(t)
	form := f.page("/site")
	require.Equal(t, "example.com", strings.TrimSpace(form.Find("#f-domains").Text()))
	require.Equal(t, "http://www.example.com/", form.Find("#f-home_page").AttrOr("value", ""))
	require.Equal(t, "www.example.com", form.Find("#f-served").Text())
	f.filled()
	f.save("site", url.Values{"domains": {"*.example.com\nwww.Example.com"}, "home_page": {"http://www.example.com/"}})
	require.Equal(t, "example.com", strings.TrimSpace(f.page("/site").Find("#f-domains").Text()))
	require.Contains(t, f.page("/review").Text(), "example.com")
	_, err := f.Post(t.Context(), filingBase+"/review", nil)
	require.NoError(t, err)
	d, err := f.db.Dossier(t.Context(), f.filing.ID, 1)
	require.NoError(t, err)
	require.Equal(t, []string{"example.com"}, d.Site.Domains)

	_, err = f.db.ImportOrder(t.Context(), store.OrderImport{Number: "D1", Customer: "demo", Product: "p",
		Domains: []string{"example.com"}})
	require.NoError(t, err)
	require.Zero(t, f.page("/site").Find("#f-served").Length())
}

// Each site's registration has a draft of its own, which goes when that site's number is registered.
func TestRegistrationOfEachSiteHasItsOwnDraft(t *testing.T) {
	m := newManySites(t)
	draft := func(domain string) (number, home string) {
		form := m.see("/orders/D3/sites/" + domain + "/register")
		return form.Find("#f-number").AttrOr("value", ""), form.Find("#f-home_page").AttrOr("value", "")
	}
	m.post("/orders/D3/sites/one.com/register/draft", url.Values{"number": {"沪ICP备1"}, "home_page": {"http://one.com/a"}})
	m.post("/orders/D3/sites/two.com/register/draft", url.Values{"number": {"沪ICP备2"}, "home_page": {"http://two.com/b"}})
	number, home := draft("one.com")
	require.Equal(t, "沪ICP备1 http://one.com/a", number+" "+home)
	number, home = draft("two.com")
	require.Equal(t, "沪ICP备2 http://two.com/b", number+" "+home)
	number, home = draft("three.cn")
	require.Equal(t, " http://three.cn/", number+" "+home)

	_, err := m.Fill(t.Context(), "/orders/D3/sites/one.com/register",
		url.Values{"number": {"沪ICP备05000940号-1"}, "home_page": {"http://one.com/"}})
	require.NoError(t, err)
	require.Equal(t, filing.KindRegister, m.of("one.com").Kind)
	number, _ = draft("two.com")
	require.Equal(t, "沪ICP备2", number, "another site's stays")
}

// An import that takes away the domain of a site with a filing tells its customer, by mail and on the pages, and staff.
// A domain that comes back in time is nobody's news.
func TestRemovedDomainIsTold(t *testing.T) {
	m := newManySites(t)
	ctx := t.Context()
	m.post("/orders/D3/filing", nil)
	m.verified()
	imported := func(domains ...string) {
		_, err := m.db.ImportOrder(ctx, store.OrderImport{Number: "D3", Customer: "demo", Product: "p", Domains: domains})
		require.NoError(t, err)
	}
	pending := func() []store.CustomerNotice {
		list, err := m.db.PendingCustomerNotices(ctx, 10)
		require.NoError(t, err)
		return list
	}
	imported("one.com", "two.com")
	require.Equal(t, []store.CustomerNotice{{FilingID: m.of("three.cn").ID, Template: "site_removed"}}, pending())
	require.Contains(t, rowText(m.see("/orders/D3"), "three.cn"), "请撤销这个备案")
	require.Contains(t, m.see("/orders/D3").Find(".lead").Text(), "这个订单有 2 个域名")
	require.Contains(t, m.see("/orders/D3/sites/three.cn/filing").Find("[data-removed]").Text(), "把域名加回订单")
	require.Zero(t, m.see("/orders/D3/sites/two.com/filing").Find("[data-removed]").Length())
	_, err := m.db.EnsureStaff(ctx, store.StaffAdministrator, "staff", testdb.PasswordHash(t, "password"))
	require.NoError(t, err)
	w, err := demo.NewWalker(m.url, "")
	require.NoError(t, err)
	require.NoError(t, w.SignIn(ctx, "staff", "password"))
	page, err := w.Page(ctx, "/support/filings?order=D3")
	require.NoError(t, err)
	require.Equal(t, 1, page.Find("td:contains('域名已从订单去掉')").Length())
	page, err = w.Page(ctx, "/support/filings/D3?serial=3")
	require.NoError(t, err)
	require.Contains(t, page.Find("[data-removed]").Text(), "加回订单")

	imported("one.com", "two.com", "three.cn")
	require.Empty(t, pending())
	require.Zero(t, m.see("/orders/D3").Find("[data-removed]").Length())
}
