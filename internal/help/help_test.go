package help_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/help"
	"github.com/beian/beian/internal/precheck"
)

func library(t *testing.T) *help.Library {
	t.Helper()
	l, err := help.Load()
	require.NoError(t, err)
	return l
}

func TestBothLanguagesHaveTheSamePagesAndAnchors(t *testing.T) {
	outline := func(lang string) (list []string) {
		for _, p := range library(t).Book(lang).Pages {
			require.NotEmpty(t, p.Lead, p.Slug)
			list = append(list, p.Slug)
			for _, s := range p.Sections {
				list = append(list, p.Slug+"#"+s.Anchor)
			}
		}
		return list
	}
	zh := outline("zh")
	require.Greater(t, len(zh), 100)
	require.Equal(t, zh, outline("en"))
}

func TestLinksLeadSomewhere(t *testing.T) {
	links := regexp.MustCompile(`href="([^"]*)"`)
	tables := []string{"natures", "regions", "reasons", "results"} // on /help/codes; the panel's tests check them
	for _, lang := range help.Languages {
		book, found := library(t).Book(lang), 0
		for _, p := range book.Pages {
			require.NotContains(t, p.HTML, "style=", "the panel's policy forbids styles")
			for _, m := range links.FindAllStringSubmatch(p.HTML, -1) {
				found++
				target, anchor, _ := strings.Cut(m[1], "#")
				slug := strings.TrimPrefix(target, "/help/")
				switch {
				case target == "/help/codes":
					require.Contains(t, append(tables, ""), anchor, p.Slug)
				case target == "/help/ask", target == "/help/complain", target == "/help/provinces", target == "/help/reasons":
				default:
					if target == "" {
						slug = p.Slug
					}
					_, ok := book.Page(slug)
					require.True(t, ok, "%s %s links to %s", lang, p.Slug, m[1])
					require.True(t, anchor == "" || book.Has(slug, anchor), "%s %s links to %s", lang, p.Slug, m[1])
				}
			}
		}
		require.Greater(t, found, 30)
	}
}

// Every result code that requires the customer to act has a section that says what to do.
func TestEveryReasonOfACustomerIsExplained(t *testing.T) {
	for _, lang := range help.Languages {
		book := library(t).Book(lang)
		for _, r := range filing.Refusals() {
			if !r.Staff && !r.Done {
				require.NotEmpty(t, book.Reason(r.Code), "%s: code %d", lang, r.Code)
			}
		}
	}
	require.Equal(t, "refusals#site-name", library(t).Book("zh").Reason(1020))
}

// Every rule of the pre-check, and every paper in the list, has an explanation.
func TestEveryRuleAndPaperIsExplained(t *testing.T) {
	for _, lang := range help.Languages {
		book := library(t).Book(lang)
		for _, rule := range precheck.Names() {
			require.True(t, book.Has("precheck", rule), "%s: explain the rule %s in internal/help/content/%s/35-precheck.md",
				lang, rule, lang)
		}
		for _, paper := range filing.BuiltInPapers().Papers {
			require.True(t, book.Has("papers", "papers-"+paper.Key),
				"%s: explain the paper %s in internal/help/content/%s/25-papers.md", lang, paper.Key, lang)
		}
	}
}

func TestSearch(t *testing.T) {
	l := library(t)
	first := func(lang, query string) string {
		hits := l.Book(lang).Search(query, 5)
		require.NotEmpty(t, hits, query)
		return hits[0].Slug + "#" + hits[0].Anchor
	}
	require.Equal(t, "passwords#nothing-came", first("zh", "没有收到验证码"))
	require.Equal(t, "approved#police", first("zh", "公安备案"))
	require.Equal(t, "questions#urgent", first("zh", "能不能加急"))
	require.Equal(t, "approved#certificate", first("zh", "ｂａｚｕ．ｃｅｒｔ 安装"))
	require.Equal(t, "papers#letter", first("zh", "承诺书谁签"))
	require.Equal(t, "approved#footer-undo", first("zh", "撤销，恢复首页"))
	require.Equal(t, "law#annual-review", first("zh", "年审 年度审核"))
	require.Equal(t, "account#first-password", first("en", "first sign-in password"))
	require.Equal(t, "passwords#lost-password", first("en", "lost filing passwords"))
	require.Equal(t, "approved#certificate", first("en", "install bazu.cert"))
	require.Equal(t, "law#article-22", first("en", "ORDER 33 article 22"))
	require.NotEmpty(t, l.Book("en").Search("certif", 5), "a prefix of a word")
	require.NotEmpty(t, l.Book("zh").Search("县", 5), "a single character")
	require.Empty(t, l.Book("zh").Search("", 5))
	require.Empty(t, l.Book("zh").Search("？！ <script>", 5))
	require.Empty(t, l.Book("en").Search("xylophone", 5))
	require.Len(t, l.Book("zh").Search("备案", 7), 7)
}

func TestHitsMarkWhatWasSearchedFor(t *testing.T) {
	hit := library(t).Book("zh").Search("备案密码", 1)[0]
	var text, marks string
	for _, p := range append(hit.Title, hit.Snippet...) {
		text += p.Text
		if p.Marked {
			marks += p.Text + "|"
		}
	}
	require.Contains(t, marks, "备案密码|", "neighbouring pairs are one mark")
	require.Less(t, len([]rune(text)), 150)
}

func TestAnnouncementIsTame(t *testing.T) {
	page, err :=
		help.RenderAnnouncement(
			"# Head\n\nText <script>alert(1)</script> **b** [x](javascript:alert(1)) [y](https://example.com) ![cat](https://evil.example/p.png)\n\n<https://example.org>\n\n| a |\n| :-: |\n| b |\n", 2)
	require.NoError(t, err)
	text := string(page)
	for _, bad := range []string{"<script", "javascript:", "<img", "style=", "<h1"} {
		require.NotContains(t, text, bad)
	}
	require.Contains(t, text, "<h3>Head</h3>")
	alone, err := help.RenderAnnouncement("# Head", 1)
	require.NoError(t, err)
	require.Equal(t, "<h2>Head</h2>", strings.TrimSpace(string(alone)), "no level is left out below the title")
	_, err = help.RenderAnnouncement("", 3)
	require.Error(t, err)
	require.Contains(t, text, "<strong>b</strong>")
	require.Contains(t, text, "cat")
	require.Equal(t, 3, strings.Count(text, `rel="nofollow noopener noreferrer"`))
}
