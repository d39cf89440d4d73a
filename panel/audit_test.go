package panel_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
	"github.com/beian/beian/workflows"
)

// staffPost is a staff form with an effect, and the audit entry expected for it.
type staffPost struct {
	route string
	form  url.Values
	// path is where the form goes, if not to the office's path for the route.
	path string
	want []string
}

// posts has one entry for each route by which staff act, in a workable order; exempt routes have a reason.
func staffPosts(o *office) (posts []staffPost, exempt map[string]string) {
	second := fmt.Sprintf("/support/dossiers/%d/", o.record("M3"))
	notice := url.Values{"token": {strings.Repeat("3", 32)}, "title_zh": {"公告"}, "body_zh": {"内容"}, "pinned": {"no"},
		"version": {"1"}}
	outcome := url.Values{"result": {strconv.Itoa(filing.BuiltIn().Outcomes[0].ID)}, "opinion": {"已关闭"},
		"listed": {"2026-01-05"}, "due": {"2026-02-05"}, "operator": {"1"}, "province": {"310000"}}
	require.NoError(o.t, o.db.Spend(o.t.Context(), store.QuotaSMS, nil))
	posts = []staffPost{
		{route: "/support/holders", form: url.Values{"holder": {"林测试"}}, want: []string{"holder.find done"}},
		{route: "/support/filings/:number/unmask", form: url.Values{"part": {"contact"}, "reason": {"客户来电"}},
			want: []string{"filing.unmask done"}},
		{route: "/support/filings/:number/resume", form: url.Values{"resolution": {"retry"}},
			want: []string{"filing.retry asked", "filing.retry done"}},
		{route: "/support/filings/:number/run-now", form: url.Values{"activity": {"filing/M1 run 5"}},
			want: []string{"filing.run_now asked", "filing.run_now refused"}},
		{route: "/support/filings/:number/codes", form: url.Values{"channel": {"sms"}},
			want: []string{"filing.send_code asked", "filing.send_code refused"}},
		{route: "/support/filings/:number/contact/:channel",
			form: url.Values{"token": {strings.Repeat("7", 32)}, "email": {"b@example.com"}, "proof": {"other"},
				"reason": {"客户来电"}}, want: []string{"contact.correct asked", "contact.correct done"}},
		{route: "/support/filings/:number/space", form: url.Values{"protocol": {"ftp"}, "host": {"ftp.example.com"},
			"port": {"21"}, "user": {"u"}, "password": {"p"}, "reason": {"密码改了"}}, want: []string{"space.correct done"}},
		{route: "/support/filings/:number/withdraw", form: url.Values{"reason": {"客户来电"}},
			want: []string{"filing.withdraw asked", "filing.withdraw done"}},
		{route: "/support/stuck", form: bulkForm("6"), want: []string{"bulk.start done"}},
		{route: "/support/bulk/:id/control", form: url.Values{"act": {"pause"}},
			want: []string{"bulk.pause asked", "bulk.pause done"}},
		{route: "/support/filings/:number/vetting/take", path: o.staged("M4", filing.Vetting, "") + "/vetting/take",
			form: url.Values{"revision": {"1"}}, want: []string{"vetting.take done"}},
		{route: "/support/filings/:number/vetting/release", path: "/support/filings/M4/vetting/release",
			form: url.Values{"revision": {"1"}}, want: []string{"vetting.release done"}},
		{route: "/support/vetting/next", want: []string{"vetting.take done"}},
		{route: "/support/filings/:number/pass", path: "/support/filings/M4/pass", form: url.Values{"revision": {"1"}},
			want: []string{"filing.pass asked", "filing.pass done", "vetting.take done"}},
		{route: "/support/filings/:number/vetting/finish", path: "/support/filings/M4/vetting/finish",
			want: []string{"vetting.finish asked", "vetting.finish done"}},
		{route: "/support/filings/:number/send-back", path: o.staged("M6", filing.Vetting, "") + "/send-back", form: url.Values{
			"revision": {"1"}, "text": {"请重拍"}}, want: []string{"filing.send_back asked", "filing.send_back done"}},
		{route: "/support/filings/:number/resubmit", path: o.staged("M5", filing.Correcting, filing.AttentionRefusedOurs) +
			"/resubmit", form: url.Values{"revision": {"1"}}, want: []string{"filing.resubmit asked", "filing.resubmit done"}},
		{route: "/support/orders/:number/transfer",
			path: strings.Replace(o.staged("T1", filing.Withdrawn, ""), "/filings/", "/orders/", 1) + "/transfer",
			form: url.Values{"to": {"other"}, "open": {"refuse"}, "reason": {"双方申请"}, "confirm": {"T1"}},
			want: []string{"order.transfer done"}},
		{route: "/support/customers/:id", form: url.Values{"act": {"export"}, "reason": {"本人申请"}},
			want: []string{"customer.export done"}},
		{route: "/support/customers/:id", form: url.Values{"act": {"erase"}, "why": {"本人申请"}, "confirm": {"leaver"}},
			want: []string{"customer.erase done"}},
		{route: "/support/orders/:number/first-password", form: url.Values{"channel": {"sms"}, "reason": {"客户来电"}},
			want: []string{"customer.first_password asked", "customer.first_password refused"}},
		{route: "/support/dossiers/:record/submitted", want: []string{"record.submitted done"}},
		{route: "/support/dossiers/:record/submitted", path: second + "submitted", want: []string{"record.submitted done"}},
		{route: "/support/dossiers/:record/approved", form: url.Values{"site_number": {"沪ICP备2026000001号-1"},
			"certificate": {"a"}}, want: []string{"record.approved done"}},
		{route: "/support/dossiers/:record/refused", path: second + "refused", form: url.Values{"opinion": {"证件过期"}},
			want: []string{"record.refused done"}},
		{route: "/support/papers", form: url.Values{"order": {"M2"}, "use": {strconv.Itoa(filing.BuiltIn().PaperUses[0].ID)},
			"whose": {"holder"}, "file": {"a"}}, want: []string{"paper.queue done"}},
		{route: "/support/tasks/:id/answer", form: outcome, want: []string{"task.answer done"}},
		{route: "/support/bureau/tasks/:id/done", want: []string{"task.done done"}},
		{route: "/support/bureau/accounts/:id/start", want: []string{"account.start done"}},
		{route: "/support/bureau/accounts/:id/release", want: []string{"account.release done"}},
		{route: "/support/addresses", form: url.Values{"kind": {filing.BlockReserved}, "ranges": {"203.0.113.0-203.0.113.9"}},
			want: []string{"address.report done"}},
		{route: "/support/addresses/:id", form: url.Values{"ranges": {"192.0.2.0-192.0.2.9"}, "unit": {"1"}},
			want: []string{"address.change done"}},
		{route: "/support/addresses/:id/remove", want: []string{"address.remove done"}},
		{route: "/support/announcements/:id", form: notice, want: []string{"announcement.edit done"}},
		{route: "/support/announcements/:id", path: "/support/announcements/new", form: notice,
			want: []string{"announcement.add done"}},
		{route: "/support/announcements/:id/withdraw", form: url.Values{"version": {"2"}},
			want: []string{"announcement.withdraw done"}},
		{route: "/support/announcements/:id/withdraw", form: url.Values{"version": {"3"}, "action": {"restore"}},
			want: []string{"announcement.restore done"}},
		{route: "/support/tickets/:id/answer", form: url.Values{"token": {strings.Repeat("4", 32)}, "text": {"好的"}},
			want: []string{"ticket.answer done"}},
		{route: "/support/tickets/:id/close", want: []string{"ticket.close done"}},
		{route: "/support/staff", form: url.Values{"login": {"new"}, "role": {"agent"}}, want: []string{"staff.add done"}},
		{route: "/support/staff/:id/role", form: url.Values{"role": {"reviewer"}}, want: []string{"staff.role done"}},
		{route: "/support/staff/:id/password", want: []string{"staff.password done"}},
		{route: "/support/staff/:id/reset-totp", want: []string{"staff.reset_totp done"}},
		{route: "/support/staff/:id/end-sessions", want: []string{"staff.end_sessions done"}},
		{route: "/support/staff/:id/disable", want: []string{"staff.disable done"}},
		{route: "/support/api-keys", form: url.Values{"name": {"panel"}, "namespace": {"panel"}, "mode": {"live"},
			"scopes": {"orders:write"}}, want: []string{"api_key.create done"}},
		{route: "/support/api-keys/:id/rotate", want: []string{"api_key.rotate done"}},
		{route: "/support/api-keys/:id/revoke", want: []string{"api_key.revoke done"}},
		{route: "/support/quotas/reset", form: url.Values{"quota": {"sms/overall/24h"}}, want: []string{"quota.reset done"}},
		{route: "/support/staff/:id/enable", want: []string{"staff.enable done"}},
	}
	return posts, map[string]string{}
}

