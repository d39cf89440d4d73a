package panel_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/totp"
	"github.com/beian/beian/panel"
)

// clock controls an office's time.
func (o *office) clock() (forward func(time.Duration)) {
	var off atomic.Int64
	o.db.SetClock(func() time.Time { return time.Now().Add(time.Duration(off.Load())) })
	return func(d time.Duration) { off.Add(int64(d)) }
}

func (c *caller) read(response *http.Response, err error) *goquery.Document {
	require.NoError(c.o.t, err)
	defer response.Body.Close()
	page, err := goquery.NewDocumentFromReader(response.Body)
	require.NoError(c.o.t, err)
	return page
}

func (c *caller) page(path string) *goquery.Document { return c.read(c.http.Get(c.o.url + path)) }

func (c *caller) posted(path string, form url.Values) *goquery.Document {
	return c.read(c.http.PostForm(c.o.url+path, form))
}

func (c *caller) leads(path string, form url.Values) string {
	_, to := c.send(http.MethodPost, path, form)
	return to
}

// code computes what a device enrolled from a page would show.
func (o *office) code(secret string) string {
	code, err := totp.Code(secret, o.db.Now())
	require.NoError(o.t, err)
	return code
}

func secretOf(page *goquery.Document) string {
	return strings.ReplaceAll(page.Find("#secret").Text(), " ", "")
}

func codesOf(page *goquery.Document) []string {
	return page.Find(".codes li").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
}

func password(login string) url.Values {
	return url.Values{"login": {login}, "password": {officePassword}}
}

// in reports whether somebody reaches the staff pages.
func (c *caller) in() bool {
	status, _ := c.send(http.MethodGet, "/support/filings", nil)
	return status == http.StatusOK
}

// The second factor is required after the password and before anything is shown; each code works once.
func TestSecondFactorIsAskedFor(t *testing.T) {
	o := newOffice(t, panel.Config{})
	forward := o.clock()
	agent := o.caller("agent")
	old := o.caller("agent")
	page := agent.page("/account/totp/enrol")
	secret := secretOf(page)
	require.Len(t, secret, 32)
	require.Contains(t, page.Find(".qr a").AttrOr("href", ""), "otpauth://totp/")
	require.NotEmpty(t, page.Find(".qr path").AttrOr("d", ""))
	form := url.Values{"present_password": {officePassword}, "code": {"000000"}}
	page = agent.posted("/account/totp/enrol", form)
	require.Contains(t, page.Find("#e-code").Text(), "口令不正确")
	require.Equal(t, secret, secretOf(page), "the device already has it")
	form.Set("code", o.code(secret))
	page = agent.posted("/account/totp/enrol", url.Values{"present_password": {"wrong"}, "code": form["code"]})
	require.Contains(t, page.Find("#e-present_password").Text(), "密码不正确")
	codes := codesOf(agent.posted("/account/totp/enrol", form))
	require.Len(t, codes, 10)
	require.True(t, agent.in(), "the session that enrolled continues")
	require.False(t, old.in(), "a session without a second factor doesn't")

	require.Equal(t, "/sign-in/code", old.leads("/sign-in", password("agent")))
	require.False(t, old.in(), "the password alone is not enough")
	status, to := old.send(http.MethodGet, "/account", nil)
	require.Equal(t, http.StatusSeeOther, status)
	require.Equal(t, "/sign-in?next=%2Faccount", to)
	page = old.posted("/sign-in/code", url.Values{"code": form["code"]})
	require.Contains(t, page.Find("#e-code").Text(), "已用过", "the enrolment code is used up")
	forward(30 * time.Second)
	next := o.code(secret)
	require.Equal(t, "/", old.leads("/sign-in/code", url.Values{"code": {" " + next[:3] + " " + next[3:]}}))
	require.True(t, old.in())

	third := o.newcomer("agent")
	require.Equal(t, "/sign-in/code", third.leads("/sign-in", password("agent")))
	require.Empty(t, third.leads("/sign-in/code", url.Values{"code": {next}}), "used by another session")
	require.Equal(t, "/", third.leads("/sign-in/code", url.Values{"code": {strings.ToLower(codes[3])}}))
	require.True(t, third.in())
	require.Contains(t, third.page("/account/totp").Find("[data-enrolled]").Text(), "9")
	fourth := o.newcomer("agent")
	fourth.leads("/sign-in", password("agent"))
	require.Empty(t, fourth.leads("/sign-in/code", url.Values{"code": {codes[3]}}), "a recovery code works once")
	forward(16 * time.Minute)
	require.Equal(t, "/sign-in", fourth.leads("/sign-in/code", url.Values{"code": {codes[4]}}),
		"an interrupted enrolment starts again")

	rows, err := o.db.AuditRows(t.Context(), store.AuditFilter{Actor: "agent"}, 0, 100)
	require.NoError(t, err)
	count := map[string]int{}
	for _, r := range rows {
		count[r.Action]++
	}
	require.Equal(t, map[string]int{"password.wrong": 1, "session.begin": 4, "totp.enrol": 1, "totp.code": 3,
		"totp.recovery_code": 1}, count)
	dump, err := o.db.Dump(t.Context())
	require.NoError(t, err)
	for _, kept := range append(codes, secret, strings.ReplaceAll(codes[0], "-", "")) {
		require.NotContains(t, dump, kept)
	}
}

