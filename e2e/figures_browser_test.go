package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/beian/beian/internal/stack"
)

// months plants sixty filings that went through in the last weeks, some of them after a
// refusal, in five provinces.
func months(t *testing.T, s *stack.Stack) {
	t.Helper()
	ctx := t.Context()
	exec := func(query string, args ...any) int64 {
		res, err := s.Store.DB().ExecContext(ctx, query, args...)
		require.NoError(t, err)
		id, err := res.LastInsertId()
		require.NoError(t, err)
		return id
	}
	var customer int64
	require.NoError(t, s.Store.DB().QueryRowContext(ctx, `SELECT id FROM users WHERE login = ?`, stack.DemoCustomer).Scan(&customer))
	account, err := s.Store.EnsureAccount(ctx, "planted")
	require.NoError(t, err)
	provinces, codes := []string{"310000", "330000", "440000", "510000", "650000"}, []int{1003, 1008, 1004, 1011}
	for i := range 60 {
		at := time.Now().UTC().Add(-time.Duration(5+i%25) * 24 * time.Hour)
		order := exec(`INSERT INTO orders (number, customer_id, product, created_at, updated_at) VALUES (?, ?, 'p', ?, ?)`, fmt.Sprintf("H%04d", i), customer, at, at)
		filing := exec(`INSERT INTO filings (order_id, stage, stage_since, created_at, province) VALUES (?, 'filed', ?, ?, ?)`, order, at, at, provinces[i%7%5])
		seq := 0
		line := func(kind string, after time.Duration, detail string) {
			at, seq = at.Add(after), seq+1
			exec(`INSERT INTO filing_events (filing_id, seq, at, kind, actor, detail) VALUES (?, ?, ?, ?, 'system', ?)`, filing, seq, at, kind, detail)
		}
		line("opened", 0, "")
		line("contact_given", time.Duration(3+i)*time.Minute, "")
		if i%6 == 0 {
			line("stuck", time.Minute, "send_sms: operator")
			line("resumed", time.Duration(20+i)*time.Minute, "send_sms: retry")
		}
		line("verified", time.Duration(2+i%9)*time.Minute, "")
		line("handed_in", time.Duration(1+i%30)*time.Hour, "")
		line("submitting", time.Duration(10+i)*time.Minute, "")
		line("accepted", time.Duration(5+i%40)*time.Minute, "")
		if i%3 == 0 {
			line("refused", time.Duration(20+i)*time.Hour, "")
			record := exec(`INSERT INTO records (filing_id, revision, account_id, created_at) VALUES (?, 1, ?, ?)`, filing, account, at)
			exec(`INSERT INTO decisions (record_id, approved, code, created_at) VALUES (?, FALSE, ?, ?)`, record, codes[i/3%4], at)
			line("submitting", time.Duration(4+i%20)*time.Hour, "")
			line("accepted", time.Duration(8+i%40)*time.Minute, "")
		}
		line("approved", time.Duration(24+i)*time.Hour, "")
		if i%8 == 0 {
			line("stuck", time.Minute, "install_certificate: login")
			line("resumed", time.Duration(3+i%5)*time.Hour, "install_certificate: retry")
		}
		line("filed", time.Duration(1+i%12)*time.Hour, "")
	}
}

// A worker counts the days that are over; staff see the figures of a period on a phone and a
// desktop, in both languages.
func TestBrowserFigures(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1})
	ctx := t.Context()
	months(t, s)
	require.NoError(t, s.Temporal.ScheduleClient().GetHandle(ctx, "figures").Trigger(ctx, client.ScheduleTriggerOptions{}))
	require.Eventually(t, func() bool {
		f, err := s.Store.PeriodFigures(ctx, 30, "")
		return err == nil && f.Uncounted == 0
	}, 60*time.Second, 100*time.Millisecond)

	for _, lang := range []string{"zh", "en"} {
		for size, width := range sizes {
			b := browser(t, width, 844)
			do(b, t, chromedp.Navigate(s.PanelURL), chromedp.WaitVisible("#f-login"),
				chromedp.SendKeys("#f-login", stack.DemoSupport), chromedp.SendKeys("#f-password", stack.DemoSupportPassword), submit(".card .button"),
				chromedp.WaitVisible(`a[href="/support/figures"]`))
			if lang == "en" {
				do(b, t, submit(`.bar [name=lang]`), chromedp.WaitVisible(`html[lang=en] a[href="/support/figures"]`))
			}
			do(b, t, submit(`a[href="/support/figures"]`), chromedp.WaitVisible(`[data-figure="provinces"] svg.plot`),
				shot(t, fmt.Sprintf("%s-%s-01-month", lang, size)),
				chromedp.Navigate(s.PanelURL+"/support/figures?days=90&province=310000"), chromedp.WaitVisible(`[data-figure="stays"] [data-row="reviewing"]`))
			where := text(b, t, "[data-period]")
			require.Contains(t, where, "上海市")
			wide, err := chromedp.Run(b, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
			require.NoError(t, err)
			require.False(t, wide, "%s %s: nothing sticks out", lang, size)
			colliding, err := chromedp.Run(b, chromedp.Evaluate[string](`[...document.querySelectorAll("svg.plot")].flatMap(plot => {
				const texts = [...plot.querySelectorAll("text")].map(text => ({text: text.textContent, box: text.getBoundingClientRect()}));
				return texts.filter((a, i) => texts.some((b, j) => j > i && a.box.left < b.box.right && b.box.left < a.box.right && a.box.top + 4 < b.box.bottom && b.box.top + 4 < a.box.bottom));
			}).map(a => a.text).join("; ")`))
			require.NoError(t, err)
			require.Empty(t, colliding, "%s %s: texts of a plot run into each other", lang, size)
		}
	}
}