func (o *office) logged(after int64) (entries []string, last int64) {
	last = after
	require.NoError(o.t, o.db.EachAuditRow(o.t.Context(), store.AuditFilter{}, func(r store.AuditRow) error {
		if r.Seq > after {
			entries = append(entries, fmt.Sprintf("%s %s", r.Action, r.Outcome))
			last = r.Seq
		}
		return nil
	}))
	return entries, last
}

// Every staff form is audited. The list comes from the router, so a new form can't be forgotten.
func TestEveryStaffFormIsAudited(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.furnish()
	o.workflows.err = nil
	posts, exempt := staffPosts(o)
	listed := map[string]bool{}
	admin := o.caller("administrator")
	_, last := o.logged(0)
	for _, p := range posts { // a verdict takes the next dossier too, if there is one
		listed[p.route] = true
		path := p.path
		if path == "" {
			path = o.path(p.route)
		}
		status := admin.form(path, p.form)
		entries, now := o.logged(last)
		require.Equal(t, p.want, entries, "%s: answered %d", path, status)
		require.Less(t, status, 400, path)
		last = now
		if p.route == "/support/dossiers/:record/approved" {
			_, err := o.db.DB().ExecContext(t.Context(), `UPDATE decisions SET holder_id = 1, site_id = 2`)
			require.NoError(t, err)
		}
	}
	for _, r := range o.routes() {
		if r.Method == http.MethodPost && strings.HasPrefix(r.Path, "/support/") && !listed[r.Path] {
			require.NotEmpty(t, exempt[r.Path],
				"%s: have what it does written to the audit log (Audited or Asked in panel/web/audit.go) and add it to staffPosts, or to the exempt with a reason", r.Path)
		}
	}
	end, err := o.db.VerifyAudit(t.Context(), store.AuditMark{})
	require.NoError(t, err)
	require.Equal(t, last, end.Seq)
}

