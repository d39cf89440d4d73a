package e2e_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
)

const heldAt = "沪ICP备05000940号"

// withTasks starts a stack whose bureau has a verification task and an unfiled site for the provider.
func withTasks(t *testing.T) (*stack.Stack, string) {
	t.Helper()
	s, log := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	s.StandIns.Bureau.Seed(bureau.SeedFiling{
		HolderName: "上海样例网络科技有限公司", Nature: filing.NatureEnterprise, DocumentType: filing.DocumentBusinessLicence,
		DocumentNumber: "91310101MA1FP0000H",
		Province:       "310000", Number: heldAt, Password: "right", SiteNumber: heldAt + "-1", SiteName: "样例网站",
		Domains: []string{"filed.example.net"},
	})
	require.NoError(t, s.StandIns.Bureau.PushVerificationTask(heldAt))
	require.NoError(t, s.StandIns.Bureau.PushUnfiledSite("unfiled.example.com", "192.0.2.77"))
	require.NoError(t, s.StandIns.Bureau.PushIllegalAccess("illegal.example.com", "192.0.2.78"))
	require.Eventually(t, func() bool {
		tasks, err := s.Store.OpenTasks(t.Context(), 0, 10)
		return err == nil && len(tasks) == 3
	}, 30*time.Second, 50*time.Millisecond)
	return s, log
}

// taken waits until the bureau has a record of a kind, with a code.
func taken(t *testing.T, s *stack.Stack, kind, code int) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, r := range s.StandIns.Bureau.Truth() {
			if r.Kind == kind && r.Code == code {
				return true
			}
		}
		return false
	}, 30*time.Second, 50*time.Millisecond)
}

// Staff answer the bureau's tasks on the panel: errors are shown at their fields, the input stays, and the answers
// reach the bureau.
func TestStaffAnswerTheBureausTasks(t *testing.T) {
	for _, width := range []int{1280, 390} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			s, log := withTasks(t)
			b := browser(t, width, 900)
			require.NoError(t, patiently(b,
				chromedp.EmulateViewport(int64(width), 900), // a window is at least 500 wide
				chromedp.Navigate(s.PanelURL), chromedp.WaitVisible("#f-login"),
				chromedp.SendKeys("#f-login", stack.DemoSupport), chromedp.SendKeys("#f-password", stack.DemoSupportPassword),
				submit(".card .button"),
				chromedp.WaitVisible(`a[href="/support/bureau"]`), submit(`a[href="/support/bureau"]`),
				chromedp.WaitVisible(`[data-task="illegal_access"]`), shot(t, "01-tasks"),
				submit(`[data-task="verify"] a.button`), chromedp.WaitVisible("#f-who"), shot(t, "02-verify"),
				chromedp.SendKeys("#f-who", "林核实"), chromedp.SetValue("#f-passed", "no"), submit("main form .button"),
				chromedp.WaitVisible("#e-opinion"), chromedp.WaitVisible("#e-faults"), shot(t, "03-verify-problems"),
			))
			who, err := chromedp.Run(b, chromedp.Value("#f-who"))
			require.NoError(t, err)
			require.Equal(t, "林核实", who, "what was typed stays")
			require.NoError(t, patiently(b,
				chromedp.SendKeys("#f-opinion", "信息有误"), chromedp.SendKeys("#f-faults", "负责人电话停机"), submit("main form .button"),
				chromedp.WaitVisible("[data-answer]"), shot(t, "04-verify-answered"),
				submit(".back a"), chromedp.WaitNotPresent(`[data-task="verify"]`),
				submit(`[data-task="unfiled_site"] a.button`), chromedp.WaitVisible("#f-due"), shot(t, "05-unfiled"),
				chromedp.SetValue("#f-result", "2"), chromedp.SendKeys("#f-opinion", "已停止接入"),
				chromedp.SetValue("#f-due", "2020-01-01"), submit("main form .button"),
				chromedp.WaitVisible("#e-due"), shot(t, "06-unfiled-problems"),
				chromedp.SetValue("#f-due", "2099-12-31"), submit("main form .button"),
				chromedp.WaitVisible("[data-answer]"), shot(t, "07-unfiled-answered"),
			))
			taken(t, s, 36, 1001)
			taken(t, s, 37, 1001)
			require.NoError(t, patiently(b,
				chromedp.Navigate(s.PanelURL+"/support/bureau"),
				chromedp.WaitVisible(`[data-account] details:last-of-type summary`),
				submit(`[data-account] details:last-of-type summary`), chromedp.WaitVisible("[data-answer]"), shot(t, "08-answers"),
			))
			written, err := os.ReadFile(log)
			require.NoError(t, err)
			require.Contains(t, string(written), "bureau task answered")
			for _, secret := range []string{"林核实", "负责人电话停机", "上海样例网络科技有限公司", "unfiled.example.com"} {
				require.NotContains(t, string(written), secret)
			}
			dump, err := s.Store.Dump(t.Context())
			require.NoError(t, err)
			for _, secret := range []string{"林核实", "负责人电话停机", "已停止接入", "上海样例网络科技有限公司", "91310101MA1FP0000H"} {
				require.NotContains(t, dump, secret)
			}
		})
	}
}

