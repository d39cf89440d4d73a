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

	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
)

// A customer searches the orders, registers a number from another provider, with its certificate, records the
// public-security number and takes the number off again: on a phone and on a desktop, in both languages.
func TestBrowserRegistersANumber(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1, ExchangeEvery: seldom})
	s.StandIns.Bureau.Seed(seeded)
	// an order that has expired and one that soon will
	for number, days := range map[string]int{"D20260006": -3, "D20260007": 9} {
		_, err := s.Store.ImportOrder(t.Context(), store.OrderImport{
			Number: number, Customer: stack.DemoCustomer, Product: "虚拟主机 标准型", Domains: []string{"shop.example.com"},
			IPs: []string{"192.0.2.30"}, ExpiresOn: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, days),
		})
		require.NoError(t, err)
	}
	certificate := filepath.Join(t.TempDir(), "bazu.cert")
	require.NoError(t, os.WriteFile(certificate, []byte("the certificate that the bureau once gave"), 0o600))
	w := customer(t, s)
	w.Use("D20260002")
	row := `[data-order="D20260002"] `
	base := s.PanelURL + "/orders/D20260002/filing"
	for _, lang := range []string{"zh", "en"} {
		for _, size := range []struct {
			name  string
			width int
		}{{"phone", 390}, {"desktop", 1280}} {
			ctx := browser(t, size.width, 900)
			name := func(step string) string { return fmt.Sprintf("%s-%s-%s", lang, size.name, step) }
			require.NoError(t, patiently(ctx,
				chromedp.EmulateViewport(int64(size.width), 844), // a window is at least 500 wide
				chromedp.Navigate(s.PanelURL), chromedp.WaitVisible("#f-login"),
				chromedp.SendKeys("#f-login", stack.DemoCustomer), chromedp.SendKeys("#f-password", stack.DemoCustomerPassword),
				submit(".card .button"),
				chromedp.WaitVisible(row)))
			if lang == "en" {
				require.NoError(t, patiently(ctx, submit(`.bar [name=lang]`), chromedp.WaitVisible(`html[lang=en] [data-order]`)))
			}
			require.NoError(t, patiently(ctx,
				shot(t, name("01-orders")),
				chromedp.SendKeys("[name=q]", "example.net"), submit(".filter .button"),
				chromedp.WaitVisible(`.filter a`), chromedp.WaitVisible(row), shot(t, name("02-searched")),
				submit(row+`a[href$="/register"]`), chromedp.WaitVisible("#f-number"), shot(t, name("03-register")),
				chromedp.SendKeys("#f-number", "沪ICP备2020000999号-1"), submit("form[enctype] .button"),
				chromedp.WaitVisible("#e-number"), shot(t, name("04-another")),
				chromedp.SetValue("#f-number", seeded.Number+"-1"),
				chromedp.SetUploadFiles("#f-certificate", []string{certificate}), submit("form[enctype] .button"),
				chromedp.WaitVisible(`[data-stage="installing"]`), shot(t, name("05-installing")),
			))
			finished(t, s, w, "web2")
			require.NoError(t, patiently(ctx,
				chromedp.Navigate(base), chromedp.WaitVisible(`[data-stage="filed"]`), shot(t, name("06-filed")),
				chromedp.Navigate(base+"/result"), chromedp.WaitVisible("[data-police]"), shot(t, name("07-result")),
				chromedp.SendKeys("#f-number", "京公网安备31010102000001号"), submit(`[value=record]`), chromedp.WaitVisible("#e-number"),
				shot(t, name("08-police-wrong")),
				chromedp.SetValue("#f-number", "沪公网安备 31010102000001号"), submit(`[value=record]`), chromedp.WaitVisible(".snippet"),
				shot(t, name("09-police")),
				chromedp.Navigate(s.PanelURL+"/orders"), chromedp.WaitVisible(row+".number"), shot(t, name("10-orders")),
				chromedp.Navigate(base), chromedp.WaitVisible(".withdraw summary"), submit(".withdraw summary"),
				shot(t, name("11-take-off")), submit("[name=sure]"), submit(".withdraw .button"),
				chromedp.WaitVisible(row+`a[href$="/register"]`), shot(t, name("12-taken-off")),
			))
			// for the next round
			_, err := w.PutSnippet(fmt.Sprintf("http://127.0.0.1:%d/accounts/web2/footer", s.Options.Ports.Space),
				url.Values{"snippet": {""}})
			require.NoError(t, err)
		}
	}
}
