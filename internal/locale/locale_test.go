package locale_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

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

// topic is what a key's text is about: its first part, or the form of "field.FORM.NAME" and "help.FORM.NAME".
func topic(key string) string {
	parts := strings.Split(key, ".")
	if parts[0] == "field" || parts[0] == "help" {
		return parts[1]
	}
	return parts[0]
}

// A key's topic names its file: "kind" and "kind_help" are in kinds.LANGUAGE.json. The longest name counts.
func TestFilesAreNamedByTheirTopics(t *testing.T) {
	for _, lang := range locale.Languages {
		files, err := filepath.Glob("*." + lang + ".json")
		require.NoError(t, err)
		for _, file := range files {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			var texts map[string]string
			require.NoError(t, json.Unmarshal(raw, &texts))
			for key := range texts {
				best, of := "", topic(key)
				for _, other := range files {
					name := strings.TrimSuffix(other, "."+lang+".json")
					stem := strings.TrimSuffix(name, "s")
					if (of == name || of == stem || strings.HasPrefix(of, stem+"_")) && len(name) > len(best) {
						best = name
					}
				}
				require.Equal(t, best+"."+lang+".json", file, key)
			}
		}
	}
}

// texts returns a language's texts by key.
func texts(t *testing.T, lang string) map[string]string {
	t.Helper()
	names, err := filepath.Glob("*." + lang + ".json")
	require.NoError(t, err)
	all := map[string]string{}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, &all))
	}
	return all
}

var placeholder = regexp.MustCompile(`\{\{\s*(?:if\s+)?\.([a-zA-Z_]+)`)

// placeholders returns the distinct names that a text uses.
func placeholders(text string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestBothLanguagesHaveTheSamePlaceholders(t *testing.T) {
	en, found := texts(t, "en"), 0
	for key, text := range texts(t, "zh") {
		require.NotEmpty(t, strings.TrimSpace(text), key)
		require.NotEmpty(t, strings.TrimSpace(en[key]), key)
		require.Equal(t, placeholders(text), placeholders(en[key]), key)
		found += len(placeholders(text))
	}
	require.Greater(t, found, 50)
}

// compiled is how files end that are compiled from components.
const compiled = "_templ.go"

// sources are the product's own files below a folder with one of the endings, by their paths:
// components, but not what is compiled from them.
func sources(t *testing.T, folder string, endings ...string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(filepath.Join("../..", folder), func(path string, d fs.DirEntry, err error) error {
		wanted := slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(path, ending) })
		if err != nil || d.IsDir() || !wanted || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if strings.HasSuffix(path, compiled) && !slices.Contains(endings, compiled) {
			return nil
		}
		raw, err := os.ReadFile(path)
		all[path] = string(raw)
		return err
	}))
	require.NotEmpty(t, all)
	return all
}

// Every key that components and code name has a text.
func TestKeysThatAreUsedExist(t *testing.T) {
	keys, err := locale.Keys("zh")
	require.NoError(t, err)
	used := 0
	check := func(form, text, where, prefix string) {
		for _, m := range regexp.MustCompile(form).FindAllStringSubmatch(text, -1) {
			used++
			require.True(t, keys[prefix+m[1]], "%s uses %s%s, which has no text", where, prefix, m[1])
		}
	}
	for path, text := range sources(t, "internal/filing", ".go") {
		check(`p\.add\([^,]+, "([a-z0-9_]+)"`, text, path, "problem.")
		check(`return (?:r|""|"[a-z_]+"), "([a-z0-9_]+)"`, text, path, "problem.")
		check(`return "([a-z]+_[a-z_]+)"\n`, text, path, "problem.")
	}
	for path, text := range sources(t, "panel", ".go", ".templ") {
		check(`\.(?:T|Text)\("([a-z0-9_.]+)"[,)]`, text, path, "")
		check(`\.Flash\(c, "([a-z0-9_.]+)"\)`, text, path, "")
		check(`TextColumn\("([a-z0-9_.]+)",`, text, path, "")
		check(`Key: "([a-z0-9_.]+)", Cell:`, text, path, "")
		check(`@(?:web\.)?(?:Fact|TextFact)\(p, "([a-z0-9_.]+)"[,)]`, text, path, "")
		check(`@(?:web\.)?BackTo\(p, [^,]+, "([a-z0-9_.]+)"\)`, text, path, "")
		check(`\b(?:Title|Lead|Button|Label): +"([a-z0-9_.]+)"[,}]`, text, path, "")
		check(`Field: [^,]+, Key: "([a-z0-9_]+)"[,}]`, text, path, "problem.")
	}
	require.Greater(t, used, 400, "the scan must find what it looks for")
}

