package panel_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
	"github.com/beian/beian/panel"
	"github.com/beian/beian/workflows"
)

// verifying is a filing whose contact is given but not yet verified.
func (o *office) verifying(order string) store.Filing {
	f := o.filing(order, "owner")
	require.NoError(o.t, o.db.Advance(o.t.Context(),
		store.Progress{FilingID: f.ID, Seq: 2, Stage: filing.Verifying, EventKind: "contact_given", Actor: "test"}))
	_, err := o.db.RegisterContact(o.t.Context(), f.CustomerID, f.ID, filingtest.Contact(), "hash")
	require.NoError(o.t, err)
	return o.reread(f)
}

func (o *office) reread(f store.Filing) store.Filing {
	f, err := o.db.Filing(o.t.Context(), f.ID)
	require.NoError(o.t, err)
	return f
}

// flashed returns the message that a filing's page shows about the action just before.
func (c *caller) flashed(order string) string {
	return strings.TrimSpace(c.page("/support/filings/" + order).Find(".flash").Text())
}

// A waiting activity is run at once. One that no longer waits isn't, nor one of another filing. The related workflows
// are covered too.
func TestStaffRunABackedOffActivityNow(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.verifying("A1")
	o.workflows.err = nil
	waits := workflows.PendingActivity{Workflow: "aftercare/A1", Run: "r", ID: "5", Name: "RemindPolice", Attempt: 3,
		Reason: "limit", Next: time.Now().Add(time.Hour)}
	o.workflows.execution = workflows.Execution{Running: true, Pending: []workflows.PendingActivity{
		{Workflow: "filing/A1", Run: "q", ID: "7", Name: "SendCode", Running: true}, waits}}
	agent, viewer := o.caller("agent"), o.caller("viewer")
	require.Zero(t, viewer.page("/support/filings/A1").Find("[name=activity]").Length())
	buttons := agent.page("/support/filings/A1").Find("[data-pending] [name=activity]")
	require.Equal(t, 1, buttons.Length(), "a running activity needs no button")
	require.Equal(t, waits.Key(), buttons.AttrOr("value", ""))
	require.Contains(t, o.workflows.relatedWorkflows, "aftercare/A1")

	_, last := o.logged(0)
	require.Equal(t, http.StatusSeeOther,
		agent.form("/support/filings/A1/run-now", url.Values{"activity": {waits.Key()}, "why": {"限流已解除"}}))
	require.Equal(t, []string{"5"}, o.workflows.ran)
	entries, last := o.logged(last)
	require.Equal(t, []string{"filing.run_now asked", "filing.run_now done"}, entries)
	require.Equal(t, 1, agent.page("/support/filings/A1").Find("#act").Length())
	o.workflows.executionErr = workflows.ErrNoExecution
	page := agent.page("/support/filings/A1")
	require.Equal(t, 1, page.Find(`[data-unknown="no_execution"]`).Length())
	require.Equal(t, waits.Key(), page.Find("[data-pending] [name=activity]").AttrOr("value", ""),
		"related workflows show even after the filing's history has expired")
	require.Equal(t, http.StatusSeeOther, agent.form("/support/filings/A1/run-now", url.Values{"activity": {waits.Key()}}))
	require.Equal(t, []string{"5", "5"}, o.workflows.ran)
	o.workflows.executionErr = nil
	_, last = o.logged(last)
	o.filing("A2", "owner")
	o.workflows.execution.Pending = nil
	require.Zero(t, agent.page("/support/filings/A2").Find("#act").Length(),
		"no reason is required unless something is done at once")
	o.workflows.execution.Pending = []workflows.PendingActivity{waits}
	rows, err := o.db.AuditRows(t.Context(), store.AuditFilter{Action: "filing.run_now"}, 0, 4)
	require.NoError(t, err)
	require.Equal(t, "限流已解除", rows[3].Reason)
	for name, key := range map[string]string{"gone": "filing/A1 q 99", "another's": "filing/B1 q 7"} {
		require.Equal(t, http.StatusSeeOther, agent.form("/support/filings/A1/run-now", url.Values{"activity": {key}}))
		require.Contains(t, agent.flashed("A1"), "不在等待重试", name)
	}
	o.workflows.err = workflows.ErrWrongStage
	agent.form("/support/filings/A1/run-now", url.Values{"activity": {waits.Key()}})
	require.Contains(t, agent.flashed("A1"), "不在等待重试", "it started in the meantime")
	entries, _ = o.logged(last)
	require.Equal(t, []string{"filing.run_now asked", "filing.run_now refused"}, entries[4:])
	require.Equal(t, http.StatusUnprocessableEntity,
		agent.form("/support/filings/A1/run-now", url.Values{"activity": {waits.Key()}, "why": {strings.Repeat("长", 1001)}}))
}