// Staff's access to personal data is audited before the data is shown.
func TestViewsAreAudited(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.furnish()
	agent := o.caller("agent")
	_, last := o.logged(0)
	for route, want := range map[string]string{
		"/support/filings/:number/dossier": "dossier.view", "/support/filings/:number/papers/:paper": "paper.view",
		"/support/dossiers/:record": "dossier.view",
		"/support/tickets":          "ticket.list", "/support/tickets/:id": "ticket.view",
		"/support/tasks/:id/answer":                             "task.view",
		"/support/bureau/accounts/:id/files/:direction/:number": "file.view", "/support/filings/:number/space": "space.view",
		"/support/filings/:number/proofs/:id": "proof.view",
	} {
		status, _ := agent.send(http.MethodGet, o.path(route), nil)
		require.Equal(t, http.StatusOK, status, route)
		var entries []string
		entries, last = o.logged(last)
		require.Equal(t, []string{want + " done"}, entries, route)
	}
	status, _ := agent.send(http.MethodGet, o.path("/support/filings/:number/papers/:paper")+"?thumb=1", nil)
	require.Equal(t, http.StatusOK, status)
	entries, _ := o.logged(last)
	require.Empty(t, entries, "a preview is part of its dossier's page")
	// If the log can't be written, nothing is shown.
	_, err := o.db.DB().ExecContext(t.Context(), `UPDATE audit_head SET sealed = REPEAT('x', 60)`)
	require.NoError(t, err)
	for _, route := range []string{"/support/filings/:number/dossier", "/support/filings/:number/papers/:paper",
		"/support/bureau/accounts/:id/files/:direction/:number"} {
		status, _ := agent.send(http.MethodGet, o.path(route), nil)
		require.Equal(t, http.StatusInternalServerError, status, route)
	}
}

// Actions that a workflow rejected, or whose outcome is unknown, are logged as such.
func TestOutcomesAreAudited(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.furnish()
	agent := o.caller("agent")
	_, last := o.logged(0)
	for _, c := range []struct {
		err  error
		want string
	}{{workflows.ErrWrongStage, "refused"}, {errors.New("no Temporal"), "failed"}, {nil, "done"}} {
		o.workflows.err = c.err
		agent.form("/support/filings/M1/resume", url.Values{"resolution": {"skip"}, "serial": {"2"}, "reason": {"王先生同意"}})
		var entries []string
		entries, last = o.logged(last)
		require.Equal(t, []string{"filing.skip asked", "filing.skip " + c.want}, entries)
	}
	rows, err := o.db.AuditRows(t.Context(), store.AuditFilter{Kind: "filing", Object: "M1/2"}, 0, 10)
	require.NoError(t, err)
	require.Len(t, rows, 6)
	require.Equal(t, rows[1].Seq, rows[0].Of)
	require.Equal(t, "王先生同意", rows[1].Reason)
	require.Equal(t, "agent", rows[0].Actor)
	require.Equal(t, store.StaffAgent, rows[0].Role)
	status := agent.form("/support/filings/"+strings.Repeat("x", 300)+"/resume",
		url.Values{"resolution": {"skip"}, "reason": {"x"}})
	require.Equal(t, http.StatusSeeOther, status, "an unusual address doesn't prevent the entry")
}
