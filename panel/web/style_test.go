package web

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type colour [3]float64 // red, green, blue, 0 to 1

func hexColour(t *testing.T, text string) (c colour) {
	t.Helper()
	digits := strings.TrimPrefix(text, "#")
	if len(digits) == 3 {
		digits = strings.Repeat(digits[:1], 2) + strings.Repeat(digits[1:2], 2) + strings.Repeat(digits[2:], 2)
	}
	require.Len(t, digits, 6, text)
	for i := range c {
		n, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
		require.NoError(t, err)
		c[i] = float64(n) / 255
	}
	return c
}

// mixed mixes c over ground as color-mix does.
func (c colour) mixed(part float64, ground colour) (m colour) {
	for i := range m {
		m[i] = c[i]*part + ground[i]*(1-part)
	}
	return m
}

// luminance is relative luminance as WCAG 2.2 defines it.
func (c colour) luminance() float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

func contrast(a, b colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// themes returns the stylesheet's colours for light, dark and print.
func themes(t *testing.T) map[string]map[string]colour {
	t.Helper()
	raw, err := os.ReadFile("assets/style.css")
	require.NoError(t, err)
	roots := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(string(raw), -1)
	require.Len(t, roots, 3)
	all := map[string]map[string]colour{}
	for i, name := range []string{"light", "dark", "paper"} {
		all[name] = map[string]colour{}
		for k, v := range all["light"] { // a theme inherits what it doesn't set
			all[name][k] = v
		}
		for _, m := range regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]+);`).FindAllStringSubmatch(roots[i][1], -1) {
			all[name][m[1]] = hexColour(t, m[2])
		}
	}
	return all
}

// Every pair of colours in use has the contrast that WCAG 2.2 AA requires: 4.5 for text (1.4.3), 3 for the edges of
// controls and for the focus (1.4.11, 2.4.7).
func TestColoursHaveContrast(t *testing.T) {
	require.InDelta(t, 21, contrast(hexColour(t, "#000"), hexColour(t, "#fff")), 0.001)
	require.InDelta(t, 4.48, contrast(hexColour(t, "#777777"), hexColour(t, "#fff")), 0.01)
	text := map[string][]string{
		"ink": {"ground", "card", "warn-ground"}, "quiet": {"ground", "card", "warn-ground"},
		"accent": {"ground", "card", "warn-ground"},
		"good":   {"ground", "card"}, "bad": {"ground", "card", "warn-ground"}, "warn": {"ground", "card"},
		"accent-ink": {"accent"}, "card": {"bad"}, // buttons
	}
	edges := map[string][]string{
		"quiet":  {"ground", "card"},                // fields
		"ink":    {"ground", "card", "warn-ground"}, // focus
		"accent": {"ground", "card"}, "bad": {"ground", "card"}, "warn": {"ground", "card", "warn-ground"},
	}
	used := map[string]bool{"line": true, "focus": true} // decoration, never the only sign
	for name, colours := range themes(t) {
		for least, pairs := range map[float64]map[string][]string{4.5: text, 3: edges} {
			for front, grounds := range pairs {
				used[front] = true
				for _, ground := range grounds {
					used[ground] = true
					require.GreaterOrEqual(t, contrast(colours[front], colours[ground]), least, "%s: %s on %s", name, front, ground)
				}
			}
		}
		// The footer changes a page's colours.
		for sign, part := range map[string]float64{"good": 0.14, "bad": 0.12} {
			require.GreaterOrEqual(t, contrast(colours["ink"], colours[sign].mixed(part, colours["card"])), 4.5, "%s: %s lines",
				name, sign)
		}
		for colour := range colours {
			require.True(t, used[colour], "%s: --%s is looked at nowhere", name, colour)
		}
	}
}

// Print uses no dark colours, and doesn't get the layout for phones.
func TestPaperHasItsOwnStyle(t *testing.T) {
	raw, err := os.ReadFile("assets/style.css")
	require.NoError(t, err)
	roots := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllStringSubmatch(string(raw), -1)
	for _, m := range regexp.MustCompile(`(--[a-z-]+):`).FindAllStringSubmatch(roots[1][1], -1) {
		require.Contains(t, roots[2][1], m[1]+":", "on paper %s is that of the dark theme", m[1])
	}
	for _, file := range []string{"assets/style.css", "assets/help.css"} {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotRegexp(t, `@media \(max-width`, string(raw), "%s: A4 is as narrow as a tablet", file)
	}
}