// While a filing is being verified, codes can be sent again once a minute per channel; staff don't see them.
func TestStaffSendCodesAgain(t *testing.T) {
	o := newOffice(t, panel.Config{})
	now := time.Now()
	o.db.SetClock(func() time.Time { return now })
	f := o.verifying("C1")
	o.filing("C2", "owner")
	o.workflows.err = nil
	agent := o.caller("agent")
	send := func(order, channel string) string {
		require.Equal(t, http.StatusSeeOther,
			agent.form("/support/filings/"+order+"/codes", url.Values{"channel": {channel}}))
		return agent.flashed(order)
	}
	require.Contains(t, send("C1", "sms"), "一分钟")
	now = now.Add(filing.ResendAfter)
	require.Contains(t, send("C1", "sms"), "已处理")
	verifications, err := o.db.Verifications(t.Context(), f.ID)
	require.NoError(t, err)
	require.Equal(t, 2, verifications[filing.SMS].Sends)
	require.Equal(t, 1, verifications[filing.Mail].Sends)
	require.Contains(t, send("C2", "sms"), "已变化", "there is nothing to verify")
	require.Equal(t, http.StatusBadRequest, agent.form("/support/filings/C1/codes", url.Values{"channel": {"pigeon"}}))
	code, number, err := o.db.PrepareCode(t.Context(), f.ID, filing.Mail)
	require.NoError(t, err)
	require.NotZero(t, number)
	_, page, text := agent.look("/support/filings/C1", nil)
	require.NotContains(t, text, code)
	require.Equal(t, 2, page.Find("[data-codes] [name=channel]").Length())
	require.NoError(t, o.db.VerifyCode(t.Context(), f.ID, filing.Mail, code))
	require.Equal(t, 1, agent.page("/support/filings/C1").Find("[data-codes] [name=channel]").Length())
	now = now.Add(filing.ResendAfter)
	require.Contains(t, send("C1", "mail"), "已经通过")
}

