package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

const (
	// shotsDir keeps the pictures of pages where BEIAN_SHOTS names no other folder.
	shotsDir = "../.beian/shots"
	// axeFile is the accessibility checker that `make tools` installs.
	axeFile = "../.beian/axe/axe.min.js"
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
	require.NoError(t, patiently(ctx, chromedp.EmulateViewport(int64(width), int64(height)))) // a window can't be as narrow as a phone
	return ctx
}

// shot looks at a page: a picture of it is kept, and it must be accessible, in the
// light and in the dark; the journey goes on all the same.
func shot(t *testing.T, name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if err := keepPicture(ctx, target, t.Name()+"-"+name); err != nil {
			return err
		}
		found, err := violations(ctx, target)
		if found != "" {
			t.Errorf("%s isn't accessible:%s", name, found)
		}
		return err
	})
}

func keepPicture(ctx context.Context, target *chromedp.Target, name string) error {
	dir := os.Getenv("BEIAN_SHOTS")
	if dir == "" {
		dir = shotsDir
	}
	png, err := chromedp.FullScreenshot(100)(ctx, target)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, name+".png") // a subtest's name has a folder
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, png, 0o600)
}

// violation is what axe-core reports of one of its rules.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

var axe = sync.OnceValues(func() (string, error) {
	source, err := os.ReadFile(axeFile)
	if err != nil {
		return "", fmt.Errorf("run make tools: %w", err)
	}
	return string(source), nil
})

// violations of axe-core's rules on the page, and of that on contrast once more as
// somebody sees it who prefers dark pages.
func violations(ctx context.Context, target *chromedp.Target) (string, error) {
	source, err := axe()
	if err != nil {
		return "", err
	}
	if _, err := chromedp.Evaluate[chromedp.Void](source)(ctx, target); err != nil {
		return "", fmt.Errorf("axe-core: %w", err)
	}
	var report strings.Builder
	for _, scheme := range []struct{ name, options string }{{"light", `{}`}, {"dark", `{runOnly: ["color-contrast"]}`}} {
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme.name}}}
		if _, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, media); err != nil {
			return "", err
		}
		found, err := chromedp.Evaluate[[]violation](fmt.Sprintf(runAxe, scheme.options), chromedp.EvalAwaitPromise)(ctx, target)
		if err != nil {
			return "", fmt.Errorf("axe-core: %w", err)
		}
		for _, v := range found {
			for _, node := range v.Nodes {
				fmt.Fprintf(&report, "\n%s (%s): %s\n  %s\n  %s", v.ID, scheme.name, v.Help, node.HTML, strings.ReplaceAll(node.Summary, "\n", "\n  "))
			}
		}
	}
	_, err = cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	return report.String(), err
}

// runAxe takes axe-core's options and gives what a violation holds.
const runAxe = `axe.run(document, %s).then(result => result.violations.map(v => ({
	id: v.id, help: v.help, nodes: v.nodes.map(n => ({html: n.html, failureSummary: n.failureSummary})),
})))`

// The checker sees what is wrong, and only dark what is wrong in the dark.
func TestBrowserSeesWhatIsNotAccessible(t *testing.T) {
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><html lang="zh"><title>备案</title><style>@media (prefers-color-scheme:dark){p{color:#777;background:#666}}</style><main><h1>备案</h1><img src="/x"><p>看不清的文字</p></main></html>`)
	}))
	defer page.Close()
	ctx := browser(t, sizes["phone"], 844)
	var found string
	require.NoError(t, patiently(ctx, chromedp.Navigate(page.URL), chromedp.Func(func(ctx context.Context, target *chromedp.Target) (err error) {
		found, err = violations(ctx, target)
		return err
	})))
	require.Contains(t, found, "image-alt (light)")
	require.Contains(t, found, "color-contrast (dark)")
	require.NotContains(t, found, "color-contrast (light)")
}
