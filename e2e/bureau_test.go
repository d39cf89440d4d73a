package e2e_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
)

// The bureau refuses our password: the exchange stops, staff get one mail, see it on their page, and one click
// resumes it.
func TestStoppedExchangeIsResumedByOneClick(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	ctx := t.Context()
	s.StandIns.Bureau.Faults.Set(fault.Fault{Operation: "isp_upload", Mode: fault.Fail, Code: "5", Times: 1})
	require.NoError(t, s.StandIns.Bureau.Push(
		"<ICP><XGTZ><Tzxx><Tzlb>1</Tzlb><Baxh>沪ICP备2026000001号-1</Baxh><Tznr>请更新联系电话</Tznr></Tzxx></XGTZ></ICP>"))
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	require.Eventually(t, func() bool {
		accounts, err := s.Store.Accounts(ctx)
		return err == nil && accounts[0].StoppedAt.Valid
	}, 30*time.Second, 50*time.Millisecond)
	require.Eventually(t, func() bool {
		for _, m := range s.StandIns.Mail.Messages() {
			if strings.Contains(m.Subject+m.Text, "数据交换停止") {
				return true
			}
		}
		return false
	}, 30*time.Second, 50*time.Millisecond)

	b := browser(t, 1280, 900)
	require.NoError(t, patiently(b,
		chromedp.Navigate(s.PanelURL), chromedp.WaitVisible("#f-login"),
		chromedp.SendKeys("#f-login", stack.DemoSupport), chromedp.SendKeys("#f-password", stack.DemoSupportPassword),
		submit(".card .button"),
		chromedp.WaitVisible(`a[href="/support/bureau"]`), submit(`a[href="/support/bureau"]`),
		chromedp.WaitVisible(`[data-account] .callout .button`), chromedp.WaitVisible(`[data-task="stopped"]`),
		shot(t, "01-stopped"),
		submit(`[data-account] .callout .button`), chromedp.WaitVisible(".flash"), shot(t, "02-resumed"),
	))
	wait(t, w, filing.Installing)
	support := staff(t, s)
	page, err := support.Page(ctx, "/support/bureau")
	require.NoError(t, err)
	require.Zero(t, page.Find(`[data-task="stopped"]`).Length(), "the click completed the task")
	require.Contains(t, page.Find(`[data-task="notice"]`).Text(), "请更新联系电话")
	file, err := support.Page(ctx, "/support/bureau/accounts/1/files/up/1")
	require.NoError(t, err)
	require.Contains(t, file.Text(), "读书笔记", "what was submitted can be read")
	_, err = w.Page(ctx, "/support/bureau/accounts/1/files/up/1")
	require.ErrorContains(t, err, "404", "by staff only")
}

// The forms offer the latest edition of the bureau's code tables.
func TestCodeTablesFeedTheForms(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1})
	ctx := t.Context()
	require.NoError(t, s.StandIns.Bureau.PushCodeTables())
	require.Eventually(t, func() bool {
		rows, err := s.Store.CodeTables(ctx)
		return err == nil && len(rows) > 0
	}, 30*time.Second, 50*time.Millisecond)
	w := customer(t, s)
	prepared(t, w, "D20260001")
	page, err := w.Page(ctx, "/orders/D20260001/filing/site")
	require.NoError(t, err)
	services := page.Find(`[name=services]`).Parent().Text()
	require.Contains(t, services, "搜索引擎", "only the bureau's edition has it")
	require.NotContains(t, services, "网上商务", "only the built-in edition has it")

	counties, err := w.Page(ctx, "/regions?parent=310100")
	require.NoError(t, err)
	require.Contains(t, counties.Text(), "样例新区", "only the bureau's edition has it")
	require.NotContains(t, counties.Text(), "崇明区", "the bureau's edition removed it")
	cities, err := w.Page(ctx, "/regions?parent=330000")
	require.NoError(t, err)
	require.Contains(t, cities.Text(), "杭州市", "the built-in edition fills the gaps of the bureau's")
	h := filingtest.PersonHolder()
	h.County = "310190"
	require.NoError(t, w.SubmitDossier(ctx, h, "读书笔记"))
	wait(t, w, filing.Reviewing)
}

// The bureau's own SMS verification is shown with the time left, and a click confirms it.
func TestBureausSMSVerificationIsShown(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1, SMSVerification: 24 * time.Hour})
	ctx := t.Context()
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	wait(t, w, filing.Reviewing)
	b := browser(t, 390, 844)
	done := `form[action$="/sms-verified"] .button`
	require.NoError(t, patiently(b,
		chromedp.Navigate(s.PanelURL), chromedp.WaitVisible("#f-login"),
		chromedp.SendKeys("#f-login", stack.DemoCustomer), chromedp.SendKeys("#f-password", stack.DemoCustomerPassword),
		submit(".card .button"),
		chromedp.WaitVisible(`[data-order="D20260001"]`), chromedp.Navigate(s.PanelURL+"/orders/D20260001/filing"),
		chromedp.WaitVisible(done), shot(t, "01-check"), submit(done), chromedp.WaitNotPresent(done), shot(t, "02-done"),
	))
	page, err := w.Page(ctx, "/orders/D20260001/filing")
	require.NoError(t, err)
	require.Contains(t, page.Find(".timeline").Text(), "已完成短信核验")
	require.Eventually(t, func() bool {
		for _, m := range s.StandIns.SMS.Messages() {
			if strings.HasPrefix(m.OutID, "filing-") && strings.Contains(m.OutID, "sms_verification") {
				return true
			}
		}
		return false
	}, 30*time.Second, 50*time.Millisecond)
}
