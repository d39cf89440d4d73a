package e2e_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/totp"
)

// A member of staff sets up a second factor on a phone and signs in with it at a desk; an administrator sees it in
// the list and in the log.
func TestStaffSignInWithTheirDevice(t *testing.T) {
	s, _ := start(t, stack.Options{ExchangeEvery: seldom})
	signIn := func(login, password string) []chromedp.Action[chromedp.Void] {
		return []chromedp.Action[chromedp.Void]{
			chromedp.Navigate(s.PanelURL + "/sign-in"), chromedp.WaitVisible("#f-login"), chromedp.SendKeys("#f-login", login),
			chromedp.SendKeys("#f-password", password), submit(".card .button"),
		}
	}
	agent, password := string(store.StaffAgent), stack.DemoStaffPassword(store.StaffAgent)
	phone := browser(t, sizes["phone"], 844)
	do(phone, t, signIn(agent, password), chromedp.WaitVisible("[data-renew]"),
		chromedp.Navigate(s.PanelURL+"/account/totp"), shot(t, "1-none"),
		submit("main .button"), chromedp.WaitVisible(".qr svg"), shot(t, "2-enrol"))
	secret := strings.ReplaceAll(text(phone, t, "#secret"), " ", "")
	code := func(ahead time.Duration) string {
		code, err := totp.Code(secret, time.Now().Add(ahead))
		require.NoError(t, err)
		return code
	}
	do(phone, t, chromedp.SendKeys("#f-present_password", password), chromedp.SendKeys("#f-code", code(0)),
		submit(".card .button"),
		chromedp.WaitVisible(".codes li"), shot(t, "3-codes"), submit("main .button"),
		chromedp.WaitVisible("[data-enrolled]"), shot(t, "4-on"))

	desk := browser(t, sizes["desktop"], 900)
	do(desk, t, signIn(agent, password), chromedp.WaitVisible("#f-code"), shot(t, "5-code"),
		chromedp.SendKeys("#f-code", "123"), submit(".card .button"),
		chromedp.WaitVisible("#e-code"), chromedp.SendKeys("#f-code", code(totp.Period)), submit(".card .button"),
		chromedp.WaitVisible("[data-renew]"),
		chromedp.Navigate(s.PanelURL+"/support/audit"), chromedp.WaitVisible("h1"))
	require.Contains(t, text(desk, t, "main"), "没有权限")
	do(desk, t, shot(t, "6-forbidden"))

	office := browser(t, sizes["desktop"], 900)
	do(office, t, signIn(stack.DemoSupport, stack.DemoSupportPassword), chromedp.WaitVisible("[data-renew]"),
		chromedp.Navigate(s.PanelURL+"/support/staff"), chromedp.WaitVisible("[data-staff=agent]"), shot(t, "7-staff"))
	require.Contains(t, text(office, t, "[data-staff=agent]"), "已启用")
	do(office, t, chromedp.Navigate(s.PanelURL+"/support/audit?action=totp."), chromedp.WaitVisible(
		`[data-action="totp.enrol"]`), chromedp.WaitVisible(`[data-action="totp.code"]`), shot(t, "8-audit"))
	if os.Getenv("BEIAN_SHOTS") != "" {
		do(office, t, chromedp.EmulateViewport(int64(sizes["phone"]), 844), shot(t, "9-audit-phone"), chromedp.Navigate(
			s.PanelURL+"/support/staff"), chromedp.WaitVisible("[data-staff=agent]"), shot(t, "10-staff-phone"))
	}
}
