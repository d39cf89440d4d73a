package e2e_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/store"
)

// stranger is a browser in which nobody is signed in.
func stranger(t *testing.T, s *stack.Stack) *demo.Walker {
	t.Helper()
	w, err := demo.NewWalker(s.PanelURL, fmt.Sprintf("http://127.0.0.1:%d", s.Options.Ports.Inbox))
	require.NoError(t, err)
	return w
}

// captcha reads the answer to the newest captcha from its session.
func captcha(ctx context.Context, t *testing.T, s *stack.Stack) (answer string) {
	t.Helper()
	rows, err := s.Store.DB().QueryContext(ctx, `SELECT token, data FROM sessions`)
	require.NoError(t, err)
	defer rows.Close()
	var newest time.Time
	for rows.Next() {
		var token string
		var sealed []byte
		require.NoError(t, rows.Scan(&token, &sealed))
		data, err := s.Keys.Open(store.SessionAAD(token), sealed)
		require.NoError(t, err)
		deadline, values, err := scs.GobCodec{}.Decode(data)
		require.NoError(t, err)
		if text, ok := values["captcha"].(string); ok && deadline.After(newest) {
			newest, answer = deadline, text
		}
	}
	require.NoError(t, rows.Err())
	require.NotEmpty(t, answer)
	return answer
}

// forgot requests a code and returns the text of the next page.
func forgot(t *testing.T, s *stack.Stack, w *demo.Walker, account, channel string) string {
	t.Helper()
	ctx := t.Context()
	_, err := w.File(ctx, "/captcha")
	require.NoError(t, err)
	page, err := w.Post(ctx, "/sign-in/forgotten",
		url.Values{"account": {account}, "channel": {channel}, "captcha": {captcha(ctx, t, s)}})
	require.NoError(t, err)
	return strings.Join(strings.Fields(page.Find("main").Text()), " ")
}

// A customer of an imported order, without a password, sets the first one with a code sent to the filing's
// contact; later another one by mail. Everybody else sees the same page, and nothing is sent for them.
func TestPasswordIsFoundAgain(t *testing.T) {
	s, log := start(t, stack.Options{ReviewAfter: -1, ExchangeEvery: seldom})
	ctx := t.Context()
	prepared(t, customer(t, s), "D20260001")
	elsewhere := customer(t, s)
	c := filingtest.Contact()
	_, err := s.Store.DB().ExecContext(ctx, `UPDATE users SET password_hash = '' WHERE login = ?`, stack.DemoCustomer)
	require.NoError(t, err)
	require.Error(t, stranger(t, s).SignIn(ctx, stack.DemoCustomer, ""))

	texts := map[string]bool{}
	for i, account := range []string{stack.DemoCustomer, "nobody", stack.DemoSupport} {
		w, begin := stranger(t, s), time.Now()
		texts[forgot(t, s, w, account, "sms")] = true
		_, err := w.Post(ctx, "/sign-in/forgotten/code", url.Values{"code": {"00000000"}})
		require.ErrorContains(t, err, "422")
		texts[err.Error()] = true
		if i > 0 {
			continue
		}
		code, err := w.Code(ctx, c.Mobile, begin)
		require.NoError(t, err)
		_, err = w.Post(ctx, "/sign-in/forgotten/code", url.Values{"code": {code[:4] + " " + code[4:]}})
		require.NoError(t, err)
		_, err = stranger(t, s).Page(ctx, "/sign-in/forgotten/password")
		require.NoError(t, err, "another browser starts over")
		_, err = w.Post(ctx, "/sign-in/forgotten/password", url.Values{"password": {"123456"}, "password_again": {"123456"}})
		require.ErrorContains(t, err, "422")
		_, err = w.Post(ctx, "/sign-in/forgotten/password",
			url.Values{"password": {"雨后-yugao-42"}, "password_again": {"雨后-yugao-42"}})
		require.NoError(t, err)
		require.NoError(t, w.SignIn(ctx, stack.DemoCustomer, "雨后-yugao-42"))
		page, err := elsewhere.Page(ctx, "/orders")
		require.NoError(t, err)
		require.Equal(t, 1, page.Find("#f-login").Length(), "the other session has ended")
		require.Eventually(t, func() bool {
			for _, m := range s.StandIns.Mail.Messages() {
				if strings.Contains(m.Subject, "登录密码已修改") {
					return true
				}
			}
			return false
		}, 30*time.Second, 50*time.Millisecond)
	}
	require.Len(t, texts, 2, "the answers are the same: %v", texts)

	w, begin := stranger(t, s), time.Now()
	forgot(t, s, w, c.Email, "mail")
	code, err := w.Code(ctx, c.Email, begin)
	require.NoError(t, err)
	_, err = w.Post(ctx, "/sign-in/forgotten/code", url.Values{"code": {code}})
	require.NoError(t, err)
	_, err = w.Post(ctx, "/sign-in/forgotten/password",
		url.Values{"password": {"春山-chunshan-77"}, "password_again": {"春山-chunshan-77"}})
	require.NoError(t, err)
	require.Error(t, w.SignIn(ctx, stack.DemoCustomer, "雨后-yugao-42"))
	require.NoError(t, w.SignIn(ctx, stack.DemoCustomer, "春山-chunshan-77"))

	raw, err := os.ReadFile(log)
	require.NoError(t, err)
	dump, err := s.Store.Dump(ctx)
	require.NoError(t, err)
	for _, secret := range []string{c.Mobile, c.Email, code, "春山-chunshan-77"} {
		require.NotContains(t, string(raw), secret)
		require.NotContains(t, dump, secret)
	}
	record(t, s, "")
}

// An account gets a mail address of its own, and ends its other sessions.
func TestAccountPage(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1})
	ctx, w, other := t.Context(), customer(t, s), customer(t, s)
	const own = "own@example.com"
	form := url.Values{"email": {own}, "present_password": {"wrong"}}
	_, err := w.Post(ctx, "/account/contact/mail", form)
	require.ErrorContains(t, err, "422")
	form.Set("present_password", stack.DemoCustomerPassword)
	begin := time.Now()
	_, err = w.Post(ctx, "/account/contact/mail", form)
	require.NoError(t, err)
	code, err := w.Code(ctx, own, begin)
	require.NoError(t, err)
	page, err := w.Post(ctx, "/account/contact/mail/code", url.Values{"code": {code}})
	require.NoError(t, err)
	require.Contains(t, page.Find(".facts").Text(), "o***@example.com")
	require.Equal(t, 2, page.Find("[data-session]").Length())

	_, err = w.Post(ctx, "/account/end-others", nil)
	require.NoError(t, err)
	page, err = other.Page(ctx, "/account")
	require.NoError(t, err)
	require.Equal(t, 1, page.Find("#f-login").Length())
	_, err = w.Post(ctx, "/account/password",
		url.Values{"present_password": {stack.DemoCustomerPassword}, "password": {"neu-neu-密码"}, "password_again": {"neu-neu-密码"}})
	require.NoError(t, err)
	_, err = w.Page(ctx, "/account/password")
	require.NoError(t, err)
	require.Error(t, other.SignIn(ctx, stack.DemoCustomer, stack.DemoCustomerPassword))
	require.NoError(t, other.SignIn(ctx, stack.DemoCustomer, "neu-neu-密码"))
}