// Staff report address blocks, change one and remove one, and see which order addresses are in none.
func TestStaffReportAddressBlocks(t *testing.T) {
	for _, width := range []int{1280, 390} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
			state := func(n int, want string) {
				t.Helper()
				require.Eventually(t, func() bool {
					list, err := s.Store.Blocks(t.Context(), 0, 10)
					return err == nil && len(list) == n && list[0].State == want && !list[0].UnderWay() && !list[n-1].UnderWay()
				}, 30*time.Second, 50*time.Millisecond)
			}
			b := browser(t, width, 900)
			page := chromedp.Navigate(s.PanelURL + "/support/addresses")
			require.NoError(t, patiently(b,
				chromedp.EmulateViewport(int64(width), 900), // a window is at least 500 wide
				chromedp.Navigate(s.PanelURL), chromedp.WaitVisible("#f-login"),
				chromedp.SendKeys("#f-login", stack.DemoSupport), chromedp.SendKeys("#f-password", stack.DemoSupportPassword),
				submit(".card .button"),
				chromedp.WaitVisible(`a[href="/support/addresses"]`), submit(`a[href="/support/addresses"]`),
				chromedp.WaitVisible("#f-ranges"), chromedp.SendKeys("#f-ranges", "203.0.113.0/25\n203.0.113.9/24"),
				chromedp.SetValue("#f-kind", "source"), submit("main .narrow form .button"),
				chromedp.WaitVisible("#e-ranges"), chromedp.WaitVisible("#e-unit"), shot(t, "01-problems"),
				chromedp.SetValue("#f-ranges", "203.0.113.0/25\n203.0.113.128-203.0.113.255"), chromedp.SendKeys("#f-unit", "100"),
				chromedp.SendKeys("#f-remark", "一号机房"), submit("main .narrow form .button"),
				chromedp.WaitVisible("[data-block]"), shot(t, "02-queued"),
			))
			state(2, store.BlockReported)
			require.NoError(t, patiently(b,
				page, chromedp.WaitVisible("[data-uncovered]"), shot(t, "03-reported"),
				submit(`[data-block="1"] a.button`), chromedp.WaitVisible("#f-unit"),
				chromedp.SetValue("#f-ranges", "203.0.113.0-203.0.113.200"), submit("main form .button"),
				chromedp.WaitVisible("#e-ranges"), shot(t, "04-change-problems"),
				chromedp.SetValue("#f-ranges", "203.0.113.0/26"), submit("main form .button"), chromedp.WaitVisible("[data-block]"),
				shot(t, "05-changed"),
			))
			state(2, store.BlockReported)
			list, err := s.Store.Blocks(t.Context(), 0, 10)
			require.NoError(t, err)
			require.Equal(t, "203.0.113.0-203.0.113.63", filing.RangeOf(list[1].From, list[1].To).String())
			require.NoError(t, patiently(b,
				page, submit(`[data-block="2"] summary`), chromedp.WaitVisible(`[data-block="2"] .danger`), shot(t, "06-remove"),
				submit(`[data-block="2"] .danger`), chromedp.WaitVisible(".flash"),
			))
			state(1, store.BlockReported)
			// own use requires its method and date
			require.NoError(t, patiently(b,
				page, chromedp.SendKeys("#f-ranges", "192.0.2.0/24"), chromedp.SetValue("#f-kind", "own"),
				chromedp.SetValue("#f-since", ""), submit("main .narrow form .button"),
				chromedp.WaitVisible("#e-since"), chromedp.SetValue("#f-since", "2026-01-02"), submit("main .narrow form .button"),
				chromedp.WaitVisible(`[data-block="3"]`),
			))
			state(2, store.BlockReported)
			require.NoError(t,
				patiently(b, page, chromedp.WaitVisible(`[data-block="3"][data-state="reported"]`), shot(t, "07-own-use")))
		})
	}
}

