package e2e_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/stack"
)

// Our own staff send a dossier back with a reason: the customer is notified by SMS and mail, finds it at its
// field, corrects that, and it passes. The reason stays in the timeline, and nowhere else.
func TestSentBackIsToldOf(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond, Vetting: true})
	ctx := t.Context()
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(ctx, filingtest.PersonHolder(), "读书笔记"))
	wait(t, w, filing.Vetting)
	support := staff(t, s)
	verdict(t, support, "D20260001", "send-back", url.Values{
		"revision": {"1"}, "reasons": {"site_name"}, "text": {"林测试请补充说明用途"}, "site": {"remark"},
	})
	wait(t, w, filing.Correcting)
	require.Eventually(t, func() bool {
		bySMS, byMail := 0, 0
		for _, m := range s.StandIns.SMS.Messages() {
			if m.TemplateCode == "SMS_sent_back" {
				bySMS++
			}
		}
		for _, m := range s.StandIns.Mail.Messages() {
			if strings.Contains(m.Text, "初审时退回") {
				byMail++
			}
		}
		return bySMS == 1 && byMail == 1
	}, 30*time.Second, 100*time.Millisecond)
	page, err := w.Page(ctx, "/orders/D20260001/filing")
	require.NoError(t, err)
	require.Contains(t, strings.Join(strings.Fields(page.Find(".timeline").Text()), " "), "客服 初审退回")
	require.Contains(t, page.Find(".callout.warn").Text(), "林测试请补充说明用途")
	page, err = w.Page(ctx, "/orders/D20260001/filing/site")
	require.NoError(t, err)
	require.Contains(t, page.Find("#e-name").Text(), "网站名称不符合要求")
	require.Contains(t, page.Find("#e-remark").Text(), "林测试请补充说明用途")
	_, err = w.Fill(ctx, "/orders/D20260001/filing/site",
		url.Values{"name": {"读书札记"}, "remark": {"记录读过的书"}, "action": {"next"}})
	require.NoError(t, err)
	require.NoError(t, w.Submit(ctx))
	wait(t, w, filing.Vetting)
	page, err = w.Page(ctx, "/orders/D20260001/filing")
	require.NoError(t, err)
	require.Zero(t, page.Find(".callout.warn").Length(), "it is no longer the customer's turn")
	require.Contains(t, page.Find(".timeline").Text(), "林测试请补充说明用途", "but the reason stays")
	verdict(t, support, "D20260001", "pass", url.Values{"revision": {"2"}})
	wait(t, w, filing.Installing)
	require.NoError(t, demo.PutFooter(ctx, s, w, "web1"))
	require.NoError(t, w.CheckSiteNow(ctx))
	wait(t, w, filing.Filed)
	record(t, s, "D20260001")
}
