package browsertest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/browsertest"
)

// The checker finds violations, and finds those of the dark scheme only there.
func TestBrowserSeesWhatIsNotAccessible(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w,
			`<!doctype html><html lang="zh"><title>备案</title><style>@media (prefers-color-scheme:dark){p{color:#777;background:#666}}</style><main><h1>备案</h1><img src="/x"><p>看不清的文字</p></main></html>`)
	}))
	defer page.Close()
	ctx := browsertest.Open(t, browsertest.Sizes["phone"], 844)
	var found string
	require.NoError(t, browsertest.Do(ctx, chromedp.Navigate(page.URL),
		chromedp.Func(func(ctx context.Context, target *chromedp.Target) (err error) {
			found, err = browsertest.Violations(ctx, target)
			return err
		})))
	require.Contains(t, found, "image-alt (light)")
	require.Contains(t, found, "color-contrast (dark)")
	require.NotContains(t, found, "color-contrast (light)")
}

// A page whose shape has passed isn't checked again, but one that lacks a text or whose names lead astray has another shape.
func TestBrowserChecksEachShapeOfAPage(t *testing.T) {
	const form = `<label for="%s">%s</label><input id="%s">`
	pages := map[string]string{
		"/passes": fmt.Sprintf(form, "f-1", "账号", "f-1"), "/same": fmt.Sprintf(form, "g-7", "Account", "g-7"),
		"/textless": fmt.Sprintf(form, "f-1", "", "f-1"), "/astray": fmt.Sprintf(form, "f-1", "账号", "f-2"),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="zh-CN"><title>备案</title><main><h1>备案</h1>%s</main></html>`,
			pages[r.URL.Path])
	}))
	defer server.Close()
	ctx := browsertest.Open(t, browsertest.Sizes["phone"], 844)
	found := func(path string) (violations string) {
		require.NoError(t, browsertest.Do(ctx, chromedp.Navigate(server.URL+path),
			chromedp.Func(func(ctx context.Context, target *chromedp.Target) (err error) {
				violations, err = browsertest.Violations(ctx, target)
				return err
			})))
		return violations
	}
	checked := func() (yes bool) {
		require.NoError(t, browsertest.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) (err error) {
			yes, err = chromedp.Evaluate[bool](`"axe" in window`)(ctx, target)
			return err
		})))
		return yes
	}
	require.Empty(t, found("/passes"))
	require.True(t, checked())
	require.Empty(t, found("/same"))
	require.False(t, checked(), "only the words differ")
	require.Contains(t, found("/textless"), "label (light)")
	require.Contains(t, found("/astray"), "label (light)")
}

// A page that is replaced while it is looked at isn't the one that people see: the next one is looked at.
func TestBrowserLooksAtThePageThatStays(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		content := `<img src="/x">`
		if r.URL.Path == "/" {
			// axe-core has begun when it is replaced
			content = `<script>Object.defineProperty(window, "repeated", {set() {}, get() { location.replace("/next"); return [] }})</script>`
		}
		fmt.Fprintf(w, `<!doctype html><html lang="zh-CN"><title>备案</title><main><h1>备案</h1>%s</main></html>`, content)
	}))
	defer server.Close()
	ctx := browsertest.Open(t, browsertest.Sizes["phone"], 844)
	var found string
	require.NoError(t, browsertest.Do(ctx, chromedp.Navigate(server.URL),
		chromedp.Func(func(ctx context.Context, target *chromedp.Target) (err error) {
			found, err = browsertest.Violations(ctx, target)
			return err
		})))
	require.Contains(t, found, "image-alt")
}
