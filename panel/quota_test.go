package panel_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// Whoever names another mobile each time reaches few of them, and learns when to go on.
func TestFewCodesForManyMobiles(t *testing.T) {
	f := newFilling(t)
	f.advance(filing.Verifying, "")
	email := filingtest.Contact().Email
	refused := 0
	for i := range 40 {
		page, err := f.Fill(t.Context(), filingBase+"/recover",
			url.Values{"mobile": {fmt.Sprintf("139%08d", i)}, "email": {email}})
		if err == nil {
			continue
		}
		refused++
		require.Regexp(t, `请在 \d{4}-\d\d-\d\d \d\d:\d\d 之后再试`, page.Find("main").Text())
	}
	require.Equal(t, 4, f.temporal.codes)
	require.Equal(t, 36, refused)
}

// Staff see the circuit breakers, what is spent and who is blocked, without personal data; administrators reset.
func TestStaffSeeQuotas(t *testing.T) {
	o := newOffice(t, panel.Config{})
	ctx := t.Context()
	spend := func(kind store.QuotaKind, n int, subjects map[store.QuotaScope]string) {
		for range n {
			require.NoError(t, o.db.Spend(ctx, kind, subjects))
		}
	}
	agent, admin := o.caller("agent"), o.caller("administrator")
	_, page, _ := agent.look("/support/quotas", nil)
	require.Equal(t, 0, page.Find("[data-quota]").Length())
	owner, err := o.db.UserByLogin(ctx, "owner")
	require.NoError(t, err)
	spend(store.QuotaSMS, 5, map[store.QuotaScope]string{store.ByRecipient: "sms/13912345678"})
	spend(store.QuotaMailRecipients, 5, map[store.QuotaScope]string{store.ByCustomer: fmt.Sprint(owner.ID)})
	spend(store.QuotaQuery, 20, map[store.QuotaScope]string{store.ByNetwork: "192.0.2.7"})
	spend(store.QuotaRecovery, 10, map[store.QuotaScope]string{store.ByBrowser: "a-secret-mark"})
	o.db.LimitQuota(store.QuotaSMS, store.Overall, 5)
	o.db.LimitQuota(store.QuotaMail, store.Overall, 0)

	_, page, text := agent.look("/support/quotas", nil)
	require.Equal(t, 4, page.Find("[data-quota]").Length())
	row := func(quota string) string { return page.Find(`[data-quota="` + quota + `"]`).Text() }
	require.Contains(t, row("sms/recipient/1h"), "139****5678")
	require.Contains(t, row("mail_recipients/customer/1h"), "owner")
	require.Contains(t, row("query/network/1h"), "192.0.2.7")
	require.Contains(t, row("recovery/browser/24h"), "未知")
	for _, secret := range []string{"13912345678", "a-secret-mark"} {
		require.NotContains(t, text, secret)
	}
	require.Equal(t, 1, page.Find(`[data-breaker="sms"] [data-state="open"]`).Length())
	require.Equal(t, 1, page.Find(`[data-breaker="mail"] [data-state="off"]`).Length())
	require.Equal(t, 1, page.Find(`[data-breaker="saved_post"] [data-state="closed"]`).Length())
	require.Equal(t, 0, page.Find("form[action='/support/quotas/reset']").Length(), "agents only look")

	_, page, _ = admin.look("/support/quotas", nil)
	reset := func(of string) {
		t.Helper()
		form := url.Values{}
		page.Find(of + " form input").Each(func(_ int, input *goquery.Selection) {
			form.Set(input.AttrOr("name", ""), input.AttrOr("value", ""))
		})
		require.NotEmpty(t, form.Get("quota"))
		require.Equal(t, http.StatusSeeOther, admin.form("/support/quotas/reset", form))
	}
	reset(`[data-quota="query/network/1h"]`)
	reset(`[data-breaker="sms"]`)
	_, page, _ = admin.look("/support/quotas", nil)
	require.Equal(t, 3, page.Find("[data-quota]").Length())
	require.Equal(t, 1, page.Find(`[data-breaker="sms"] [data-state="closed"]`).Length())
	entries, _ := o.logged(0)
	require.Equal(t, 2, strings.Count(strings.Join(entries, " "), "quota.reset done"))
}
