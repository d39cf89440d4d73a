package e2e_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/browsertest"
	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/stack"
	"github.com/beian/beian/internal/testdb"
)

// signIn types the demo customer's user name and password.
func signIn() []chromedp.Action[chromedp.Void] {
	return []chromedp.Action[chromedp.Void]{
		chromedp.WaitVisible("#f-login"), chromedp.SendKeys("#f-login", stack.DemoCustomer),
		chromedp.SendKeys("#f-password", stack.DemoCustomerPassword), submit(".card .button"),
	}
}

var (
	browser   = browsertest.Open
	patiently = browsertest.Do
	shot      = browsertest.Shot
	sizes     = browsertest.Sizes
)

// do runs steps, and lists of them.
func do(ctx context.Context, t *testing.T, steps ...any) {
	t.Helper()
	for _, step := range steps {
		switch step := step.(type) {
		case chromedp.Action[chromedp.Void]:
			require.NoError(t, patiently(ctx, step))
		case []chromedp.Action[chromedp.Void]:
			require.NoError(t, patiently(ctx, step...))
		default:
			require.Fail(t, "unknown step", "%T", step)
		}
	}
}

func value(ctx context.Context, t *testing.T, selector string) string {
	t.Helper()
	return read(ctx, t, selector, "value")
}

// text is the text of an element.
func text(ctx context.Context, t *testing.T, selector string) string {
	t.Helper()
	return read(ctx, t, selector, "innerText")
}

