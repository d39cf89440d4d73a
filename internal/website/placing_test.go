package website_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/simulate/webspace"
	"github.com/beian/beian/internal/website"
)

func shownAs(body, path string) website.Shown {
	return website.Shown{Body: []byte(body), URL: &url.URL{Scheme: "http", Host: "www.example.com", Path: path}}
}

const plain = "<html>\n<body>\n<h1>样例</h1>\n<p>正文</p>\n</body>\n</html>\n"

func TestHomePageIsWhatTheSiteShows(t *testing.T) {
	other := strings.ReplaceAll(plain, "正文", "旧的")
	far := "<html><body><table><tr><td>别的</td></tr></table></body></html>"
	for name, c := range map[string]struct {
		files  map[string]string
		body   string
		path   string
		file   string
		reason string
		system string
	}{
		"one": {files: map[string]string{"index.html": plain}, body: plain, file: "index.html"},
		"of several, the same": {files: map[string]string{"index.html": other, "index.htm": plain, "default.htm": far},
			body: plain, file: "index.htm"},
		"capitals": {files: map[string]string{"INDEX.HTM": plain}, body: plain, file: "INDEX.HTM"},
		"with includes": {
			files: map[string]string{
				"index.shtml": "<html><!--#include file=\"top.html\"--><body><p>1</p><p>2</p><p>3</p></body></html>"},
			body: "<html><b>top</b><body><p>1</p><p>2</p><p>3</p></body></html>", file: "index.shtml"},
		"injected": {files: map[string]string{"index.html": plain},
			body: strings.Replace(plain, "</body>", "<script src=/cdn.js></script></body>", 1), file: "index.html"},
		"in a folder": {files: map[string]string{"index.html": far, "cn/index.html": plain}, body: plain,
			path: "/cn/", file: "cn/index.html"},
		"named": {files: map[string]string{"index.html": far, "home.html": plain}, body: plain,
			path: "/home.html", file: "home.html"},
		"something else is shown": {files: map[string]string{"index.html": far}, body: plain,
			reason: website.UnfitNotServed},
		"none": {files: map[string]string{"readme.txt": "x"}, body: plain, reason: website.UnfitNoPage},
		"php": {files: map[string]string{"index.php": "<?php", "index.html": far}, body: plain,
			reason: website.UnfitDynamic},
		"php next to the page shown": {files: map[string]string{"index.php": "<?php", "index.html": plain}, body: plain,
			file: "index.html"},
		"named php": {files: map[string]string{"a.aspx": "x"}, body: plain, path: "/a.aspx",
			reason: website.UnfitDynamic},
		"WordPress": {files: map[string]string{"index.php": "<?php"},
			body: `<link href="/wp-content/themes/x.css">`, reason: website.UnfitSystem, system: website.SystemWordPress},
		"written by 帝国": {files: map[string]string{"index.html": plain}, body: plain +
			`<script src="/e/member/login/loginjs.php">`, reason: website.UnfitSystem, system: website.SystemEmpire},
		"DedeCMS beside a folder": {files: map[string]string{"cn/index.html": plain, "dede/login.php": "x"}, body: plain,
			path: "/cn/", reason: website.UnfitSystem, system: website.SystemDede},
		"DedeCMS by its folders": {files: map[string]string{"index.html": plain, "dede/login.php": "x"}, body: plain,
			reason: website.UnfitSystem, system: website.SystemDede},
	} {
		t.Run(name, func(t *testing.T) {
			s, to, _ := space(t, webspace.Options{})
			require.NoError(t, s.RemoveFile("u", "index.html"))
			for file, content := range c.files {
				require.NoError(t, s.SetFile("u", file, []byte(content)))
			}
			if c.path == "" {
				c.path = "/"
			}
			page, err := website.FindHomePage(t.Context(), to, website.Policy{}, shownAs(c.body, c.path))
			if c.reason != "" {
				requireUnfit(t, c.reason, err)
				var u *website.Unfit
				require.ErrorAs(t, err, &u)
				require.Equal(t, c.system, u.Args["system"])
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.file, page.Name)
			require.Equal(t, c.files[c.file], string(page.Content))
		})
	}
}

func TestSitesPageIsSeenThroughRedirects(t *testing.T) {
	c := checker(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/cn/", http.StatusFound)
			return
		}
		_, _ = w.Write([]byte(plain))
	})
	shown, f := c.HomePageOf(t.Context(), "http://www.example.com/")
	require.True(t, f.OK)
	require.Equal(t, plain, string(shown.Body))
	require.Equal(t, "/cn/", shown.URL.Path)
}

// placing is an edit of a web space's home page.
func placing(t *testing.T, s *webspace.Server) website.Placing {
	t.Helper()
	require.NoError(t, s.SetFile("u", "index.html", []byte(plain)))
	edited, _, err := website.PutFooter([]byte(plain), "", lines)
	require.NoError(t, err)
	return website.Placing{ID: 7, Name: "index.html", Original: []byte(plain), Edited: edited,
		Backup: website.BackupName("index.html", time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))}
}

func files(t *testing.T, s *webspace.Server) map[string][]byte {
	t.Helper()
	list, err := s.Files("u")
	require.NoError(t, err)
	return list
}

