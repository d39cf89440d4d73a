package panel_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// Staff have a code sent to what the provider gave with an order, see what became of it, and never see it. The customer
// sets the password with it.
func TestStaffSendAFirstPassword(t *testing.T) {
	o := newOffice(t, panel.Config{})
	ctx := t.Context()
	mobile := "13900000009"
	_, err := o.db.ImportOrder(ctx, store.OrderImport{Number: "N1", Customer: "newcomer", Product: "p",
		Domains: []string{"www.example.com"}, Mobile: &mobile})
	require.NoError(t, err)
	newcomer, err := o.db.UserByLogin(ctx, "newcomer")
	require.NoError(t, err)
	agent := o.caller("agent")
	const path = "/support/orders/N1/first-password"
	page := agent.page("/support/filings?order=N1")
	require.Equal(t, path, page.Find(`[data-unfiled] + p a`).First().AttrOr("href", ""), "an order without a filing")
	page = agent.page(path)
	require.Equal(t, "短信 139****0009", page.Find("#f-channel option").Text(), "only what the provider gave, masked")

	form := url.Values{"channel": {"sms"}, "reason": {"客户来电"}}
	status, page, _ := agent.look(path, url.Values{"channel": {"sms"}})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Equal(t, 1, page.Find("#e-reason").Length())
	status, page, _ = agent.look(path, url.Values{"channel": {"mail"}, "reason": {"客户来电"}})
	require.Equal(t, http.StatusUnprocessableEntity, status, "the provider gave no mail address")
	require.Equal(t, 1, page.Find("#e-channel").Length())
	state := func() string { return agent.page(path).Find("[data-first-code=sms]").AttrOr("data-state", "") }
	require.Empty(t, state())
	require.Equal(t, http.StatusSeeOther, agent.form(path, form))
	require.Equal(t, "sending", state())
	codes, err := o.db.FirstCodes(ctx, newcomer.ID)
	require.NoError(t, err)
	require.Len(t, codes, 1)
	code, send, err := o.db.PrepareAccountCode(ctx, codes[0].ID)
	require.NoError(t, err)
	require.NoError(t, o.db.AccountCodeFailed(ctx, codes[0].ID, send, "operator"))
	require.Equal(t, "retrying", state())
	require.Contains(t, agent.page(path).Find("[data-first-code]").Text(), "需由我方处理", "why")
	require.NoError(t, o.db.AccountCodeSent(ctx, codes[0].ID, send))
	require.Equal(t, "sent", state())
	_, _, text := agent.look(path, nil)
	for _, secret := range []string{code, mobile} {
		require.NotContains(t, text, secret)
	}
	rows, err := o.db.AuditRows(ctx, store.AuditFilter{Action: "customer.first_password"}, 0, 9)
	require.NoError(t, err)
	require.Len(t, rows, 4, "each attempt and its outcome")
	require.Equal(t, "N1", rows[0].Object)

	h := hearing{&site{t: t, url: o.url}, o.panel}
	h.fresh()
	enter := func(account, typed string) int {
		h.send(http.MethodGet, "/sign-in/first", nil)
		h.send(http.MethodGet, "/captcha", nil)
		status, text, _ := h.send(http.MethodPost, "/sign-in/first",
			url.Values{"account": {account}, "code": {typed}, "captcha": {h.answer()}})
		if status != http.StatusOK {
			require.Equal(t, 422, status)
			require.Contains(t, wrongAt(t, parsed(t, text), "code"), "账号或验证码不对")
		}
		return status
	}
	require.Equal(t, 422, enter("newcomer", "00000000"))
	require.Equal(t, 422, enter("nobody", code), "the same answer")
	require.Equal(t, 422, enter("owner", code), "somebody else's account")
	require.Equal(t, http.StatusOK, enter("newcomer", code))
	_, text, _ = h.send(http.MethodGet, "/sign-in/forgotten/password", nil)
	require.Contains(t, text, "newcomer")
	_, text, _ = h.send(http.MethodPost, "/sign-in/forgotten/password",
		url.Values{"password": {"a-first-Passw0rd"}, "password_again": {"a-first-Passw0rd"}})
	require.Contains(t, text, "login", "signs in now")
	newcomer, err = o.db.UserByLogin(ctx, "newcomer")
	require.NoError(t, err)
	require.NotEmpty(t, newcomer.PasswordHash)

	page = agent.page(path)
	require.Zero(t, page.Find("#f-channel").Length(), "the customer has a password now")
	require.Equal(t, http.StatusSeeOther, agent.form(path, form), "an outdated page")
	codes, err = o.db.FirstCodes(ctx, newcomer.ID)
	require.NoError(t, err)
	require.Len(t, codes, 1, "nothing more is sent")
	require.Equal(t, filing.SMS, codes[0].Channel)
}
