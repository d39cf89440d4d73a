// Package browsertest looks at pages as people do: in Debian's chromium, saving a picture of each page and
// checking it against axe-core's rules.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// inProject is a path in the project's folder; tests run in folders below it.
func inProject(path string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, path), nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above: %s", path)
		}
		dir = filepath.Dir(dir)
	}
}

// Sizes are the widths of a phone and a desktop, in CSS pixels.
var Sizes = map[string]int{"phone": 390, "desktop": 1280}

// Open opens chromium with a window of a given size in CSS pixels. The headless shell is the same engine as chromium
// and needs half the processor time.
func Open(t *testing.T, width, height int) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium-headless-shell")
	require.NoError(t, err, "install Debian's package chromium-headless-shell")
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.Flag("site-per-process", true), // a frame of another site is a target of its own
		chromedp.WindowSize(width, height), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("lang", "zh-CN"),
		chromedp.Flag("accept-lang", "zh-CN"))
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	// A window can't be as narrow as a phone.
	require.NoError(t, Do(ctx, chromedp.EmulateViewport(int64(width), int64(height)), mayCopy))
	return ctx
}

// mayCopy lets pages write to the clipboard, as a browser with a window does after a click.
var mayCopy = chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
	_, err := cdp.Call(ctx, target, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: "clipboard-write"}, Setting: browser.PermissionSettingGranted})
	return err
})

// Do runs steps in order. It repeats a step whose node the page removed between finding and using it, which the
// browser reports before it does anything.
func Do(ctx context.Context, steps ...chromedp.Action[chromedp.Void]) error {
	for _, step := range steps {
		err := chromedp.Do(ctx, step)
		for tries := 0; tries < 10 && err != nil && strings.Contains(err.Error(), "node with given id"); tries++ {
			err = chromedp.Do(ctx, step)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Shot saves a picture of the page as Picture does, and reports accessibility violations in light and dark without
// stopping the journey.
func Shot(t *testing.T, name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if err := Picture(ctx, target, t.Name()+"-"+name); err != nil {
			return err
		}
		found, err := Violations(ctx, target)
		if found != "" {
			t.Errorf("%s isn't accessible:%s", name, found)
		}
		return err
	})
}

// screenshot takes a picture of the whole page. Chromium sometimes never answers the first request.
func screenshot(ctx context.Context, target *chromedp.Target) (png []byte, err error) {
	for range 3 {
		attempt, cancel := context.WithTimeout(ctx, 10*time.Second)
		png, err = chromedp.FullScreenshot(100)(attempt, target)
		cancel()
		if err == nil || ctx.Err() != nil {
			return png, err
		}
	}
	return nil, fmt.Errorf("taking a picture of the page: %w", err)
}

// Picture saves a picture of the whole page in the folder that BEIAN_SHOTS names. Without one it does nothing: most
// runs compare no pictures, and drawing them is most of a page's time.
func Picture(ctx context.Context, target *chromedp.Target, name string) error {
	dir := os.Getenv("BEIAN_SHOTS")
	if dir == "" {
		return nil
	}
	png, err := screenshot(ctx, target)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, name+".png") // a subtest's name contains a folder
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, png, 0o600)
}

// violation is axe-core's report on one of its rules.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

var axe = sync.OnceValues(func() (string, error) {
	path, err := inProject(".beian/axe/axe.min.js")
	if err != nil {
		return "", err
	}
	source, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("run make tools: %w", err)
	}
	return string(source), nil
})

// accessible are the shapes of the pages that axe-core found nothing in.
var accessible sync.Map

// Violations are the page's violations of axe-core's rules, with contrast checked again for people who prefer dark
// pages. A page that is replaced meanwhile, by itself or by a click before, fails that in many ways: then the new one
// is looked at.
func Violations(ctx context.Context, target *chromedp.Target) (report string, err error) {
	for range looks {
		if report, err = newViolations(ctx, target); err == nil || ctx.Err() != nil {
			return report, err
		}
	}
	return report, err
}

// looks is how often a page is looked at that can't be.
const looks = 5

// newViolations checks a page unless one of its shape passed before: axe-core takes longer than all else together.
func newViolations(ctx context.Context, target *chromedp.Target) (string, error) {
	shape, err := chromedp.Evaluate[string](pageShape, chromedp.EvalAwaitPromise)(ctx, target)
	if err != nil {
		return "", err
	}
	if _, passed := accessible.Load(shape); passed {
		return "", nil
	}
	report, err := violations(ctx, target)
	if err == nil && report == "" {
		accessible.Store(shape, true)
	}
	return report, err
}

