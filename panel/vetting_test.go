package panel_test

import (
	"encoding/csv"
	"errors"
	"fmt"
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
)

// vettingOffice is an office with dossiers waiting for vetting, and their reviewers.
func vettingOffice(t *testing.T, cfg panel.Config, orders ...string) (o *office, first, second *caller) {
	t.Helper()
	o = newOffice(t, cfg)
	o.furnish()
	o.workflows.err = nil
	for _, order := range orders {
		o.staged(order, filing.Vetting, "")
	}
	o.person("reviewer-two")
	first, second = o.caller("reviewer"), o.caller("reviewer-two")
	return o, first, second
}

func said(page *goquery.Document) string { return page.Find("[data-check]").AttrOr("data-check", "") }

var ids = url.Values{"revision": {"1"}, "serial": {"1"}, "round": {"1"}}

// with adds values to those of the check's form.
func with(more url.Values) url.Values {
	values := url.Values{}
	for _, part := range []url.Values{ids, more} {
		for name, list := range part {
			values[name] = list
		}
	}
	return values
}

// sent returns the page to which a form leads.
func (c *caller) sent(path string, form url.Values) (page *goquery.Document, text string) {
	c.o.t.Helper()
	status, location := c.send(http.MethodPost, path, form)
	require.Equal(c.o.t, http.StatusSeeOther, status)
	_, page, text = c.look(location, nil)
	return page, text
}

const c1 = "/support/filings/C1"

// Two reviewers don't collide: only the one who holds a dossier can decide on it. The other learns who holds it, and
// keeps what they typed.
func TestTwoReviewersDoNotMeet(t *testing.T) {
	o, first, second := vettingOffice(t, panel.Config{}, "C1", "C2")
	_, page, _ := first.look("/support/vetting", nil)
	require.Equal(t, 2, page.Find("tr[data-order]").Length())
	row := strings.Join(strings.Fields(page.Find(`tr[data-order="C1"]`).Text()), " ")
	require.Contains(t, row, "个人 · 上海市")
	require.Contains(t, row, "待领取")
	require.NotContains(t, row, filingtest.Dossier().Holder.Name)
	status, location := first.send(http.MethodPost, "/support/vetting/next", url.Values{"had": {"0"}})
	require.Equal(t, http.StatusSeeOther, status)
	require.Equal(t, c1+"/dossier?serial=1", location, "the oldest")
	_, location = first.send(http.MethodPost, "/support/vetting/next", url.Values{"had": {"0"}})
	require.Equal(t, c1+"/dossier?serial=1", location, "a second click")
	_, location = second.send(http.MethodPost, "/support/vetting/next", nil)
	require.Equal(t, "/support/filings/C2/dossier?serial=1", location)
	_, location = second.send(http.MethodPost, "/support/vetting/next", url.Values{"had": {"1"}})
	require.Equal(t, "/support/vetting", location, "none is left")

	_, page, _ = second.look(c1+"/dossier?serial=1", nil)
	require.Equal(t, "held", said(page))
	require.Contains(t, page.Find("[data-check]").Text(), "reviewer 于")
	require.Zero(t, page.Find(`form[action$="/pass"]`).Length())
	_, text := second.sent(c1+"/pass", ids)
	require.Contains(t, text, "没有执行：您没有领取这份资料")
	status, page, _ = second.look(c1+"/send-back",
		with(url.Values{"text": {"缺页"}, "reasons": {"site_name"}, "note_site_name": {"含地名"}}))
	require.Equal(t, http.StatusConflict, status)
	require.Equal(t, "held", said(page))
	require.Equal(t, "缺页", page.Find("#f-text").Text(), "the input is kept")
	require.Equal(t, "含地名", page.Find("#note-site_name").AttrOr("value", ""))
	require.Zero(t, page.Find("#send-back button").Length())

	require.Equal(t, http.StatusForbidden, second.form(c1+"/vetting/release", with(url.Values{"reviewer": {"1"}})),
		"only administrators may take it away")
	me, err := o.db.UserByLogin(t.Context(), "reviewer")
	require.NoError(t, err)
	admin := o.caller("administrator")
	_, page, _ = admin.look("/support/vetting", nil)
	require.Equal(t, 2, page.Find(`form[action$="/vetting/release"]`).Length())
	require.Equal(t, http.StatusSeeOther,
		admin.form(c1+"/vetting/release", with(url.Values{"reviewer": {fmt.Sprint(me.ID)}})))
	entries, _ := o.logged(0)
	require.Contains(t, entries, "vetting.take_away done")
	_, page, _ = first.look(c1+"/vetting/state?serial=1&revision=1", nil)
	require.Equal(t, "free", said(page), "their open page says so")

	status, page, _ = first.look(c1+"/send-back", with(url.Values{"text": {"缺页"}}))
	require.Equal(t, http.StatusConflict, status)
	take := page.Find("#send-back button")
	require.Equal(t, c1+"/vetting/take", take.AttrOr("formaction", ""))
	status, page, _ = first.look(c1+"/vetting/take", with(url.Values{"text": {"缺页"}}))
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "mine", said(page))
	require.Equal(t, "缺页", page.Find("#f-text").Text())
	page, _ = first.sent(c1+"/send-back", with(url.Values{"text": {"缺页"}}))
	require.Contains(t, page.Find(".flash").Text(), "已处理")

	_, page, _ = second.look("/support/vetting?show=mine", nil)
	require.Equal(t, 1, page.Find("tr[data-order]").Length())
	_, page, _ = o.caller("viewer").look("/support/vetting?show=mine", nil)
	require.Equal(t, 2, page.Find("tr[data-order]").Length(), "others see them all")
	require.Zero(t, page.Find("main form").Length())
	require.Zero(t, page.Find(`table a[href*="/dossier"]`).Length())
	status, _, _ = o.caller("agent").look(c1+"/dossier?serial=1", nil)
	require.Equal(t, http.StatusOK, status)
}