// computed matches keys that are composed: "stage.%s", "stage." + x.
var computed = []*regexp.Regexp{
	regexp.MustCompile(`:?= "([a-z_]+\.)" ?\+`), regexp.MustCompile(`\.(?:T|Has|Text)\("([a-z0-9_.]+)" ?\+`),
}

// For a composed key there are matching texts.
func TestComputedKeysHaveTexts(t *testing.T) {
	keys, err := locale.Keys("zh")
	require.NoError(t, err)
	found := 0
	for path, text := range sources(t, "panel", ".go", ".templ") {
		for _, form := range computed {
			for _, m := range form.FindAllStringSubmatch(text, -1) {
				literal := strings.Trim(strings.NewReplacer("%s", "", "%d", "", "%v", "").Replace(m[1]), "._")
				if strings.HasPrefix(m[1], "/") || literal == "" { // a URL, or nothing literal
					continue
				}
				found++
				pattern := strings.NewReplacer(`%s`, `[a-z0-9_.]+`, `%d`, `\d+`, `%v`,
					`[a-z0-9_.]+`).Replace(strings.ReplaceAll(m[1], ".", `\.`))
				is := regexp.MustCompile(`^` + pattern)
				has := false
				for key := range keys {
					has = has || is.MatchString(key)
				}
				require.True(t, has, "%s: no text can be meant by %s", path, m[1])
			}
		}
	}
	require.Greater(t, found, 50)
}

// argsOf reads `"a", x, "b", f("y"))` up to the closing parenthesis: the names at the even places.
func argsOf(text string) (names []string) {
	depth, n, start, quoted := 0, 0, 0, false
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0 && (c == ',' || c == ')'):
			if n%2 == 0 {
				names = append(names, strings.Trim(text[start:i], " \t\n\""))
			}
			if c == ')' {
				return names
			}
			n, start = n+1, i+1
		}
	}
	return names
}

// Every text gets arguments for its placeholders, under the right names.
func TestPlaceholdersAreFilled(t *testing.T) {
	require.Equal(t, []string{"a", "b"}, argsOf(`"a", x, "b", f("(", y)), nil)`))
	all, found := texts(t, "zh"), 0
	check := func(path, key string, given []string) {
		found++
		for _, name := range placeholders(all[key]) {
			require.Contains(t, given, name, "%s: %s", path, key)
		}
		for _, name := range given {
			require.Contains(t, placeholders(all[key]), name, "%s: %s has no place for it", path, key)
		}
	}
	for path, text := range sources(t, "panel", ".go", ".templ") {
		for _, at := range regexp.MustCompile(`\.Text\("([a-z0-9_.]+)",`).FindAllStringSubmatchIndex(text, -1) {
			check(path, text[at[2]:at[3]], argsOf(text[at[1]:]))
		}
		for _, m := range regexp.MustCompile(`\.(?:T\("([a-z0-9_.]+)", nil|Text\("([a-z0-9_.]+)")\)`).FindAllStringSubmatch(
			text, -1) {
			check(path, m[1]+m[2], nil)
		}
		for _, m := range regexp.MustCompile(`\.T\("([a-z0-9_.]+)", map\[string\]any\{(.*?)\}\)`).FindAllStringSubmatch(
			text, -1) {
			var given []string
			for _, name := range regexp.MustCompile(`"([a-zA-Z_]+)":`).FindAllStringSubmatch(m[2], -1) {
				given = append(given, name[1])
			}
			check(path, m[1], given)
		}
	}
	require.Greater(t, found, 400)
}