// errReplaced: the page that the shape was taken of has been replaced by another.
var errReplaced = errors.New("another page")

func violations(ctx context.Context, target *chromedp.Target) (string, error) {
	source, err := axe()
	if err != nil {
		return "", err
	}
	loaded, err := chromedp.Evaluate[bool](`"axe" in window`)(ctx, target)
	if err == nil && !loaded {
		_, err = chromedp.Evaluate[chromedp.Void](source)(ctx, target)
	}
	if err != nil {
		return "", fmt.Errorf("axe-core: %w", err)
	}
	var report strings.Builder
	for _, scheme := range []struct{ name, options string }{
		{"light", `{resultTypes: ["violations"]}`},
		{"dark", `{resultTypes: ["violations"], runOnly: ["color-contrast"]}`},
	} {
		media := emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme.name}}}
		if _, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, media); err != nil {
			return "", err
		}
		found, err := chromedp.Evaluate[[]violation](fmt.Sprintf(runAxe, scheme.options),
			chromedp.EvalAwaitPromise)(ctx, target)
		if err != nil {
			return "", fmt.Errorf("axe-core: %w", err)
		}
		if found == nil {
			return "", errReplaced
		}
		for _, v := range found {
			for _, node := range v.Nodes {
				fmt.Fprintf(&report, "\n%s (%s): %s\n  %s\n  %s", v.ID, scheme.name, v.Help, node.HTML,
					strings.ReplaceAll(node.Summary, "\n", "\n  "))
			}
		}
	}
	_, err = cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{})
	return report.String(), err
}

// pageShape waits until the page is loaded, and is a hash of what axe-core's rules depend on: the width, each element
// with its attributes, and where there is text, but not what it says. Attributes that hold text stand for any text,
// names that elements call each other by for their order, numbers for any number, and an element for those after it of
// its shape. A page in the other language, or about another order, so has the same shape, unless a text is missing.
const pageShape = `(async () => {
	if (document.readyState !== "complete") await new Promise(loaded => addEventListener("load", loaded))
	const texts = ["href", "src", "content", "value", "title", "alt", "placeholder", "action", "aria-label"]
	const names = ["id", "for", "name", "list", "form", "headers", "aria-labelledby", "aria-describedby", "aria-controls"]
	const seen = new Map()
	const order = name => seen.get(name) ?? seen.set(name, seen.size).get(name)
	const attribute = ({name, value}) => {
		if (name === "lang" && ["zh-CN", "en"].includes(value)) return ""
		if (texts.includes(name)) return name + !value.trim()
		if (names.includes(name)) return name + value.trim().split(/\s+/).map(order)
		return name + "=" + value.replace(/[0-9]+/g, "0")
	}
	window.repeated = []
	const shape = node => {
		if (node.nodeType === Node.TEXT_NODE) return node.data.trim() ? "t" : ""
		if (node.nodeType !== Node.ELEMENT_NODE || node.tagName === "SCRIPT") return ""
		if (node.tagName === "OPTION") return "<OPTION " + !node.text.trim() + ">"
		const attributes = [...node.attributes].filter(a => !a.name.startsWith("data-")).map(attribute).sort().join(" ")
		const shapes = [...node.childNodes].map(child => [shape(child), child]).filter(([s]) => s)
		const children = shapes.filter(([s, child], i, all) => {
			if (i === 0 || s !== all[i - 1][0]) return true
			if (child.nodeType === Node.ELEMENT_NODE) repeated.push(child)
		}).map(([s]) => s)
		const filled = node.matches("input, textarea") && node.value ? " filled" : ""
		return "<" + node.tagName + " " + attributes + filled + ">" + children.join("") + "</>"
	}
	const text = new TextEncoder().encode(innerWidth + shape(document.documentElement))
	return crypto.subtle.digest("SHA-256", text).then(hash => new Uint8Array(hash).toHex())
})()`

// runAxe takes axe-core's options and returns the fields of violation; of elements that pageShape found to repeat the
// one before, it checks only the first. It returns null if the page is another one than pageShape saw.
const runAxe = `window.axe && window.repeated ? axe.run({exclude: repeated}, %s).then(result => result.violations.map(v => ({
	id: v.id, help: v.help, nodes: v.nodes.map(n => ({html: n.html, failureSummary: n.failureSummary})),
}))) : null`
