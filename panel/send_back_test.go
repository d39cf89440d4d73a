package panel_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/beian/beian/panel/dossierview"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/browsertest"
	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// SendBack does what the filing's workflow does with a verdict.
func (n *noTemporal) SendBack(ctx context.Context, _ string, v workflows.Verdict) (workflows.State, error) {
	n.verdicts = append(n.verdicts, v)
	if n.sentBack == nil {
		return workflows.State{}, workflows.ErrWrongStage
	}
	return workflows.State{}, n.sentBack(ctx, v)
}

// vettingDesk is a desk with a dossier under vetting, and its customer.
func vettingDesk(t *testing.T) (d *desk, f store.Filing) {
	t.Helper()
	ctx := t.Context()
	d = newDesk(t)
	dossier := filingtest.Dossier()
	dossier.Kind = filing.KindNew
	d.add(t, dossier)
	f, err := d.db.FilingBySerial(ctx, "D1", 1)
	require.NoError(t, err)
	_, err = d.db.RegisterContact(ctx, f.CustomerID, f.ID, filingtest.Contact(), "hash")
	require.NoError(t, err)
	require.NoError(t, d.db.SaveDraft(ctx, f.ID, "holder", dossierview.HolderValues(dossier.Holder)))
	require.NoError(t, d.db.SaveDraft(ctx, f.ID, "site", dossierview.SiteValues(dossier.Site)))
	require.NoError(t, d.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 3, Stage: filing.Vetting, Revision: 1,
		EventKind: "submitted", Actor: "customer:demo"}))
	d.temporal.sentBack = func(ctx context.Context, v workflows.Verdict) error {
		attention := filing.AttentionSentBack
		return d.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 4, Stage: filing.Correcting, Attention: &attention,
			EventKind: "sent_back", Actor: v.Actor})
	}
	return d, f
}

const dossierPath = "/support/filings/D1/dossier?serial=1"

// take has a staff member take the dossier.
func (d *desk) take(t *testing.T) {
	t.Helper()
	_, err := d.support.Post(t.Context(), "/support/filings/D1/vetting/take",
		url.Values{"revision": {"1"}, "serial": {"1"}})
	require.NoError(t, err)
}

func TestSendingBackAsksWhy(t *testing.T) {
	d, f := vettingDesk(t)
	ctx := t.Context()
	page := d.page(t, "/support/filings")
	require.Zero(t, page.Find(`form[action$="/send-back"]`).Length(), "no bare button")
	require.Equal(t, 1, page.Find(`a[href="`+dossierPath+`"]`).Length())
	require.Zero(t, d.page(t, dossierPath).Find("#send-back").Length(), "nobody holds it yet")
	d.take(t)
	page = d.page(t, dossierPath)
	require.NotZero(t, page.Find("[name=reasons][value=site_name]").Length())
	require.Zero(t, page.Find("[name=reasons][value=ownership_password]").Length(), "a new filing has no password")
	require.NotZero(t, page.Find("[name=papers][value=holder_id_front]").Length(), "the reason can concern a paper")

	send := func(values url.Values) (*goquery.Document, error) {
		values.Set("revision", "1")
		values.Set("serial", "1")
		return d.support.Post(ctx, "/support/filings/D1/send-back", values)
	}
	page, err := send(url.Values{"text": {"  "}, "holder": {"name"}})
	require.ErrorContains(t, err, "请选一个原因")
	require.Equal(t, 1, page.Find("[name=holder][value=name][checked]").Length(), "the input is kept")
	_, err = send(url.Values{"text": {strings.Repeat("长", 1001)}})
	require.ErrorContains(t, err, "最多 1000 个字")
	require.Empty(t, d.temporal.verdicts, "nobody was notified")

	back := d.temporal.sentBack
	d.temporal.sentBack = nil // the panel dies between writing and signalling
	_, err = send(url.Values{"text": {"第一次"}})
	require.NoError(t, err)
	d.temporal.sentBack = back
	_, err = send(url.Values{"reasons": {"site_name", "id_front_blurred", "nonsense"}, "note_site_name": {"李四的店"},
		"note_letter_unsigned": {"没选"}, "text": {"请张三重拍"}, "holder": {"address"}})
	require.NoError(t, err)
	all, err := d.db.SendBacks(ctx, f.ID)
	require.NoError(t, err)
	require.Len(t, all, 1, "one row per revision")
	require.Equal(t, []string{"site_name", "id_front_blurred"}, all[1].Reasons)
	require.Equal(t, []string{"site.name", "papers.holder_id_front", "holder.address"}, all[1].Fields)
	require.Equal(t, map[string]string{"site_name": "李四的店"}, all[1].Notes,
		"text added to an unselected reason isn't shown")
	require.Equal(t, "support:a", all[1].Actor)
	require.Equal(t, workflows.Verdict{Revision: 1, Actor: "support:a"}, d.temporal.verdicts[1],
		"Temporal gets none of it")
	dump, err := d.db.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, "张三", "what staff write is sealed")
	require.NotContains(t, dump, "李四")

	_, err = send(url.Values{"text": {"太晚"}}) // somebody else's outdated page
	require.NoError(t, err)
	all, err = d.db.SendBacks(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, "请张三重拍", all[1].Text, "the customer's text is unchanged")
}

