package e2e_test

import (
	"net/netip"
	"net/url"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/stack"
)

// What the bureau would refuse is reported before submission and blocks it; what it might refuse is reported, but
// may be submitted.
func TestPreCheckBlocksAndAdvises(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1})
	ctx := t.Context()
	w := customer(t, s)
	prepared(t, w, "D20260001")
	base := "/orders/D20260001/filing"
	rules := func() (list []string) {
		page, err := w.Page(ctx, base+"/review")
		require.NoError(t, err)
		page.Find("[data-rule]").Each(func(_ int, e *goquery.Selection) {
			rule := e.AttrOr("data-rule", "")
			require.Equal(t, 1, e.Find(`.whatis[href="/help/precheck#`+rule+`"]`).Length(), rule)
			list = append(list, rule)
		})
		require.Equal(t, page.Find(".blocking").Length() == 0, page.Find("main form").Length() == 1,
			"a blocking problem removes the button")
		return list
	}
	_, err := w.Fill(ctx, base+"/holder", demo.HolderValues(filingtest.PersonHolder()))
	require.NoError(t, err)
	_, err = w.Fill(ctx, base+"/site",
		url.Values{"name": {"杭州读书俱乐部"}, "ips": {"192.0.2.99"}, "services": {"2"},
			"remark": {"个人读书笔记"}, "action": {"next"}})
	require.ErrorContains(t, err, "422", "the form itself says so first")
	require.NoError(t, w.Papers(ctx))
	s.StandIns.DNS.Set("www.example.com", netip.MustParseAddr("203.0.113.9"))
	require.Equal(t, []string{"site_name_trade", "site_name_region", "ip_not_of_order", "email_on_site",
		"domain_elsewhere", "domain_elsewhere"}, rules())
	require.ErrorContains(t, w.Submit(ctx), "not submitted")
	stage, err := w.Stage(ctx)
	require.NoError(t, err)
	require.Equal(t, filing.Preparing, stage, "posting anyway doesn't submit it")

	_, err = w.Fill(ctx, base+"/site",
		url.Values{"name": {"读书笔记"}, "ips": {"192.0.2.10"}, "services": {"2"}, "languages": {"1"},
			"remark": {"个人读书笔记"}, "action": {"next"}})
	require.NoError(t, err)
	require.NoError(t, w.Papers(ctx), "the letter has the former name")
	require.Equal(t, []string{"email_on_site", "domain_elsewhere"}, rules())
	s.StandIns.DNS.Silence(true)
	require.Equal(t, []string{"email_on_site"}, rules(), "what can't be known isn't reported")
	require.NoError(t, w.Submit(ctx))
	wait(t, w, filing.Reviewing)
}
