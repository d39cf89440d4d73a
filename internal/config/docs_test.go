package config_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/store"
)

const root = "../.."

// editions are the pages with a Chinese edition in docs/zh-CN.
var editions = []string{
	"accounts", "embedding", "messages", "operate", "orders", "papers", "plug-in", "privacy", "rules", "settings", "staff", "support",
}

func read(t *testing.T, path string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, path))
	require.NoError(t, err)
	return string(page)
}

// The settings pages are generated from the code: BEIAN_UPDATE_GOLDEN=1 writes their tables.
func TestSettingsPagesAreTrue(t *testing.T) {
	for lang, path := range map[string]string{"en": "docs/settings.md", "zh": "docs/zh-CN/settings.md"} {
		page, table := read(t, path), config.Table(lang)
		require.NotContains(t, table, "` |  |", "%s: a setting has no text; its Chinese one is in settings_zh.go", lang)
		if os.Getenv("BEIAN_UPDATE_GOLDEN") != "" {
			page = regexp.MustCompile(`(?m)(^\|.*\n)+`).ReplaceAllLiteralString(page, table)
			require.NoError(t, os.WriteFile(filepath.Join(root, path), []byte(page), 0o644))
		}
		require.Contains(t, page, table, "copy the output of `beian settings --language %s` into %s", lang, path)
	}
}

// The table of retention is generated from its rules: BEIAN_UPDATE_GOLDEN=1 writes it.
func TestRetentionPagesAreTrue(t *testing.T) {
	for lang, path := range map[string]string{"en": "docs/privacy.md", "zh": "docs/zh-CN/privacy.md"} {
		page, table := read(t, path), store.RetentionTable(lang)
		if os.Getenv("BEIAN_UPDATE_GOLDEN") != "" {
			page = regexp.MustCompile(`(?m)(^\|.*\n)+`).ReplaceAllLiteralString(page, table)
			require.NoError(t, os.WriteFile(filepath.Join(root, path), []byte(page), 0o644))
		}
		require.Contains(t, page, table)
	}
	for _, r := range store.RetentionRules {
		require.Contains(t, config.Table("en")+"``", "`"+r.Setting+"`")
	}
}

// otherVariables are for development and tests.
var otherVariables = []string{"BEIAN_BULK", "BEIAN_TEMPORAL_SERVER"}

func TestPagesNameSettingsThatExist(t *testing.T) {
	table := config.Table("en")
	for path, page := range pages(t) {
		for _, name := range regexp.MustCompile(`BEIAN_[A-Z_]+`).FindAllString(page, -1) {
			known := strings.Contains(table, "`"+name+"`") || slices.Contains(otherVariables, name)
			require.True(t, known, "%s: there is no %s", path, name)
		}
	}
}

var (
	fenced  = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	heading = regexp.MustCompile(`(?m)^(#+) (.*)$`)
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
)

// pages are README and docs in both languages, without their blocks of code.
func pages(t *testing.T) map[string]string {
	t.Helper()
	list := map[string]string{}
	for _, pattern := range []string{"README*.md", "docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, file := range found {
			path, err := filepath.Rel(root, file)
			require.NoError(t, err)
			list[path] = fenced.ReplaceAllString(read(t, path), "")
		}
	}
	require.Greater(t, len(list), 20)
	return list
}

// Both editions of a page have the same headings, level by level, and link to each other.
func TestEditionsHaveTheSameHeadings(t *testing.T) {
	all := pages(t)
	pairs := [][2]string{{"README.md", "README.zh-CN.md"}}
	for _, name := range editions {
		pairs = append(pairs, [2]string{"docs/" + name + ".md", "docs/zh-CN/" + name + ".md"})
	}
	for _, pair := range pairs {
		english, chinese := all[pair[0]], all[pair[1]]
		require.NotEmpty(t, chinese, pair[1])
		require.Equal(t, levels(english), levels(chinese), "%s and %s", pair[0], pair[1])
		for i, page := range []string{english, chinese} {
			other, err := filepath.Rel(filepath.Dir(pair[i]), pair[1-i])
			require.NoError(t, err)
			top := strings.Join(strings.SplitN(page, "\n", 5)[:4], "\n")
			require.Contains(t, top, "]("+other+")", "%s links to its other edition at its top", pair[i])
		}
	}
	translated, err := filepath.Glob(filepath.Join(root, "docs/zh-CN/*.md"))
	require.NoError(t, err)
	require.Len(t, translated, len(editions))
}

// levels are the levels of a page's headings in their order.
func levels(page string) (list []string) {
	for _, h := range heading.FindAllStringSubmatch(page, -1) {
		list = append(list, h[1])
	}
	return list
}

// Relative links lead to files, and to headings, that exist.
func TestLinksLeadSomewhere(t *testing.T) {
	all := pages(t)
	anchors := map[string][]string{}
	for path, page := range all {
		for _, h := range heading.FindAllStringSubmatch(page, -1) {
			anchors[path] = append(anchors[path], slug(h[2]))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		for _, l := range link.FindAllStringSubmatch(all[path], -1) {
			if strings.Contains(l[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(l[1], "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), file)
				require.FileExists(t, filepath.Join(root, target), "%s links to %s", path, l[1])
			}
			if anchor != "" {
				require.Contains(t, anchors[target], anchor, "%s links to %s", path, l[1])
			}
		}
	}
}

// slug is the anchor that GitHub and others give a heading.
func slug(text string) string {
	text = regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(text), "")
	return strings.ReplaceAll(text, " ", "-")
}