// newcomer is a browser in which nobody has signed in.
func (o *office) newcomer(login string) *caller {
	c := o.caller("nobody")
	c.login = login
	return c
}

func TestCodesAreNotGuessed(t *testing.T) {
	o := newOffice(t, panel.Config{})
	forward := o.clock()
	secret := totp.NewSecret()
	user, err := o.db.UserByLogin(t.Context(), "agent")
	require.NoError(t, err)
	require.NoError(t, o.db.BeginTOTP(t.Context(), user.ID, secret))
	require.NoError(t, o.db.EnrolTOTP(t.Context(), user.ID, secret, 0, totp.RecoveryCodes()))
	c := o.newcomer("agent")
	require.Equal(t, "/sign-in/code", c.leads("/sign-in", password("agent")))
	for range 5 {
		page := c.posted("/sign-in/code", url.Values{"code": {"ABCDE-FGHIJ"}})
		require.Contains(t, page.Find("#e-code").Text(), "不正确")
	}
	page := c.posted("/sign-in/code", url.Values{"code": {o.code(secret)}})
	require.Contains(t, page.Find("#e-code").Text(), "尝试过于频繁", "even the right code is rejected")
	forward(time.Minute)
	require.Equal(t, "/", c.leads("/sign-in/code", url.Values{"code": {o.code(secret)}}))
}

// Where the second factor is mandatory, people enrol while signing in. A new device requires the old one.
func TestSecondFactorIsRequired(t *testing.T) {
	o := newOffice(t, panel.Config{RequireTOTP: true})
	forward := o.clock()
	c := o.newcomer("viewer")
	require.Equal(t, "/sign-in/enrol",
		c.leads("/sign-in", url.Values{"login": {"viewer"}, "password": {officePassword}, "next": {"/support/bureau"}}))
	require.False(t, c.in())
	secret := secretOf(c.page("/sign-in/enrol"))
	stranger := o.newcomer("viewer")
	stranger.leads("/sign-in", password("viewer"))
	seen := secretOf(stranger.page("/sign-in/enrol"))
	require.NotEqual(t, secret, seen, "each session has its own secret")
	page := c.posted("/sign-in/enrol", url.Values{"code": {o.code(secret)}})
	require.Contains(t, page.Find("#e-code").Text(), "不正确", "another session replaced it")
	secret = secretOf(page)
	require.NotEqual(t, seen, secret, "a secret shown to another session can't be enrolled here")
	codes := codesOf(c.posted("/sign-in/enrol", url.Values{"code": {o.code(secret)}}))
	require.Len(t, codes, 10)
	require.True(t, c.in())
	require.Equal(t, "/sign-in/code", stranger.leads("/sign-in/enrol", url.Values{"code": {o.code(seen)}}),
		"it is enrolled now")

	secret2 := secretOf(c.page("/account/totp/enrol"))
	form := url.Values{"present_password": {officePassword}, "code": {o.code(secret2)}}
	page = c.posted("/account/totp/enrol", form)
	require.Equal(t, "请填写此项。", page.Find("#e-present_code").Text())
	form.Set("present_code", codes[0])
	require.Len(t, codesOf(c.posted("/account/totp/enrol", form)), 10)
	require.Empty(t, codesOf(c.posted("/account/totp/codes", url.Values{"code": {codes[1]}})),
		"the old codes no longer work")
	forward(30 * time.Second)
	require.Len(t, codesOf(c.posted("/account/totp/codes", url.Values{"code": {o.code(secret2)}})), 10)
	require.Equal(t, "/", o.newcomer("owner").leads("/sign-in", password("owner")), "customers have none")
}

