package panel_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// sendCode does what the worker does for a filing's newest code.
func (o *office) sendCode(f store.Filing, ch filing.Channel) (code, key string) {
	ctx := o.t.Context()
	code, send, err := o.db.PrepareCode(ctx, f.ID, ch)
	require.NoError(o.t, err)
	key = store.CodeKey(f.ID, ch, send)
	mailID := ""
	if ch == filing.Mail {
		mailID = key + "@example.com"
	}
	to := map[filing.Channel]string{filing.SMS: filingtest.Contact().Mobile, filing.Mail: filingtest.Contact().Email}[ch]
	require.NoError(o.t, o.db.BeginDelivery(ctx, key, ch, to, mailID))
	require.NoError(o.t, o.db.CodeSent(ctx, f.ID, ch, send))
	require.NoError(o.t, o.db.NoteMessage(ctx, store.Message{Key: key, FilingID: f.ID, Channel: ch,
		Template: string(message.ContactCode), ProviderID: "biz"}))
	return code, key
}

func saidOfCode(page *goquery.Document, ch filing.Channel) string {
	return strings.Join(strings.Fields(page.Find(`[data-code="`+string(ch)+`"]`).Text()), " ")
}

// The page of the codes says where they went, what became of them, and what to do; the filing's page says the same.
func TestCodesPageSaysWhatBecameOfTheMessages(t *testing.T) {
	o := newOffice(t, panel.Config{})
	now := time.Date(2026, 11, 30, 14, 0, 5, 0, time.UTC)
	o.db.SetClock(func() time.Time { return now })
	f := o.verifying("C1")
	owner := o.caller("owner")
	look := func() *goquery.Document {
		page := owner.page("/orders/C1/filing/verify")
		hub := owner.page("/orders/C1/filing")
		for _, ch := range filing.Channels {
			require.NotEmpty(t, saidOfCode(page, ch))
			require.Equal(t, saidOfCode(page, ch), saidOfCode(hub, ch), "one truth")
		}
		return page
	}
	page := look()
	require.Contains(t, saidOfCode(page, filing.SMS), "短信验证码正在发往 139****")
	require.NotContains(t, page.Text(), filingtest.Contact().Mobile)
	require.NotContains(t, page.Text(), filingtest.Contact().Email)
	require.Contains(t, page.Find("[name=channel][value=sms]").Parent().Text(), "22:01:05 起可以重发")

	_, key := o.sendCode(f, filing.SMS)
	o.sendCode(f, filing.Mail)
	page = look()
	require.Contains(t, saidOfCode(page, filing.SMS), "短信验证码已于 22:00 发往 139****")
	require.NotContains(t, saidOfCode(page, filing.SMS), "运营商", "receipts take seconds")
	require.Contains(t, saidOfCode(page, filing.SMS), "22:10 之前有效")
	require.Equal(t, "2026-11-30T14:10:05Z", page.Find("[data-code=sms] time").AttrOr("data-countdown", ""))

	now = now.Add(4 * time.Minute)
	page = look()
	require.Contains(t, saidOfCode(page, filing.SMS), "还没有回报是否送达（已 4 分钟）")
	require.Contains(t, saidOfCode(page, filing.Mail), "垃圾邮件")
	require.NotContains(t, page.Text(), "起可以重发")

	settle := func(d filing.Delivery) string {
		_, err := o.db.DB().ExecContext(t.Context(), `UPDATE message_deliveries SET outcome = 'pending'`)
		require.NoError(t, err)
		known, err := o.db.SettleSMS(t.Context(), key, filingtest.Contact().Mobile, d)
		require.NoError(t, err)
		require.True(t, known)
		return saidOfCode(look(), filing.SMS)
	}
	require.Contains(t, settle(filing.Delivery{Outcome: filing.OutcomeDelivered, At: now}), "22:04 已送达手机")
	require.Contains(t, settle(filing.Delivery{Outcome: filing.OutcomeUnknown}), "一直没有回报")
	for kind, next := range map[message.Kind]string{message.Recipient: "更正手机号码", message.Limit: "过一段时间再重发",
		message.Temporary: "过几分钟再重发", message.Operator: "问题不在您的号码"} {
		text := settle(filing.Delivery{Outcome: filing.OutcomeRefused, Fault: string(kind), Code: "UNDELIV", Words: "停机"})
		require.Contains(t, text, "运营商没有送达")
		require.Contains(t, text, "停机 (UNDELIV)")
		require.Contains(t, text, next)
	}
	known, err := o.db.SettleMail(t.Context(), store.CodeKey(f.ID, filing.Mail, 1)+"@example.com",
		filingtest.Contact().Email, filing.Delivery{Outcome: filing.OutcomeRefused, Fault: string(message.Recipient), Code: "5.1.1"})
	require.NoError(t, err)
	require.True(t, known)
	require.Contains(t, saidOfCode(look(), filing.Mail), "邮件被退回：5.1.1。请更正邮箱")

	agent := o.caller("agent").page("/support/filings/C1").Find("[data-messages]").Text()
	require.Contains(t, agent, "被拒（收件人的原因）：5.1.1")

	now = now.Add(7 * time.Minute)
	require.Contains(t, saidOfCode(look(), filing.SMS), "已过期，请重发")
}

// The lock is announced before the fifth wrong code, and says until when it lasts, on both pages.
func TestLockOfACodeIsAnnounced(t *testing.T) {
	o := newOffice(t, panel.Config{})
	now := time.Date(2026, 11, 30, 14, 0, 0, 0, time.UTC)
	o.db.SetClock(func() time.Time { return now })
	f := o.verifying("C1")
	code, _ := o.sendCode(f, filing.SMS)
	o.sendCode(f, filing.Mail)
	owner := o.caller("owner")
	wrong := "00000000"
	if code == wrong {
		wrong = "11111111"
	}
	require.Contains(t, owner.page("/orders/C1/filing/verify").Find(".lead").Text(), "输错 5 次后，24 小时内不能再填写")
	for left := filing.MaxWrongTries - 1; left >= 0; left-- {
		status, page, _ := owner.look("/orders/C1/filing/verify", url.Values{"sms_code": {wrong}})
		require.Equal(t, http.StatusUnprocessableEntity, status)
		if left > 0 {
			require.Contains(t, saidOfCode(page, filing.SMS), "还可以试 "+string(rune('0'+left))+" 次")
			require.NotContains(t, saidOfCode(page, filing.Mail), "还可以试")
			continue
		}
		require.Contains(t, saidOfCode(page, filing.SMS), "已输错 5 次，2026-12-01 22:00 之前不能再填写")
	}
	page := owner.page("/orders/C1/filing/verify")
	require.Equal(t, "locked", page.Find("[data-code=sms]").AttrOr("data-state", ""))
	require.Zero(t, page.Find("[name=sms_code], [name=channel][value=sms]").Length(), "nothing to enter or to send again")
	require.Equal(t, 1, page.Find("[name=mail_code]").Length())
	hub := owner.page("/orders/C1/filing")
	require.Equal(t, saidOfCode(page, filing.SMS), saidOfCode(hub, filing.SMS))
	require.Contains(t, hub.Find("#progress").Text(), "暂时不能再填写")
	now = now.Add(filing.LockFor)
	require.Equal(t, "sent", o.caller("owner").page("/orders/C1/filing/verify").Find("[data-code=sms]").AttrOr("data-state", ""))
}