// read reads a property in one step, because the page may be rendered again.
func read(ctx context.Context, t *testing.T, selector, property string) string {
	t.Helper()
	do(ctx, t, chromedp.WaitVisible(chromedp.CSS(selector)))
	v, err := chromedp.Run(ctx,
		chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector(%q).%s`, selector, property)))
	require.NoError(t, err)
	return v
}

// Somebody fills in a form, is signed out meanwhile, sends it, signs in again and finds the input; somebody else
// at the same browser doesn't.
func TestBrowserExpiredSession(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1, ExchangeEvery: seldom})
	w := customer(t, s)
	prepared(t, w, "D20260001")
	filled(t, w, "/orders/D20260001/filing", filingtest.CompanyHolder(), approved())
	letter := filepathWith(t, "letter.jpg", demo.Picture("letter"))
	_, err := s.Store.EnsureUser(t.Context(), "customer", "other", testdb.PasswordHash(t, "other-password"))
	require.NoError(t, err)
	expire := func() {
		_, err := s.Store.DB().ExecContext(t.Context(), `DELETE FROM user_sessions`)
		require.NoError(t, err)
	}
	for _, v := range views {
		name, ctx := v.String(), browser(t, sizes[v.size], 844)
		page := s.PanelURL + "/orders/D20260001/filing/holder"
		do(ctx, t, chromedp.Navigate(page), v.switched(), signIn(), chromedp.WaitVisible("#f-superior"))
		expire()
		typed := "自己，" + name
		do(ctx, t, chromedp.SetValue("#f-superior", typed), submit(`[value=next]`),
			chromedp.WaitVisible("#f-login"), chromedp.WaitVisible(".flash"), shot(t, name+"-01-expired"), signIn(),
			chromedp.WaitVisible("[data-saved-post]"), shot(t, name+"-02-kept"))
		require.Equal(t, typed, value(ctx, t, "#f-superior"))
		do(ctx, t, chromedp.Reload(), chromedp.WaitVisible("[data-saved-post]"))
		require.Equal(t, typed, value(ctx, t, "#f-superior"), "a reload loses nothing")
		do(ctx, t, submit(`[value=save]`), chromedp.WaitVisible(".flash:not([data-saved-post])"), chromedp.Reload(),
			chromedp.WaitVisible("#f-superior"), chromedp.WaitNotPresent("[data-saved-post]"))
		require.Equal(t, typed, value(ctx, t, "#f-superior"))

		// a form with files: its texts are saved, its files must be chosen again
		do(ctx, t, chromedp.Navigate(s.PanelURL+"/orders/D20260001/filing/papers"), chromedp.WaitVisible(approvalNumber))
		expire()
		do(ctx, t, upload("#f-letter", letter), chromedp.WaitVisible(`[data-paper=letter] .live.bad`),
			chromedp.SetValue(approvalNumber, typed), submit(`[value=save]`),
			chromedp.WaitVisible("#f-login"), signIn(), chromedp.WaitVisible("[data-saved-post]"),
			chromedp.WaitVisible("#e-letter"), shot(t, name+"-03-papers-kept"))
		require.Equal(t, typed, value(ctx, t, approvalNumber))
		do(ctx, t, chromedp.Navigate(s.PanelURL+"/orders/D20260002/register"), chromedp.WaitVisible("#f-number"))
		expire()
		do(ctx, t, chromedp.SetValue("#f-number", typed), upload("#f-certificate", letter), submit("form[enctype] .button"),
			chromedp.WaitVisible("#f-login"), signIn(), chromedp.WaitVisible("[data-saved-post]"),
			chromedp.WaitVisible("#e-certificate"), shot(t, name+"-04-register-kept"))
		require.Equal(t, typed, value(ctx, t, "#f-number"))
		do(ctx, t, chromedp.Navigate(page), chromedp.WaitVisible("#f-superior"))

		// the page says so during typing
		expire()
		do(ctx, t, chromedp.SendKeys("#f-superior", "甲"), chromedp.WaitVisible(".draftstate.bad"),
			shot(t, name+"-05-expired-while-typing"))
		require.Contains(t, text(ctx, t, ".draftstate"), v.in("登录已过期", "Your session has ended"))
		do(ctx, t, submit(`[value=next]`), chromedp.WaitVisible("#f-login"),
			chromedp.SendKeys("#f-login", "other"), chromedp.SendKeys("#f-password", "other-password"), submit(".card .button"),
			chromedp.WaitNotPresent("#f-login"), chromedp.WaitVisible("main .button"))
		require.Contains(t, text(ctx, t, "main"), v.in("没有找到", "Not found"))
		var kept int
		require.NoError(t, s.Store.DB().QueryRowContext(t.Context(), `SELECT COUNT(*) FROM saved_posts`).Scan(&kept))
		require.Zero(t, kept, "another person's input is deleted")
	}
}

// approved is a site that needs an approval, whose number is entered on the page of papers.
func approved() url.Values {
	return url.Values{"name": {"样例公司培训"}, "services": {"1"}, "pre_approvals": {"3"}}
}

const approvalNumber = `[name="number.3"]`

// Two tabs edit one form: the later one is shown both versions and chooses.
func TestBrowserTwoTabs(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1, ExchangeEvery: seldom})
	prepared(t, customer(t, s), "D20260001")
	for _, v := range views {
		name, one := v.String(), browser(t, sizes[v.size], 844)
		page := s.PanelURL + "/orders/D20260001/filing/holder"
		do(one, t, chromedp.Navigate(page), v.switched(), signIn(), chromedp.WaitVisible("#f-superior"))
		two, cancel := chromedp.NewContext(one)
		defer cancel()
		do(two, t, chromedp.Navigate(page), chromedp.WaitVisible("#f-superior"), chromedp.SetValue("#f-superior", "乙"+name),
			submit(`[value=save]`), chromedp.WaitVisible(".flash"))

		do(one, t, chromedp.SendKeys("#f-superior", "甲"), chromedp.WaitVisible(".draftstate.bad"))
		require.Contains(t, text(one, t, ".draftstate"), v.in("另一个窗口", "nother window"))
		mine := value(one, t, "#f-superior")
		do(one, t, submit(`[value=save]`), chromedp.WaitVisible("[data-conflict] .list"), shot(t, name+"-01-conflict"))
		both := text(one, t, "[data-conflict] .list")
		require.Contains(t, both, "乙"+name)
		require.Contains(t, both, mine)
		require.Equal(t, mine, value(one, t, "#f-superior"))
		do(one, t, chromedp.Navigate(page), chromedp.WaitVisible("#f-superior"))
		require.Equal(t, "乙"+name, value(one, t, "#f-superior"), "nothing was overwritten")

		// the other way round, mine wins by choice
		do(two, t, chromedp.Navigate(page), chromedp.WaitNotPresent(".flash"), // the first save's
			chromedp.SetValue("#f-superior", "丙"), submit(`[value=save]`), chromedp.WaitVisible(".flash"))
		do(one, t, chromedp.SetValue("#f-superior", "丁"), submit(`[value=save]`),
			chromedp.WaitVisible("[data-conflict] .list"), submit(`[value=save]`),
			chromedp.WaitNotPresent("[data-conflict] .list"), chromedp.WaitVisible(".flash"))
		require.Equal(t, "丁", value(one, t, "#f-superior"))
	}
}

// copies opens the sealed copies of a page's drafts with the page's key.
const copies = `(async () => {
	const bytes = list => Uint8Array.from(list);
	const raw = bytes([...atob(document.querySelector("[data-draft-state]").dataset.key)].map(c => c.charCodeAt(0)));
	const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
	const opened = Object.keys(localStorage).filter(name => name.startsWith("beian-draft:")).map(async name => {
		const copy = JSON.parse(localStorage[name]);
		const text = await crypto.subtle.decrypt({name: "AES-GCM", iv: bytes(copy.iv)}, key, bytes(copy.sealed));
		return new TextDecoder().decode(text);
	});
	return (await Promise.all(opened)).join("\n");
})()`

// observePress marks the page's form once a save that began with the next press of a button has failed.
func observePress() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](`(() => {
			const form = document.querySelector("form[data-draft]"), send = window.fetch;
			let pressed = false;
			form.addEventListener("submit", () => { pressed = true }, {capture: true, once: true});
			window.fetch = (...request) => {
				const answer = send(...request);
				if (pressed) answer.catch(() => { form.dataset.pressFailed = "" });
				return answer;
			};
			return true;
		})()`)(ctx, target)
		return err
	})
}

// A page that loses its connection says so, and saves the latest input when it is back.
func TestBrowserOffline(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1, ExchangeEvery: seldom})
	w := customer(t, s)
	prepared(t, w, "D20260001")
	filled(t, w, "/orders/D20260001/filing", filingtest.CompanyHolder(), approved())
	var down atomic.Bool
	var drafts atomic.Int64 // that the panel has dealt with
	target, err := url.Parse(s.PanelURL)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }}
	line := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		proxy.ServeHTTP(w, r)
		if strings.Contains(r.URL.Path, "/draft") {
			drafts.Add(1)
		}
	}))
	defer line.Close()
	for name, width := range sizes {
		down.Store(false)
		ctx := browser(t, width, 844)
		do(ctx, t, chromedp.Navigate(line.URL+"/orders/D20260001/filing/holder"), signIn(),
			chromedp.WaitVisible("#f-superior"),
			chromedp.SetValue("#f-superior", "零"), chromedp.SendKeys("#f-superior", "一"),
			chromedp.WaitVisible(".draftstate:not(.bad):not(:empty)"), shot(t, name+"-01-saved"))
		require.Regexp(t, `^已自动保存 \d\d:\d\d$`, text(ctx, t, ".draftstate"))
		down.Store(true)
		do(ctx, t, chromedp.SendKeys("#f-superior", "二"), chromedp.WaitVisible(".draftstate.bad"), shot(t, name+"-02-lost"))
		require.Contains(t, text(ctx, t, ".draftstate"), "未保存，恢复连接后会自动保存")
		do(ctx, t, chromedp.SendKeys("#f-superior", "三"), observePress(), submit(`[value=save]`),
			chromedp.WaitReady("[data-press-failed]"), chromedp.WaitVisible(".draftstate.bad"))
		require.Equal(t, "零一二三", value(ctx, t, "#f-superior"), "the page stays")
		down.Store(false)
		do(ctx, t, chromedp.WaitVisible(".draftstate:not(.bad):not(:empty)"), chromedp.Reload(),
			chromedp.WaitVisible("#f-superior"))
		require.Equal(t, "零一二三", value(ctx, t, "#f-superior"))
		// a tab that is closed in the middle of a word (typed at the field's beginning)
		before := drafts.Load()
		do(ctx, t, chromedp.SendKeys("#f-superior", "四"), chromedp.Navigate(line.URL+"/orders"),
			chromedp.WaitVisible(`[data-order="D20260001"]`))
		require.Eventually(t, func() bool { return drafts.Load() > before }, 20e9, 50e6)
		do(ctx, t, chromedp.Navigate(line.URL+"/orders/D20260001/filing/holder"), chromedp.WaitVisible("#f-superior"))
		require.Equal(t, "四零一二三", value(ctx, t, "#f-superior"))

		if name != "phone" {
			continue // the rest is the same
		}
		// a list that can't be fetched says so
		again := `.field:has(#f-city) [data-again]`
		down.Store(true)
		do(ctx, t, chromedp.SetValue("#f-province", "440000"), changed("#f-province"), chromedp.WaitVisible(again),
			shot(t, name+"-03-no-list"))
		down.Store(false)
		do(ctx, t, submit(again), chromedp.WaitReady(`#f-city option[value="440100"]`), chromedp.WaitNotVisible(again),
			chromedp.WaitVisible(".draftstate:not(.bad):not(:empty)")) // or the page asks before it is left

		// a picture is uploaded automatically when the connection is back, and stays
		do(ctx, t, chromedp.Navigate(line.URL+"/orders/D20260001/filing/papers"), chromedp.WaitVisible(approvalNumber))
		down.Store(true)
		do(ctx, t, pictures(t, "letter"), chromedp.WaitVisible(`[data-paper=letter] .live.bad`),
			shot(t, name+"-04-picture-lost"))
		down.Store(false)
		do(ctx, t, chromedp.WaitVisible(`[data-paper=letter] [data-picture]`), shot(t, name+"-05-picture-there"),
			chromedp.Reload(), chromedp.WaitVisible(`[data-paper=letter] [data-picture]`),
			submit(`[data-paper=letter] .pictures .link`), chromedp.WaitNotPresent(`[data-paper=letter] [data-picture]`))

		// what was typed without a connection outlives its tab, but not in plain text
		closed, closing := chromedp.NewContext(ctx)
		do(closed, t, chromedp.Navigate(line.URL+"/orders/D20260001/filing/papers"), chromedp.WaitVisible(approvalNumber))
		down.Store(true)
		do(closed, t, chromedp.SetValue(approvalNumber, name+"-202"), chromedp.SendKeys(approvalNumber, "6"),
			chromedp.WaitVisible(".draftstate.bad"))
		require.Eventually(t, func() bool { // the last letter's copy replaces earlier ones
			sealed, err := chromedp.Run(closed, chromedp.Evaluate[string](copies, chromedp.EvalAwaitPromise))
			return err == nil && strings.Contains(sealed, name+"-2026")
		}, 20e9, 50e6)
		kept, err := chromedp.Run(closed, chromedp.Evaluate[string](`JSON.stringify(localStorage)`))
		require.NoError(t, err)
		require.Contains(t, kept, "beian-draft:")
		require.NotContains(t, kept, name+"-2026")
		// another page waits until that tab is really gone
		_, err = chromedp.Run(closed, chromedp.Evaluate[bool](`window.fetch = () => Promise.reject(), true`))
		require.NoError(t, err)
		down.Store(false)
		do(ctx, t, chromedp.Navigate(line.URL+"/orders/D20260001/filing/papers"), chromedp.WaitVisible(approvalNumber))
		require.NotEqual(t, name+"-2026", value(ctx, t, approvalNumber))
		closing()
		require.Eventually(t, func() bool {
			now, err := chromedp.Run(ctx, chromedp.Value(approvalNumber))
			return err == nil && now == name+"-2026"
		}, 20e9, 50e6)
		do(ctx, t, chromedp.WaitVisible(".draftstate:not(:empty)"), shot(t, name+"-06-restored"))
		require.Contains(t, text(ctx, t, ".draftstate"), "已填回")
	}
}

// An allowed panel shows the product in a frame; a stranger's can't.
func TestBrowserFrame(t *testing.T) {
	var panel atomic.Value
	host := func() (origin string) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprintf(w,
				`<!doctype html><html lang="zh"><title>host</title><main><h1>主机商面板</h1><iframe title="备案" src="%s/orders" style="width:100%%;height:700px"></iframe></main>`, panel.Load())
		}))
		server.Listener = l
		server.Start()
		t.Cleanup(server.Close)
		return fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port) // a different site than 127.0.0.1
	}
	ours, strangers := host(), host()
	s, _ := start(t,
		stack.Options{ReviewAfter: -1, FrameOrigins: []string{ours}, SecureCookies: true, ExchangeEvery: seldom})
	panel.Store(s.PanelURL)
	for name, width := range sizes {
		outer := browser(t, width, 844)
		inner := frame(outer, t, ours, s.PanelURL)
		do(inner, t, chromedp.WaitVisible("#f-login"), chromedp.WaitNotPresent(".brand"))
		do(outer, t, shot(t, name+"-01-sign-in"))
		do(inner, t, chromedp.SetValue("#f-login", stack.DemoCustomer),
			chromedp.SetValue("#f-password", stack.DemoCustomerPassword), press(".card .button"),
			chromedp.WaitVisible(`[data-order="D20260001"]`), press(`[data-order="D20260001"] .button`),
			chromedp.WaitVisible("[data-stage]"), press(`[action="/language"] button`),
			chromedp.WaitVisible(`html[lang="en"] [data-stage]`), chromedp.WaitNotPresent(".brand"))
		do(outer, t, shot(t, name+"-02-filing"))

		outer = browser(t, width, 844)
		inner = frame(outer, t, strangers, s.PanelURL)
		require.Eventually(t, func() bool {
			where, err := chromedp.Run(inner, chromedp.Evaluate[string](`location.href`))
			return err == nil && where == "chrome-error://chromewebdata/"
		}, 20e9, 50e6, "a stranger's frame shows the browser's refusal")
	}
}

