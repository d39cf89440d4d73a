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
