package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/stack"
)

// signedInBrowser is chromium with the demo customer in it.
func signedInBrowser(t *testing.T, s *stack.Stack, width int, lang string) context.Context {
	t.Helper()
	ctx := browser(t, width, 900)
	require.NoError(t, chromedp.Do(ctx,
		chromedp.Navigate(s.PanelURL), chromedp.WaitVisible("#f-login"),
		chromedp.SendKeys("#f-login", stack.DemoCustomer), chromedp.SendKeys("#f-password", stack.DemoCustomerPassword), submit(".card .button"),
		chromedp.WaitVisible(`[data-order="D20260001"]`),
	))
	if lang == "en" {
		require.NoError(t, chromedp.Do(ctx, submit(`[name=lang][value=en]`), chromedp.WaitVisible(`html[lang=en]`)))
	}
	return ctx
}

// The page of a filing moves on by itself, by an event: it isn't loaded again,
// and nothing is asked for meanwhile.
func TestBrowserProgressIsLive(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 4 * time.Second})
	w := customer(t, s)
	prepared(t, w, "D20260001")
	ctx := signedInBrowser(t, s, 390, "zh")
	require.NoError(t, w.HandIn(t.Context(), filingtest.PersonHolder(), "读书笔记"))
	wait(t, w, filing.Reviewing)
	require.NoError(t, chromedp.Do(ctx,
		chromedp.Navigate(s.PanelURL+"/orders/D20260001/filing"), chromedp.WaitVisible(`[data-stage="reviewing"]`), shot(t, "reviewing")))
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.sameDocument = true`))
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(ctx, chromedp.WaitVisible(`[data-stage="installing"]`), shot(t, "installing")))
	same, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.sameDocument === true`))
	require.NoError(t, err)
	require.True(t, same)
	require.NotEmpty(t, text(ctx, t, "[data-progress-told]"), "and is read out")
	fetched, err := chromedp.Run(ctx, chromedp.Evaluate[int](`performance.getEntriesByType("resource").filter(e => e.name.endsWith("/progress")).length`))
	require.NoError(t, err)
	require.LessOrEqual(t, fetched, 4, "fetched for events, not by the clock")
	require.Positive(t, fetched)
}

// Placing and undoing in the browser, on a phone and on a desktop, in both languages.
func TestBrowserFooter(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	w := customer(t, s)
	installing(t, w, "D20260002", filingtest.CompanyHolder())
	base := s.PanelURL + "/orders/D20260002/filing"
	for _, c := range []struct {
		name, lang string
		width      int
	}{{"phone-zh", "zh", 390}, {"desktop-zh", "zh", 1280}, {"phone-en", "en", 390}, {"desktop-en", "en", 1280}} {
		ctx := signedInBrowser(t, s, c.width, c.lang)
		require.NoError(t, chromedp.Do(ctx,
			chromedp.Navigate(base+"/result"), chromedp.WaitVisible(".checksseen"), chromedp.WaitVisible("[data-copy]"), shot(t, c.name+"-1-result"),
			submit(`a[href$="/filing/footer"]`), chromedp.WaitVisible(`[data-footer] form .button`), shot(t, c.name+"-2-offer"),
			submit(`form[action$="/filing/footer"] .button`), chromedp.WaitVisible(`[data-footer="previewed"]`), shot(t, c.name+"-3-preview"),
		))
		wide, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`))
		require.NoError(t, err)
		require.False(t, wide, "the page fits its width")
		require.NoError(t, chromedp.Do(ctx,
			submit(`form[action$="/agree"] .button`), chromedp.WaitVisible(`[data-footer="placed"]`), shot(t, c.name+"-4-placed"),
			submit(`form[action$="/undo"] .button`), chromedp.WaitVisible(`[data-footer="undone"]`), shot(t, c.name+"-5-undone"),
			chromedp.Navigate(base), chromedp.WaitVisible(".timeline"), shot(t, c.name+"-6-filing"),
		))
		original := siteFiles(t, s, "web2")["index.html"]
		require.NoError(t, s.Stands.Space.SetFile("web2", "index.html", []byte(`<html><frameset><frame src="a.htm"></frameset></html>`)))
		require.NoError(t, chromedp.Do(ctx,
			chromedp.Navigate(base+"/footer"), submit(`form[action$="/filing/footer"] .button`), chromedp.WaitVisible(`[data-reason="frameset"]`), shot(t, c.name+"-7-frameset")))
		require.NoError(t, s.Stands.Space.SetFile("web2", "uc_server", []byte("x")))
		require.NoError(t, chromedp.Do(ctx,
			submit(`form[action$="/filing/footer"] .button`), chromedp.WaitVisible(`[data-reason="system"]`), shot(t, c.name+"-8-system")))
		require.NoError(t, s.Stands.Space.RemoveFile("web2", "uc_server"))
		require.NoError(t, s.Stands.Space.SetFile("web2", "index.html", original))
	}
}
