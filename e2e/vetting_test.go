package e2e_test

import (
	"net/url"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
)

// verdict claims a dossier and gives a reviewer's verdict.
func verdict(t *testing.T, w *demo.Walker, order, what string, values url.Values) *goquery.Document {
	t.Helper()
	base := "/support/filings/" + order
	_, err := w.Post(t.Context(), base+"/vetting/take", url.Values{"revision": values["revision"], "serial": {"1"}})
	require.NoError(t, err)
	values.Set("serial", "1")
	page, err := w.Post(t.Context(), base+"/"+what, values)
	require.NoError(t, err)
	return page
}

// Two reviewers, one dossier: only the one who holds it can decide. What one passes, another must pass too; what
// one sends back, with a listed reason, the customer finds at its field.
func TestVettingByTwoReviewers(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1, Vetting: true, SecondVetting: []string{"5"}})
	ctx := t.Context()
	staff := func(login, password string) *demo.Walker {
		t.Helper()
		w, err := demo.NewWalker(s.PanelURL, "")
		require.NoError(t, err)
		require.NoError(t, w.SignIn(ctx, login, password))
		return w
	}
	one, two := staff("reviewer", stack.DemoStaffPassword(store.StaffReviewer)),
		staff(stack.DemoSupport, stack.DemoSupportPassword)
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	wait(t, w, filing.Vetting)

	page, err := one.Post(ctx, "/support/vetting/next", url.Values{"had": {"0"}})
	require.NoError(t, err)
	require.Equal(t, 1, page.Find(`[data-check="mine"]`).Length())
	page, err = two.Post(ctx, "/support/filings/D20260001/pass", url.Values{"revision": {"1"}, "serial": {"1"}})
	require.NoError(t, err)
	require.Equal(t, 1, page.Find(`[data-check="held"]`).Length(), "it names who holds it")

	verdict(t, one, "D20260001", "pass", url.Values{"revision": {"1"}})
	page = verdict(t, one, "D20260001", "pass", url.Values{"revision": {"1"}, "round": {"2"}})
	require.Equal(t, 1, page.Find(`[data-check="barred"]`).Length())
	wait(t, w, filing.Vetting)
	verdict(t, two, "D20260001", "send-back",
		url.Values{"revision": {"1"}, "round": {"2"}, "reasons": {"site_name"}, "note_site_name": {"请换成读书札记"}})
	wait(t, w, filing.Correcting)
	page, err = w.Page(ctx, "/orders/D20260001/filing/site")
	require.NoError(t, err)
	require.Contains(t, page.Find("#e-name").Text(), "网站名称不符合要求")
	require.Contains(t, page.Find("#e-name").Text(), "请换成读书札记")
	_, err = w.Fill(ctx, "/orders/D20260001/filing/site", url.Values{"name": {"读书札记"}, "action": {"next"}})
	require.NoError(t, err)
	require.NoError(t, w.Submit(ctx))
	wait(t, w, filing.Vetting)

	page, err = one.Post(ctx, "/support/vetting/next", url.Values{"had": {"0"}})
	require.NoError(t, err)
	require.Contains(t, page.Find(".changed").Text(), "读书札记")
	looks(t, s)
	verdict(t, one, "D20260001", "pass", url.Values{"revision": {"2"}})
	wait(t, w, filing.Vetting)
	verdict(t, two, "D20260001", "pass", url.Values{"revision": {"2"}, "round": {"2"}})
	wait(t, w, filing.Reviewing)
}

// looks takes pictures of the vetting pages for the reviewer who holds the dossier.
func looks(t *testing.T, s *stack.Stack) {
	for _, v := range corners {
		b := signedIn(t, s, v, "reviewer", stack.DemoStaffPassword(store.StaffReviewer))
		do(b, t, submit(`[data-group="vetting"] .act a`), chromedp.WaitVisible(`[data-order="D20260001"]`),
			shot(t, v.String()+"-01-queue"))
		fits(b, t, "queue")
		do(b, t, submit(`[data-order="D20260001"] td a`), chromedp.WaitVisible(`[data-check="mine"]`),
			submit(`[data-enlarge]`), chromedp.WaitVisible(`[data-picture].whole`), shot(t, v.String()+"-02-dossier"))
		fits(b, t, "dossier")
		do(b, t, submit(`[name=reasons][value=site_name]`), chromedp.WaitVisible("#note-site_name"),
			shot(t, v.String()+"-03-reason"),
			chromedp.Navigate(s.PanelURL+"/support/vetting/figures"), chromedp.WaitVisible("main table"),
			shot(t, v.String()+"-04-figures"))
		fits(b, t, "figures")
	}
}
