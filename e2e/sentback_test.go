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

// Our own staff send a dossier back: the customer hears of it by SMS and mail,
// corrects it, and it passes.
func TestSentBackIsToldOf(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond, Reviewed: true})
	ctx := t.Context()
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.HandIn(ctx, filingtest.PersonHolder(), "读书笔记"))
	wait(t, w, filing.Checking)
	support, err := demo.NewWalker(s.PanelURL, "")
	require.NoError(t, err)
	require.NoError(t, support.SignIn(ctx, stack.DemoSupport, stack.DemoSupportPassword))
	_, err = support.Post(ctx, "/support/filings/D20260001/send-back", url.Values{"revision": {"1"}})
	require.NoError(t, err)
	wait(t, w, filing.Correcting)
	require.Eventually(t, func() bool {
		bySMS, byMail := 0, 0
		for _, m := range s.Stands.SMS.Messages() {
			if m.TemplateCode == "SMS_sent_back" {
				bySMS++
			}
		}
		for _, m := range s.Stands.Mail.Messages() {
			if strings.Contains(m.Text, "初审时退回") {
				byMail++
			}
		}
		return bySMS == 1 && byMail == 1
	}, 30*time.Second, 100*time.Millisecond)
	page, err := w.Page(ctx, "/orders/D20260001/filing")
	require.NoError(t, err)
	require.Contains(t, strings.Join(strings.Fields(page.Find(".timeline").Text()), " "), "客服 初审退回")
	require.NoError(t, w.Submit(ctx))
	wait(t, w, filing.Checking)
	_, err = support.Post(ctx, "/support/filings/D20260001/pass", url.Values{"revision": {"2"}})
	require.NoError(t, err)
	wait(t, w, filing.Installing)
	require.NoError(t, demo.PutFooter(ctx, s, w, "web1"))
	require.NoError(t, w.CheckNow(ctx))
	wait(t, w, filing.Filed)
	record(t, s, "D20260001")
}
