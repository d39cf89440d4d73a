package e2e_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/stack"
)

// A filing's page updates itself on an event: it isn't reloaded, and doesn't poll meanwhile.
func TestBrowserProgressIsLive(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 4 * time.Second})
	w := customer(t, s)
	prepared(t, w, "D20260001")
	ctx := signedIn(t, s, corners[0], stack.DemoCustomer, stack.DemoCustomerPassword)
	require.NoError(t, w.SubmitDossier(t.Context(), filingtest.PersonHolder(), "读书笔记"))
	wait(t, w, filing.Reviewing)
	require.NoError(t, patiently(ctx,
		chromedp.Navigate(s.PanelURL+"/orders/D20260001/filing"), chromedp.WaitVisible(`[data-stage="reviewing"]`),
		shot(t, "reviewing")))
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.sameDocument = true`))
	require.NoError(t, err)
	require.NoError(t, patiently(ctx, chromedp.WaitVisible(`[data-stage="installing"]`), shot(t, "installing")))
	same, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`window.sameDocument === true`))
	require.NoError(t, err)
	require.True(t, same)
	require.NotEmpty(t, text(ctx, t, "[data-progress-told]"), "and read out")
	fetched, err := chromedp.Run(ctx,
		chromedp.Evaluate[int](`performance.getEntriesByType("resource").filter(e => e.name.endsWith("/progress")).length`))
	require.NoError(t, err)
	require.LessOrEqual(t, fetched, 4, "fetched on events, not by polling")
	require.Positive(t, fetched)
}

// Placing and undoing the footer in the browser.
func TestBrowserFooter(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	w := customer(t, s)
	installing(t, w, "D20260002", filingtest.CompanyHolder())
	base := s.PanelURL + "/orders/D20260002/filing"
	for _, v := range corners {
		name, ctx := v.String(), signedIn(t, s, v, stack.DemoCustomer, stack.DemoCustomerPassword)
		require.NoError(t, patiently(ctx,
			chromedp.Navigate(base+"/result"), chromedp.WaitVisible(".site-checks"), chromedp.WaitVisible("[data-copy]"),
			shot(t, name+"-1-result"),
			submit(`a[href$="/filing/footer"]`), chromedp.WaitVisible(`[data-footer] form .button`), shot(t, name+"-2-offer"),
			submit(`form[action$="/filing/footer"] .button`), chromedp.WaitVisible(`[data-footer="previewed"]`),
			shot(t, name+"-3-preview"),
		))
		fits(ctx, t, "the preview")
		require.NoError(t, patiently(ctx,
			submit(`form[action$="/agree"] .button`), chromedp.WaitVisible(`[data-footer="placed"]`), shot(t, name+"-4-placed"),
			submit(`form[action$="/undo"] .button`), chromedp.WaitVisible(`[data-footer="undone"]`), shot(t, name+"-5-undone"),
			chromedp.Navigate(base), chromedp.WaitVisible(".timeline"), shot(t, name+"-6-filing"),
		))
		original := siteFiles(t, s, "web2")["index.html"]
		require.NoError(t,
			s.StandIns.Space.SetFile("web2", "index.html", []byte(`<html><frameset><frame src="a.htm"></frameset></html>`)))
		require.NoError(t, patiently(ctx,
			chromedp.Navigate(base+"/footer"), submit(`form[action$="/filing/footer"] .button`),
			chromedp.WaitVisible(`[data-reason="frameset"]`), shot(t, name+"-7-frameset")))
		require.NoError(t, s.StandIns.Space.SetFile("web2", "uc_server", []byte("x")))
		require.NoError(t, patiently(ctx,
			submit(`form[action$="/filing/footer"] .button`), chromedp.WaitVisible(`[data-reason="system"]`),
			shot(t, name+"-8-system")))
		require.NoError(t, s.StandIns.Space.RemoveFile("web2", "uc_server"))
		require.NoError(t, s.StandIns.Space.SetFile("web2", "index.html", original))
	}
}
