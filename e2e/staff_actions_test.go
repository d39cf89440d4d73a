package e2e_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
)

// Staff help filings from their page: a waiting SMS is sent at once, codes are resent, a lost number and a lost
// address are corrected on proof, wrong web space credentials are corrected and the upload retried; another filing
// is withdrawn for its customer.
func TestBrowserStaffActOnFilings(t *testing.T) {
	s, log := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	ctx, begin := t.Context(), time.Now()
	w, staff := customer(t, s), staff(t, s)
	page := "/support/filings/D20260001"
	post := func(path string, values url.Values) {
		t.Helper()
		_, err := staff.Post(ctx, path, values)
		require.NoError(t, err)
	}
	sent := func(to, template string) int {
		n := 0
		for _, m := range s.StandIns.SMS.Messages() {
			if m.Phone == to && m.TemplateCode == "SMS_"+template {
				n++
			}
		}
		return n
	}
	eventually := func(what string, ready func() bool) {
		t.Helper()
		require.Eventually(t, ready, 30*time.Second, 50*time.Millisecond, what)
	}

	// The SMS provider's limit for the number: the next attempt is an hour away.
	s.StandIns.SMS.Faults.Set(
		fault.Fault{Operation: "SendSms", Mode: fault.Fail, Code: "isv.BUSINESS_LIMIT_CONTROL:hour", Times: 1})
	require.NoError(t, w.Open(ctx, "D20260001"))
	contact := filingtest.Contact()
	require.NoError(t, w.Contact(ctx, contact, password))
	var key string
	eventually("the SMS waits", func() bool {
		doc, err := staff.Page(ctx, page)
		require.NoError(t, err)
		key = doc.Find("[data-pending] [name=activity]").AttrOr("value", "")
		return key != ""
	})
	lookAtActs(t, s, page)
	waited := time.Now()
	post(page+"/run-now", url.Values{"serial": {"1"}, "activity": {key}, "why": {"限流已解除"}})
	eventually("it goes out", func() bool { return sent(contact.Mobile, "contact_code") == 1 })
	require.Less(t, time.Since(waited), 20*time.Second, "it didn't wait an hour")
	doc, err := staff.Post(ctx, page+"/run-now", url.Values{"serial": {"1"}, "activity": {key}})
	require.NoError(t, err)
	require.Contains(t, doc.Text(), "不在等待重试")

	// Resend codes: refused within a minute, then accepted once.
	doc, err = staff.Post(ctx, page+"/codes", url.Values{"serial": {"1"}, "channel": {"mail"}})
	require.NoError(t, err)
	require.Contains(t, doc.Text(), "一分钟内")
	_, err = s.Store.DB().ExecContext(ctx, `UPDATE verifications SET requested_at = requested_at - INTERVAL 2 MINUTE`)
	require.NoError(t, err)
	again := time.Now()
	post(page+"/codes", url.Values{"serial": {"1"}, "channel": {"sms"}})
	eventually("the code goes out again", func() bool { return sent(contact.Mobile, "contact_code") == 2 })

	// The phone is lost during verification: the new number gets the code.
	contact.Mobile = "13800000009"
	correct := func(channel, field, to string, picture bool) {
		t.Helper()
		doc, err := staff.Page(ctx, page+"/contact/"+channel+"?serial=1")
		require.NoError(t, err)
		values := url.Values{"serial": {"1"}, "token": {doc.Find("[name=token]").AttrOr("value", "")}, field: {to},
			"proof": {"video_call"}, "reason": {"视频核对了林测试本人"}}
		if picture {
			_, err = staff.Upload(ctx, page+"/contact/"+channel, values, "picture", "proof.jpg", demo.Picture("proof"))
		} else {
			_, err = staff.Post(ctx, page+"/contact/"+channel, values)
		}
		require.NoError(t, err)
	}
	correct("sms", "mobile", contact.Mobile, false)
	require.NoError(t, w.Verify(ctx, contact, begin))
	wait(t, w, filing.Preparing)
	require.Zero(t, sent(filingtest.Contact().Mobile, "contact_changed"), "nobody knows whose the old number was")

	// The mail address is lost later: the old one counts until the new one is confirmed.
	lost := contact.Email
	contact.Email = "neu@example.com"
	correct("mail", "email", contact.Email, true)
	code, err := w.Code(ctx, contact.Email, again)
	require.NoError(t, err)
	eventually("the old address is notified", func() bool {
		mails := 0
		for _, m := range s.StandIns.Mail.Messages() {
			if slices.Contains(m.To, lost) && strings.Contains(m.Subject, "联系方式正在更改") {
				mails++
			}
		}
		return mails == 1 && sent(contact.Mobile, "contact_changed") == 1
	})
	row, err := s.Store.FilingBySerial(ctx, "D20260001", 1)
	require.NoError(t, err)
	present := func() string {
		c, err := s.Store.Contact(ctx, row.ID)
		require.NoError(t, err)
		return c.Details.Email
	}
	require.Equal(t, lost, present())
	lookAtConfirmation(t, s)
	_, err = w.Post(ctx, "/orders/D20260001/filing/contact/mail", url.Values{"code": {code}})
	require.NoError(t, err)
	require.Equal(t, contact.Email, present())
	doc, err = staff.Page(ctx, page)
	require.NoError(t, err)
	require.Contains(t, doc.Find("[data-timeline]").Text(), "新的联系方式已验证")
	proof, ok := doc.Find("[data-corrections] a").Attr("href")
	require.True(t, ok)
	raw, err := staff.Raw(ctx, proof)
	require.NoError(t, err)
	require.NoError(t, raw.Body.Close())
	require.Equal(t, "image/jpeg", raw.Header.Get("Content-Type"))

	// The web space has the wrong password.
	order, err := s.Store.Order(ctx, row.OrderID)
	require.NoError(t, err)
	right, err := s.Store.WebSpaceOf(ctx, row.OrderID)
	require.NoError(t, err)
	wrong := *right
	wrong.Password = "not-this-one"
	require.NoError(t, s.Store.CorrectWebSpace(ctx, order, wrong))
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	eventually("the upload is stuck", func() bool {
		f, err := s.Store.Filing(ctx, row.ID)
		return err == nil && f.StuckStep == "install_certificate" && f.StuckReason == activities.ReasonLogin
	})
	for _, v := range corners {
		b := signedIn(t, s, v, stack.DemoSupport, stack.DemoSupportPassword)
		do(b, t, chromedp.Navigate(s.PanelURL+page), chromedp.WaitVisible("[data-resume]"),
			chromedp.WaitVisible("[data-corrections]"), shot(t, v.String()+"-07-stuck"),
			submit("[data-resume] a"), chromedp.WaitVisible(chromedp.ID("f-host")), shot(t, v.String()+"-08-mend"))
	}
	post(page+"/space", url.Values{
		"serial": {"1"}, "stuck_seq": retry(t, s, row.Ref())["stuck_seq"], "protocol": {right.Protocol},
		"host": {right.Host}, "port": {fmt.Sprint(right.Port)}, "user": {right.User}, "password": {right.Password},
		"document_root": {right.DocumentRoot}, "reason": {"主机商给了新密码"}, "action": {"retry"},
	})
	eventually("the certificate is there",
		func() bool { return s.StandIns.Space.Stores("web1", "wwwroot/cert/bazu.cert") == 1 })

	// Another filing is withdrawn for its customer, who is notified.
	require.NoError(t, w.Open(ctx, "D20260002"))
	other := filingtest.Contact()
	other.Mobile = "13800000012"
	require.NoError(t, w.Contact(ctx, other, password))
	wait(t, w, filing.Verifying)
	post("/support/filings/D20260002/withdraw", url.Values{"serial": {"1"}, "reason": {"客户来电要求"}})
	wait(t, w, filing.Withdrawn)
	eventually("the customer is notified", func() bool { return sent(other.Mobile, "withdrawn") == 1 })
	doc, err = staff.Post(ctx, "/support/filings/D20260002/withdraw", url.Values{"serial": {"1"}, "reason": {"客户来电要求"}})
	require.NoError(t, err)
	require.Contains(t, doc.Text(), "已处理")

	for _, action := range []string{"filing.run_now", "filing.send_code", "contact.correct", "space.correct",
		"filing.withdraw"} {
		rows, err := s.Store.AuditRows(ctx, store.AuditFilter{Action: action}, 0, 9)
		require.NoError(t, err)
		require.NotEmpty(t, rows, action)
	}
	planted := []string{contact.Mobile, contact.Email, other.Mobile, right.Password, code, "视频核对了"}
	clean(t, "the log", readFile(t, log), planted)
	clean(t, "Temporal's histories", histories(t, s), planted)
	dump, err := s.Store.Dump(ctx)
	require.NoError(t, err)
	clean(t, "the database", dump, planted)
	record(t, s, "D20260001")
}

