package e2e_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
)

// A company with three domains files them with one click, and sees what the bureau gets together: one at a time in its
// province. The holder is filled in once.
func TestBrowserCompanyWithThreeDomains(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1, ExchangeEvery: seldom})
	_, err := s.Store.ImportOrder(t.Context(), store.OrderImport{Number: "D20260033", Customer: stack.DemoCustomer,
		Product: "虚拟主机 企业型", Domains: []string{"www.three-one.com", "three-two.com", "three-three.cn"},
		IPs: []string{"192.0.2.10"}})
	require.NoError(t, err)
	ctx := browser(t, 390, 844)
	order := s.PanelURL + "/orders/D20260033"
	require.NoError(t, patiently(ctx, chromedp.EmulateViewport(390, 844), chromedp.Navigate(s.PanelURL),
		chromedp.WaitVisible("#f-login"), chromedp.SendKeys("#f-login", stack.DemoCustomer),
		chromedp.SendKeys("#f-password", stack.DemoCustomerPassword), submit(".card .button"),
		chromedp.WaitVisible(`[data-order="D20260033"]`), submit(`[data-order="D20260033"] .act .button`),
		chromedp.WaitVisible("[data-file-sites]"), shot(t, "01-order"), submit("[data-file-sites] .button"),
		chromedp.WaitVisible("[data-record]"), shot(t, "02-opened"),
		submit(`[data-site="three-two.com"] .act .button`), chromedp.WaitVisible("[data-siblings]"),
		shot(t, "03-not-begun")))
	w := customer(t, s)
	preparedSite(t, w, "D20260033", "three-one.com")
	h := filingtest.CompanyHolder()
	h.Province, h.City, h.County = "430000", "430100", "430102" // takes one site at a time
	_, err = w.Fill(t.Context(), "/orders/D20260033/sites/three-one.com/filing/holder", demo.HolderValues(h))
	require.NoError(t, err)
	require.NoError(t, patiently(ctx, chromedp.Navigate(order), chromedp.WaitVisible("[data-later]"),
		chromedp.WaitVisible("[data-rule]"), shot(t, "04-one-at-a-time"), submit(`[data-site="three-two.com"] .act .button`),
		chromedp.WaitVisible(`[data-task="site"]`), chromedp.WaitNotPresent(`[data-task="holder"]`),
		shot(t, "05-companion")))
}
