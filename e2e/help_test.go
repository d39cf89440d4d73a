package e2e_test

import (
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
)

// mails counts the mails to an address that contain a text.
func mails(s *stack.Stack, to, text string) (n int) {
	for _, m := range s.StandIns.Mail.Messages() {
		if strings.Contains(strings.Join(m.To, " "), to) && strings.Contains(m.Text, text) {
			n++
		}
	}
	return n
}

// A question reaches staff by mail, and their answer the asker, once each, through an unreliable mail server; the
// texts appear in no log.
func TestTicketReachesStaffAndTheAnswerTheAsker(t *testing.T) {
	s, log := start(t, stack.Options{ReviewAfter: -1})
	ctx := t.Context()
	s.StandIns.Mail.Faults.Set(fault.Fault{Operation: "DATA", Mode: fault.Fail, Code: "451", Times: 1})
	w := customer(t, s)
	page, err := w.Fill(ctx, "/help/ask?order=D20260001", url.Values{"text": {"首页放在哪里"}, "email": {"asker@example.com"}})
	require.NoError(t, err)
	require.Equal(t, 1, page.Find(`[data-status="open"]`).Length())
	require.Eventually(t, func() bool { return mails(s, "staff@example.com", "首页放在哪里") == 1 }, 30*time.Second,
		50*time.Millisecond)
	link := s.PanelURL + "/support/tickets/1"
	require.Equal(t, 1, mails(s, "staff@example.com", link))

	support := staff(t, s)
	answer := func(text string) {
		page, err := support.Page(ctx, "/support/tickets/1")
		require.NoError(t, err)
		values := demo.FormValues(page.Find("main form").First())
		values.Set("text", text)
		_, err = support.Post(ctx, "/support/tickets/1/answer", values)
		require.NoError(t, err)
	}
	answer("放在网站根目录")
	require.Eventually(t, func() bool { return mails(s, "asker@example.com", "放在网站根目录") == 1 }, 30*time.Second,
		50*time.Millisecond)
	page, err = w.Page(ctx, "/tickets/1")
	require.NoError(t, err)
	require.Contains(t, page.Find(".said").Text(), "放在网站根目录")

	s.StandIns.Mail.Faults.Set(fault.Fault{Operation: "RCPT", Mode: fault.Fail, Code: "550"})
	answer("第二个答复")
	require.Eventually(t, func() bool {
		page, err := support.Page(ctx, "/support/tickets/1")
		return err == nil && strings.Contains(page.Find("[data-answer]").Text(), "对方邮箱不存在")
	}, 30*time.Second, 50*time.Millisecond)
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	for _, secret := range []string{"首页放在哪里", "放在网站根目录", "asker@example.com"} {
		require.NotContains(t, string(text), secret)
	}
	require.Equal(t, 1, mails(s, "staff@example.com", "首页放在哪里"), "one mail")
	record(t, s, "")
}

// A panel that died between writing the ticket's row and starting its workflow leaves a mail, which the sweep
// sends.
func TestSweepSendsForgottenTicketMail(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1})
	ctx := t.Context()
	_, err := s.Store.OpenTicket(ctx, store.Ticket{Token: strings.Repeat("0", 32), Kind: store.TicketComplain, Lang: "zh",
		TicketBody: store.TicketBody{Text: "违规网站", Email: "a@example.com"}})
	require.NoError(t, err)
	s.Store.SetClock(func() time.Time { return time.Now().Add(20 * time.Minute) })
	var sweep client.ScheduleHandle
	require.Eventually(t, func() bool { // the worker creates the schedule when it starts
		sweep = s.Temporal.ScheduleClient().GetHandle(ctx, "tickets")
		_, err := sweep.Describe(ctx)
		return err == nil
	}, 30*time.Second, 50*time.Millisecond)
	require.NoError(t, sweep.Trigger(ctx, client.ScheduleTriggerOptions{}))
	require.Eventually(t, func() bool { return mails(s, "staff@example.com", "违规网站") == 1 }, 30*time.Second,
		50*time.Millisecond)
	require.Eventually(t, func() bool {
		ticket, err := s.Store.Ticket(ctx, 1)
		return err == nil && ticket.ToldAt.Valid
	}, 30*time.Second, 50*time.Millisecond)
}

// The help centre, as strangers, customers and staff see it, in both languages, on a phone and on a desktop.
func TestBrowserHelp(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	ctx := t.Context()
	_, err := s.Store.AddAnnouncement(ctx,
		store.Announcement{Token: strings.Repeat("0", 32), TitleZH: "元旦期间的受理安排",
			BodyZH: "管局 **1 月 1 日至 3 日**不受理，期间提交的备案从 4 日起上报。", TitleEN: "Filings at New Year",
			BodyEN: "The bureau takes none from **1 to 3 January**.",
			Pinned: true, PublishedAt: time.Now().Add(-time.Hour)}, "support:support")
	require.NoError(t, err)
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "违规的读书笔记"))
	wait(t, w, filing.Correcting)
	_, err = w.Fill(ctx, "/help/ask", url.Values{"text": {"管局说网站名称不符合要求，应该怎么改？"}, "email": {"asker@example.com"}})
	require.NoError(t, err)

	for _, v := range corners {
		t.Run(v.String(), func(t *testing.T) { helpPages(t, s, v) })
	}
}