// A contact is corrected on proof: during verification at once, and the filing's own code confirms it; later by a code
// that the customer types.
func TestStaffCorrectAContactOnProof(t *testing.T) {
	o := newOffice(t, panel.Config{})
	ctx := t.Context()
	f := o.verifying("V1")
	o.workflows.err = nil
	agent, owner := o.caller("agent"), o.caller("owner")
	token := func() string {
		return agent.page("/support/filings/V1/contact/sms?serial=1").Find("[name=token]").AttrOr("value", "")
	}
	right := func() url.Values {
		return url.Values{"token": {token()}, "mobile": {"13800000009"}, "proof": {"video_call"}, "reason": {"视频核对了本人"}}
	}
	for field, value := range map[string]string{"mobile": "12", "proof": "hearsay", "reason": " "} {
		form := right()
		form.Set(field, value)
		status, page, _ := agent.look("/support/filings/V1/contact/sms", form)
		require.Equal(t, http.StatusUnprocessableEntity, status)
		require.Equal(t, 1, page.Find("#e-"+field).Length(), field)
		require.Equal(t, form.Get("reason"), page.Find("#f-reason").Text(), "the input is kept")
	}
	form := right()
	form.Set("mobile", filingtest.Contact().Mobile)
	status, page, _ := agent.look("/support/filings/V1/contact/sms", form)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, page.Find("#e-mobile").Text(), "和现在登记的一样")
	again := page.Find("[name=token]").AttrOr("value", "")
	require.Len(t, again, len(form.Get("token")))
	require.NotEqual(t, form.Get("token"), again, "the notice of the failed attempt may have given up")

	form = right()
	for range 2 { // a double click
		require.Equal(t, http.StatusSeeOther, agent.form("/support/filings/V1/contact/sms", form))
	}
	contact, err := o.db.Contact(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, "13800000009", contact.Details.Mobile)
	require.Equal(t, map[string]workflows.Corrected{"corrected/1": {Channel: "sms", Send: 2, Actor: "support:agent"}},
		o.workflows.corrected)
	require.Contains(t, o.workflows.feedbackOf, form.Get("token"))
	require.Empty(t, o.workflows.codes, "the filing's own verification sends it")
	text := agent.page("/support/filings/V1").Find("[data-corrections]").Text()
	require.Contains(t, text, "视频通话")
	require.NotContains(t, text, "视频核对了本人", "the correction is logged")
	require.NotContains(t, text, "13800000009")

	require.NoError(t, o.db.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 3, Stage: filing.Preparing, EventKind: "verified", Actor: "test"}))
	form = right()
	form.Set("mobile", "13800000010")
	require.Equal(t, http.StatusSeeOther, agent.form("/support/filings/V1/contact/sms", form))
	require.Equal(t, [][2]int64{{2, 1}}, o.workflows.codes)
	contact, err = o.db.Contact(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, "13800000009", contact.Details.Mobile, "the old one is valid until the code is entered")

	require.Equal(t, 1, owner.page("/orders/V1/filing").Find(`[data-confirm="sms"]`).Length())
	status, page, _ = owner.look("/orders/V1/filing/contact/sms", url.Values{"code": {"00000000"}})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Equal(t, 1, page.Find("#e-code").Length())
	code, number, err := o.db.PrepareCorrectionCode(ctx, 2)
	require.NoError(t, err)
	require.NotZero(t, number)
	require.Equal(t, http.StatusSeeOther, owner.form("/orders/V1/filing/contact/sms/again", nil),
		"the page says that it is too soon")
	require.Equal(t, http.StatusSeeOther, owner.form("/orders/V1/filing/contact/sms", url.Values{"code": {code}}))
	contact, err = o.db.Contact(ctx, f.ID)
	require.NoError(t, err)
	require.Equal(t, "13800000010", contact.Details.Mobile)
	require.Equal(t, workflows.Corrected{Channel: "sms", Confirmed: true, Actor: "customer:owner"},
		o.workflows.corrected["confirmed/2"])
	require.Zero(t, owner.page("/orders/V1/filing").Find(`[data-confirm]`).Length())
	rows, err := o.db.AuditRows(ctx, store.AuditFilter{Action: "contact.correct"}, 0, 9)
	require.NoError(t, err)
	require.Equal(t, "视频核对了本人", rows[1].Reason)

	require.NoError(t,
		o.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 4, Stage: filing.Filed, EventKind: "filed", Actor: "test"}))
	form.Set("token", strings.Repeat("8", 32))
	require.Equal(t, http.StatusSeeOther, agent.form("/support/filings/V1/contact/sms", form))
	require.Contains(t, agent.flashed("V1"), "已变化")
}

