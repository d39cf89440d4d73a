package e2e_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
)

// awaitsSMS waits until a filing's page asks for the SMS verification.
func awaitsSMS(t *testing.T, w *demo.Walker, order string) (hub *goquery.Document) {
	t.Helper()
	require.Eventually(t, func() bool {
		var err error
		hub, err = w.Page(t.Context(), "/orders/"+order+"/filing")
		return err == nil && hub.Find("[data-sms-verification]").Length() == 1
	}, 60*time.Second, 50*time.Millisecond)
	return hub
}

// verifiedBySMS enters the ministry's code as a filing's manager does, and says so on its page.
func verifiedBySMS(t *testing.T, s *stack.Stack, w *demo.Walker, order string) {
	t.Helper()
	awaitsSMS(t, w, order)
	require.Positive(t, s.StandIns.Bureau.VerifyAll())
	_, err := w.Post(t.Context(), "/orders/"+order+"/filing/sms-verified", nil)
	require.NoError(t, err)
}

// ownManager is the form of a site that has a manager of its own.
func ownManager(siteName string) url.Values {
	m := filingtest.SiteManager()
	return url.Values{"name": {siteName}, "services": {"1"}, "manager_other": {"yes"},
		"manager_name": {m.Name}, "manager_document_type": {"2"}, "manager_document_number": {m.DocumentNumber},
		"manager_office_phone": {m.OfficePhone}, "manager_mobile": {m.Mobile}, "manager_email": {m.Email},
		"manager_emergency_phone": {m.EmergencyPhone}, "action": {"next"}}
}

// A company's site has a manager of its own: the record has both people, the ministry texts both, each verifies on the
// own phone and waits for the other, and a change starts with both.
func TestTwoManagersFileAndVerify(t *testing.T) {
	s, _ := start(t, stack.Options{BureauEdition: bureau.EditionToday, ReviewAfter: 100 * time.Millisecond})
	ctx := t.Context()
	const order, base = "D20260002", "/orders/D20260002/filing"
	w := customer(t, s)
	prepared(t, w, order)
	two := filingtest.TwoManagers(filingtest.Dossier())
	_, err := w.Fill(ctx, base+"/holder", demo.HolderValues(two.Holder))
	require.NoError(t, err)
	m := two.Site.Manager
	_, err = w.Fill(ctx, base+"/site", ownManager("样例公司网站"))
	require.NoError(t, err)
	require.NoError(t, w.Submit(ctx))
	hub := awaitsSMS(t, w, order)
	require.Equal(t, 1, hub.Find("[data-verifier=holder]").Length())
	require.Equal(t, 1, hub.Find("[data-verifier=site]").Length())

	codes := map[string]bureau.SentCode{}
	for _, c := range s.StandIns.Bureau.SentCodes() {
		codes[c.Mobile] = c
	}
	require.Len(t, codes, 2)
	own, others := codes[m.Mobile], codes[two.Holder.Manager.Mobile]
	require.Equal(t, m.DocumentNumber[12:], own.Last)
	require.Equal(t, bureau.VerifiedPart, s.StandIns.Bureau.Verify(own.Code, own.Mobile, own.Last))
	_, err = w.Post(ctx, base+"/sms-verified", url.Values{"person": {"site"}})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		hub, err = w.Page(ctx, base)
		return err == nil && hub.Find("[data-waiting-for-other]").Length() == 1
	}, 60*time.Second, 50*time.Millisecond)
	require.Equal(t, bureau.VerifiedAll, s.StandIns.Bureau.Verify(others.Code, others.Mobile, others.Last))
	_, err = w.Post(ctx, base+"/sms-verified", url.Values{"person": {"holder"}})
	require.NoError(t, err)
	require.NotEmpty(t, finished(t, s, w, "web2"))

	follow(t, w, order, filing.KindChange)
	form, err := w.Page(ctx, base+"/site")
	require.NoError(t, err)
	require.Equal(t, "yes", form.Find("[name=manager_other] [selected]").AttrOr("value", ""))
	require.Equal(t, m.Name, form.Find("[name=manager_name]").AttrOr("value", ""))
	form, err = w.Page(ctx, base+"/holder")
	require.NoError(t, err)
	require.Equal(t, two.Holder.Manager.Name, form.Find("[name=manager_name]").AttrOr("value", ""))
}

