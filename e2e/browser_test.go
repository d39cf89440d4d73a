package e2e_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/stack"
)

// browser opens chromium at a window's width.
func browser(t *testing.T, width, height int) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	require.NoError(t, err, "install Debian's package chromium")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(width, height), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "zh-CN"), chromedp.Flag("accept-lang", "zh-CN"))
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(int64(width), int64(height)))) // a window can't be as narrow as a phone
	return ctx
}

// shot keeps a picture of the page, where BEIAN_SHOTS names a folder.
func shot(t *testing.T, name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		dir := os.Getenv("BEIAN_SHOTS")
		if dir == "" {
			return nil
		}
		png, err := chromedp.FullScreenshot(100)(ctx, target)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, t.Name()+"-"+name+".png") // a subtest's name has a folder
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		return os.WriteFile(path, png, 0o600)
	})
}

func submit(button string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(button)
}

// changed tells the page's script that a value was set.
func changed(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](fmt.Sprintf(`document.querySelector(%q).dispatchEvent(new Event("change"))`, selector))(ctx, target)
		return err
	})
}

// pictures chooses a sample picture for each of the fields of the page of papers.
func pictures(t *testing.T, fields ...string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		for _, field := range fields {
			path := filepath.Join(t.TempDir(), field+".jpg")
			if err := os.WriteFile(path, demo.Picture(field), 0o600); err != nil {
				return err
			}
			if _, err := chromedp.SetUploadFiles("#f-"+field, []string{path})(ctx, target); err != nil {
				return err
			}
		}
		return nil
	})
}

// A customer on a phone goes from sign-in to the number on the order.
func TestBrowserWalk(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 500 * time.Millisecond})
	ctx := browser(t, 390, 844)
	reader, err := demo.NewWalker(s.PanelURL, fmt.Sprintf("http://127.0.0.1:%d", s.Options.Ports.Inbox))
	require.NoError(t, err)
	c, h := filingtest.Contact(), filingtest.PersonHolder()
	begin := time.Now()
	base := "/orders/D20260001/filing"

	require.NoError(t, chromedp.Do(ctx,
		chromedp.Navigate(s.PanelURL), chromedp.WaitVisible("#f-login"), shot(t, "01-sign-in"),
		chromedp.SendKeys("#f-login", stack.DemoCustomer), chromedp.SendKeys("#f-password", stack.DemoCustomerPassword), submit(".card .button"),
		chromedp.WaitVisible(`[data-order="D20260001"]`), shot(t, "02-orders"),
		submit(`[data-order="D20260001"] .button`),
		chromedp.WaitVisible(`[data-stage="contact"]`), shot(t, "03-filing"),
		submit(`.tasks .now a`), chromedp.WaitVisible(`[name=accept][value=yes]`), shot(t, "04-notice"), submit(`[name=accept][value=yes]`),
		chromedp.WaitVisible("#f-user_name"),
		// a wrong form first: errors stand at their fields, what was typed stays
		chromedp.SendKeys("#f-user_name", c.UserName), chromedp.SendKeys("#f-mobile", "12345"), submit("form[data-draft] .button"),
		chromedp.WaitVisible("#e-mobile"), shot(t, "05-contact-problems"),
	))
	kept, err := chromedp.Run(ctx, chromedp.Value("#f-user_name"))
	require.NoError(t, err)
	require.Equal(t, c.UserName, kept)
	require.NoError(t, chromedp.Do(ctx,
		chromedp.SendKeys("#f-user_name", "2"), chromedp.WaitVisible("p[data-user-name]:not(:empty)")))
	live, err := chromedp.Run(ctx, chromedp.Text("p[data-user-name]"))
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(ctx,
		chromedp.SendKeys("#f-password", password), chromedp.SendKeys("#f-password_again", password),
		chromedp.SetValue("#f-province", c.Province), chromedp.SendKeys("#f-name", c.Name),
		chromedp.SetValue("#f-mobile", c.Mobile), chromedp.SendKeys("#f-email", c.Email), submit("form[data-draft] .button"),
		chromedp.WaitVisible("#f-sms_code"), shot(t, "06-verify"),
	))
	require.Equal(t, "可以使用。", live)
	sms, err := reader.Code(t.Context(), c.Mobile, begin)
	require.NoError(t, err)
	mail, err := reader.Code(t.Context(), c.Email, begin)
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(ctx,
		chromedp.SendKeys("#f-sms_code", sms), chromedp.SendKeys("#f-mail_code", mail), submit(".card .button"),
		chromedp.WaitVisible(`form[action$="/kind"]`), shot(t, "07-kind"),
		chromedp.SetValue("#f-nature", strconv.Itoa(h.Nature)), chromedp.SetValue("#f-document_type", strconv.Itoa(h.DocumentType)),
		chromedp.SendKeys("#f-document_number", h.DocumentNumber), submit(`form[action$="/kind"] .button`),
		chromedp.WaitVisible(`[data-advice="new"]`), shot(t, "07-kind-advice"), submit(`form[action$="/choose"] .button`),
		// what was typed to ask stands in the holder's form
		chromedp.WaitVisible("#f-document_address"), shot(t, "07-holder"),
		chromedp.SendKeys("#f-name", h.Name), chromedp.SendKeys("#f-document_address", h.DocumentAddress), chromedp.SendKeys("#f-superior", h.Superior),
		// city and county follow by script
		chromedp.WaitReady(`#f-city option[value="310100"]`), chromedp.SetValue("#f-city", h.City),
		changed("#f-city"),
		chromedp.WaitReady(`#f-county option[value="310101"]`), chromedp.SetValue("#f-county", h.County),
		chromedp.SendKeys("#f-address", h.Address), chromedp.SetValue("#f-manager_document_type", "2"), chromedp.SendKeys("#f-manager_document_number", h.Manager.DocumentNumber),
		submit(`[value=next]`),
		chromedp.WaitVisible("#f-domains"), shot(t, "08-site"),
		chromedp.SendKeys("#f-name", "林测试的读书笔记"), submit(`[name=services][value="2"]`), submit(`[value=next]`),
		chromedp.WaitVisible("[data-papers]"), shot(t, "08-papers"), pictures(t, "holder_id_front", "holder_id_back", "spot_photo", "letter"), submit(`[value=next]`),
		chromedp.WaitVisible(".facts"), shot(t, "09-review"), submit("main form .button"),
		chromedp.WaitVisible(`[data-stage]`), shot(t, "10-handed-in"),
		chromedp.WaitVisible(`[data-stage="installing"]`), shot(t, "11-installing"), // it renews itself
		chromedp.Navigate(s.PanelURL+base+"/result"), chromedp.WaitVisible(".snippet"), shot(t, "12-result"),
	))
	snippet, err := chromedp.Run(ctx, chromedp.Text(".snippet"))
	require.NoError(t, err)
	require.Contains(t, snippet, "beian.miit.gov.cn")
	response, err := reader.PutSnippet(fmt.Sprintf("http://127.0.0.1:%d/accounts/web1/footer", s.Options.Ports.Space), url.Values{"snippet": {snippet}})
	require.NoError(t, err)
	require.Equal(t, 200, response)
	require.NoError(t, chromedp.Do(ctx,
		submit(`form[action$="/check"] .button`), chromedp.WaitVisible(".flash"),
		chromedp.Navigate(s.PanelURL+base), chromedp.WaitVisible(`[data-stage="filed"]`), shot(t, "13-filed"),
		chromedp.Navigate(s.PanelURL+"/orders"), chromedp.WaitVisible(`[data-order="D20260001"] .number`), shot(t, "14-orders"),
	))
	number, err := chromedp.Run(ctx, chromedp.Text(`[data-order="D20260001"] .number`))
	require.NoError(t, err)
	require.Regexp(t, `^沪ICP备\d{10}号-1$`, number)
	record(t, s, "D20260001")
}

