package panel_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
	"github.com/beian/beian/workflows"
)

// look returns a page; it posts form if that isn't nil.
func (c *caller) look(path string, form url.Values) (status int, page *goquery.Document, text string) {
	c.o.t.Helper()
	var response *http.Response
	var err error
	if form == nil {
		response, err = c.http.Get(c.o.url + path)
	} else {
		response, err = c.http.PostForm(c.o.url+path, form)
	}
	require.NoError(c.o.t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(c.o.t, err)
	page, err = goquery.NewDocumentFromReader(strings.NewReader(string(raw)))
	require.NoError(c.o.t, err)
	return response.StatusCode, page, string(raw)
}

// One outage is one line, however many filings it blocks; each line links to its subject.
func TestTodayPutsTogetherWhatWaits(t *testing.T) {
	o := newOffice(t, panel.Config{})
	viewer := o.caller("viewer")
	status, page, _ := viewer.look("/support", nil)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, 1, page.Find("[data-none]").Length(), "nothing is waiting yet")

	o.furnish()
	for _, order := range []string{"S1", "S2", "S3"} {
		o.stuck(order, "send_sms", "operator", 2)
	}
	o.stuck("S4", "install_certificate", "login", 2)
	o.staged("C1", filing.Vetting, "")
	late := o.filing("L1", "owner")
	require.NoError(t, o.db.Advance(t.Context(),
		store.Progress{FilingID: late.ID, Seq: 2, Stage: filing.Reviewing, EventKind: "accepted", Actor: "bureau"}))
	broken := o.filing("B1", "owner")
	require.NoError(t, o.db.Advance(t.Context(),
		store.Progress{FilingID: broken.ID, Seq: 2, Stage: filing.Filed, EventKind: "filed", Actor: "system"}))
	require.NoError(t, o.db.SaveSiteChecks(t.Context(), broken.ID,
		[]store.SiteCheck{{Target: store.HomeTarget, Kind: "timeout", Args: map[string]any{"url": "http://a/"}}}))
	_, err := o.db.StopAccount(t.Context(), o.account, 2001)
	require.NoError(t, err)
	for _, query := range []string{
		`UPDATE filings SET stage_since = NOW() - INTERVAL 60 DAY, province = '310000' WHERE stage = 'reviewing'`,
		`UPDATE bureau_accounts SET created_at = NOW()`,
	} {
		_, err := o.db.DB().ExecContext(t.Context(), query)
		require.NoError(t, err)
	}

	status, page, _ = viewer.look("/support", nil)
	require.Equal(t, http.StatusOK, status)
	group := func(key string) *goquery.Selection { return page.Find(`[data-group="` + key + `"] tbody tr`) }
	require.Equal(t, 2, group("stuck").Length(), "one line per cause")
	sms := group("stuck").Last()
	require.Contains(t, sms.Text(), "发送短信验证码：")
	require.Equal(t, "4", strings.TrimSpace(sms.Find("td").Eq(1).Text()), "including the office's own")
	for _, key := range []string{"vetting", "late", "sites", "exchanges", "tickets"} {
		require.Equal(t, 1, group(key).Length(), key)
	}
	require.Equal(t, 2, group("tasks").Length(), "one line per kind")
	require.Contains(t, group("late").Text(), "上海")
	require.Contains(t, group("exchanges").Text(), "2001")
	require.Zero(t, group("tickets").Find("a").Length(), "a viewer can't read tickets")
	for key, order := range map[string]string{"vetting": "C1", "late": "L1", "sites": "B1"} {
		href, _ := group(key).Find("a").Attr("href")
		_, list, _ := viewer.look(href, nil)
		require.Equal(t, 1, list.Find("tr[data-order]").Length(), href)
		require.Equal(t, order, list.Find("tr[data-order]").AttrOr("data-order", ""))
	}
	href, _ := sms.Find("a").Attr("href")
	_, list, _ := viewer.look(href, nil)
	require.Equal(t, 4, list.Find("tr[data-order]").Length())

	_, fragment, text := viewer.look("/support/today", nil)
	require.Equal(t, 2, fragment.Find(`[data-group="stuck"] tbody tr`).Length())
	require.NotContains(t, text, "<html")
	_, page, _ = o.caller("agent").look("/support", nil)
	require.Equal(t, 1, group("tickets").Find("a").Length())
}