// A bureau of today issues a number and no certificate. The approval is complete, nothing is uploaded, and nobody is
// told of a certificate, whether we know the web space (web1) or not.
func TestBureauOfTodayIssuesNoCertificate(t *testing.T) {
	s, _ := start(t, stack.Options{BureauEdition: bureau.EditionToday, ReviewAfter: 300 * time.Millisecond})
	ctx := t.Context()
	_, err := s.Store.DB().ExecContext(ctx, `UPDATE orders SET sealed_web_space = NULL WHERE number = 'D20260002'`)
	require.NoError(t, err)
	for _, c := range []struct {
		order, user, site string
		holder            filing.Holder
	}{
		{"D20260001", "web1", "林测试的读书笔记", filingtest.PersonHolder()},
		{"D20260002", "web2", "样例公司网站", filingtest.CompanyHolder()},
	} {
		w := customer(t, s)
		prepared(t, w, c.order)
		require.NoError(t, w.SubmitDossier(ctx, c.holder, c.site))
		verifiedBySMS(t, s, w, c.order)
		wait(t, w, filing.Installing)
		hub, err := w.Page(ctx, "/orders/"+c.order+"/filing")
		require.NoError(t, err)
		require.Contains(t, hub.Find("main").Text(), "首页放备案号")
		require.NotContains(t, hub.Find("main").Text(), "证书文件")
		result, err := w.Page(ctx, "/orders/"+c.order+"/filing/result")
		require.NoError(t, err)
		require.NotContains(t, result.Find("main").Text(), "证书文件")
		_, err = w.Download(ctx, "/certificate")
		require.Error(t, err, "there is none")
		require.NoError(t, demo.PutFooter(ctx, s, w, c.user))
		require.NoError(t, w.CheckSiteNow(ctx))
		wait(t, w, filing.Filed)
		require.Zero(t, certificates(s, c.user), "nothing is uploaded")
	}
	var notices int
	for _, m := range s.StandIns.Mail.Messages() {
		require.NotContains(t, m.Text, "证书", m.Subject)
		if strings.Contains(m.Subject, "备案已通过") {
			notices++
		}
	}
	require.Equal(t, 2, notices)
}

// A bureau of today asks for no filing password: neither for a new site nor for a new access, a change or a
// deregistration, and nobody asks it about one.
func TestBureauOfTodayWantsNoFilingPassword(t *testing.T) {
	s, _ := start(t, stack.Options{BureauEdition: bureau.EditionToday, ReviewAfter: 100 * time.Millisecond})
	ctx := t.Context()
	s.StandIns.Bureau.Seed(seeded)
	s.StandIns.Bureau.Faults.Set(fault.Fault{Operation: "isp_verifybamm", Mode: fault.Fail, Code: "21"})
	w := customer(t, s)
	unasked := func(page *goquery.Document, err error) {
		t.Helper()
		require.NoError(t, err)
		require.NotContains(t, page.Find("main").Text(), "备案密码")
		require.Zero(t, page.Find("main [name=password]").Length())
	}
	prepared(t, w, "D20260001")
	base := "/orders/D20260001/filing"
	advised(t, w, "D20260001", filingtest.CompanyHolder())
	unasked(w.Page(ctx, base+"/kind"))
	choose(t, w, "D20260001", filing.KindNewSite)
	unasked(w.Page(ctx, base+"/ownership"))
	_, err := w.Fill(ctx, base+"/ownership", url.Values{"action": {"next"}})
	require.NoError(t, err)
	_, err = w.Fill(ctx, base+"/holder", demo.HolderValues(filingtest.CompanyHolder()))
	require.NoError(t, err)
	_, err = w.Fill(ctx, base+"/site", url.Values{"name": {"样例新站"}, "services": {"1"}, "action": {"next"}})
	require.NoError(t, err)
	unasked(w.Page(ctx, base+"/review"))
	require.NoError(t, w.Submit(ctx))
	verifiedBySMS(t, s, w, "D20260001")
	require.Equal(t, seeded.Number+"-2", finished(t, s, w, "web1"))

	prepared(t, w, "D20260002")
	base = "/orders/D20260002/filing"
	choose(t, w, "D20260002", filing.KindNewAccess)
	_, err = w.Fill(ctx, base+"/ownership", url.Values{"number": {seeded.Number + "-1"}, "action": {"next"}})
	require.NoError(t, err)
	_, err = w.Fill(ctx, base+"/site", url.Values{"action": {"next"}})
	require.NoError(t, err)
	unasked(w.Page(ctx, base+"/review"))
	require.NoError(t, w.Submit(ctx))
	wait(t, w, filing.Reviewing)
	hub := awaitsSMS(t, w, "D20260002")
	require.Contains(t, hub.Find("[data-verifier=site]").Text(), "原备案里登记的负责人手机", "not the one given here")
	require.Contains(t, hub.Find("[data-verifier=site]").Text(), "先到原接入商处变更")
	verifiedBySMS(t, s, w, "D20260002")
	require.Equal(t, seeded.Number+"-1", finished(t, s, w, "web2"))

	follow(t, w, "D20260002", filing.KindEndHolder)
	hub, err = w.Page(ctx, base)
	unasked(hub, err)
	require.Zero(t, hub.Find(`[data-task="ownership"]`).Length(), "there is nothing to fill in")
	_, err = w.Fill(ctx, base+"/ending", url.Values{"reason": {"1"}, "action": {"next"}})
	require.NoError(t, err)
	unasked(w.Page(ctx, base+"/review"))
	require.NoError(t, w.Submit(ctx))
	verifiedBySMS(t, s, w, "D20260002")
	require.Eventually(t, func() bool {
		n, err := w.NumberOnOrder(ctx)
		return err == nil && n == ""
	}, 60*time.Second, 100*time.Millisecond, "the number leaves the order")
}