// The web space is corrected and the stuck upload retried in one step. A password left empty stays, and none is ever
// shown.
func TestStaffCorrectAWebSpaceAndRetry(t *testing.T) {
	o := newOffice(t, panel.Config{})
	ctx := t.Context()
	_, err := o.db.ImportOrder(ctx,
		store.OrderImport{Number: "S1", Customer: "owner", Product: "p", Domains: []string{"www.example.com"},
			WebSpace: &store.WebSpace{Protocol: website.FTP, Host: "old.example.com", Port: 21, User: "u",
				Password:     "old-secret",
				DocumentRoot: "www"}})
	require.NoError(t, err)
	user, err := o.db.UserByLogin(ctx, "owner")
	require.NoError(t, err)
	order, err := o.db.OrderOf(ctx, user.ID, "S1")
	require.NoError(t, err)
	f, err := o.db.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	yes := true
	require.NoError(t, o.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Installing, Stuck: &yes,
		StuckStep: "install_certificate", StuckReason: "login", EventKind: "stuck", Actor: "system"}))
	o.workflows.err = nil
	agent := o.caller("agent")
	require.Equal(t, "/support/filings/S1/space?serial=1",
		agent.page("/support/filings/S1").Find("[data-resume] a").First().AttrOr("href", ""))
	_, page, text := agent.look("/support/filings/S1/space?serial=1", nil)
	require.Equal(t, "old.example.com", page.Find("#f-host").AttrOr("value", ""))
	require.NotContains(t, text, "old-secret")
	form := url.Values{"protocol": {"ftp"}, "host": {"new.example.com"}, "port": {"2121"}, "user": {"u2"},
		"document_root": {"web"}, "reason": {"客户换了主机"}, "action": {"retry"}}
	for field, value := range map[string]string{"protocol": "gopher", "host": "ftp://new.example.com/", "port": "0",
		"user": "u\nDELE x", "reason": ""} {
		wrong := url.Values{}
		for name, values := range form {
			wrong[name] = values
		}
		wrong[field] = []string{value}
		status, page, _ := agent.look("/support/filings/S1/space", wrong)
		require.Equal(t, http.StatusUnprocessableEntity, status, field)
		require.Equal(t, 1, page.Find("#e-"+field).Length(), field)
	}
	_, last := o.logged(0)
	old := url.Values{"protocol": {"ftp"}, "host": {"old.example.com"}, "port": {"21"}, "user": {"u"},
		"document_root": {"web"}, "reason": {"目录不对"}}
	for field, value := range map[string]string{"protocol": "ftps", "host": "agents-own.example.com", "port": "2121",
		"user": "u2"} {
		elsewhere := url.Values{}
		for name, values := range old {
			elsewhere[name] = values
		}
		elsewhere[field] = []string{value}
		status, page, _ := agent.look("/support/filings/S1/space", elsewhere)
		require.Equal(t, http.StatusUnprocessableEntity, status, "the password isn't sent elsewhere: %s", field)
		require.Contains(t, page.Find("#e-password").Text(), "原来的密码不会用到新的地方", field)
		require.Equal(t, elsewhere.Get("host"), page.Find("#f-host").AttrOr("value", ""), "the input is kept")
	}
	require.Equal(t, http.StatusSeeOther, agent.form("/support/filings/S1/space", old))
	w, err := o.db.WebSpaceOf(ctx, order.ID)
	require.NoError(t, err)
	require.Equal(t, store.WebSpace{Protocol: "ftp", Host: "old.example.com", Port: 21, User: "u", Password: "old-secret",
		DocumentRoot: "web"}, *w)
	entries, last := o.logged(last)
	require.Equal(t, []string{"space.correct done"}, entries)

	form.Set("password", "new-secret")
	require.Equal(t, http.StatusSeeOther, agent.form("/support/filings/S1/space", form))
	entries, _ = o.logged(last)
	require.Equal(t, []string{"space.correct done", "filing.retry asked", "filing.retry done"}, entries)
	w, err = o.db.WebSpaceOf(ctx, order.ID)
	require.NoError(t, err)
	require.Equal(t, store.WebSpace{Protocol: "ftp", Host: "new.example.com", Port: 2121, User: "u2",
		Password: "new-secret", DocumentRoot: "web"}, *w)
}

// A changed host key is shown next to the pinned one, and accepted only as it was shown.
func TestStaffAcceptAHostKey(t *testing.T) {
	o := newOffice(t, panel.Config{})
	f := o.verifying("K1")
	agent := o.caller("agent")
	line := func(n string) string {
		return "[sftp.example.com]:2222 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + strings.Repeat(n, 42) + "A"
	}
	form := url.Values{"protocol": {"sftp"}, "host": {"sftp.example.com"}, "port": {"2222"}, "user": {"u"},
		"password": {"p"}, "reason": {"与主机商核对过"}}
	require.Equal(t, http.StatusSeeOther, agent.form("/support/filings/K1/space", form))
	require.NoError(t, o.db.PinHostKey(t.Context(), f.OrderID, line("A")))
	page := agent.page("/support/filings/K1/space?serial=1")
	require.Contains(t, page.Find(`[data-host-key="pinned"]`).Text(), "SHA256:")
	require.NoError(t, o.db.OfferHostKey(t.Context(), f.OrderID, line("B")))
	shown := agent.page("/support/filings/K1/space?serial=1").Find(`[data-host-key="changed"]`)
	require.Equal(t, line("B"), shown.Find("[name=accept_key]").AttrOr("value", ""))
	require.Equal(t, 2, shown.Find("code").Length())

	require.NoError(t, o.db.OfferHostKey(t.Context(), f.OrderID, line("C")))
	form.Set("accept_key", line("B"))
	require.Equal(t, http.StatusUnprocessableEntity, agent.form("/support/filings/K1/space", form))
	_, last := o.logged(0)
	form.Set("accept_key", line("C"))
	require.Equal(t, http.StatusSeeOther, agent.form("/support/filings/K1/space", form))
	entries, _ := o.logged(last)
	require.Equal(t, []string{"space.accept_key done", "space.correct done"}, entries)
	w, err := o.db.WebSpaceOf(t.Context(), f.OrderID)
	require.NoError(t, err)
	require.Equal(t, line("C"), w.HostKey)
	keys, err := o.db.HostKeysOf(t.Context(), f.OrderID)
	require.NoError(t, err)
	require.Equal(t, store.HostKeys{Pinned: line("C")}, keys)
}

