package website_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/simulate/webspace"
	"github.com/beian/beian/internal/website"
)

const path = "cert/bazu.cert"

var targets = []string{"https://beian.miit.gov.cn/", "http://www.miibeian.gov.cn/"}

func space(t *testing.T, o webspace.Options) (*webspace.Server, website.Space, string) {
	t.Helper()
	o.Dir = t.TempDir()
	o.Accounts = []webspace.Account{
		{User: "u", Password: "p", Domains: []string{"www.example.com"}, DocumentRoot: "wwwroot"}}
	s, err := webspace.New(o)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = s.ServeFTP(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return s, website.Space{Protocol: website.FTP, Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, User: "u",
			Password: "p", DocumentRoot: "wwwroot"},
		filepath.Join(o.Dir, "u", "wwwroot", "cert", "bazu.cert")
}

func TestInstall(t *testing.T) {
	content := []byte(strings.Repeat("\x00certificate\r\n", 300))
	for name, o := range map[string]webspace.Options{"explicit TLS": {}, "plain": {NoTLS: true},
		"no overwriting": {NoOverwrite: true}} {
		t.Run(name, func(t *testing.T) {
			s, to, file := space(t, o)
			for range 2 {
				require.NoError(t, website.Install(t.Context(), to, website.Policy{}, path, content))
			}
			got, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, content, got)
			require.Equal(t, 1, s.Stores("u", "wwwroot/"+path), "the second time, it is already there")

			require.NoError(t, website.Install(t.Context(), to, website.Policy{}, path, content[:99]))
			got, err = os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, content[:99], got)
			entries, err := os.ReadDir(filepath.Dir(file))
			require.NoError(t, err)
			require.Len(t, entries, 1, "no temporary file is left")
		})
	}
}

func TestInstallReportsWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		fault  fault.Fault
		change func(*website.Space)
		reason string
	}{
		{fault: fault.Fault{Operation: "USER", Mode: fault.Fail, Code: "530"}, reason: "login"},
		{fault: fault.Fault{Operation: "STOR", Mode: fault.Fail, Code: "552"}, reason: "quota"},
		{fault: fault.Fault{Operation: "STOR", Mode: fault.Fail, Code: "550"}, reason: "refused"},
		{change: func(s *website.Space) { s.DocumentRoot = "htdocs" }, reason: "directory_missing"},
		{change: func(s *website.Space) { s.Password = "wrong" }, reason: "login"},
		{change: func(s *website.Space) { s.Port = 1 }, reason: "unreachable"},
	} {
		s, to, file := space(t, webspace.Options{})
		if c.fault.Mode != "" {
			s.Faults.Set(c.fault)
		}
		if c.change != nil {
			c.change(&to)
		}
		err := website.Install(t.Context(), to, website.Policy{}, path, []byte("x"))
		var e *website.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, c.reason, e.Reason)
		require.Equal(t, c.reason != "unreachable", e.Permanent())
		require.NotContains(t, err.Error(), "wrong")
		require.NoFileExists(t, file, "never half a file under the name")
	}
}

func TestSilentServerEnds(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err == nil {
			_, _ = c.Write([]byte("220 hello\r\n")) // and then nothing
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err = website.Install(ctx, website.Space{Protocol: website.FTP, Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port,
		User: "u"}, website.Policy{}, path, []byte("x"))
	var e *website.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "unreachable", e.Reason)
}

func checker(t *testing.T, h http.HandlerFunc) *website.Checker {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return website.NewChecker(
		website.CheckerConfig{ConnectTo: map[string]string{"*.example.com": strings.TrimPrefix(server.URL, "http://")}})
}

