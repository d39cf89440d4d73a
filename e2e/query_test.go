package e2e_test

import (
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	stand "github.com/beian/beian/internal/simulate/bureau"
	"github.com/beian/beian/internal/stack"
)

// A stranger looks up what the bureau synchronised, what only the bureau's query knows, and what nobody knows; on
// a phone and on a wide screen.
func TestStrangersLookUpFilings(t *testing.T) {
	s, log := start(t, stack.Options{ReviewAfter: -1})
	seeded := stand.SeedFiling{
		HolderName: "上海样例网络科技有限公司", Nature: filing.NatureEnterprise, DocumentType: filing.DocumentBusinessLicence,
		DocumentNumber: "91310101MA1FP0000H",
		Province:       "310000", Number: "沪ICP备05000940号", SiteNumber: "沪ICP备05000940号-1", SiteName: "样例公司官网",
		Domains: []string{"synced.example.net", "shop.example.net"},
	}
	s.StandIns.Bureau.Seed(seeded)
	require.NoError(t, s.StandIns.Bureau.PushSync(seeded.Number))
	seeded.Number, seeded.SiteNumber, seeded.DocumentNumber, seeded.Domains = "沪ICP备05000941号", "沪ICP备05000941号-1",
		"91310101MA1FP00019", []string{"asked.example.net"}
	s.StandIns.Bureau.Seed(seeded)
	require.Eventually(t, func() bool {
		_, err := s.Store.FiledByDomain(t.Context(), "synced.example.net")
		return err == nil
	}, 30*time.Second, 50*time.Millisecond)

	for _, width := range []int{390, 1280} {
		b := browser(t, width, 844)
		ask := func(asked, answer, name string) {
			t.Helper()
			require.NoError(t, patiently(b,
				chromedp.SetValue("#f-asked", asked), submit("main .button"),
				chromedp.WaitVisible(fmt.Sprintf("#f-asked[value=%q]", asked)), chromedp.WaitVisible(answer),
				shot(t, fmt.Sprintf("%d-%s", width, name))))
		}
		text := func() string {
			t.Helper()
			text, err := chromedp.Run(b, chromedp.Text("main"))
			require.NoError(t, err)
			return text
		}
		require.NoError(t, patiently(b,
			chromedp.EmulateViewport(int64(width), 844), // a window can't be as narrow as a phone
			chromedp.Navigate(s.PanelURL+"/sign-in"), chromedp.WaitVisible("#f-login"),
			shot(t, fmt.Sprintf("%d-0-sign-in", width)),
			submit(`main a[href="/query"]`), chromedp.WaitVisible("#f-asked"), shot(t, fmt.Sprintf("%d-1-form", width)),
		))
		ask("synced.example.net", `[data-found="1"]`, "2-base")
		require.Contains(t, text(), "管局下发的备案数据")
		require.Contains(t, text(), "上海样例网络科技有限公司")
		ask("asked.example.net", `[data-found="1"]`, "3-bureau")
		require.Contains(t, text(), "向管局查询的结果")
		require.Contains(t, text(), "沪ICP备05000941号-1")
		ask("nobody.example.net", `[data-found="0"]`, "4-none")
		require.Contains(t, text(), "答复：未备案")
		require.NoError(t, patiently(b, chromedp.WaitVisible("#f-captcha"), chromedp.SendKeys("#f-captcha", "0")))
		ask("synced.example.net", ".summary", "5-captcha")
		wide, err := chromedp.Run(b,
			chromedp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`))
		require.NoError(t, err)
		require.False(t, wide, "nothing is wider than the window")
	}
	logged, err := os.ReadFile(log)
	require.NoError(t, err)
	require.NotContains(t, string(logged), "asked.example.net", "the query isn't logged")
}

// Without a worker to ask a bureau, the page says so while the visitor still waits.
func TestQueryWorksWithoutWorkers(t *testing.T) {
	s, _ := start(t, stack.Options{WithoutWorker: true})
	_, err := s.Store.EnsureAccount(t.Context(), "default")
	require.NoError(t, err)
	w, err := demo.NewWalker(s.PanelURL, "")
	require.NoError(t, err)
	begin := time.Now()
	page, err := w.Post(t.Context(), "/query", url.Values{"asked": {"asked.example.net"}})
	require.NoError(t, err)
	require.Less(t, time.Since(begin), 20*time.Second)
	require.Contains(t, page.Find("[data-found]").Text(), "现在不能向管局查询")
}