// press clicks without coordinates: the frame moves when the page around it is rendered again.
func press(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](fmt.Sprintf(`document.querySelector(%q).click() === undefined`, selector))(
			ctx, target)
		return err
	})
}

// frame opens a page and attaches to the panel in its frame.
func frame(ctx context.Context, t *testing.T, page, panel string) context.Context {
	t.Helper()
	do(ctx, t, chromedp.Navigate(page), chromedp.WaitVisible("iframe"))
	var inner context.Context
	require.Eventually(t, func() bool {
		targets, err := chromedp.Targets(ctx)
		require.NoError(t, err)
		for _, info := range targets {
			if info.Type == "iframe" && strings.HasPrefix(info.URL, panel) {
				var cancel context.CancelFunc
				inner, cancel = chromedp.NewContext(ctx, chromedp.WithTargetID(info.TargetID))
				t.Cleanup(cancel)
				return true
			}
		}
		return false
	}, 20e9, 50e6)
	return inner
}

// Takes pictures of the pages of sign-in and account.
func TestBrowserAccountPages(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: -1, ExchangeEvery: seldom})
	w := customer(t, s)
	prepared(t, w, "D20260001") // found again by the contact
	for _, v := range corners {
		name, ctx, begin := v.String(), browser(t, sizes[v.size], 844), time.Now()
		do(ctx, t, chromedp.Navigate(s.PanelURL+"/sign-in"), v.switched(), shot(t, name+"-01-sign-in"),
			chromedp.Navigate(s.PanelURL+"/sign-in/forgotten"), chromedp.WaitVisible("#f-account"), submit(".card .button"),
			chromedp.WaitVisible("#e-account"), shot(t, name+"-02-forgotten"))
		do(ctx, t, chromedp.SendKeys("#f-account", stack.DemoCustomer), chromedp.SendKeys("#f-captcha",
			captcha(t.Context(), t, s)), chromedp.SetValue("#f-channel", "mail"), submit(".card .button"),
			chromedp.WaitVisible("#f-code"), chromedp.SendKeys("#f-code", "1234"), submit(".card .button"),
			chromedp.WaitVisible("#e-code"), shot(t, name+"-03-code"))
		if v == corners[0] { // the next code comes after a pause
			code, err := w.Code(t.Context(), filingtest.Contact().Email, begin)
			require.NoError(t, err)
			do(ctx, t, chromedp.Clear(chromedp.ID("f-code")), chromedp.SendKeys("#f-code", code), submit(".card .button"),
				chromedp.WaitVisible("#f-password_again"), submit(".card .button"),
				chromedp.WaitVisible("#e-password"), shot(t, name+"-07-new-password"))
		}
		do(ctx, t,
			chromedp.Navigate(s.PanelURL+"/sign-in"), signIn(), chromedp.WaitVisible(`[data-order="D20260001"]`),
			chromedp.Click("a.who"), chromedp.WaitVisible("[data-session]"), shot(t, name+"-04-account"),
			chromedp.Navigate(s.PanelURL+"/account/password"), chromedp.WaitVisible("#f-present_password"),
			shot(t, name+"-05-password"),
			chromedp.Navigate(s.PanelURL+"/account/contact/sms"), chromedp.WaitVisible("#f-mobile"), submit(".card .button"),
			chromedp.WaitVisible("#e-mobile"), shot(t, name+"-06-mobile"))
	}
}
