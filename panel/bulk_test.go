package panel_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// bulkForm is what starts a job of what is stuck for want of SMS.
func bulkForm(token string) url.Values {
	return url.Values{
		"token": {strings.Repeat(token, 32)}, "step": {"send_sms"}, "cause": {"operator"}, "found": {time.Now().Add(time.Minute).Format(time.RFC3339Nano)},
		"resolution": {"retry"}, "rate": {"5"}, "reason": {"短信已续费"},
	}
}

// A dry run counts and shows, and changes nothing; a job is made of what it found, once,
// with the reason in the log, and started.
func TestBulkIsTriedDryThenStartedOnce(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.workflows.err = nil
	for i := range 12 {
		o.stuck(fmt.Sprintf("S%d", i), "send_sms", "operator", 2)
	}
	o.stuck("T1", "check_site", "temporary", 2)
	reviewer := o.caller("reviewer")
	require.Zero(t, reviewer.page("/support/bulk").Find("[data-found]").Length(), "nothing was searched")
	page := reviewer.page("/support/bulk?step=send_sms&cause=operator")
	require.Equal(t, "12", page.Find("[data-found]").AttrOr("data-found", ""))
	require.Equal(t, 10, page.Find("[data-found] [data-order]").Length())
	require.Equal(t, 1, page.Find("select[name=resolution] option").Length(), "codes can't be skipped")
	require.Equal(t, 2, reviewer.page("/support/bulk?step=check_site").Find("select[name=resolution] option").Length())
	require.Equal(t, "13", reviewer.page("/support/bulk?find=1").Find("[data-found]").AttrOr("data-found", ""))
	require.Equal(t, "0", reviewer.page("/support/bulk?until=2020-01-01T00:00").Find("[data-found]").AttrOr("data-found", ""))
	jobs, err := o.db.Bulks(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Empty(t, jobs)

	form := url.Values{}
	for _, name := range []string{"token", "step", "cause", "found"} {
		form.Set(name, page.Find(`form[method=post] [name=`+name+`]`).AttrOr("value", ""))
	}
	o.stuck("LATE", "send_sms", "operator", 2) // between dry run and job
	form.Set("resolution", "retry")
	form.Set("rate", "0")
	answer := reviewer.posted("/support/bulk", form)
	require.Equal(t, "12", answer.Find("[data-found]").AttrOr("data-found", ""), "the dry run is as it was")
	require.Equal(t, 2, answer.Find(".field.wrong").Length(), "rate and reason")
	form.Set("rate", "7")
	form.Set("reason", "短信已续费，张三确认")
	form.Set("resolution", "skip")
	require.Equal(t, 1, reviewer.posted("/support/bulk", form).Find(".field.wrong").Length())
	form.Set("resolution", "retry")
	_, last := o.logged(0)
	for range 2 {
		require.Equal(t, "/support/bulk/1", reviewer.leads("/support/bulk", form))
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
	form.Set("step", "queue_record")
	require.Equal(t, "/support/bulk", reviewer.leads("/support/bulk", form), "nothing is stuck there")
}

// The page of a job shows where it stands, offers what can be done, and reports each
// failure; who may only look has no buttons.
func TestBulkJobShowsProgressAndFailures(t *testing.T) {
	o := newOffice(t, panel.Config{})
	ctx := t.Context()
	var ids []int64
	for i := range 4 {
		ids = append(ids, o.stuck(fmt.Sprintf("S%d", i), "send_sms", "operator", 2).ID)
	}
	reviewer, agent := o.caller("reviewer"), o.caller("agent")
	o.workflows.err = errors.New("no Temporal")
	require.Equal(t, "/support/bulk/1", reviewer.leads("/support/bulk", bulkForm("6")), "kept, though it can't begin")
	acts := func(c *caller) (acts []string) {
		for _, b := range c.page("/support/bulk/1").Find("button[name=act]").EachIter() {
			acts = append(acts, b.AttrOr("value", ""))
		}
		return acts
	}
	require.Empty(t, acts(reviewer), "it may be about to begin")
	_, err := o.db.DB().ExecContext(ctx, `UPDATE bulk_jobs SET created_at = created_at - INTERVAL 1 MINUTE`)
	require.NoError(t, err)
	require.Equal(t, []string{"begin"}, acts(reviewer))
	o.workflows.err = nil
	require.Equal(t, http.StatusSeeOther, reviewer.form("/support/bulk/1/control", url.Values{"act": {"begin"}}))

	require.NoError(t, o.db.SetBulkState(ctx, 1, store.BulkRunning))
	require.NoError(t, o.db.BulkTold(ctx, 1, ids[0], store.BulkResumed, ""))
	require.NoError(t, o.db.BulkTold(ctx, 1, ids[1], store.BulkMovedOn, ""))
	require.NoError(t, o.db.BulkTold(ctx, 1, ids[2], store.BulkFailed, "unreachable"))
	require.Equal(t, []string{"pause", "stop"}, acts(reviewer))
	require.Empty(t, acts(agent))
	part := agent.page("/support/bulk/1/progress")
	for _, outcome := range []string{"resumed", "moved_on", "failed", "left"} {
		require.Equal(t, "1", part.Find(`[data-outcome="`+outcome+`"] dd`).Text(), outcome)
	}
	require.Equal(t, "3", part.Find("progress").AttrOr("value", ""))
	require.Contains(t, part.Find(`[data-order="S2"]`).Text(), "连接不上")
	require.Equal(t, "/support/bulk/1/progress", agent.page("/support/bulk/1").Find("[data-progress]").AttrOr("data-progress", ""))
	require.NoError(t, o.db.SetBulkState(ctx, 1, store.BulkPaused))
	require.Equal(t, []string{"continue", "stop"}, acts(reviewer))
	require.NoError(t, o.db.SetBulkState(ctx, 1, store.BulkStopped))
	require.Empty(t, acts(reviewer))
	require.Zero(t, agent.page("/support/bulk/1").Find("[data-progress]").Length(), "nothing moves any more")
	require.Equal(t, http.StatusForbidden, agent.form("/support/bulk/1/control", url.Values{"act": {"stop"}}))
	require.Equal(t, http.StatusForbidden, agent.form("/support/bulk", bulkForm("8")))
	require.Equal(t, http.StatusBadRequest, reviewer.form("/support/bulk/1/control", url.Values{"act": {"nonsense"}}))
	require.Contains(t, agent.page("/support/bulk?find=1").Text(), "你的角色不能批量处理")
}