// Administrators create accounts, assign roles and first passwords, and revoke them.
func TestStaffAccountsAreManaged(t *testing.T) {
	o := newOffice(t, panel.Config{})
	forward := o.clock()
	ctx := t.Context()
	admin := o.caller("administrator")
	page := admin.posted("/support/staff", url.Values{"login": {"Wang!"}, "role": {"boss"}})
	require.Contains(t, page.Find("#e-login").Text(), "小写字母")
	require.Equal(t, "Wang!", page.Find("#f-login").AttrOr("value", ""))
	page = admin.posted("/support/staff", url.Values{"login": {"owner"}, "role": {"agent"}})
	require.Contains(t, page.Find("#e-login").Text(), "已被使用", "a customer's")
	first := admin.posted("/support/staff",
		url.Values{"login": {"wang"}, "role": {"agent"}}).Find("#first-password").Text()
	require.Len(t, first, 19)

	wang := o.newcomer("wang")
	require.Equal(t, "/sign-in/first-password", wang.leads("/sign-in", url.Values{"login": {"wang"}, "password": {first}}))
	require.False(t, wang.in())
	page = wang.posted("/sign-in/first-password", url.Values{"password": {first}, "password_again": {first}})
	require.Contains(t, page.Find("#e-password").Text(), "请换一个密码")
	own := "wang-keeps-this-1"
	require.Equal(t, "/", wang.leads("/sign-in/first-password", url.Values{"password": {own}, "password_again": {own}}))
	require.True(t, wang.in())
	user, err := o.db.UserByLogin(ctx, "wang")
	require.NoError(t, err)
	path := "/support/staff/" + strings.TrimSpace(
		admin.page("/support/staff").Find("[data-staff=wang] form").AttrOr("action", ""))[len("/support/staff/"):]
	path = strings.TrimSuffix(path, "/role")
	status, _ := wang.send(http.MethodGet, "/support/staff", nil)
	require.Equal(t, http.StatusForbidden, status)
	require.Contains(t, wang.page("/support/staff").Find("main").Text(), "管理工作人员账号")

	admin.leads(path+"/role", url.Values{"role": {"reviewer"}})
	require.False(t, wang.in(), "a changed account must sign in again")
	wang.leads("/sign-in", url.Values{"login": {"wang"}, "password": {own}})
	require.True(t, wang.in())
	_, err = o.db.DB().ExecContext(ctx, `UPDATE users SET staff_role = '' WHERE id = ?`, user.ID)
	require.NoError(t, err)
	status, _ = wang.send(http.MethodGet, "/support/tickets", nil)
	require.Equal(t, http.StatusForbidden, status, "the current role counts, and no role is the lowest")
	admin.leads(path+"/disable", nil)
	require.False(t, wang.in())
	page = wang.posted("/sign-in", url.Values{"login": {"wang"}, "password": {own}})
	require.Equal(t, 1, page.Find("#f-login").Length(), "closed")
	admin.leads(path+"/enable", nil)
	again := admin.posted(path+"/password", nil).Find("#first-password").Text()
	forward(73 * time.Hour)
	page = wang.posted("/sign-in", url.Values{"login": {"wang"}, "password": {again}})
	require.Contains(t, page.Find(".summary").Text(), "初始密码已过期")

	me, err := o.db.UserByLogin(ctx, "administrator")
	require.NoError(t, err)
	admin.signIn()
	require.ErrorIs(t, o.db.SetStaffRole(ctx, me.ID, store.StaffViewer), store.ErrLastAdministrator)
	require.ErrorIs(t, o.db.DisableStaff(ctx, me.ID), store.ErrLastAdministrator)
	mine := admin.page("/support/staff").Find("[data-staff=administrator] form").AttrOr("action", "")
	admin.leads(mine, url.Values{"role": {"viewer"}})
	require.Contains(t, admin.page("/support/staff").Find(".flash").Text(), "至少要保留一位")
	require.True(t, admin.in())
	customer, err := o.db.UserByLogin(ctx, "owner")
	require.NoError(t, err)
	require.ErrorIs(t, o.db.SetStaffRole(ctx, customer.ID, store.StaffAdministrator), store.ErrNotFound,
		"customers can't become staff")
}

