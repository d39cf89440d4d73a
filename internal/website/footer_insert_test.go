package website_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/beian/beian/internal/website"
)

// lines is a footer without a public-security number, both is one with it.
var (
	lines = website.FootLines(number, "", targets, "", policeTarget)
	both  = website.FootLines(number, "", targets, "沪公网安备 31010102000001号", policeTarget)
)

const policeTarget = "https://beian.mps.gov.cn/#/query/webSearch?code="

// Golden files of every encoding and shape: run with BEIAN_UPDATE_GOLDEN=1 after an intended change, and review
// the difference.
func TestFootOfEveryKindOfPage(t *testing.T) {
	files, err := filepath.Glob("testdata/foot/*.html")
	require.NoError(t, err)
	require.Greater(t, len(files), 20)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".html"), func(t *testing.T) {
			page, err := os.ReadFile(file)
			require.NoError(t, err)
			edited, _, err := website.PutFooter(page, "", lines)
			require.NoError(t, err)
			onlyInserted(t, page, edited)
			golden := strings.TrimSuffix(file, ".html") + ".golden"
			if os.Getenv("BEIAN_UPDATE_GOLDEN") != "" {
				require.NoError(t, os.WriteFile(golden, edited, 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), string(edited))
			_, _, err = website.PutFooter(edited, "", lines)
			requireUnfit(t, website.UnfitShown, err)
			diff, err := website.Diff(page, edited)
			require.NoError(t, err)
			shown := ""
			for _, l := range diff {
				if l.Sign == "+" {
					shown += l.Text
				}
			}
			require.Contains(t, shown, "beian.miit.gov.cn")
		})
	}
}

type failer interface{ Fatalf(string, ...any) }

// onlyInserted checks that everything else is byte for byte the same.
func onlyInserted(t failer, page, edited []byte) {
	at := 0
	for at < len(page) && page[at] == edited[at] {
		at++
	}
	rest := len(page) - at
	if len(edited) <= len(page) || !bytes.Equal(page[at:], edited[len(edited)-rest:]) {
		t.Fatalf("more than an insertion: %q became %q", page, edited)
	}
}

func requireUnfit(t *testing.T, reason string, err error) {
	t.Helper()
	var u *website.Unfit
	require.ErrorAs(t, err, &u)
	require.Equal(t, reason, u.Reason)
}

func TestPagesThatAreLeftAlone(t *testing.T) {
	link := website.Snippet(number, targets[0])
	for name, c := range map[string]struct{ page, reason string }{
		"linked":     {"<html><body>" + link + "</body></html>", website.UnfitShown},
		"not linked": {"<html><body>" + number + "</body></html>", website.UnfitUnlinked},
		"frameset": {
			`<html><frameset cols="1,2"><frame src="a.htm"><noframes><body>x</body></noframes></frameset></html>`,
			website.UnfitFrameset},
		"UTF-16":                {"\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00", website.UnfitWide},
		"UTF-16, Chinese":       {"\xff\xfe\x60\x4f\x7d\x59", website.UnfitWide},
		"UTF-16, big end first": {"\xfe\xff\x4f\x60\x59\x7d", website.UnfitWide},
		"UTF-16, no mark":       {"<\x00h\x00t\x00m\x00l\x00>\x00", website.UnfitWide},
		"endless comment":       {"<p>hi<!-- and then", website.UnfitHidden},
		"endless script":        {"<p>hi<script>var a = 1;", website.UnfitHidden},
		"endless hidden":        {`<p>hi<div style="display:none">x</body>`, website.UnfitHidden},
		"endless template":      {`<p>hi<template>x`, website.UnfitHidden},
		"huge":                  {strings.Repeat("x", 3<<20), website.UnfitTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := website.PutFooter([]byte(c.page), "", lines)
			requireUnfit(t, c.reason, err)
		})
	}
}