func TestPlaceAndRestore(t *testing.T) {
	for name, o := range map[string]webspace.Options{"explicit TLS": {}, "plain": {NoTLS: true},
		"no overwriting": {NoOverwrite: true}} {
		t.Run(name, func(t *testing.T) {
			s, to, _ := space(t, o)
			p := placing(t, s)
			for range 2 {
				require.NoError(t, website.Place(t.Context(), to, website.Policy{}, p))
				require.Equal(t, map[string][]byte{"index.html": p.Edited, "index.html.beian-backup-20261125120000": p.Original},
					files(t, s))
			}
			require.Equal(t, 1, s.Stores("u", "wwwroot/index.html"), "the second time, it is already there")
			for range 2 {
				require.NoError(t, website.Restore(t.Context(), to, website.Policy{}, p))
				require.Equal(t, map[string][]byte{"index.html": p.Original}, files(t, s))
			}
		})
	}
}

// After each fault in each place, nothing half-written remains, and the next attempt continues.
func TestPlacingSurvivesFaults(t *testing.T) {
	for _, o := range []webspace.Options{{}, {NoOverwrite: true}} {
		for _, f := range []fault.Fault{
			{Operation: "STOR", Mode: fault.Fail, Code: "552", Times: 1}, {Operation: "STOR", Mode: fault.Lose, Times: 1},
			{Operation: "RNFR", Mode: fault.Fail, Code: "550", Times: 2},
			{Operation: "RNFR", Mode: fault.Lose, Times: 1}, {Operation: "USER", Mode: fault.Fail, Code: "530", Times: 1},
		} {
			t.Run(f.Operation+string(f.Mode), func(t *testing.T) {
				s, to, _ := space(t, o)
				p := placing(t, s)
				for _, do := range []func(context.Context, website.Space, website.Policy, website.Placing) error{website.Place,
					website.Restore} {
					before := files(t, s)["index.html"]
					s.Faults.Set(f)
					err := do(t.Context(), to, website.Policy{}, p)
					if err != nil {
						got := files(t, s)["index.html"]
						require.True(t, string(got) == string(before) || f.Mode == fault.Lose, "the page stays whole")
					}
					require.True(t, s.Faults.Clean())
					require.NoError(t, do(t.Context(), to, website.Policy{}, p))
				}
				require.Equal(t, map[string][]byte{"index.html": p.Original}, files(t, s))
			})
		}
	}
}

// A crash between moving the old page aside and renaming the new one.
func TestPlacingHealsAMissingPage(t *testing.T) {
	s, to, _ := space(t, webspace.Options{NoOverwrite: true})
	p := placing(t, s)
	require.NoError(t, s.RemoveFile("u", "index.html"))
	require.NoError(t, s.SetFile("u", "index.html.beian-7.old", p.Original))
	require.NoError(t, s.SetFile("u", "index.html.beian-7.tmp", p.Edited))
	require.NoError(t, website.Place(t.Context(), to, website.Policy{}, p))
	require.Equal(t, []string{"index.html", "index.html.beian-backup-20261125120000"},
		slices.Sorted(maps.Keys(files(t, s))))
	require.Equal(t, p.Edited, files(t, s)["index.html"])
}

func TestChangedPagesAreLeftAlone(t *testing.T) {
	s, to, _ := space(t, webspace.Options{})
	p := placing(t, s)
	for _, do := range []func(context.Context, website.Space, website.Policy, website.Placing) error{website.Place,
		website.Restore} {
		for _, content := range []string{"<p>新的首页", ""} {
			require.NoError(t, s.SetFile("u", "index.html", []byte(content)))
			requireUnfit(t, website.UnfitChanged, do(t.Context(), to, website.Policy{}, p))
			require.Equal(t, map[string][]byte{"index.html": []byte(content)}, files(t, s))
		}
		require.NoError(t, s.RemoveFile("u", "index.html"))
		requireUnfit(t, website.UnfitChanged, do(t.Context(), to, website.Policy{}, p))
		require.Empty(t, files(t, s))
	}
}

// A server may say that it renamed a file and not have done it: what counts is what is there.
func TestPlacingBelievesNoReply(t *testing.T) {
	s, to, _ := space(t, webspace.Options{NoTLS: true})
	p := placing(t, s)
	to = between(t, to, map[string]string{"RNFR": "350 go on", "RNTO": "250 done"})
	err := website.Place(t.Context(), to, website.Policy{}, p)
	var e *website.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, website.Error{Step: "verify", Reason: "unreachable"}, *e)
	require.False(t, e.Permanent(), "the next attempt may do")
	require.Equal(t, map[string][]byte{"index.html": p.Original}, files(t, s))
}

// The same over SFTP; and a page that somebody else removed stays away.
func TestMissingPageOverSFTP(t *testing.T) {
	t.Parallel()
	h := openSSHd(t)
	edited, _, err := website.PutFooter([]byte(plain), "", lines)
	require.NoError(t, err)
	p := website.Placing{ID: 7, Name: "index.html", Original: []byte(plain), Edited: edited, Backup: "index.html.backup"}
	requireUnfit(t, website.UnfitChanged, website.Place(t.Context(), h.space, website.Policy{}, p))
	require.NoFileExists(t, filepath.Join(h.root, p.Name))
	require.NoError(t, os.WriteFile(filepath.Join(h.root, "index.html.beian-7.old"), p.Original, 0o600))
	require.NoError(t, os.Chown(filepath.Join(h.root, "index.html.beian-7.old"), daemonID, daemonID))
	require.NoError(t, website.Place(t.Context(), h.space, website.Policy{}, p))
	got, err := os.ReadFile(filepath.Join(h.root, p.Name))
	require.NoError(t, err)
	require.Equal(t, string(p.Edited), string(got))
}