// names stand in components as they are: of the product's mark, a file of the
// bureau's, and the ministries' sites.
var names = []string{"备", "beian.miit.gov.cn", "beian.mps.gov.cn"}

// Components have no words of their own, neither between tags nor in attributes that are read.
func TestComponentsHaveNoWords(t *testing.T) {
	literal := regexp.MustCompile(`WriteString\(templ_\w+, \d+, (".*")\)`)
	letters := regexp.MustCompile(`\p{L}`)
	tags := regexp.MustCompile(`<[^>]*>`) // in a noscript, which is text for the tokenizer
	read := map[string]bool{"aria-label": true, "aria-description": true, "title": true, "placeholder": true, "alt": true,
		"label": true, "summary": true}
	seen := map[string]bool{}
	for path, source := range sources(t, "panel", compiled) {
		var markup strings.Builder
		for _, m := range literal.FindAllStringSubmatch(source, -1) {
			part, err := strconv.Unquote(m[1])
			require.NoError(t, err)
			markup.WriteString(part)
		}
		require.NotEqual(t, strings.Contains(source, "WriteString("), markup.Len() == 0, "%s: the scan finds no markup", path)
		tokens := html.NewTokenizer(strings.NewReader(markup.String()))
		for kind := tokens.Next(); kind != html.ErrorToken; kind = tokens.Next() {
			token := tokens.Token()
			switch kind {
			case html.TextToken:
				text := strings.TrimSpace(tags.ReplaceAllString(token.Data, ""))
				if seen[text] = true; !slices.Contains(names, text) {
					require.NotRegexp(t, letters, text, "%s has a text outside the locale files", path)
				}
			case html.StartTagToken, html.SelfClosingTagToken:
				for _, a := range token.Attr {
					if read[a.Key] {
						require.NotRegexp(t, letters, a.Val, "%s: %s of %s", path, a.Key, token.Data)
					}
				}
				require.NotRegexp(t, `\p{Han}`, token.String(), path)
			}
		}
	}
	for _, name := range names {
		require.True(t, seen[name], "no component has the text %s: drop it from the names, or mend the scan", name)
	}
}

// Punctuation between labels, messages and names depends on the language, too.
func TestPanelPutsNoPunctuationBetweenTexts(t *testing.T) {
	for path, text := range sources(t, "panel", ".go") {
		require.NotRegexp(t, `"[：、，。]+"`, text, "%s: use Labelled or List", path)
	}
}

func TestTextsArePutTogetherByTheirLanguage(t *testing.T) {
	b, err := locale.New()
	require.NoError(t, err)
	zh, en := b.For("zh"), b.For("en")
	require.Equal(t, "手机：请填写 <此项>。", zh.Labelled("手机", "请填写 <此项>。"))
	require.Equal(t, "Phone: Please fill this in.", en.Labelled("Phone", "Please fill this in."))
	require.Equal(t, "甲、乙", zh.List([]string{"甲", "乙"}))
	require.Equal(t, "a, b", en.List([]string{"a", "b"}))
	require.Empty(t, en.List(nil))
}

func TestStagesHaveTexts(t *testing.T) {
	b, err := locale.New()
	require.NoError(t, err)
	for _, lang := range locale.Languages {
		l := b.For(lang)
		for _, s := range filing.Stages {
			require.True(t, l.Has("stage."+string(s)), "%s: stage %s", lang, s)
			require.True(t, l.Has("stage_next."+string(s)), "%s: next %s", lang, s)
		}
	}
	require.Equal(t, "太长了，最多 9 个字。", b.For("zh").T("problem.too_long", map[string]any{"max": 9}))
}