// Of two numbers, only those are added that the page lacks.
func TestFootOfBothNumbers(t *testing.T) {
	page := []byte("<html>\r\n<body>\r\n<p>样例</p>\r\n</body>\r\n</html>\r\n")
	div := func(l website.Line) string {
		return `<div style="text-align:center">` + website.Snippet(l.Number, l.Targets[0]) + `</div>`
	}
	require.Equal(t, policeTarget+"31010102000001", both[1].Targets[0])
	edited, put, err := website.PutFooter(page, "", both)
	require.NoError(t, err)
	require.Equal(t, both, put)
	require.Equal(t, "<html>\r\n<body>\r\n<p>样例</p>\r\n"+div(both[0])+"\r\n"+div(both[1])+"\r\n</body>\r\n</html>\r\n",
		string(edited))
	_, _, err = website.PutFooter(edited, "", both)
	requireUnfit(t, website.UnfitShown, err)

	first, _, err := website.PutFooter(page, "", lines)
	require.NoError(t, err)
	second, put, err := website.PutFooter(first, "", both)
	require.NoError(t, err)
	require.Equal(t, both[1:], put, "the first is already there")
	require.Equal(t, edited, second, "adding them one by one gives the same page")

	oneLine, _, err := website.PutFooter([]byte("<p>样例</p></body>"), "", both)
	require.NoError(t, err)
	require.Equal(t, "<p>样例</p>"+div(both[0])+div(both[1])+"</body>", string(oneLine))
}

func TestNumbersAlreadyThereAreLeftAlone(t *testing.T) {
	former :=
		`<a href="http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=31010102000001"><img src="x.png">沪公网安备 31010102000001号</a>`
	icp := website.Snippet(number, targets[0])
	for name, c := range map[string]struct {
		page, reason string
		put          []website.Line
	}{
		"both, by the platform's former link": {page: icp + former, reason: website.UnfitShown},
		"the second without a link":           {page: icp + both[1].Number, reason: website.UnfitUnlinked},
		"the first without a link, no second": {page: number, put: both[1:]},
		"the second alone":                    {page: former, put: both[:1]},
	} {
		t.Run(name, func(t *testing.T) {
			_, put, err := website.PutFooter([]byte("<body>"+c.page+"</body>"), "", both)
			require.Equal(t, c.put, put)
			if c.reason != "" {
				requireUnfit(t, c.reason, err)
				return
			}
			require.NoError(t, err)
		})
	}
	require.Equal(t, icp+"\n"+website.Snippet(both[1].Number, both[1].Targets[0]), website.FootSnippet(both))
	require.Equal(t, icp, website.FootSnippet(website.FootLines(number, "", targets, "no number", policeTarget)))
}

// Whatever the page, its bytes stay, and what was added is visible.
func TestFootKeepsEveryByte(t *testing.T) {
	pieces := []string{"<html>", "</html>", "<body>", "</body>", "</BODY >", "<!-- ", " -->", "<script>", "</script>",
		"<p>", "</p>", "\r\n", "\n", "\t", "你好", "\xc4\xe3\xba\xc3",
		`<a title="</body>">`, "<textarea>", "</textarea>", "<frameset>", "<noscript>", "</noscript>", "<meta charset=gbk>",
		"<meta charset='utf-8'>", "\xff", "text", "<div hidden>", "</div>", "<table>", "<td>", "&amp"}
	rapid.Check(t, func(r *rapid.T) {
		page := []byte(strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(r, "page"), ""))
		edited, put, err := website.PutFooter(page, "", both)
		var u *website.Unfit
		if errors.As(err, &u) {
			return
		}
		if err != nil {
			r.Fatalf("%v", err)
		}
		onlyInserted(r, page, edited)
		for _, l := range put {
			if shown, linked := l.On(edited, ""); !shown || !linked {
				r.Fatalf("%q shows no %s", edited, l.Number)
			}
		}
	})
}

// If the server declares another encoding than the page, only text that every reading shows is added.
func TestServersDeclarationCounts(t *testing.T) {
	page, err := os.ReadFile("testdata/foot/gbk-undeclared.html")
	require.NoError(t, err)
	for contentType, want := range map[string]string{
		"text/html": "\xbb\xa6ICP", "text/html; charset=gb2312": "\xbb\xa6ICP", "text/html; charset=utf-8": "&#27818;ICP",
	} {
		edited, _, err := website.PutFooter(page, contentType, lines)
		require.NoError(t, err)
		require.Contains(t, string(edited), want, contentType)
	}
	// A page of plain ASCII is in the encoding that it declares, if it is one that has the characters.
	for page, want := range map[string]string{
		"<meta charset=gbk><p>hi": "\xbb\xa6ICP", "<meta charset=gb18030><p>hi": "\xbb\xa6ICP",
		"<meta charset=utf-8><p>hi": "沪ICP", "<p>hi": "&#27818;ICP", "<meta charset=iso-8859-1><p>hi": "&#27818;ICP",
	} {
		edited, _, err := website.PutFooter([]byte(page), "text/html", lines)
		require.NoError(t, err, page)
		require.Contains(t, string(edited), want, page)
	}
}
