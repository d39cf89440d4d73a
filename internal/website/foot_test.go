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

// Golden files of every encoding and shape: run with BEIAN_UPDATE_GOLDEN=1 after
// a change that is meant, and look at the difference.
func TestFootOfEveryKindOfPage(t *testing.T) {
	files, err := filepath.Glob("testdata/foot/*.html")
	require.NoError(t, err)
	require.Greater(t, len(files), 20)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".html"), func(t *testing.T) {
			page, err := os.ReadFile(file)
			require.NoError(t, err)
			edited, err := website.PutFooter(page, "", number, targets)
			require.NoError(t, err)
			onlyInserted(t, page, edited)
			golden := strings.TrimSuffix(file, ".html") + ".golden"
			if os.Getenv("BEIAN_UPDATE_GOLDEN") != "" {
				require.NoError(t, os.WriteFile(golden, edited, 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), string(edited))
			_, err = website.PutFooter(edited, "", number, targets)
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

// onlyInserted: everything else is byte for byte the same.
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
		"linked":           {"<html><body>" + link + "</body></html>", website.UnfitShown},
		"not linked":       {"<html><body>" + number + "</body></html>", website.UnfitUnlinked},
		"frameset":         {`<html><frameset cols="1,2"><frame src="a.htm"><noframes><body>x</body></noframes></frameset></html>`, website.UnfitFrameset},
		"UTF-16":           {"\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00", website.UnfitWide},
		"UTF-16, no mark":  {"<\x00h\x00t\x00m\x00l\x00>\x00", website.UnfitWide},
		"endless comment":  {"<p>hi<!-- and then", website.UnfitHidden},
		"endless script":   {"<p>hi<script>var a = 1;", website.UnfitHidden},
		"endless hidden":   {`<p>hi<div style="display:none">x</body>`, website.UnfitHidden},
		"endless template": {`<p>hi<template>x`, website.UnfitHidden},
		"huge":             {strings.Repeat("x", 3<<20), website.UnfitTooBig},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := website.PutFooter([]byte(c.page), "", number, targets)
			requireUnfit(t, c.reason, err)
		})
	}
}

// Whatever a page is made of, its bytes stay, and what is put there is seen.
func TestFootKeepsEveryByte(t *testing.T) {
	pieces := []string{"<html>", "</html>", "<body>", "</body>", "</BODY >", "<!-- ", " -->", "<script>", "</script>", "<p>", "</p>", "\r\n", "\n", "\t", "你好", "\xc4\xe3\xba\xc3",
		`<a title="</body>">`, "<textarea>", "</textarea>", "<frameset>", "<noscript>", "</noscript>", "<meta charset=gbk>", "<meta charset='utf-8'>", "\xff", "text", "<div hidden>", "</div>", "<table>", "<td>", "&amp"}
	rapid.Check(t, func(r *rapid.T) {
		page := []byte(strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(r, "page"), ""))
		edited, err := website.PutFooter(page, "", number, targets)
		var u *website.Unfit
		if errors.As(err, &u) {
			return
		}
		if err != nil {
			r.Fatalf("%v", err)
		}
		onlyInserted(r, page, edited)
		if shown, linked := website.FindNumber(edited, "", number, targets); !shown || !linked {
			r.Fatalf("%q shows nothing", edited)
		}
	})
}

// A page that its server declares to be in another encoding gets what every
// reading shows.
func TestServersDeclarationCounts(t *testing.T) {
	page, err := os.ReadFile("testdata/foot/gbk-undeclared.html")
	require.NoError(t, err)
	for contentType, want := range map[string]string{
		"text/html": "\xbb\xa6ICP", "text/html; charset=gb2312": "\xbb\xa6ICP", "text/html; charset=utf-8": "&#27818;ICP",
	} {
		edited, err := website.PutFooter(page, contentType, number, targets)
		require.NoError(t, err)
		require.Contains(t, string(edited), want, contentType)
	}
}