// What is done in a part of the queue returns to that part. Rows name the site, and no person.
func TestTheQueueKeepsItsPart(t *testing.T) {
	_, first, _ := vettingOffice(t, panel.Config{}, "C1")
	require.Equal(t, http.StatusSeeOther, first.form(c1+"/vetting/take", ids))
	page := first.page("/support/vetting?show=mine")
	require.Contains(t, page.Find(`tr[data-order="C1"]`).Text(), "www.example.com")
	form, fields := page.Find(`form[action$="/vetting/release"]`), url.Values{}
	form.Find("input").Each(func(_ int, i *goquery.Selection) { fields.Set(i.AttrOr("name", ""), i.AttrOr("value", "")) })
	status, to := first.send(http.MethodPost, form.AttrOr("action", ""), fields)
	require.Equal(t, http.StatusSeeOther, status)
	require.Equal(t, "/support/vetting?show=mine", to)
}

// The lease is renewed while the page is open and when a paper is viewed.
func TestAnOpenPageKeepsTheLease(t *testing.T) {
	o, first, _ := vettingOffice(t, panel.Config{}, "C1")
	until := func() (left string) {
		t.Helper()
		require.NoError(t, o.db.DB().QueryRowContext(t.Context(), `SELECT leased_until > taken_at FROM vettings`).Scan(&left))
		_, err := o.db.DB().ExecContext(t.Context(), `UPDATE vettings SET leased_until = taken_at`)
		require.NoError(t, err)
		return left
	}
	require.Equal(t, http.StatusSeeOther, first.form(c1+"/vetting/take", ids))
	require.Equal(t, "1", until())
	_, page, text := first.look(c1+"/vetting/state?serial=1&revision=1", nil)
	require.Equal(t, "mine", said(page))
	require.NotContains(t, text, "<html")
	require.Equal(t, "1", until())
	_, page, _ = first.look(c1+"/dossier?serial=1", nil)
	require.Equal(t, "1", until())
	require.Equal(t, c1+"/vetting/state?serial=1&revision=1", page.Find("[data-renew]").AttrOr("data-renew", ""))
	first.look(c1+"/papers/99?serial=1", nil)
	require.Equal(t, "1", until())
	o.caller("administrator").look(c1+"/dossier?serial=1", nil)
	require.Equal(t, "0", until(), "another viewer doesn't renew it")
	_, page, _ = first.look(c1+"/vetting/state?serial=1&revision=2", nil)
	require.Equal(t, "gone", said(page))
}

// After the first pass, a dossier that needs two returns to the queue, but not to the same reviewer.
func TestSecondVettingIsAnotherReviewers(t *testing.T) {
	o, first, second := vettingOffice(t,
		panel.Config{SecondVetting: filing.SecondVetting{Natures: []int{filing.NaturePerson}}}, "C1")
	require.Equal(t, http.StatusSeeOther, first.form(c1+"/vetting/take", ids))
	_, page, _ := first.look(c1+"/dossier?serial=1", nil)
	require.Contains(t, page.Find("[data-check]").Text(), "两位初审员")
	page, _ = first.sent(c1+"/pass", ids)
	require.Contains(t, page.Find(".flash").Text(), "另一位初审员")
	first.sent(c1+"/pass", ids) // a second click
	require.Empty(t, o.workflows.verdicts, "the workflow isn't signalled yet")
	_, page, _ = first.look("/support/vetting?show=free", nil)
	require.Zero(t, page.Find("tr[data-order]").Length())
	page, _ = first.sent(c1+"/vetting/take", ids)
	require.Equal(t, "barred", said(page))
	_, text := first.sent(c1+"/pass", with(url.Values{"round": {"2"}}))
	require.Contains(t, text, "没有执行")
	require.Empty(t, o.workflows.verdicts)

	_, page, _ = second.look("/support/vetting", nil)
	require.Contains(t, page.Find("tr[data-order]").Text(), "第一次由 reviewer 通过")
	require.Equal(t, http.StatusSeeOther, second.form("/support/vetting/next", nil))
	_, page, _ = second.look(c1+"/dossier?serial=1", nil)
	require.Equal(t, "2", page.Find(`form[action$="/pass"] [name=round]`).AttrOr("value", ""))
	require.Equal(t, http.StatusSeeOther, second.form(c1+"/pass", with(url.Values{"round": {"2"}})))
	require.Len(t, o.workflows.verdicts, 1)
	require.Equal(t, "support:reviewer-two", o.workflows.verdicts[0].Actor)
	entries, _ := o.logged(0)
	require.Contains(t, entries, "filing.pass_on done")
}

