package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/demo"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/stack"
)

func submit(button string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(button)
}

// changed tells the page's script that a value was set.
func changed(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](
			fmt.Sprintf(`document.querySelector(%q).dispatchEvent(new Event("change"))`, selector))(ctx, target)
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
			if _, err := chromedp.SetUploadFiles(chromedp.ID("f-"+field), []string{path})(ctx, target); err != nil {
				return err
			}
		}
		return nil
	})
}

// A filed site is changed and then deregistered, on a phone and on a desktop.
func TestBrowserFollowUps(t *testing.T) {
	s, _ := start(t, stack.Options{ReviewAfter: 100 * time.Millisecond})
	w := customer(t, s)
	prepared(t, w, "D20260001")
	require.NoError(t, w.SubmitDossier(t.Context(), filingtest.PersonHolder(), "读书笔记"))
	finished(t, s, w, "web1")
	base := s.PanelURL + "/orders/D20260001/filing"
	for width, name := range map[int]string{390: "phone", 1280: "desktop"} {
		ctx := browser(t, width, 900)
		require.NoError(t, patiently(ctx,
			chromedp.Navigate(s.PanelURL), chromedp.WaitVisible("#f-login"),
			chromedp.SendKeys("#f-login", stack.DemoCustomer), chromedp.SendKeys("#f-password", stack.DemoCustomerPassword),
			submit(".card .button"),
			chromedp.WaitVisible(`[data-order="D20260001"]`), chromedp.Navigate(base),
			chromedp.WaitVisible(".followups"), shot(t, name+"-01-filed"), submit(`.followups [value="change"]`),
			chromedp.WaitVisible(`.tasks .now a`), shot(t, name+"-02-change"), submit(`.tasks .now a`),
			chromedp.WaitVisible("#f-manager_email"), submit(`[value=next]`),
			chromedp.WaitVisible("#f-domains"), chromedp.SetValue("#f-name", "读书笔记与书评"), submit(`[value=next]`),
			chromedp.WaitVisible("[data-papers]"), pictures(t, "holder_id_front", "holder_id_back"), submit(`[value=next]`),
			chromedp.WaitVisible("#f-password"), shot(t, name+"-03-claim"), submit(`[value=next]`),
			chromedp.WaitVisible(".changed"), shot(t, name+"-04-review"),
			chromedp.Navigate(base), chromedp.WaitVisible(".withdraw summary"), submit(".withdraw summary"),
			submit(`[name=sure]`), submit(".withdraw .button"),
			chromedp.WaitVisible(`[data-order="D20260001"] .number`), chromedp.Navigate(base),
			chromedp.WaitVisible(".followups"),
			submit(`.followups [value="end_holder"]`), chromedp.WaitVisible(`.tasks .now a`), submit(`.tasks .now a`),
			chromedp.WaitVisible("#f-reason"), shot(t, name+"-05-ending"), chromedp.SetValue("#f-reason", "4"),
			submit(`[value=next]`),
			chromedp.WaitVisible("#f-password"), submit(`[value=next]`), chromedp.WaitVisible("#e-password"),
			shot(t, name+"-06-password-needed"),
			chromedp.Navigate(base), chromedp.WaitVisible(".withdraw summary"), submit(".withdraw summary"),
			submit(`[name=sure]`), submit(".withdraw .button"),
			chromedp.WaitVisible(`[data-order="D20260001"] .number`),
		))
	}
}

// filepathWith writes a file of the test's own and returns its path.
func filepathWith(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return path
}

func upload(selector, path string) chromedp.Action[chromedp.Void] {
	return chromedp.SetUploadFiles(selector, []string{path})
}
