package panel_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// bulkForm starts a job for the filings stuck on sending SMS.
func bulkForm(token string) url.Values {
	return url.Values{
		"token": {strings.Repeat(token, 32)}, "search": {"step=send_sms&reason=operator"},
		"found": {time.Now().Add(time.Minute).Format(time.RFC3339Nano)}, "count": {"100"},
		"resolution": {"retry"}, "rate": {"5"}, "why": {"短信已续费"},
	}
}

// A dry run counts and shows, but changes nothing. It turns into exactly one job, which is started, and whose reason is
// in the audit log.
func TestBulkIsTriedDryThenStartedOnce(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.workflows.err = nil
	for i := range 12 {
		o.stuck(fmt.Sprintf("S%d", i), "send_sms", "operator", 2)
	}
	o.stuck("T1", "check_site", "temporary", 2)
	reviewer := o.caller("reviewer")
	require.Zero(t, reviewer.page("/support/stuck").Find("[data-found]").Length(), "nothing was searched")
	require.Zero(t, reviewer.page("/support/stuck?after=9").Find("[data-found]").Length(),
		"nor by paging through the jobs")
	page := reviewer.page("/support/stuck?step=send_sms&reason=operator")
	require.Equal(t, "12", page.Find("[data-found]").AttrOr("data-found", ""))
	require.Equal(t, 10, page.Find("[data-found] [data-order]").Length())
	require.Equal(t, 1, page.Find("select[name=resolution] option").Length(), "codes can't be skipped")
	require.Equal(t, 2, reviewer.page("/support/stuck?step=check_site").Find("select[name=resolution] option").Length())
	require.Equal(t, "13", reviewer.page("/support/stuck?find=1").Find("[data-found]").AttrOr("data-found", ""))
	require.Equal(t, "0",
		reviewer.page("/support/stuck?until=2020-01-01T00:00").Find("[data-found]").AttrOr("data-found", ""))
	jobs, err := o.db.Bulks(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Empty(t, jobs)

	form := url.Values{}
	for _, name := range []string{"token", "search", "found", "count"} {
		form.Set(name, page.Find(`form[method=post] [name=`+name+`]`).AttrOr("value", ""))
	}
	o.stuck("LATE", "send_sms", "operator", 2) // after the dry run, before the job
	form.Set("resolution", "retry")
	form.Set("rate", "0")
	answer := reviewer.posted("/support/stuck", form)
	require.Equal(t, "12", answer.Find("[data-found]").AttrOr("data-found", ""), "the dry run is unchanged")
	require.Equal(t, 2, answer.Find(".field.wrong").Length(), "rate and reason")
	form.Set("rate", "7")
	form.Set("why", "短信已续费，张三确认")
	form.Set("resolution", "skip")
	require.Equal(t, 1, reviewer.posted("/support/stuck", form).Find(".field.wrong").Length())
	form.Set("resolution", "retry")
	_, last := o.logged(0)
	for range 2 {
		require.Equal(t, "/support/bulk/1", reviewer.leads("/support/stuck", form))
	}
	require.Equal(t, []int64{1, 1}, o.workflows.started, "the second finds the first's workflow")
	job, err := o.db.Bulk(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, 12, job.Total)
	require.Equal(t, 7, job.Rate)
	entries, _ := o.logged(last)
	require.Equal(t, "bulk.start done", entries[0])
	rows, err := o.db.AuditRows(t.Context(), store.AuditFilter{Kind: "bulk", Object: "1"}, 0, 10)
	require.NoError(t, err)
	require.Equal(t, "短信已续费，张三确认", rows[0].Reason)
	require.Equal(t, "reviewer", rows[0].Actor)
	dump, err := o.db.Dump(t.Context())
	require.NoError(t, err)
	require.NotContains(t, dump, "张三")

	form.Set("token", strings.Repeat("7", 32))
	form.Set("search", "step=queue_record")
	require.Equal(t, "/support/stuck", reviewer.leads("/support/stuck", form), "nothing is stuck there")
}

// Any staff search can lead to a job for the stuck filings among its results. An invalid search, or a form without one,
// never leads to a job for everything.
func TestBulkTakesAnySearch(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.workflows.err = nil
	o.furnish()
	o.stuck("S1", "send_sms", "operator", 2)
	o.stuck("S2", "check_site", "temporary", 2)
	reviewer := o.caller("reviewer")
	dry := func(query string) *goquery.Document {
		t.Helper()
		link, _ := reviewer.page("/support/filings?" + query).Find(`a[href^="/support/stuck?"]`).Attr("href")
		return reviewer.page(link)
	}
	for query, want := range map[string]string{
		"": "3", "order=S1": "1", "order=M1": "0", "customer=owner": "3", "customer=nobody": "0",
		"domain=www.example.com":                        "3",
		"number=%E6%B2%AAICP%E5%A4%8705000940%E5%8F%B7": "0", "province=310000": "0", "state=stuck&order=S2": "1",
		"age=3": "0", "reason=operator&customer=owner": "2",
	} {
		require.Equal(t, want, dry(query).Find("[data-found]").AttrOr("data-found", "none"), query)
	}
	page := dry("order=S1&domain=example.com")
	require.Equal(t, "S1", page.Find("#f-order").AttrOr("value", ""), "the form repeats the search")
	form := bulkForm("7")
	form.Set("search", page.Find(`[name=search]`).AttrOr("value", ""))
	form.Set("why", "")
	answer := reviewer.posted("/support/stuck", form)
	require.Equal(t, 1, answer.Find("#e-why").Length())
	require.Equal(t, "1", answer.Find("[data-found]").AttrOr("data-found", ""), "still for that search")
	form.Set("search", answer.Find(`[name=search]`).AttrOr("value", ""))
	form.Set("why", "客户补了资料")
	require.Equal(t, "/support/bulk/2", reviewer.leads("/support/stuck", form))
	items, err := o.db.BulkItems(t.Context(), 2, "", 0, 10)
	require.NoError(t, err)
	require.Len(t, items, 1)
	require.Equal(t, "S1", items[0].OrderNumber)
	require.Contains(t, reviewer.page("/support/bulk/2").Find(".facts").Text(), "订单编号 S1")

	for field, typed := range map[string]string{"age": "soon", "domain": "http://a", "number": "123", "reason": "x",
		"until": "yesterday"} {
		page := reviewer.page("/support/stuck?order=S1&" + field + "=" + typed)
		require.Equal(t, 1, page.Find("#e-"+field).Length(), field)
		require.Zero(t, page.Find("[data-found]").Length(), field)
		form := bulkForm("8")
		form.Set("search", url.Values{field: {typed}}.Encode())
		require.Equal(t, 1, reviewer.posted("/support/stuck", form).Find("#e-"+field).Length())
	}
	status, location := reviewer.send(http.MethodGet, "/support/stuck?holder=zz", nil)
	require.Equal(t, http.StatusSeeOther, status)
	require.Equal(t, 1, reviewer.page(location).Find("#e-holder").Length(), "the page that selects holders says so")
	for _, lacking := range []string{"search", "found", "token"} {
		form := bulkForm("8")
		form.Del(lacking)
		require.Equal(t, http.StatusBadRequest, reviewer.form("/support/stuck", form), lacking)
	}
	form = bulkForm("8")
	form.Set("search", "order=S1&operator=x")
	require.Equal(t, http.StatusBadRequest, reviewer.form("/support/stuck", form), "a search from a future version")
	status, _ = reviewer.send(http.MethodGet, "/support/stuck?operator=x", nil)
	require.Equal(t, http.StatusBadRequest, status)
	jobs, err := o.db.Bulks(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, jobs, 2, "that one and the office's own")

	// A site's new host name matches the search, but wasn't in the dry run.
	form = bulkForm("9")
	page = reviewer.page("/support/stuck?domain=shop.example.com&step=check_site")
	require.Equal(t, "0", page.Find("[data-found]").AttrOr("data-found", ""))
	o.stuck("S3", "check_site", "temporary", 2)
	_, err = o.db.ImportOrder(t.Context(),
		store.OrderImport{Number: "S3", Customer: "owner", Product: "p", Domains: []string{"shop.example.com"}})
	require.NoError(t, err)
	page = reviewer.page("/support/stuck?domain=shop.example.com&step=check_site")
	for _, name := range []string{"search", "found", "count"} {
		form.Set(name, page.Find(`form[method=post] [name=`+name+`]`).AttrOr("value", ""))
	}
	_, err = o.db.ImportOrder(t.Context(),
		store.OrderImport{Number: "S2", Customer: "owner", Product: "p", Domains: []string{"shop.example.com"}})
	require.NoError(t, err)
	answer = reviewer.posted("/support/stuck", form)
	require.Equal(t, 1, answer.Find(`[data-found="2"] .callout.warn[role=alert]`).Length(),
		"additional matches must be shown first")
	require.Equal(t, form.Get("why"), answer.Find("#f-why").Text(), "the input is kept")
	for _, name := range []string{"token", "search", "found", "count"} {
		form.Set(name, answer.Find(`form[method=post] [name=`+name+`]`).AttrOr("value", ""))
	}
	id, err := strconv.ParseInt(strings.TrimPrefix(reviewer.leads("/support/stuck", form), "/support/bulk/"), 10, 64)
	require.NoError(t, err)
	job, err := o.db.Bulk(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, 2, job.Total)

	status, holders := reviewer.send(http.MethodPost, "/support/holders",
		url.Values{"holder": {filingtest.Dossier().Holder.Name}})
	require.Equal(t, http.StatusSeeOther, status)
	page = dry(strings.TrimPrefix(holders, "/support/filings?"))
	require.Equal(t, "0", page.Find("[data-found]").AttrOr("data-found", ""), "the holder's filing isn't stuck")
	require.Equal(t, strings.TrimPrefix(holders, "/support/filings?holder="),
		page.Find(`form[role=search] [name=holder]`).AttrOr("value", "none"), "who searches on searches of the holder")
}

// A job's page shows its progress and each failure, and offers what is possible. Readers without the permission get no
// buttons.
func TestBulkJobShowsProgressAndFailures(t *testing.T) {
	o := newOffice(t, panel.Config{})
	ctx := t.Context()
	var ids []int64
	for i := range 4 {
		ids = append(ids, o.stuck(fmt.Sprintf("S%d", i), "send_sms", "operator", 2).ID)
	}
	reviewer, agent := o.caller("reviewer"), o.caller("agent")
	o.workflows.err = errors.New("no Temporal")
	require.Equal(t, "/support/bulk/1", reviewer.leads("/support/stuck", bulkForm("6")), "kept, although it can't start")
	acts := func(c *caller) (acts []string) {
		for _, b := range c.page("/support/bulk/1").Find("button[name=act]").EachIter() {
			acts = append(acts, b.AttrOr("value", ""))
		}
		return acts
	}
	require.Empty(t, acts(reviewer), "it may be about to start")
	_, err := o.db.DB().ExecContext(ctx, `UPDATE bulk_jobs SET created_at = created_at - INTERVAL 1 MINUTE`)
	require.NoError(t, err)
	require.Equal(t, []string{"begin"}, acts(reviewer))
	o.workflows.err = nil
	require.Equal(t, http.StatusSeeOther, reviewer.form("/support/bulk/1/control", url.Values{"act": {"begin"}}))

	require.NoError(t, o.db.SetBulkState(ctx, 1, filing.BulkRunning))
	require.NoError(t, o.db.BulkReported(ctx, 1, ids[0], store.BulkResumed, ""))
	require.NoError(t, o.db.BulkReported(ctx, 1, ids[1], store.BulkMovedOn, ""))
	require.NoError(t, o.db.BulkReported(ctx, 1, ids[2], store.BulkFailed, "unreachable"))
	require.Equal(t, []string{"pause", "stop"}, acts(reviewer))
	require.Empty(t, acts(agent))
	part := agent.page("/support/bulk/1/progress")
	for _, outcome := range []string{"resumed", "moved_on", "failed", "left"} {
		require.Equal(t, "1", part.Find(`[data-outcome="`+outcome+`"] dd`).Text(), outcome)
	}
	require.Equal(t, "3", part.Find("progress").AttrOr("value", ""))
	require.Contains(t, part.Find(`[data-order="S2"]`).Text(), "连接不上")
	require.Equal(t, "/support/bulk/1/progress",
		agent.page("/support/bulk/1").Find("[data-progress]").AttrOr("data-progress", ""))
	require.NoError(t, o.db.SetBulkState(ctx, 1, filing.BulkPaused))
	require.Equal(t, []string{"continue", "stop"}, acts(reviewer))
	require.NoError(t, o.db.SetBulkState(ctx, 1, filing.BulkStopped))
	require.Empty(t, acts(reviewer))
	require.Zero(t, agent.page("/support/bulk/1").Find("[data-progress]").Length(), "nothing moves after that")
	require.Equal(t, http.StatusForbidden, agent.form("/support/bulk/1/control", url.Values{"act": {"stop"}}))
	require.Equal(t, http.StatusForbidden, agent.form("/support/stuck", bulkForm("8")))
	require.Equal(t, http.StatusBadRequest, reviewer.form("/support/bulk/1/control", url.Values{"act": {"nonsense"}}))
	require.Contains(t, agent.page("/support/stuck?find=1").Text(), "您的角色不能批量处理")
}