// A filed site is changed and then deregistered, on a phone and on a desktop.
func TestBrowserFollowUps(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.HandIn(t.Context(), filingtest.PersonHolder(), "读书笔记"))
	finished(t, s, w, "web1")
	base := s.PanelURL + "/orders/D20260001/filing"
	for width, name := range map[int]string{390: "phone", 1280: "desktop"} {
		ctx := browser(t, width, 900)
		require.NoError(t, chromedp.Do(ctx,
			chromedp.Navigate(s.PanelURL), chromedp.WaitVisible("#f-login"),
			chromedp.SendKeys("#f-login", stack.DemoCustomer), chromedp.SendKeys("#f-password", stack.DemoCustomerPassword), submit(".card .button"),
			chromedp.WaitVisible(`[data-order="D20260001"]`), chromedp.Navigate(base),
			chromedp.WaitVisible(".followups"), shot(t, name+"-01-filed"), submit(`.followups [value="change"]`),
			chromedp.WaitVisible(`.tasks .now a`), shot(t, name+"-02-change"), submit(`.tasks .now a`),
			chromedp.WaitVisible("#f-manager_email"), submit(`[value=next]`),
			chromedp.WaitVisible("#f-domains"), chromedp.SetValue("#f-name", "读书笔记与书评"), submit(`[value=next]`),
			chromedp.WaitVisible("[data-papers]"), pictures(t, "holder_id_front", "holder_id_back"), submit(`[value=next]`),
			chromedp.WaitVisible("#f-password"), shot(t, name+"-03-claim"), submit(`[value=next]`),
			chromedp.WaitVisible(".changed"), shot(t, name+"-04-review"),
			chromedp.Navigate(base), chromedp.WaitVisible(".withdraw summary"), submit(".withdraw summary"), submit(`[name=sure]`), submit(".withdraw .button"),
			chromedp.WaitVisible(`[data-order="D20260001"] .number`), chromedp.Navigate(base), chromedp.WaitVisible(".followups"),
			submit(`.followups [value="end_holder"]`), chromedp.WaitVisible(`.tasks .now a`), submit(`.tasks .now a`),
			chromedp.WaitVisible("#f-reason"), shot(t, name+"-05-ending"), chromedp.SetValue("#f-reason", "4"), submit(`[value=next]`),
			chromedp.WaitVisible("#f-password"), submit(`[value=next]`), chromedp.WaitVisible("#e-password"), shot(t, name+"-06-password-needed"),
			chromedp.Navigate(base), chromedp.WaitVisible(".withdraw summary"), submit(".withdraw summary"), submit(`[name=sure]`), submit(".withdraw .button"),
			chromedp.WaitVisible(`[data-order="D20260001"] .number`),
		))
	}
}

// filepathWith is a file of the test's own.
func filepathWith(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

func upload(selector, path string) chromedp.Action[chromedp.Void] {
	return chromedp.SetUploadFiles(selector, []string{path})
}