func helpPages(t *testing.T, s *stack.Stack, v view) {
	b := browser(t, sizes[v.size], 844)
	at := func(path string) string { return s.PanelURL + path }
	require.NoError(t, patiently(b, chromedp.Navigate(at("/help")), chromedp.WaitVisible(".topics")))
	if v.lang == "en" {
		require.NoError(t, patiently(b, submit(`[name=lang]`), chromedp.WaitVisible(`html[lang=en] .topics`)))
	}
	require.NoError(t, patiently(b,
		shot(t, "01-help"),
		chromedp.Navigate(at("/help/process")), chromedp.WaitVisible(".flow svg"), shot(t, "02-process"),
		chromedp.Navigate(at("/help/fields")), chromedp.WaitVisible("main h1"), shot(t, "03-fields"),
		chromedp.Navigate(at("/help/papers")), chromedp.WaitVisible("main h1"), shot(t, "03b-papers"),
		chromedp.Navigate(at("/help/precheck")), chromedp.WaitVisible("main h1"), shot(t, "03c-precheck"),
		chromedp.Navigate(at("/help/account")), chromedp.WaitVisible("main h1"), shot(t, "03d-account"),
		chromedp.Navigate(at("/help/refusals")), chromedp.WaitVisible("main h1"), shot(t, "04-refusals"),
		chromedp.Navigate(at("/help/law")), chromedp.WaitVisible("main h1"), shot(t, "05-law"),
		chromedp.Navigate(at("/help/passwords")), chromedp.WaitVisible("main h1"), shot(t, "06-passwords"),
		chromedp.Navigate(at("/help/codes")), chromedp.WaitVisible("[data-table]"), shot(t, "07-codes"),
		chromedp.Navigate(at("/help/codes?region=330000")), chromedp.WaitVisible("[data-table]"), shot(t, "08-region"),
		chromedp.Navigate(at("/help/provinces?province=310000&subject=unit")), chromedp.WaitVisible("[data-rule]"),
		shot(t, "08b-provinces"),
		chromedp.Navigate(at("/help/reasons")), chromedp.WaitVisible("[data-group]"), shot(t, "08c-reasons"),
		chromedp.Navigate(at("/help")), chromedp.WaitVisible("#q"), chromedp.SendKeys("#q", v.in("备案密码忘了", "lost password")),
		submit(".searchbox .button"), chromedp.WaitVisible(".hits mark"), shot(t, "09-search"),
		chromedp.Navigate(at("/help/complain")), chromedp.WaitVisible("#f-captcha"), submit("main form:not([role]) .button"),
		chromedp.WaitVisible(".summary"), shot(t, "10-complain"),
		chromedp.Navigate(at("/help/announcements")), chromedp.WaitVisible(".announcement"), shot(t, "11-notices"),
		chromedp.Navigate(at("/sign-in")), chromedp.WaitVisible("#f-login"),
		chromedp.SendKeys("#f-login", stack.DemoCustomer), chromedp.SendKeys("#f-password", stack.DemoCustomerPassword),
		submit(".card .button"),
		chromedp.WaitVisible(`[data-order="D20260001"]`), shot(t, "12-orders"),
		chromedp.Navigate(at("/orders/D20260001/filing")), chromedp.WaitVisible(`a[href="/help/refusals#site-name"]`),
		shot(t, "13-correcting"),
		chromedp.Navigate(at("/orders/D20260001/filing/site")),
		chromedp.WaitVisible(`.whatis[href="/help/fields#site-name"]`), shot(t, "14-form"),
		chromedp.Navigate(at("/tickets")), chromedp.WaitVisible(`[data-ticket]`), shot(t, "15-tickets"),
		chromedp.Navigate(at("/tickets/1")), chromedp.WaitVisible(".said"), shot(t, "16-ticket"),
	))
	staff := signedIn(t, s, v, stack.DemoSupport, stack.DemoSupportPassword)
	require.NoError(t, patiently(staff,
		chromedp.Navigate(at("/support/tickets")), chromedp.WaitVisible("[data-ticket]"), shot(t, "17-staff-tickets"),
		chromedp.Navigate(at("/support/tickets/1")), chromedp.WaitVisible("#f-text"), shot(t, "18-staff-ticket"),
		chromedp.Navigate(at("/support/announcements")), chromedp.WaitVisible("[data-announcement]"),
		shot(t, "19-staff-notices"),
		chromedp.Navigate(at("/support/announcements/1")), chromedp.WaitVisible("#f-title_zh"), submit(`[value=preview]`),
		chromedp.WaitVisible(".preview"), shot(t, "20-staff-notice"),
	))
}