// If the panel dies between writing a verdict and signalling it, the same click, or somebody else's, signals it.
func TestAVerdictThatNobodyHeard(t *testing.T) {
	o, first, second := vettingOffice(t, panel.Config{}, "C1")
	require.Equal(t, http.StatusSeeOther, first.form(c1+"/vetting/take", ids))
	o.workflows.err = errors.New("no Temporal")
	require.Equal(t, http.StatusInternalServerError, first.form(c1+"/pass", ids))
	o.workflows.err = nil
	_, page, _ := second.look(c1+"/dossier?serial=1", nil)
	require.Equal(t, "decided", said(page))
	require.Zero(t, page.Find(`form[action$="/finish"]`).Length(), "it may be in progress")
	_, err := o.db.DB().ExecContext(t.Context(), `UPDATE vettings SET decided_at = decided_at - INTERVAL 1 MINUTE`)
	require.NoError(t, err)
	_, page, _ = second.look("/support/vetting", nil)
	require.Equal(t, 1, page.Find(`form[action$="/finish"]`).Length())
	_, text := second.sent(c1+"/send-back", with(url.Values{"text": {"不对"}}))
	require.Contains(t, text, "已变化", "the verdict is unchanged")
	o.workflows.verdicts = nil
	require.Equal(t, http.StatusSeeOther, second.form(c1+"/vetting/finish", ids))
	require.Equal(t, http.StatusSeeOther, first.form(c1+"/pass", ids))
	require.Len(t, o.workflows.verdicts, 2)
	for _, v := range o.workflows.verdicts {
		require.Equal(t, "support:reviewer", v.Actor, "the verdict belongs to whoever gave it")
	}
}

// A verdict that can't be looked up is neither sent nor reported as delivered.
func TestAVerdictThatIsNotFound(t *testing.T) {
	o, first, _ := vettingOffice(t, panel.Config{}, "C1")
	require.Equal(t, http.StatusSeeOther, first.form(c1+"/vetting/take", ids))
	_, text := first.sent(c1+"/vetting/finish", ids)
	require.Contains(t, text, "已变化", "nobody gave a verdict yet")
	defer withoutTable(t, o.db, "vettings")()
	require.Equal(t, http.StatusInternalServerError, first.form(c1+"/vetting/finish", ids))
	status, _ := first.send(http.MethodGet, c1+"/dossier?serial=1", nil)
	require.Equal(t, http.StatusInternalServerError, status)
	require.Empty(t, o.workflows.verdicts)
}

// A verdict leads to the reviewer's next dossier, which they take by it; the same form sent twice takes no other.
func TestAVerdictLeadsToTheNextDossier(t *testing.T) {
	o, first, second := vettingOffice(t, panel.Config{}, "C1", "C2", "C3", "C4", "C5")
	take := func(c *caller, order string) {
		require.Equal(t, http.StatusSeeOther, c.form("/support/filings/"+order+"/vetting/take", ids))
	}
	next := func(order, verdict string, more url.Values) string {
		t.Helper()
		status, location := first.send(http.MethodPost, "/support/filings/"+order+"/"+verdict, with(more))
		require.Equal(t, http.StatusSeeOther, status)
		return location
	}
	holders := func() (all string) {
		t.Helper()
		require.NoError(t, o.db.DB().QueryRowContext(t.Context(), `SELECT GROUP_CONCAT(CONCAT(o.number, ':', u.login)
			ORDER BY o.number) FROM vettings v JOIN filings f ON f.id = v.filing_id JOIN orders o ON o.id = f.order_id
			JOIN users u ON u.id = v.reviewer_id WHERE v.decided_at IS NULL`).Scan(&all))
		return all
	}
	take(first, "C1")
	take(second, "C2")
	_, last := o.logged(0)
	require.Equal(t, "/support/filings/C3/dossier?serial=1", next("C1", "pass", nil), "not the colleague's")
	entries, _ := o.logged(last)
	require.Equal(t, []string{"filing.pass asked", "filing.pass done", "vetting.take done"}, entries)
	_, page, _ := first.look("/support/filings/C3/dossier?serial=1", nil)
	require.Equal(t, "mine", said(page))
	require.Contains(t, page.Find(".flash").Text(), "下一件")
	require.Equal(t, "/support/filings/C3/dossier?serial=1", next("C1", "pass", nil), "a second click")
	require.Equal(t, "C2:reviewer-two,C3:reviewer", holders())
	back := url.Values{"text": {"缺页"}}
	require.Equal(t, "/support/filings/C4/dossier?serial=1", next("C3", "send-back", back))
	take(first, "C5")
	require.Equal(t, "/support/filings/C5/dossier?serial=1", next("C4", "pass", nil), "one that they hold")
	require.Equal(t, "/support/vetting", next("C5", "send-back", back), "nothing is free")
	require.Equal(t, "C2:reviewer-two", holders())
}