// lookAtActs takes pictures of the pages on which staff act.
func lookAtActs(t *testing.T, s *stack.Stack, page string) {
	t.Helper()
	for _, v := range corners {
		b := signedIn(t, s, v, stack.DemoSupport, stack.DemoSupportPassword)
		name := func(step string) string { return v.String() + "-" + step }
		do(b, t, chromedp.Navigate(s.PanelURL+page), chromedp.WaitVisible("[data-codes]"), shot(t, name("01-filing")))
		fits(b, t, "a filing")
		do(b, t, chromedp.Navigate(s.PanelURL+page+"/contact/sms?serial=1"), chromedp.WaitVisible(chromedp.ID("f-mobile")),
			submit("main form .button"),
			chromedp.WaitVisible(chromedp.ID("e-reason")), shot(t, name("02-correction")))
		fits(b, t, "a correction")
		do(b, t, chromedp.Navigate(s.PanelURL+page+"/space?serial=1"), chromedp.WaitVisible(chromedp.ID("f-host")),
			shot(t, name("03-space")))
		fits(b, t, "a web space")
		do(b, t, chromedp.Navigate(s.PanelURL+page+"/withdraw?serial=1"), chromedp.WaitVisible(chromedp.ID("f-reason")),
			shot(t, name("04-withdraw")))
		fits(b, t, "withdrawing")
	}
}

// lookAtConfirmation takes a picture of the page that asks a customer to confirm.
func lookAtConfirmation(t *testing.T, s *stack.Stack) {
	t.Helper()
	for _, v := range corners {
		b := signedIn(t, s, v, stack.DemoCustomer, stack.DemoCustomerPassword)
		do(b, t, chromedp.Navigate(s.PanelURL+"/orders/D20260001/filing"), chromedp.WaitVisible(`[data-confirm="mail"]`),
			shot(t, v.String()+"-05-asked"),
			submit(`[data-confirm="mail"] a`), chromedp.WaitVisible(chromedp.ID("f-code")), shot(t, v.String()+"-06-confirm"))
	}
}
