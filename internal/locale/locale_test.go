package locale_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
)

func TestBothLanguagesHaveTheSameKeys(t *testing.T) {
	zh, err := locale.Keys("zh")
	require.NoError(t, err)
	en, err := locale.Keys("en")
	require.NoError(t, err)
	require.NotEmpty(t, zh)
	for k := range zh {
		require.True(t, en[k], "English lacks %s", k)
	}
	for k := range en {
		require.True(t, zh[k], "Chinese lacks %s", k)
	}
}

// Every key that templates and code name must have a text, and templates must
// have no text of their own.
func TestKeysThatAreUsedExist(t *testing.T) {
	keys, err := locale.Keys("zh")
	require.NoError(t, err)
	used := 0
	check := func(form *regexp.Regexp, text, where, prefix string) {
		for _, m := range form.FindAllStringSubmatch(text, -1) {
			used++
			require.True(t, keys[prefix+m[1]], "%s uses %s%s, which has no text", where, prefix, m[1])
		}
	}
	root := "../.."
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2 {
				return filepath.SkipDir
			}
			return err
		}
		raw := func() string {
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			return string(b)
		}
		switch {
		case strings.HasSuffix(path, ".html") && strings.Contains(path, "panel"):
			text := raw()
			check(regexp.MustCompile(`(?:\.T|\$t)\.T "([a-z0-9_.]+)"`), text, path, "")
			without := strings.ReplaceAll(text, `<span aria-hidden="true">备</span>`, "")
			require.NotRegexp(t, `\p{Han}`, without, "%s has Chinese text outside the locale files", path)
		case strings.HasSuffix(path, ".go") && strings.Contains(path, "internal/filing") && !strings.HasSuffix(path, "_test.go"):
			check(regexp.MustCompile(`p\.add\([^,]+, "([a-z0-9_]+)"`), raw(), path, "problem.")
			check(regexp.MustCompile(`return (?:r|""|"[a-z_]+"), "([a-z0-9_]+)"`), raw(), path, "problem.")
			check(regexp.MustCompile(`return "([a-z]+_[a-z_]+)"\n`), raw(), path, "problem.")
		case strings.HasSuffix(path, ".go") && strings.Contains(path, "panel/"):
			check(regexp.MustCompile(`s\.flash\(c, "([a-z0-9_.]+)"`), raw(), path, "")
			check(regexp.MustCompile(`page\{Title: "([a-z0-9_.]+)"`), raw(), path, "")
			check(regexp.MustCompile(`Key: "([a-z0-9_]+)"\}`), raw(), path, "problem.")
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, used, 150, "the scan must find what it looks for")
}

func TestStagesHaveTexts(t *testing.T) {
	b, err := locale.New()
	require.NoError(t, err)
	for _, lang := range locale.Languages {
		l := b.For(lang)
		for _, s := range filing.Stages {
			require.True(t, l.Has("stage."+string(s)), "%s: stage %s", lang, s)
			require.True(t, l.Has("next."+string(s)), "%s: next %s", lang, s)
		}
	}
	require.Equal(t, "太长了，最多 9 个字。", b.For("zh").T("problem.too_long", map[string]any{"max": 9}))
}
