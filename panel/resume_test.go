package panel_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// stuck marks a filing as stuck at a step.
func (o *office) stuck(order, step, reason string, seq int64) store.Filing {
	f, yes := o.filing(order, "owner"), true
	require.NoError(o.t,
		o.db.Advance(o.t.Context(), store.Progress{FilingID: f.ID, Seq: seq, Stage: filing.Verifying, Stuck: &yes,
			StuckStep: step, StuckReason: reason, EventKind: "stuck", Actor: "system", Detail: step + ": " + reason}))
	return f
}

// Irreversible actions require a reason, which is audited; steps that mustn't be skipped have no button for it.
func TestResumeWantsAReason(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.workflows.err = nil
	o.stuck("R1", "send_sms", "operator", 2)
	o.stuck("R2", "check_site", "temporary", 2)
	agent := o.caller("agent")
	links := agent.page("/support/filings?state=stuck").Find("a")
	offers := func(order, resolution string) bool {
		return links.FilterFunction(func(_ int, a *goquery.Selection) bool {
			return a.AttrOr("href", "") ==
				"/support/filings/"+order+"/resume?serial=1&resolution="+resolution+"&stuck_seq=2&list=state%3Dstuck"
		}).Length() == 1
	}
	require.False(t, offers("R1", "skip"))
	require.True(t, offers("R2", "skip"))
	require.True(t, offers("R1", "abandon"))

	require.Equal(t, 1,
		agent.page("/support/filings/R2/resume?serial=1&resolution=skip&stuck_seq=2").Find("textarea[name=reason]").Length())
	status, to := agent.send(http.MethodGet, "/support/filings/R1/resume?serial=1&resolution=skip&stuck_seq=2", nil)
	require.Equal(t, http.StatusSeeOther, status, "this step can't be skipped")
	require.Equal(t, "/support/filings", to)

	_, last := o.logged(0)
	for reason, want := range map[string]int{"  ": http.StatusUnprocessableEntity,
		strings.Repeat("长", 1001): http.StatusUnprocessableEntity} {
		for _, resolution := range []string{"skip", "abandon"} {
			require.Equal(t, want, agent.form("/support/filings/R2/resume",
				url.Values{"resolution": {resolution}, "serial": {"1"}, "stuck_seq": {"2"}, "reason": {reason}}))
		}
	}
	entries, last := o.logged(last)
	require.Empty(t, entries, "nothing was done")
	require.Equal(t, http.StatusSeeOther, agent.form("/support/filings/R2/resume",
		url.Values{"resolution": {"skip"}, "serial": {"1"}, "stuck_seq": {"2"}, "reason": {"客户自己上传了证书"}}))
	require.EqualValues(t, 2, o.workflows.resumed.StuckSeq, "the decision names the failure that the page showed")
	status, to = agent.send(http.MethodGet, "/support/filings/R2/resume?serial=1&resolution=skip&stuck_seq=1", nil)
	require.Equal(t, http.StatusSeeOther, status, "the page was about another failure")
	require.Equal(t, "/support/filings", to)
	require.Equal(t, 1, agent.page("/support/filings/R1?serial=1").Find("[data-resume] input[name=reason]").Length(),
		"a reason for the retry is optional")
	again := agent.posted("/support/filings/R1/resume",
		url.Values{"resolution": {"retry"}, "serial": {"1"}, "stuck_seq": {"2"}, "reason": {strings.Repeat("长", 1001)}})
	require.Equal(t, "重试这一步", again.Find("h1").Text())
	require.Equal(t, 1, again.Find("#e-reason").Length())
	require.Equal(t, http.StatusSeeOther,
		agent.form("/support/filings/R1/resume", url.Values{"resolution": {"retry"}, "serial": {"1"}, "reason": {"短信已续费"}}))
	entries, _ = o.logged(last)
	require.Equal(t, []string{"filing.skip asked", "filing.skip done", "filing.retry asked", "filing.retry done"}, entries)
	rows, err := o.db.AuditRows(t.Context(), store.AuditFilter{Kind: "filing", Object: "R2"}, 0, 10)
	require.NoError(t, err)
	require.Equal(t, "客户自己上传了证书", rows[1].Reason)
	rows, err = o.db.AuditRows(t.Context(), store.AuditFilter{Kind: "filing", Object: "R1"}, 0, 10)
	require.NoError(t, err)
	require.Equal(t, "短信已续费", rows[1].Reason)
}

// Whoever decides on a filing in a list returns to that list: the same search, on the same page.
func TestADecisionReturnsToItsList(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.workflows.err = nil
	o.stuck("R1", "check_site", "temporary", 2)
	agent := o.caller("agent")
	search := url.Values{"state": {"stuck"}, "step": {"check_site"}, "customer": {"own"}, "after": {"1-1"}}
	address := "/support/filings?" + search.Encode()
	page := agent.page(address)
	form := page.Find(`form[action="/support/filings/R1/resume"]`)
	require.Equal(t, 1, form.Length())
	fields := url.Values{"resolution": {"retry"}}
	form.Find("input").Each(func(_ int, i *goquery.Selection) { fields.Set(i.AttrOr("name", ""), i.AttrOr("value", "")) })
	status, to := agent.send(http.MethodPost, "/support/filings/R1/resume", fields)
	require.Equal(t, http.StatusSeeOther, status)
	require.Equal(t, address, to)

	for resolution, text := range map[string]string{"skip": "客户自己上传了证书", "abandon": "客户不办了"} {
		asks := agent.page(form.Find(`a[href*="resolution=`+resolution+`"]`).AttrOr("href", ""))
		require.Equal(t, address, asks.Find(`a[href^="/support/filings?"]`).First().AttrOr("href", ""), "the way back")
		fields := url.Values{}
		asks.Find("main input").Each(func(_ int, i *goquery.Selection) {
			fields.Set(i.AttrOr("name", ""), i.AttrOr("value", ""))
		})
		again := agent.posted("/support/filings/R1/resume", fields) // without a reason
		require.Equal(t, search.Encode(), again.Find(`main input[name="list"]`).AttrOr("value", ""))
		fields.Set("reason", text)
		status, to = agent.send(http.MethodPost, "/support/filings/R1/resume", fields)
		require.Equal(t, http.StatusSeeOther, status)
		require.Equal(t, address, to)
	}
	fields.Set("list", "next=//evil.example&state=stuck&after=x")
	_, to = agent.send(http.MethodPost, "/support/filings/R1/resume", fields)
	require.Equal(t, "/support/filings?state=stuck", to, "only what a search has")
	fields.Del("list")
	_, to = agent.send(http.MethodPost, "/support/filings/R1/resume", fields)
	require.Equal(t, "/support/filings", to)
}
