package panel_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/browsertest"
	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
)

// ofTwo is a company's site form that names a manager of its own.
func ofTwo() url.Values {
	site := filingtest.TwoManagers(filingtest.Dossier()).Site
	site.Name = "样例网络科技"
	v := dossierview.SiteValues(site)
	v.Set("action", "next")
	return v
}

// filledByTwo fills in the forms of a company whose site has a manager of its own, and uploads the papers.
func (f *filling) filledByTwo() {
	f.t.Helper()
	f.fill("/holder", demo.HolderValues(filingtest.CompanyHolder()), false)
	f.fill("/site", ofTwo(), false)
	require.NoError(f.t, f.Papers(f.t.Context()))
}

func texts(found *goquery.Selection) (list []string) {
	found.Each(func(_ int, e *goquery.Selection) { list = append(list, e.Text()) })
	return list
}

// A site has the holder's manager unless the form says otherwise; only then are the other person's fields asked for,
// reviewed, and their papers wanted.
func TestASiteMayHaveAManagerOfItsOwn(t *testing.T) {
	f := newFilling(t)
	f.filled()
	require.Zero(t, f.page("/site").Find("[name=manager_other]").Length(), "a person manages the own site")
	require.NotContains(t, f.page("/review").Find("main").Text(), "同一人")

	f.fill("/holder", demo.HolderValues(filingtest.CompanyHolder()), false)
	f.fill("/site", url.Values{"name": {"样例网络科技"}, "action": {"next"}}, false)
	require.Equal(t, "no", f.page("/site").Find("[name=manager_other] [selected]").AttrOr("value", ""))
	review := f.page("/review").Find("main").Text()
	require.Contains(t, review, "与主体负责人是同一人")
	require.NotContains(t, review, "网站负责人姓名")
	require.Zero(t, f.page("/papers").Find("[data-paper=site_manager_id_front], [data-paper=authorisation]").Length())

	page := f.fill("/site", url.Values{"manager_other": {"yes"}, "action": {"next"}}, true)
	for _, name := range []string{"name", "document_type", "document_number", "office_phone", "mobile", "email"} {
		require.Equal(t, 1, page.Find("#e-manager_"+name).Length(), name)
	}
	require.Zero(t, page.Find("#e-manager_emergency_phone").Length(), "which only some provinces ask for")
	shared := ofTwo()
	shared.Set("manager_mobile", filingtest.CompanyHolder().Manager.Mobile)
	f.fill("/site", shared, false)
	require.Contains(t, f.page("/site?check=saved").Find("#a-manager_mobile").Text(), "手机")
	f.fill("/site", ofTwo(), false)
	require.Contains(t, f.page("/review").Find("main").Text(), "陈测试")
	papers := f.page("/papers")
	for _, key := range []string{"site_manager_id_front", "site_manager_id_back", "authorisation"} {
		require.Equal(t, 1, papers.Find("[data-paper="+key+"][data-must]").Length(), key)
	}
	rule := papers.Find("[data-paper=authorisation] [data-rule]")
	require.Contains(t, rule.Text(), "本省规定：网站负责人不是法定代表人的，要授权书")
	require.Contains(t, rule.Text(), "华为云备案帮助")
	require.NotContains(t, rule.Text(), "doc_")
	require.Zero(t, papers.Find("[data-paper=letter] [data-rule]").Length(), "every province wants it")

	f.fill("/site", url.Values{"manager_other": {"no"}, "action": {"next"}}, false)
	require.NotContains(t, f.page("/review").Find("main").Text(), "陈测试")
}

// Whether an organisation's manager is its legal representative must be said, and is refused where it is sure.
func TestAUnitsManagerIsItsLegalRepresentative(t *testing.T) {
	f := newFilling(t)
	typed := demo.HolderValues(filingtest.CompanyHolder())
	typed.Set("manager_legal_representative", "")
	require.Equal(t, 1, f.fill("/holder", typed, true).Find("#e-manager_legal_representative").Length())
	typed.Set("manager_legal_representative", "no")
	page := f.fill("/holder", typed, true)
	require.Contains(t, page.Find("#e-manager_legal_representative").Text(), "本省规定：主体负责人必须是法定代表人")
	typed.Set("manager_legal_representative", "yes")
	typed.Set("manager_emergency_phone", "139")
	require.Contains(t, f.fill("/holder", typed, true).Find("#e-manager_emergency_phone").Text(), "手机号码")
	typed.Set("manager_emergency_phone", "")
	f.fill("/holder", typed, false)
	require.Contains(t, f.page("/holder?check=saved").Find("#a-manager_emergency_phone").Text(), "应急电话")
}