// When two administrators revoke each other's role at the same time, one remains.
func TestAdministratorsDoNotRemoveEachOther(t *testing.T) {
	o := newOffice(t, panel.Config{})
	ids := []int64{o.person("administrator"), o.person("administrator-two")}
	done := make(chan error, 2)
	for _, id := range ids {
		go func() { done <- o.db.DisableStaff(t.Context(), id) }()
	}
	first, second := <-done, <-done
	require.True(t, (first == nil) != (second == nil), "%v, %v", first, second)
	list, err := o.db.StaffAccounts(t.Context())
	require.NoError(t, err)
	left := 0
	for _, a := range list {
		if a.StaffRole == store.StaffAdministrator && !a.DisabledAt.Valid {
			left++
		}
	}
	require.Equal(t, 1, left)
}

// The audit log's page filters, and exports the filtered entries with their hashes.
func TestAuditLogIsShownAndExported(t *testing.T) {
	o := newOffice(t, panel.Config{})
	ctx := t.Context()
	for range 103 {
		_, err := o.db.Audit(ctx, store.AuditEntry{By: store.Actor{Login: "agent", Role: store.StaffAgent},
			Action: "filing.retry", Kind: "filing", Object: "M1", Reason: "=1+1"})
		require.NoError(t, err)
	}
	admin := o.caller("administrator")
	page := admin.page("/support/audit?actor=agent")
	require.Equal(t, 100, page.Find("[data-seq]").Length())
	require.Contains(t, page.Find("[data-seq]").First().Text(), "重试备案")
	next, _ := page.Find("main p a").Last().Attr("href")
	require.Equal(t, 3, admin.page(next).Find("[data-seq]").Length())
	require.Zero(t, admin.page("/support/audit?actor=agent&from=2200-01-01").Find("[data-seq]").Length())
	get := func(path string) string {
		response, err := admin.http.Get(o.url + path)
		require.NoError(t, err)
		defer response.Body.Close()
		text := new(strings.Builder)
		_, err = copyAll(text, response)
		require.NoError(t, err)
		return text.String()
	}
	text := get("/support/audit/export?format=csv&actor=agent")
	require.True(t, strings.HasPrefix(text, "\ufeffseq,at,"))
	require.Equal(t, 104, strings.Count(text, "\n"))
	require.Contains(t, text, ",'=1+1,", "spreadsheets don't run it as a formula")
	text = get("/support/audit/export?format=jsonl&actor=agent")
	require.Equal(t, 103, strings.Count(text, `"hash":"`))
	rows, err := o.db.AuditRows(ctx, store.AuditFilter{Action: "audit."}, 0, 10)
	require.NoError(t, err)
	require.Len(t, rows, 2, "exports are logged")
}