// Staff search by whatever a customer quotes. Invalid searches are reported at the field, and no personal data gets
// into a URL or an exported file.
func TestStaffSearchFilings(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.furnish()
	o.stuck("S1", "send_sms", "operator", 2)
	agent := o.caller("agent")
	found := func(query string) (orders []string) {
		t.Helper()
		status, page, _ := agent.look("/support/filings?"+query, nil)
		require.Equal(t, http.StatusOK, status, query)
		page.Find("tr[data-order]").Each(func(_ int, row *goquery.Selection) {
			orders = append(orders, row.AttrOr("data-order", ""))
		})
		return orders
	}
	require.Equal(t, []string{"S1", "M9", "M2", "M1"}, found(""))
	require.Equal(t, []string{"M9", "S1"}, found("state=stuck"))
	require.Equal(t, []string{"M9", "S1"}, found("step=send_sms&reason=operator"))
	require.Equal(t, []string{"M2"}, found("order=M2"))
	require.Equal(t, []string{"S1", "M9", "M2", "M1"}, found("customer=owner"))
	require.Equal(t, []string{"S1", "M9", "M2", "M1"}, found("domain=WWW.example.com"))
	require.Empty(t, found("customer=nobody"))
	require.Equal(t, []string{"M2"}, found("province=310000"))
	require.Empty(t, found("age=3"))

	for _, n := range filingtest.Numbers() {
		require.Empty(t, found("number="+url.QueryEscape(n.Text)), "a number, but nobody's")
	}
	for field, typed := range map[string]string{"age": "soon", "domain": "http://a", "number": "123", "stage": "lost",
		"step": "x", "reason": "x", "province": "1", "state": "x"} {
		status, page, _ := agent.look("/support/filings?order=M1&"+field+"="+url.QueryEscape(typed), nil)
		require.Equal(t, http.StatusUnprocessableEntity, status, field)
		require.Equal(t, 1, page.Find("#e-"+field).Length(), field)
		require.Equal(t, "M1", page.Find("#f-order").AttrOr("value", ""), "the input is kept")
		require.Zero(t, page.Find("tr[data-order]").Length())
	}

	name := filingtest.Dossier().Holder.Name
	require.Equal(t, []string{"M9", "M2", "M1"}, found("order=M"))
	require.Equal(t, []string{"S1", "M9", "M2", "M1"}, found("customer=own"))
	for typed, order := range map[string]string{name: "M2", filingtest.Dossier().Holder.DocumentNumber: "M2",
		"+86 139 0000 0001": "M1", "a@Example.com": "M1"} {
		status, location := agent.send(http.MethodPost, "/support/holders", url.Values{"holder": {typed}})
		require.Equal(t, http.StatusSeeOther, status)
		require.NotContains(t, location, url.QueryEscape(typed))
		require.Equal(t, []string{order}, found(strings.TrimPrefix(location, "/support/filings?")))
	}
	status, page, _ := agent.look("/support/holders", url.Values{"holder": {" "}})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Equal(t, 1, page.Find("#e-holder").Length())
	status, page, _ = agent.look("/support/filings?holder=zz", nil)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Equal(t, 1, page.Find("#e-holder").Length())

	_, last := o.logged(0)
	row := agent.page("/support/filings?order=M2").Find(`tr[data-order="M2"]`)
	require.Equal(t, name, row.Find("[data-holder]").Text())
	require.Contains(t, row.Find("[data-customer]").Text(), "owner")
	require.Contains(t, row.Text(), "www.example.com")
	entries, _ := o.logged(last)
	require.Equal(t, []string{"filing.list done"}, entries, "the holder's name was shown")
	viewer := o.caller("viewer")
	_, last = o.logged(0)
	row = viewer.page("/support/filings?order=M2").Find(`tr[data-order="M2"]`)
	require.NotContains(t, row.Text(), name)
	require.NotContains(t, row.Text(), "owner", "viewers see neither")
	require.Contains(t, row.Text(), "www.example.com")
	status, _, text := viewer.look("/support/filings.csv?province=310000", nil)
	require.Equal(t, http.StatusOK, status)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	require.Len(t, lines, 2)
	require.True(t, strings.HasPrefix(lines[1], "M2,1,,submitting,"), lines[1])
	require.NotContains(t, text, name)
	require.NotContains(t, text, "owner")
	entries, _ = o.logged(last)
	require.Equal(t, []string{"filing.export done"}, entries)
}