// The letter names both managers, who both sign; it is void once the site has another one.
func TestTheLetterNamesBothManagers(t *testing.T) {
	f := newFilling(t)
	f.filledByTwo()
	sheet := f.page("/letter").Find(".sheet")
	lines := texts(sheet.Find("th"))
	require.Subset(t, lines, []string{"主体负责人", "主体负责人证件", "主体负责人手机", "网站负责人", "负责人证件", "负责人手机"})
	require.Contains(t, sheet.Find("table").Text(), "陈测试")
	require.Contains(t, sheet.Find("table").Text(), "林测试")
	require.Subset(t, texts(sheet.Find(".sign dt")), []string{"主体负责人签名：", "网站负责人签名："})
	require.Empty(t, f.outdated("letter"))
	f.save("site", url.Values{"manager_emergency_phone": {"13500001111"}})
	require.Empty(t, f.outdated("letter"), "it isn't on the letter")
	f.save("site", url.Values{"manager_other": {"no"}})
	require.Contains(t, f.outdated("letter"), "网站负责人")
	require.NotContains(t, texts(f.page("/letter").Find(".sign dt")), "主体负责人签名：")
}

// Each of two people verifies with the own phone, and the page waits for the other one.
func TestTwoPeopleVerifyBySMS(t *testing.T) {
	f := newFilling(t)
	f.fill("/kind", url.Values{"kind": {"new"}, "action": {"next"}}, false)
	f.filledByTwo()
	f.underReview(5 * time.Hour)
	step := f.page("").Find("[data-sms-verification]")
	require.Contains(t, step.Find("[data-verifier=holder]").Text(), "林测试")
	require.Contains(t, step.Find("[data-verifier=holder]").Text(), "139****1234")
	require.Contains(t, step.Find("[data-verifier=site]").Text(), "陈测试")
	require.Contains(t, step.Find("[data-verifier=site]").Text(), "138****5678")
	require.Contains(t, step.Find("details").Text(), "来源：", "of the limits")
	require.NotContains(t, step.Find("details").Text(), "kb/")
	_, err := f.Post(t.Context(), filingBase+"/sms-verified", url.Values{"person": {"site"}})
	require.NoError(t, err)
	require.Equal(t, []string{"holder", "site"}, f.temporal.verified[0].Of)
	require.Equal(t, "site", f.temporal.verified[0].Person)
	f.seq++
	require.NoError(t, f.db.Advance(t.Context(), store.Progress{FilingID: f.filing.ID, Seq: f.seq, Actor: "demo",
		EventKind: filing.EventSMSVerificationPart, Detail: "site"}))
	step = f.page("").Find("[data-sms-verification]")
	require.Equal(t, 1, step.Find("[data-waiting-for-other]").Length())
	require.Equal(t, 1, step.Find("[data-verifier=site][data-done]").Length())
	require.Equal(t, 1, step.Find("[data-verifier=holder] button").Length())
}

// A site is deregistered by its own manager, as the approved filing has that person.
func TestTheSitesOwnManagerVerifiesItsEnd(t *testing.T) {
	d := newDesk(t)
	ctx := t.Context()
	two := filingtest.TwoManagers(filingtest.Dossier())
	two.Kind = filing.KindNew
	d.add(t, two)
	base, err := d.db.FilingBySerial(ctx, "D1", 1)
	require.NoError(t, err)
	_, err = d.db.RegisterContact(ctx, base.CustomerID, base.ID, filingtest.Contact(), "hash")
	require.NoError(t, err)
	require.NoError(t, d.db.SubmitByHand(ctx, 1, "support:a"))
	require.NoError(t, d.db.DecideByHand(ctx, 1, store.ManualDecision{Actor: "support:a", Approved: true,
		Issued: filing.Issued{HolderNumber: "沪ICP备05000940号", SiteNumber: "沪ICP备05000940号-1"}}))
	_, err = d.db.RecordNumber(ctx, store.Progress{FilingID: base.ID, Seq: 9, Stage: filing.Filed, EventKind: "filed",
		Actor: "system"})
	require.NoError(t, err)
	for kind, want := range map[filing.Kind]string{filing.KindEndSite: "陈测试", filing.KindEndHolder: "林测试"} {
		end, err := d.db.OpenFollowUp(ctx, base.ID, kind)
		require.NoError(t, err)
		_, err = d.db.SaveDossier(ctx, end.ID, filing.Dossier{Kind: kind})
		require.NoError(t, err)
		for i, p := range []store.Progress{
			{Stage: filing.Submitting, Revision: 1, EventKind: filing.EventSubmitting},
			{Stage: filing.Reviewing, EventKind: filing.EventAccepted},
			{Attention: new(filing.AttentionSMSVerification), EventKind: filing.EventSMSVerification,
				Detail: d.db.Now().Add(time.Hour).Format(time.RFC3339)},
		} {
			p.FilingID, p.Seq, p.Actor = end.ID, int64(i+1), "bureau"
			require.NoError(t, d.db.Advance(ctx, p))
		}
		people := filingPage(t, d.customer(t), "D1").Find("[data-verifier]")
		require.Equal(t, 1, people.Length(), kind)
		require.Contains(t, people.Text(), want, kind)
		require.NoError(t, d.db.Advance(ctx, store.Progress{FilingID: end.ID, Seq: 4, Stage: filing.Withdrawn,
			EventKind: "withdrawn", Actor: "test"}))
	}
}