// With several accounts, staff choose the one to report to; these pages are for staff only, in both languages, and
// a pending block can't be changed again.
func TestAddressBlocksOfSeveralAccounts(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1})
	ctx := t.Context()
	require.Eventually(t, func() bool { // the worker has deactivated accounts that aren't in its settings
		accounts, err := s.Store.Accounts(ctx)
		return err == nil && len(accounts) == 1 && accounts[0].ExchangedAt.Valid
	}, 30*time.Second, 50*time.Millisecond)
	other, err := s.Store.EnsureAccount(ctx, "zhejiang", "330000") // without an exchange
	require.NoError(t, err)
	w := customer(t, s)
	for _, path := range []string{"/support/addresses", "/support/tasks/1/answer"} {
		_, err := w.Page(ctx, path)
		require.ErrorContains(t, err, "404")
	}
	support := staff(t, s)
	values := url.Values{"ranges": {"203.0.113.0/24"}, "kind": {"reserved"}, "account": {"77"}}
	_, err = support.Post(ctx, "/support/addresses", values)
	require.ErrorContains(t, err, "422", "an unknown account")
	values.Set("account", fmt.Sprint(other))
	page, err := support.Post(ctx, "/support/addresses", values)
	require.NoError(t, err)
	require.Contains(t, page.Find("[data-block]").Text(), "zhejiang")
	list, err := s.Store.Blocks(ctx, 0, 10)
	require.NoError(t, err)
	require.Equal(t, other, list[0].AccountID)

	_, err = support.Post(ctx, "/language", url.Values{"lang": {"en"}, "next": {"/support/addresses"}})
	require.NoError(t, err)
	page, err = support.Page(ctx, "/support/addresses")
	require.NoError(t, err)
	require.Contains(t, page.Find("[data-block]").Text(), "Reserved")
	page, err = support.Page(ctx, fmt.Sprintf("/support/addresses/%d", list[0].ID))
	require.NoError(t, err)
	require.Equal(t, "Address blocks", page.Find("h1").Text(), "it waits: the list is shown instead")
	page, err = support.Post(ctx, fmt.Sprintf("/support/addresses/%d", list[0].ID), values)
	require.NoError(t, err)
	require.Contains(t, page.Find(".flash").Text(), "the current state")
	page, err = support.Post(ctx, fmt.Sprintf("/support/addresses/%d/remove", list[0].ID), nil)
	require.NoError(t, err)
	require.Zero(t, page.Find("[data-block]").Length(), "it was never submitted")
	for _, path := range []string{"/support/addresses/99", "/support/addresses/x", "/support/tasks/99/answer"} {
		_, err := support.Page(ctx, path)
		require.Error(t, err, path)
	}
}

// A paper of a filed order is uploaded and reaches the bureau.
func TestStaffSubmitAPaper(t *testing.T) {
	s, log := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	ctx := t.Context()
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	wait(t, w, filing.Installing)
	sheet, picture := filepath.Join(t.TempDir(), "sheet.txt"), filepath.Join(t.TempDir(), "sheet.jpg")
	require.NoError(t, os.WriteFile(sheet, []byte("not an image"), 0o600))
	require.NoError(t, os.WriteFile(picture, filingtest.Picture(640, 400, 1), 0o600))
	b := browser(t, 390, 844)
	send := submit("main form .button")
	require.NoError(t, patiently(b,
		chromedp.EmulateViewport(390, 844),
		chromedp.Navigate(s.PanelURL), chromedp.WaitVisible("#f-login"),
		chromedp.SendKeys("#f-login", stack.DemoSupport), chromedp.SendKeys("#f-password", stack.DemoSupportPassword),
		submit(".card .button"),
		chromedp.WaitVisible(`a[href="/support/bureau"]`), submit(`a[href="/support/bureau"]`),
		chromedp.WaitVisible(`a[href="/support/papers"]`), submit(`a[href="/support/papers"]`),
		chromedp.WaitVisible("#f-order"), chromedp.SendKeys("#f-order", "D20260002"),
		chromedp.SetUploadFiles("#f-file", []string{sheet}), chromedp.SetValue("#f-use", "1"), send,
		chromedp.WaitVisible("#e-order"), chromedp.WaitVisible("#e-file"), chromedp.WaitVisible("#e-whose"),
		shot(t, "01-problems"),
		chromedp.SetValue("#f-order", "D20260001"), chromedp.SetValue("#f-whose", "holder"),
		chromedp.SetUploadFiles("#f-file", []string{picture}), send, chromedp.WaitVisible(".flash"), shot(t, "02-queued"),
	))
	taken(t, s, 35, 1060)
	written, err := os.ReadFile(log)
	require.NoError(t, err)
	require.Contains(t, string(written), "paper queued")
}