// A filing's page shows everything known about it, and personal data only as the reader may see it. Showing a part in
// the clear requires a reason, which is audited.
func TestAFilingIsOnOnePage(t *testing.T) {
	o := newOffice(t, panel.Config{TemporalUI: "https://temporal.example.com/namespaces/default"})
	o.furnish()
	o.stuck("S1", "send_sms", "operator", 2)
	ctx := t.Context()
	m1, err := o.db.FilingBySerial(ctx, "M1", 0)
	require.NoError(t, err)
	require.NoError(t, o.db.NoteMessage(ctx,
		store.Message{Key: "k", FilingID: m1.ID, Channel: filing.SMS, Template: "contact_code", ProviderID: "BIZ-1"}))
	require.NoError(t,
		o.db.SaveSiteChecks(ctx, m1.ID, []store.SiteCheck{
			{Target: store.HomeTarget, Kind: "timeout", Args: map[string]any{"url": "http://www.example.com/"}}}))
	o.workflows.execution = workflows.Execution{Running: true, Pending: []workflows.PendingActivity{
		{Name: "SendCode", Attempt: 4, MaxAttempts: 12, Reason: "limit", Next: time.Date(2026, 3, 2, 3, 4, 5, 0, time.UTC)},
	}}

	viewer, agent := o.caller("viewer"), o.caller("agent")
	status, page, text := viewer.look("/support/filings/M1", nil)
	require.Equal(t, http.StatusOK, status)
	require.Zero(t, page.Find("[data-part]").Length())
	for _, personal := range []string{"owner-name", "13900000001", "139", "a@example.com"} {
		require.NotContains(t, text, personal)
	}
	require.Contains(t, page.Find("[data-messages]").Text(), "BIZ-1")
	require.Contains(t, page.Find("[data-checks]").Text(), "http://www.example.com/")
	pending := page.Find("[data-pending]").Text()
	for _, part := range []string{"SendCode", "4 / 12", "2026-03-02 11:04"} {
		require.Contains(t, pending, part)
	}
	require.Equal(t, 1,
		page.Find(`a[href="https://temporal.example.com/namespaces/default/workflows/filing%2FM1"]`).Length())
	_, page, _ = viewer.look("/support/filings/S1", nil)
	require.Equal(t, 1, page.Find("[data-stuck]").Length())
	require.Contains(t, page.Find("[data-timeline]").Text(), "发送短信验证码：")
	_, page, _ = viewer.look("/support/filings/M2", nil)
	require.Contains(t, page.Find("[data-records]").Text(), "by hand")

	_, page, text = agent.look("/support/filings/M1", nil)
	require.Equal(t, "1＊＊＊", strings.TrimSpace(page.Find(`[data-part="contact"] dt:contains("移动电话") + dd`).Text()))
	require.NotContains(t, text, "13900000001")
	_, last := o.logged(0)
	status, page, _ = agent.look("/support/filings/M1/unmask", url.Values{"part": {"contact"}, "reason": {" "}})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Equal(t, 1, page.Find("#e-reason").Length())
	status, _, _ = agent.look("/support/filings/M1/unmask", url.Values{"part": {"holder"}, "reason": {"r"}})
	require.Equal(t, http.StatusNotFound, status, "nothing was submitted")
	entries, last := o.logged(last)
	require.Empty(t, entries)
	status, page, _ = agent.look("/support/filings/M1/unmask", url.Values{"part": {"contact"}, "reason": {"林测试来电"}})
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page.Find(`[data-part="contact"][data-clear]`).Text(), "13900000001")
	entries, _ = o.logged(last)
	require.Equal(t, []string{"filing.unmask done"}, entries)
	rows, err := o.db.AuditRows(ctx, store.AuditFilter{Action: "filing.unmask"}, 0, 1)
	require.NoError(t, err)
	require.Equal(t, "林测试来电", rows[0].Reason)
	require.Equal(t, m1.Ref()+" contact", rows[0].Object)

	d := filingtest.Dossier()
	_, page, text = agent.look("/support/filings/M2", nil)
	for _, personal := range []string{d.Holder.Name, d.Holder.DocumentNumber, d.Holder.Address, d.Holder.Manager.Mobile,
		d.Site.Name} {
		require.NotContains(t, text, personal)
	}
	require.Contains(t, page.Find(`[data-part="site"]`).Text(), d.Site.Domains[0])
	_, page, text = agent.look("/support/filings/M2/unmask", url.Values{"part": {"site"}, "reason": {"r"}})
	require.Contains(t, page.Find(`[data-part="site"]`).Text(), d.Site.Name)
	require.NotContains(t, text, d.Holder.DocumentNumber, "one part only")

	for _, c := range []struct {
		err  error
		want string
	}{{workflows.ErrNoExecution, "no_execution"}, {context.DeadlineExceeded, "not_asked"}} {
		o.workflows.executionErr = c.err
		status, page, _ = viewer.look("/support/filings/M1", nil)
		require.Equal(t, http.StatusOK, status, "the rest is still shown")
		require.Equal(t, 1, page.Find(`[data-unknown="`+c.want+`"]`).Length())
	}
}
