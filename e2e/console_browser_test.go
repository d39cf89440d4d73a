package e2e_test

import (
	"os"
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

// Staff start with what needs a person, search, and see everything about one filing: on a phone and on a desktop,
// in both languages. Personal data is hidden until somebody gives a reason.
func TestBrowserSupportConsole(t *testing.T) {
	s, log := start(t, stack.Options{ReviewAfter: -1, Vetting: true, ExchangeEvery: seldom})
	ctx := t.Context()
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	wait(t, w, filing.Vetting)
	s.StandIns.SMS.Faults.Set(fault.Fault{Operation: "SendSms", Mode: fault.Fail, Code: "isv.OUT_OF_SERVICE"})
	require.NoError(t, w.Open(ctx, "D20260002"))
	contact := filingtest.Contact()
	require.NoError(t, w.Contact(ctx, contact, password))
	require.Eventually(t, func() bool {
		causes, err := s.Store.StuckCauses(ctx)
		return err == nil && len(causes) == 1 && causes[0].Step == "send_sms" && causes[0].Reason == "operator"
	}, 60*time.Second, 50*time.Millisecond)

	for _, v := range corners {
		b := signedIn(t, s, v, stack.DemoSupport, stack.DemoSupportPassword)
		name := func(step string) string { return v.String() + "-" + step }
		do(b, t, chromedp.WaitVisible(`[data-group="stuck"]`), chromedp.WaitVisible(`[data-group="vetting"]`),
			shot(t, name("01-today")))
		fits(b, t, "today")
		do(b, t, submit(`[data-group="stuck"] .act a`), chromedp.WaitVisible(`[data-order="D20260002"]`),
			chromedp.WaitNotPresent(`[data-order="D20260001"]`), shot(t, name("02-group")))
		fits(b, t, "search")
		do(b, t, submit(`a[href^="/support/stuck?"]`), chromedp.WaitVisible(`[data-found="1"] [data-order="D20260002"]`),
			shot(t, name("02-bulk")))
		fits(b, t, "bulk")
		do(b, t, chromedp.SetValue("#f-order", "D20260001"), submit(".searchform .button"),
			chromedp.WaitVisible(`[data-found="0"]`),
			chromedp.SendKeys("#f-domain", "a b"), submit(".searchform .button"), chromedp.WaitVisible("#e-domain"),
			chromedp.WaitNotPresent("[data-found]"), shot(t, name("02-bulk-problem")))
		do(b, t, chromedp.Navigate(s.PanelURL+"/support/filings?step=send_sms&reason=operator"),
			chromedp.WaitVisible(`[data-order="D20260002"]`))
		do(b, t, chromedp.SendKeys("#f-age", "soon"), submit(".searchform .button"), chromedp.WaitVisible("#e-age"),
			shot(t, name("03-problem")),
			chromedp.Navigate(s.PanelURL+"/support/filings"), chromedp.WaitVisible("details summary"), submit("details summary"),
			chromedp.SendKeys("#f-holder", filingtest.PersonHolder().Name), submit("details form .button"),
			chromedp.WaitVisible(`p.callout[role="status"]`), chromedp.WaitVisible(`[data-order="D20260001"]`),
			chromedp.WaitNotPresent(`[data-order="D20260002"]`), shot(t, name("04-holder")),
			submit(`[data-order="D20260001"] a`), chromedp.WaitVisible(`[data-part="holder"]`), shot(t, name("05-filing")))
		fits(b, t, "a filing")
		require.NotContains(t, text(b, t, "main"), filingtest.PersonHolder().DocumentNumber)
		do(b, t, press(`[name=part][value=holder]`), chromedp.WaitVisible("#e-reason"),
			chromedp.SendKeys("#f-reason", "客户来电"), press(`[name=part][value=holder]`),
			chromedp.WaitVisible(`[data-part="holder"][data-clear]`), shot(t, name("06-unmasked")))
		shown := text(b, t, "main")
		require.Contains(t, shown, filingtest.PersonHolder().DocumentNumber)
		require.NotContains(t, shown, contact.UserName, "one part only: the contact's stays masked")
	}
	written, err := os.ReadFile(log)
	require.NoError(t, err)
	for _, secret := range []string{filingtest.PersonHolder().Name, filingtest.PersonHolder().DocumentNumber, "客户来电"} {
		require.False(t, strings.Contains(string(written), secret), "in the log: %s", secret)
	}
}