// The next revision shows what changed, and why the previous one was sent back.
func TestARevisionIsComparedWithTheOneBefore(t *testing.T) {
	o, first, _ := vettingOffice(t, panel.Config{}, "C1")
	ctx := t.Context()
	require.Equal(t, http.StatusSeeOther, first.form(c1+"/vetting/take", ids))
	require.Equal(t, http.StatusSeeOther,
		first.form(c1+"/send-back", with(url.Values{"reasons": {"site_name"}, "note_site_name": {"含地名"}})))
	f, err := o.db.FilingBySerial(ctx, "C1", 1)
	require.NoError(t, err)
	require.NoError(t, o.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: f.Seq + 1, Stage: filing.Correcting,
		EventKind: "sent_back", Actor: "support:reviewer"}))
	d := filingtest.Dossier()
	before := d.Site.Name
	d.Site.Name = "读书札记"
	_, err = o.db.SaveDossier(ctx, f.ID, d)
	require.NoError(t, err)
	require.NoError(t, o.db.Advance(ctx, store.Progress{FilingID: f.ID, Seq: f.Seq + 2, Stage: filing.Vetting, Revision: 2,
		EventKind: "submitted", Actor: "customer:owner"}))
	_, page, _ := first.look(c1+"/dossier?serial=1", nil)
	require.Equal(t, "free", said(page), "each revision is vetted again")
	require.Equal(t, 1, page.Find(".changed").Length())
	require.Contains(t, page.Find(".changed").Text(), "读书札记")
	require.Contains(t, page.Find(".changed del").Text(), before)
	require.Contains(t, page.Find(".beside .callout").Text(), "含地名")
}

// Administrators see everybody's figures, reviewers only their own.
func TestFiguresOfVetting(t *testing.T) {
	o, first, second := vettingOffice(t, panel.Config{}, "C1", "C2")
	for _, action := range []string{"/vetting/take", "/pass"} {
		for order, who := range map[string]*caller{"C1": first, "C2": second} {
			require.Equal(t, http.StatusSeeOther, who.form("/support/filings/"+order+action, ids))
		}
	}
	seen := func(c *caller, path string) (logins []string) {
		t.Helper()
		status, page, _ := c.look(path, nil)
		require.Equal(t, http.StatusOK, status)
		page.Find("tr[data-reviewer]").Each(func(_ int, row *goquery.Selection) {
			logins = append(logins, row.AttrOr("data-reviewer", ""))
		})
		return logins
	}
	admin := o.caller("administrator")
	require.Equal(t, []string{"reviewer", "reviewer-two"}, seen(admin, "/support/vetting/figures"))
	require.Equal(t, []string{"reviewer"}, seen(first, "/support/vetting/figures?days=7"))
	require.Equal(t, []string{"reviewer"}, seen(first, "/support/vetting/figures?days=1000"))
	_, _, text := admin.look("/support/vetting/figures.csv?days=90", nil)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, [][]string{{"reviewer", "90", "1", "1", "0", "0", "0", "0"},
		{"reviewer-two", "90", "1", "1", "0", "0", "0", "0"}}, rows[1:])
	_, _, text = second.look("/support/vetting/figures.csv", nil)
	require.Equal(t, 2, strings.Count(text, "\n"))

	_, err = o.db.DB().ExecContext(t.Context(), `DELETE FROM vettings`)
	require.NoError(t, err)
	require.Len(t, seen(admin, "/support/vetting/figures"), 2, "they are cached for a minute")
	o.db.SetClock(func() time.Time { return time.Now().Add(61 * time.Second) })
	require.Empty(t, seen(admin, "/support/vetting/figures"))
}
