package panel_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// A code that is stuck is not sent: the filing's page, its fragment, the verification, the list of orders, the timeline
// and the staff's pages say the same, and none of them asks the customer for it.
func TestAStuckCodeIsOneTruth(t *testing.T) {
	for stuck, other := range map[filing.Channel]filing.Channel{filing.SMS: filing.Mail, filing.Mail: filing.SMS} {
		t.Run(string(stuck), func(t *testing.T) {
			o := newOffice(t, panel.Config{})
			ctx := t.Context()
			f, yes := o.filing("V1", "owner"), true
			_, err := o.db.RegisterContact(ctx, f.CustomerID, f.ID, filingtest.Contact(), "hash")
			require.NoError(t, err)
			_, send, err := o.db.PrepareCode(ctx, f.ID, other)
			require.NoError(t, err)
			require.NoError(t, o.db.CodeSent(ctx, f.ID, other, send))
			step := "send_" + string(stuck)
			require.NoError(t, o.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 2, Stage: filing.Verifying, Stuck: &yes,
				StuckStep: step, StuckReason: "operator", EventKind: filing.EventStuck, Actor: "system",
				Detail: step + ": operator"}))
			owner, agent := o.caller("owner"), o.caller("agent")

			page := owner.page("/orders/V1/filing/verify")
			require.Equal(t, "stuck", page.Find(`[data-code=`+string(stuck)+`]`).AttrOr("data-state", ""))
			require.Contains(t, page.Find(`[data-code=`+string(stuck)+`]`).Text(), "还没有发出")
			require.Equal(t, "sent", page.Find(`[data-code=`+string(other)+`]`).AttrOr("data-state", ""))
			require.Equal(t, 1, page.Find(`form.card input[name=`+string(other)+`_code]`).Length())
			require.Zero(t, page.Find(`input[name=`+string(stuck)+`_code], button[name=channel][value=`+string(stuck)+`]`).Length(),
				"nobody is asked for a code that wasn't sent")
			for _, path := range []string{"/orders/V1/filing", "/orders/V1/filing/progress"} {
				text := owner.page(path).Find("body").Text()
				require.Contains(t, text, "有一个验证码还没有发出", path)
				require.Contains(t, text, "工作人员处理中", path)
				require.Contains(t, text, "有一步没有成功", path+": the timeline")
				for _, lie := range []string{"验证码通过短信和邮件发送", "都已发出", "您不需要做什么", "验证码已发出"} {
					require.NotContains(t, text, lie, path)
				}
			}
			require.Equal(t, "查看", owner.page("/orders").Find("[data-order=V1] .act .button").Text(), "it isn't the customer's turn")

			staff := agent.page("/support/filings/V1")
			require.Equal(t, 1, staff.Find("[data-stuck]").Length())
			codes := staff.Find("[data-codes]")
			require.Contains(t, codes.Text(), "卡在发送上")
			require.Contains(t, codes.Text(), "还没有发出")
			require.Equal(t, 1, codes.Find("button").Length(), "only the other one is resent")

			status, _, _ := owner.look("/orders/V1/filing/codes", url.Values{"channel": {string(stuck)}})
			require.Equal(t, http.StatusSeeOther, status)
			verifications, err := o.db.Verifications(ctx, f.ID)
			require.NoError(t, err)
			require.Equal(t, 1, verifications[stuck].Sends, "an outdated page orders nothing")
			require.Contains(t, owner.page("/orders/V1/filing/verify").Find(".flash").Text(), "还没有发出")
		})
	}
}

// Of two stuck codes the filing names one. The other isn't said to be under way for ever.
func TestTwoStuckCodes(t *testing.T) {
	o := newOffice(t, panel.Config{})
	ctx, now := t.Context(), time.Now()
	o.db.SetClock(func() time.Time { return now })
	f, yes := o.filing("V1", "owner"), true
	_, err := o.db.RegisterContact(ctx, f.CustomerID, f.ID, filingtest.Contact(), "hash")
	require.NoError(t, err)
	require.NoError(t, o.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 2, Stage: filing.Verifying, Stuck: &yes,
		StuckStep: "send_sms", StuckReason: "operator", EventKind: filing.EventStuck, Actor: "system"}))
	owner := o.caller("owner")
	state := func() string {
		return owner.page("/orders/V1/filing/verify").Find(`[data-code=mail]`).AttrOr("data-state", "")
	}
	require.Equal(t, "pending", state())
	now = now.Add(5 * time.Minute)
	require.Equal(t, "stuck", state())
}

// The mail with one code doesn't say that the other was sent, which it can't know.
func TestMailKnowsNothingOfTheSMS(t *testing.T) {
	for lang, lie := range map[string]string{"zh": "已另以短信发送", "en": "went to your phone"} {
		texts, err := message.NewTexts(lang)
		require.NoError(t, err)
		_, text, _, err := texts.Mail(message.ContactCode, map[string]string{"user_name": "a", "code": "1"})
		require.NoError(t, err)
		require.NotContains(t, text, lie)
	}
}