// A refusal leads to the fields of the manager whom it is about.
func TestARefusalNamesTheRightManager(t *testing.T) {
	for opinion, want := range map[string]struct{ holders, sites int }{
		"网站负责人手机号码无效": {0, 1}, "主体负责人手机号码无效": {1, 0}, "手机号码无效": {1, 1},
	} {
		f := newFilling(t)
		ctx := t.Context()
		f.filledByTwo()
		_, err := f.Post(ctx, filingBase+"/review", nil)
		require.NoError(t, err)
		f.seq++
		require.NoError(t, f.db.Advance(ctx, store.Progress{FilingID: f.filing.ID, Seq: f.seq, Stage: filing.Submitting,
			Revision: 1, EventKind: filing.EventSubmitting, Actor: "test"}))
		require.NoError(t,
			f.db.QueueRecord(ctx, store.NewRecord{AccountID: f.account, FilingID: f.filing.ID, Revision: 1, Operation: 1}))
		require.NoError(t, f.db.SubmitByHand(ctx, 1, "support:a"))
		require.NoError(t, f.db.DecideByHand(ctx, 1, store.ManualDecision{Actor: "support:a", Opinion: opinion}))
		_, err = f.db.DB().ExecContext(ctx, `UPDATE decisions SET code = 1011`) // only a bureau's interface gives codes
		require.NoError(t, err)
		f.advance(filing.Correcting, "refused")
		require.Equal(t, want.holders, f.page("/holder").Find("#e-manager_mobile").Length(), opinion)
		require.Equal(t, want.sites, f.page("/site").Find("#e-manager_mobile").Length(), opinion)
	}
}

// In a browser the other person's fields are there only once they are asked for, and stay while something is wrong.
func TestBrowserShowsTheSitesManagerOnDemand(t *testing.T) {
	f := newFilling(t)
	f.fill("/holder", demo.HolderValues(filingtest.CompanyHolder()), false)
	f.fill("/site", url.Values{"name": {"样例网络科技"}, "services": {"1"}, "action": {"next"}}, false)
	b := browsertest.Open(t, browsertest.Sizes["phone"], 844)
	choose := func(selector, value string) chromedp.Action[chromedp.Void] {
		return chromedp.Evaluate[chromedp.Void](`(() => { const s = document.querySelector("` + selector + `"); s.value = "` +
			value + `"; s.dispatchEvent(new Event("change", { bubbles: true })); })()`)
	}
	require.NoError(t, browsertest.Do(b,
		chromedp.Navigate(f.url+"/sign-in"), chromedp.SendKeys(chromedp.ID("f-login"), "demo"),
		chromedp.SendKeys(chromedp.ID("f-password"), "password"), chromedp.Click(".card .button"),
		chromedp.WaitNotPresent(chromedp.ID("f-login")),
		chromedp.Navigate(f.url+filingBase+"/site"), chromedp.WaitVisible("#f-manager_other"),
		chromedp.WaitNotVisible("#f-manager_name"), browsertest.Shot(t, "01-same"),
		choose("#f-manager_other", "yes"), chromedp.WaitVisible("#f-manager_name"), browsertest.Shot(t, "02-other"),
		chromedp.SendKeys(chromedp.ID("f-manager_name"), "陈测试"), chromedp.Click("[value=next]"),
		chromedp.WaitVisible("#e-manager_mobile"), browsertest.Shot(t, "03-wrong"),
		chromedp.WaitVisible("#f-manager_name"),
		choose("#f-manager_other", "no"), chromedp.WaitNotVisible("#f-manager_name"), chromedp.WaitVisible("#f-manager_mobile"),
		chromedp.Navigate(f.url+filingBase+"/holder"), chromedp.WaitVisible("#f-manager_legal_representative"),
		browsertest.Shot(t, "04-holder"),
		choose("#f-nature", "5"), chromedp.WaitNotVisible("#f-manager_legal_representative"),
	))
}