func TestCheckCertificate(t *testing.T) {
	want := []byte("the certificate")
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		kind    string
	}{
		"served": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(want) }, website.Seen},
		"different": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("another one yes")) },
			website.Different},
		"missing": {http.NotFound, website.WrongStatus},
		"huge":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1<<20)) }, website.TooBig},
		"loop": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) },
			website.TooManyHops},
		"inward": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1/", http.StatusFound)
		}, website.ReservedAddress},
		"other port of a public address": {func(w http.ResponseWriter, r *http.Request) { // only the port is refused
			http.Redirect(w, r, "http://1.1.1.1:8080/", http.StatusFound)
		}, website.OtherPort},
		"reserved address, proper port": {func(w http.ResponseWriter, r *http.Request) { // only the address is refused
			http.Redirect(w, r, "https://10.0.0.1/", http.StatusFound)
		}, website.ReservedAddress},
		"a cookie first": {func(w http.ResponseWriter, r *http.Request) {
			if _, err := r.Cookie("seen"); err != nil {
				http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1", Path: "/"})
				http.Redirect(w, r, r.URL.Path, http.StatusFound)
				return
			}
			_, _ = w.Write(want)
		}, website.Seen},
		"plain HTTP where TLS is expected": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://www.example.com/", http.StatusFound)
		}, website.BadTLS},
	} {
		t.Run(name, func(t *testing.T) {
			f := checker(t, c.handler).CheckCertificate(t.Context(), "www.example.com", path, want)
			require.Equal(t, c.kind, f.Kind)
			require.Equal(t, c.kind == website.Seen, f.OK)
		})
	}
}

const number = "沪ICP备2026000001号-1"

func TestFindNumber(t *testing.T) {
	link := `<a href="http://BEIAN.miit.gov.cn">` + number + `</a>`
	gbk, err := simplifiedchinese.GBK.NewEncoder().String("<html><body>首页" + link)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		page, contentType string
		shown, linked     bool
	}{
		"linked":              {"<p>" + link, "text/html; charset=utf-8", true, true},
		"GBK, undeclared":     {gbk, "text/html", true, true},
		"GBK, wrong header":   {gbk, "text/html; charset=utf-8", true, true},
		"UTF-8, wrong header": {"<p>" + link, "text/html; charset=gbk", true, true},
		"full width, spaced": {`<a href="https://beian.miit.gov.cn/#/x">沪ＩＣＰ备 ２０２６０００００１号－１</a>`,
			"text/html; charset=utf-8", true, true},
		"old target": {`<a href="//www.miibeian.gov.cn/">` + number + `</a>`, "text/html; charset=utf-8",
			true, true},
		"not linked": {"<p>" + number, "text/html; charset=utf-8", true, false},
		"linked elsewhere": {`<a href="https://example.org/">` + number + `</a>`, "text/html; charset=utf-8",
			true, false},
		"in a comment": {"<p>hi</p><!-- " + link + " -->", "text/html; charset=utf-8", false, false},
		"hidden":       {`<div style="display:none">` + link + `</div>`, "text/html; charset=utf-8", false, false},
		"another, longer": {`<a href="https://beian.miit.gov.cn/">沪ICP备2026000001号-12</a>`, "text/html; charset=utf-8",
			false, false},
		"target in a path only": {`<a href="https://evil.example/beian.miit.gov.cn">` + number + `</a>`,
			"text/html; charset=utf-8", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			shown, linked := website.FindNumber([]byte(c.page), c.contentType, number, targets)
			require.Equal(t, c.shown, shown, "shown")
			require.Equal(t, c.linked, linked, "linked")
		})
	}
	shown, linked := website.FindNumber([]byte(website.Snippet(number, targets[0])), "", number, targets)
	require.True(t, shown && linked, "our own snippet passes")
}

// A domain that needs to show nothing may answer anything.
func TestCheckDomain(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "ftp.example.com" {
			http.Error(w, "no", http.StatusForbidden)
		}
	}))
	defer server.Close()
	nobody := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	to := strings.TrimPrefix(server.URL, "http://")
	c := website.NewChecker(website.CheckerConfig{ConnectTo: map[string]string{"www.example.com": to,
		"ftp.example.com": to, "mail.example.com": nobody}})
	for domain, want := range map[string]website.Finding{
		"www.example.com": {OK: true, Kind: website.Answers, Args: map[string]any{"url": "http://www.example.com/"}},
		"ftp.example.com": {OK: true, Kind: website.AnswersOther,
			Args: map[string]any{"url": "http://ftp.example.com/", "status": 403}},
		"mail.example.com": {Kind: website.Refused, Args: map[string]any{"url": "http://mail.example.com/"}},
		"*.example.com":    {OK: true, Kind: website.Wildcard},
	} {
		require.Equal(t, want, c.CheckDomain(t.Context(), domain), domain)
	}
}