// The customer reads the reason on the filing's page, above each form and at the fields that it concerns.
func TestWhatWasSentBackIsShownWhereItBelongs(t *testing.T) {
	d, _ := vettingDesk(t)
	ctx := t.Context()
	d.take(t)
	_, err := d.support.Post(ctx, "/support/filings/D1/send-back", url.Values{
		"revision": {"1"}, "reasons": {"site_name", "id_front_blurred"}, "note_site_name": {"请去掉“上海”"}, "text": {"请写到房间号"},
		"holder": {"address"},
	})
	require.NoError(t, err)
	w := d.customer(t)
	page, err := w.Page(ctx, "/orders/D1/filing")
	require.NoError(t, err)
	callout := page.Find(".callout.warn").Text()
	require.Contains(t, callout, "网站名称不符合要求")
	require.Contains(t, callout, "证件照片不清晰")
	require.Contains(t, callout, "工作人员说明：“请写到房间号”")
	require.Contains(t, page.Find(`.callout.warn a[href^="/help/refusals"]`).AttrOr("href", ""), "#",
		"the section that explains it")
	page, err = w.Page(ctx, "/orders/D1/filing/site")
	require.NoError(t, err)
	require.Contains(t, page.Find("#e-name").Text(), "网站名称不符合要求")
	require.Contains(t, page.Find("#e-name").Text(), "请去掉“上海”", "with the added text")
	require.NotContains(t, page.Find("#e-name").Text(), "证件照片", "each field shows the reason that concerns it")
	require.Zero(t, page.Find("#e-home_page").Length())
	page, err = w.Page(ctx, "/orders/D1/filing/holder")
	require.NoError(t, err)
	require.Contains(t, page.Find("#e-address").Text(), "请写到房间号")
	typed := demo.HolderValues(filingtest.PersonHolder())
	typed.Set("action", "save")
	_, err = w.Fill(ctx, "/orders/D1/filing/holder", typed)
	require.NoError(t, err)
	page, err = w.Page(ctx, "/orders/D1/filing/papers")
	require.NoError(t, err)
	require.Contains(t, page.Find("#e-holder_id_front").Text(), "证件照片不清晰")
	_, err = w.Post(ctx, "/language", url.Values{"lang": {"en"}, "next": {"/orders"}})
	require.NoError(t, err)
	page, err = w.Page(ctx, "/orders/D1/filing/site")
	require.NoError(t, err)
	require.Contains(t, page.Find("#e-name").Text(), "The site's name isn't allowed")
}

// Staff find one of many reasons by its form or, with a script, by words of its field or text. What is ticked stays.
func TestBrowserReasonsAreNarrowed(t *testing.T) {
	d, _ := vettingDesk(t)
	d.take(t)
	page := d.page(t, dossierPath)
	groups := page.Find("[data-reasons]")
	require.Greater(t, groups.Length(), 2)
	for _, group := range groups.EachIter() {
		id := group.AttrOr("id", "")
		require.Equal(t, 1, page.Find(`#send-back a[href="#`+id+`"]`).Length(), id)
	}
	require.Equal(t, 1, page.Find("[data-narrow][hidden]").Length(), "useless without a script")

	b := browsertest.Open(t, browsertest.Sizes["desktop"], 900)
	typed := func(text string) chromedp.Action[chromedp.Void] {
		return chromedp.Evaluate[chromedp.Void](`(() => { const s = document.getElementById("f-narrow"); s.value = "` + text +
			`"; s.dispatchEvent(new Event("input")); })()`)
	}
	box := func(reason string) string { return `[name=reasons][value=` + reason + `]` }
	require.NoError(t, browsertest.Do(b,
		chromedp.Navigate(d.url+"/sign-in"), chromedp.SendKeys(chromedp.ID("f-login"), "a"),
		chromedp.SendKeys(chromedp.ID("f-password"), "password-a"), chromedp.Click(".card .button"),
		chromedp.WaitNotPresent(chromedp.ID("f-login")),
		chromedp.Navigate(d.url+dossierPath), chromedp.WaitVisible("#f-narrow"), browsertest.Shot(t, "01-all"),
		chromedp.Click(box("id_front_blurred")),
		typed("网站名称"), chromedp.WaitVisible(box("site_name")), chromedp.WaitVisible(box("id_front_blurred")),
		chromedp.WaitNotVisible(box("letter_unsigned")), browsertest.Shot(t, "02-narrowed"),
		typed("nothing like it"), chromedp.WaitNotVisible(box("site_name")), chromedp.WaitVisible("[data-none]:not(:empty)"),
		typed(""), chromedp.WaitVisible(box("letter_unsigned")), chromedp.WaitVisible(box("site_name")),
	))
}