// The web space belongs to the order: neither the page nor a saved form of a withdrawn or deregistered filing leads to
// it.
func TestAWebSpaceIsCorrectedOnlyWhileItIsUsed(t *testing.T) {
	o := newOffice(t, panel.Config{})
	f := o.verifying("A1")
	agent := o.caller("agent")
	form := url.Values{"protocol": {"ftp"}, "host": {"ftp.example.com"}, "port": {"21"}, "user": {"u"}, "password": {"p"},
		"reason": {"密码改了"}}
	for seq, stage := range []filing.Stage{filing.Filed, filing.Withdrawn, filing.Deregistered} {
		_, last := o.logged(0)
		require.NoError(t, o.db.Advance(t.Context(),
			store.Progress{FilingID: f.ID, Seq: int64(seq) + 3, Stage: stage, EventKind: "x", Actor: "test"}))
		link := agent.page("/support/filings/A1").Find(`[data-acts] a[href*="/space"]`).Length()
		shown, _ := agent.send(http.MethodGet, "/support/filings/A1/space?serial=1", nil)
		require.Equal(t, http.StatusSeeOther, agent.form("/support/filings/A1/space", form))
		entries, _ := o.logged(last)
		if stage == filing.Filed {
			require.Equal(t, 1, link)
			require.Equal(t, http.StatusOK, shown)
			require.Equal(t, []string{"space.view done", "space.correct done"}, entries)
			continue
		}
		require.Zero(t, link, stage)
		require.Equal(t, http.StatusSeeOther, shown, stage)
		require.Contains(t, agent.flashed("A1"), "已变化", stage)
		require.Empty(t, entries, stage)
	}
	w, err := o.db.WebSpaceOf(t.Context(), f.OrderID)
	require.NoError(t, err)
	require.Equal(t, "ftp.example.com", w.Host)
}

// Staff withdraw for a customer, giving a reason, if the kind can still be withdrawn.
func TestStaffWithdraw(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.verifying("W1")
	o.workflows.err = nil
	agent := o.caller("agent")
	require.Equal(t, http.StatusUnprocessableEntity,
		agent.form("/support/filings/W1/withdraw", url.Values{"reason": {""}}))
	require.Equal(t, http.StatusSeeOther, agent.form("/support/filings/W1/withdraw", url.Values{"reason": {"客户来电要求"}}))
	o.workflows.err = workflows.ErrWrongStage
	agent.form("/support/filings/W1/withdraw", url.Values{"reason": {"客户来电要求"}})
	require.Contains(t, agent.flashed("W1"), "已变化")
	require.NoError(t, o.db.Advance(t.Context(), store.Progress{FilingID: o.reread(o.verifying("W2")).ID, Seq: 9,
		Stage: filing.Reviewing, EventKind: "accepted", Actor: "bureau"}))
	status, to := agent.send(http.MethodGet, "/support/filings/W2/withdraw?serial=1", nil)
	require.Equal(t, http.StatusSeeOther, status)
	require.Equal(t, "/support/filings/W2?serial=1", to)
	require.Zero(t, agent.page("/support/filings/W2").Find(`[data-acts] a[href*=withdraw]`).Length())
}
