package website_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/extcall"
	"github.com/beian/beian/internal/simulate/webspace"
	"github.com/beian/beian/internal/website"
)

// between is a server that passes commands on to another, which has no TLS, but for those it answers itself. An
// empty answer hangs up.
func between(t *testing.T, to website.Space, answers map[string]string) website.Space {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	address := net.JoinHostPort(to.Host, strconv.Itoa(to.Port))
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go relay(c, address, answers)
		}
	}()
	to.Port = l.Addr().(*net.TCPAddr).Port
	return to
}

func relay(client net.Conn, address string, answers map[string]string) {
	defer client.Close()
	if greeting, ok := answers["greeting"]; ok {
		_, _ = fmt.Fprintf(client, "%s\r\n", greeting)
		return
	}
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	var mu sync.Mutex
	go func() {
		lines := bufio.NewReader(server)
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				_ = client.Close()
				return
			}
			mu.Lock()
			_, _ = client.Write([]byte(line))
			mu.Unlock()
		}
	}()
	lines := bufio.NewScanner(client)
	for lines.Scan() {
		verb, _, _ := strings.Cut(lines.Text(), " ")
		answer, ok := answers[strings.ToUpper(verb)]
		if !ok {
			_, _ = fmt.Fprintf(server, "%s\r\n", lines.Text())
			continue
		}
		if answer == "" {
			return
		}
		mu.Lock()
		_, _ = fmt.Fprintf(client, "%s\r\n", answer)
		mu.Unlock()
	}
}

// closedPort is a port that nobody listens on.
func closedPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().(*net.TCPAddr).Port
}

// A server that can't do one thing is used without it, or the reason names it.
func TestRefusedCommands(t *testing.T) {
	unreachable := fmt.Sprintf("229 Entering Extended Passive Mode (|||%d|)", closedPort(t))
	for name, c := range map[string]struct {
		answers map[string]string
		policy  website.Policy
		change  func(*website.Space)
		reason  string
	}{
		"EPSV's port can't be reached": {answers: map[string]string{"EPSV": unreachable}},
		"nor PASV's": {answers: map[string]string{"EPSV": unreachable,
			"PASV": "227 Entering Passive Mode (127,0,0,1,0,1)."}, reason: "data_connection"},
		"data connections refused": {answers: map[string]string{"EPSV": "500 ?", "PASV": "425 Can't open passive connection"},
			reason: "data_connection"},
		"AUTH TLS 431":             {answers: map[string]string{"AUTH": "431 Need some unavailable resource"}},
		"AUTH TLS 454":             {answers: map[string]string{"AUTH": "454 TLS not available"}},
		"AUTH TLS 530":             {answers: map[string]string{"AUTH": "530 Please login with USER and PASS"}},
		"AUTH TLS 550":             {answers: map[string]string{"AUTH": "550 SSL/TLS not configured"}},
		"AUTH TLS hangs up":        {answers: map[string]string{"AUTH": ""}},
		"AUTH TLS, and then none":  {answers: map[string]string{"AUTH": "234 go on"}},
		"AUTH TLS 530, TLS wanted": {answers: map[string]string{"AUTH": "530 no"}, reason: "tls_refused", policy: website.Policy{TLSOnly: true}},
		"AUTH TLS 454, explicit":   {answers: map[string]string{"AUTH": "454 no"}, reason: "tls_refused", change: protocol(website.FTPSExplicit)},
		"AUTH TLS, too many":       {answers: map[string]string{"AUTH": "421 Too many connections"}, reason: "busy"},
		"optional commands": {answers: map[string]string{"OPTS": "550 no", "FEAT": "530 no", "TYPE": "504 no", "SIZE": "502 no",
			"PWD": "502 no", "MDTM": "500 no"}},
		"USER refused":                 {answers: map[string]string{"USER": "530 User cannot log in."}, reason: "login"},
		"USER refused, TLS needed":     {answers: map[string]string{"USER": "530 Non-anonymous sessions must use encryption."}, reason: "tls_needed"},
		"USER, too many":               {answers: map[string]string{"USER": "530 Sorry, the maximum number of clients (10) for this user are already connected."}, reason: "busy"},
		"PASS, too many":               {answers: map[string]string{"PASS": "530 maximum number of clients"}, reason: "busy"},
		"PASS, expired":                {answers: map[string]string{"PASS": "530 Account has expired"}, reason: "account"},
		"PASS, Chinese":                {answers: map[string]string{"PASS": "530 该帐号已停用"}, reason: "account"},
		"greeting, too many":           {answers: map[string]string{"greeting": "421 There are too many connected users, please try later."}, reason: "busy"},
		"greeting, restarting":         {answers: map[string]string{"greeting": "421 Service not available"}, reason: "busy"},
		"greeting of something else":   {answers: map[string]string{"greeting": "SSH-2.0-OpenSSH_9.2"}, reason: "unreachable"},
		"full disk, 451":               {answers: map[string]string{"STOR": "451 Failure writing to local file."}, reason: "quota"},
		"full disk, 426":               {answers: map[string]string{"STOR": "426 Failure writing to local file."}, reason: "quota"},
		"full disk, 550":               {answers: map[string]string{"STOR": "550 x: No space left on device"}, reason: "quota"},
		"full disk, 452":               {answers: map[string]string{"STOR": "452 no"}, reason: "quota"},
		"full disk, Chinese":           {answers: map[string]string{"STOR": "550 磁盘空间不足"}, reason: "quota"},
		"uploads forbidden":            {answers: map[string]string{"STOR": "550 Permission denied."}, reason: "refused"},
		"uploads not implemented":      {answers: map[string]string{"STOR": "502 no"}, reason: "refused"},
		"renames not implemented":      {answers: map[string]string{"RNFR": "502 no"}},
		"renames 450":                  {answers: map[string]string{"RNTO": "450 busy"}},
		"AUTH TLS 502":                 {answers: map[string]string{"AUTH": "502 no"}},
		"implicit, but there's no TLS": {change: protocol(website.FTPSImplicit), reason: "tls"},
		"hangs up at a folder":         {answers: map[string]string{"MKD": ""}, reason: "unreachable"},
		"uploads can't be read":        {answers: map[string]string{"RETR": "550 No such file"}, reason: "protocol"},
		"folders can't be made":        {answers: map[string]string{"MKD": "552 Disk full"}, reason: "quota"},
		"endless reply":                {answers: map[string]string{"MKD": "257-" + strings.Repeat("x", 1<<20)}, reason: "protocol"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, to, file := space(t, webspace.Options{NoTLS: true})
			if c.change != nil {
				c.change(&to)
			}
			err := website.Install(t.Context(), between(t, to, c.answers), c.policy, path, []byte("certificate"))
			if c.reason == "" {
				require.NoError(t, err)
				got, err := os.ReadFile(file)
				require.NoError(t, err)
				require.Equal(t, "certificate", string(got))
				entries, err := os.ReadDir(filepath.Dir(file))
				require.NoError(t, err)
				require.Len(t, entries, 1, "nothing else is left")
				return
			}
			requireReason(t, c.reason, err)
			require.NoFileExists(t, file)
			require.NotNil(t, s)
		})
	}
}

// A server that hangs up in the middle leaves the old file whole, and what was uploaded is removed by another
// connection.
func TestNothingIsLeftWhenAConnectionBreaks(t *testing.T) {
	_, to, file := space(t, webspace.Options{NoTLS: true})
	require.NoError(t, website.Install(t.Context(), to, website.Policy{}, path, []byte("older")))
	err := website.Install(t.Context(), between(t, to, map[string]string{"RNFR": ""}), website.Policy{}, path, []byte("newer"))
	requireReason(t, "unreachable", err)
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "older", string(got))
	entries, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// A listing that never ends is cut off, and the page found nevertheless.
func TestEndlessListing(t *testing.T) {
	s, to, _ := space(t, webspace.Options{NoTLS: true})
	require.NoError(t, s.SetFile("u", "index.html", []byte(plain)))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	sent := make(chan int, 8)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				n := 0
				for err == nil {
					var m int
					m, err = c.Write([]byte(strings.Repeat("page.html\r\n", 1000)))
					n += m
				}
				sent <- n
			}()
		}
	}()
	endless := between(t, to, map[string]string{"EPSV": fmt.Sprintf("229 x (|||%d|)", l.Addr().(*net.TCPAddr).Port),
		"NLST": "150 here\r\n226 done", "RETR": "150 here\r\n226 done"})
	_, err = website.FindHomePage(t.Context(), endless, website.Policy{}, shownAs(plain, "/"))
	require.Error(t, err)
	for range 2 {
		require.Less(t, <-sent, 16<<20)
	}
}

// A refused listing isn't an empty web space.
func TestRefusedListing(t *testing.T) {
	s, to, _ := space(t, webspace.Options{NoTLS: true})
	refusing := between(t, to, map[string]string{"NLST": "550 Permission denied."})
	require.NoError(t, s.SetFile("u", "index.html", []byte(plain)))
	page, err := website.FindHomePage(t.Context(), refusing, website.Policy{}, shownAs(plain, "/"))
	require.NoError(t, err, "its usual names are readable")
	require.Equal(t, "index.html", page.Name)
	require.NoError(t, s.RemoveFile("u", "index.html"))
	_, err = website.FindHomePage(t.Context(), refusing, website.Policy{}, shownAs(plain, "/"))
	requireReason(t, "listing", err)
	require.NoError(t, s.SetFile("u", "index.php", []byte("<?php")))
	_, err = website.FindHomePage(t.Context(), refusing, website.Policy{}, shownAs(plain, "/"))
	requireUnfit(t, website.UnfitDynamic, err)
}

// A page by its own name, or in a folder, is found as well where there is no listing; other troubles aren't taken for an
// empty web space.
func TestPagesAreFoundWithoutAListing(t *testing.T) {
	s, to, _ := space(t, webspace.Options{NoTLS: true})
	require.NoError(t, s.RemoveFile("u", "index.html"))
	refusing := between(t, to, map[string]string{"NLST": "550 Permission denied."})
	for path, name := range map[string]string{"/home.html": "home.html", "/cn/": "cn/default.htm", "/cn/a.html": "cn/a.html"} {
		require.NoError(t, s.SetFile("u", name, []byte(plain)))
		page, err := website.FindHomePage(t.Context(), refusing, website.Policy{}, shownAs(plain, path))
		require.NoError(t, err, path)
		require.Equal(t, name, page.Name)
		require.NoError(t, s.RemoveFile("u", name))
		_, err = website.FindHomePage(t.Context(), refusing, website.Policy{}, shownAs(plain, path))
		requireReason(t, "listing", err)
	}
	busy := between(t, to, map[string]string{"NLST": "421 Timeout."})
	_, err := website.FindHomePage(t.Context(), busy, website.Policy{}, shownAs(plain, "/"))
	requireReason(t, "busy", err)
}

// What may not be read is told from what isn't there by the server's words.
func TestForbiddenFilesAreNotMissing(t *testing.T) {
	s, to, _ := space(t, webspace.Options{NoTLS: true})
	p := placing(t, s)
	for _, words := range []string{"Permission denied.", "Operation not permitted", "Not allowed", "Forbidden", "Prohibited",
		"拒绝访问"} {
		for _, code := range []string{"550 ", "450 "} {
			reason := map[string]string{"550 ": "refused", "450 ": "unreachable"}[code]
			forbidding := between(t, to, map[string]string{"RETR": code + words})
			_, err := website.FindHomePage(t.Context(), forbidding, website.Policy{}, shownAs(plain, "/"))
			requireReason(t, reason, err)
			requireReason(t, reason, website.Place(t.Context(), forbidding, website.Policy{}, p))
		}
	}
	for _, reply := range []string{"550 No such file", "450 No such file"} {
		missing := between(t, to, map[string]string{"RETR": reply})
		requireUnfit(t, website.UnfitChanged, website.Place(t.Context(), missing, website.Policy{}, p))
	}
}

// Some servers list paths, with slashes of either kind.
func TestListingsOfPaths(t *testing.T) {
	_, to, _ := space(t, webspace.Options{NoTLS: true})
	for _, listing := range []string{"/home/u/www/index.htm\r\n", "C:\\www\\index.htm\r\n", "./index.htm\r\n"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = c.Write([]byte(listing)) // what is listed, and the page
				_ = c.Close()
			}
		}()
		listed := between(t, to, map[string]string{"EPSV": fmt.Sprintf("229 x (|||%d|)", l.Addr().(*net.TCPAddr).Port),
			"NLST": "150 here\r\n226 done", "RETR": "150 here\r\n226 done"})
		page, err := website.FindHomePage(t.Context(), listed, website.Policy{}, shownAs(listing, "/"))
		require.NoError(t, err, listing)
		require.Equal(t, website.HomePage{Name: "index.htm", Content: []byte(listing)}, page)
	}
}

// What a killed installation left goes with the next one, even if that one finds everything done.
func TestLeftoversOfAnInstallationAreRemoved(t *testing.T) {
	s, to, file := space(t, webspace.Options{})
	content := []byte("certificate")
	sum := sha256.Sum256(content)
	leave := func() {
		for _, ending := range []string{".tmp", ".old"} { // the same names in every release
			require.NoError(t, s.SetFile("u", "cert/beian-"+hex.EncodeToString(sum[:5])+ending, []byte("half")))
		}
	}
	leave()
	for range 2 {
		require.NoError(t, website.Install(t.Context(), to, website.Policy{}, path, content))
		entries, err := os.ReadDir(filepath.Dir(file))
		require.NoError(t, err)
		require.Len(t, entries, 1)
		leave()
	}
}

// A host without an address is the network's trouble or the order's, and passes for neither a refusal nor a guard's.
func TestHostsWithoutAddresses(t *testing.T) {
	for _, protocol := range website.Protocols {
		err := website.Install(t.Context(), website.Space{Protocol: protocol, Host: "ftp..example.com", Port: 21},
			website.Policy{}, path, []byte("x"))
		requireReason(t, "host_unknown", err)
	}
	require.Equal(t, website.NotResolved, website.NewChecker(website.CheckerConfig{}).CheckDomain(t.Context(), "www..example.com").Kind)
}

// Operators see in the metrics what web spaces fail for.
func TestConversationsAreCountedByTheirReasons(t *testing.T) {
	s, to, _ := space(t, webspace.Options{})
	require.NoError(t, s.SetFile("u", "index.html", []byte(plain)))
	wrong := to
	wrong.Password = "wrong"
	calls := extcall.Collectors()[0].(*prometheus.CounterVec)
	for result, do := range map[string]func() error{
		"ok": func() error {
			_, err := website.FindHomePage(t.Context(), to, website.Policy{}, shownAs(plain, "/"))
			return err
		},
		"unfit": func() error {
			_, err := website.FindHomePage(t.Context(), to, website.Policy{}, shownAs("else", "/"))
			return err
		},
		"login": func() error {
			_, err := website.FindHomePage(t.Context(), wrong, website.Policy{}, shownAs(plain, "/"))
			return err
		},
	} {
		counter := calls.WithLabelValues("web_space", "read_page", result)
		before := testutil.ToFloat64(counter)
		require.Equal(t, result == "ok", do() == nil)
		require.InDelta(t, before+1, testutil.ToFloat64(counter), 0, result)
	}
	number := calls.WithLabelValues("site", "home_page", website.WrongStatus)
	before := testutil.ToFloat64(number)
	checker(t, http.NotFound).CheckHomePage(t.Context(), "http://www.example.com/", "n", targets)
	require.InDelta(t, before+1, testutil.ToFloat64(number), 0)
}

// A server's keys of other types don't hide the one that was pinned.
func TestPinnedKeyOfAnyTypeIsAskedFor(t *testing.T) {
	t.Parallel()
	rsa := filepath.Join(t.TempDir(), "rsa")
	h := openSSHd(t, "HostKey HOME/../ecdsa", "HostKey "+keygen(t, rsa, "-t", "rsa", "-b", "2048"))
	for _, file := range []string{rsa, filepath.Join(h.root, "..", "..", "ecdsa"), filepath.Join(h.root, "..", "..", "ed25519")} {
		public, err := os.ReadFile(file + ".pub")
		require.NoError(t, err)
		h.space.HostKey = fmt.Sprintf("[127.0.0.1]:%d %s", h.space.Port, public)
		policy := website.Policy{SawHostKey: func(_ context.Context, line string, _ bool) error { return errors.New(line) }}
		require.NoError(t, website.Install(t.Context(), h.space, policy, path, []byte(file)), file)
	}
	_, err := website.ParseHostKey("[127.0.0.1]:22 ssh-rsa AAAA")
	require.Error(t, err)
}

// A file of somebody else's that may not be read, such as one that the host's panel put there, is replaced.
func TestUnreadableFileIsReplaced(t *testing.T) {
	t.Parallel()
	h := openSSHd(t)
	h.owned(t, path, []byte("older"))
	require.NoError(t, os.Chown(h.file(path), 0, 0))
	require.NoError(t, os.Chmod(h.file(path), 0o600))
	require.NoError(t, website.Install(t.Context(), h.space, website.Policy{}, path, []byte("newer")))
	got, err := os.ReadFile(h.file(path))
	require.NoError(t, err)
	require.Equal(t, "newer", string(got))
	require.Equal(t, []string{"bazu.cert"}, h.names(t, "cert"))
}

// Without a document root, the folder in which a sign-in ends is one.
func TestSpaceWithoutADocumentRoot(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]start{"SFTP": onOpenSSH("ForceCommand internal-sftp -d HOME/www"), "FTP": onPureFTPd()} {
		h := start(t)
		h.space.DocumentRoot = ""
		if name == "FTP" {
			h.root = filepath.Dir(h.root)
			require.NoError(t, os.RemoveAll(h.file("www")))
		}
		h.installs(t, website.Policy{}, "")
		h.edits(t, website.Policy{}, "")
	}
}

// A server with nothing but TLS 1.0 is named as such where plain FTP isn't allowed, and used without TLS where it is.
func TestOutdatedTLS(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	file := certificate(t, t.TempDir())
	pair, err := tls.LoadX509KeyPair(file, file)
	require.NoError(t, err)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = c.Write([]byte("220 hello\r\n"))
				lines := bufio.NewReader(c)
				if line, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(line, "AUTH") {
					_, _ = c.Write([]byte("530 SSL/TLS required on the control channel\r\n"))
					return
				}
				_, _ = c.Write([]byte("234 go on\r\n"))
				_ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS10, //nolint:gosec // what is tested
					MaxVersion: tls.VersionTLS10}).Handshake()
			}()
		}
	}()
	to := website.Space{Protocol: website.FTP, Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, User: "u", Password: "p"}
	requireReason(t, "tls_old", website.Install(t.Context(), to, website.Policy{}, path, []byte("x")))
	to.Protocol = website.FTPSExplicit
	requireReason(t, "tls_old", website.Install(t.Context(), to, website.Policy{}, path, []byte("x")))
}

// Each guard is tried with an address that nothing else would refuse: a server that answers.
func TestGuardOfWebSpaces(t *testing.T) {
	_, to, file := space(t, webspace.Options{NoTLS: true})
	policy := website.Policy{}
	policy.Dialer.Control = website.Guard(nil)
	err := website.Install(t.Context(), to, policy, path, []byte("x"))
	requireReason(t, "reserved", err)
	var e *website.Error
	require.ErrorAs(t, err, &e)
	require.True(t, e.Permanent())
	require.NoFileExists(t, file)
	to.Protocol = website.SFTP
	requireReason(t, "reserved", website.Install(t.Context(), to, policy, path, []byte("x")))
}

// The first key is pinned, another one refused before the password is sent, until staff accept it.
func TestHostKeyIsPinned(t *testing.T) {
	t.Parallel()
	h := openSSHd(t)
	var seen []string
	policy := website.Policy{SawHostKey: func(_ context.Context, line string, known bool) error {
		seen = append(seen, fmt.Sprintf("%t %s", known, line))
		return nil
	}}
	require.NoError(t, website.Install(t.Context(), h.space, policy, path, []byte("x")))
	require.Len(t, seen, 1)
	line, _ := strings.CutPrefix(seen[0], "false ")
	key, err := website.ParseHostKey(line)
	require.NoError(t, err)
	require.Equal(t, "ssh-ed25519", key.Type)
	require.Equal(t, fmt.Sprintf("[127.0.0.1]:%d", h.space.Port), key.Address)
	require.Regexp(t, `^SHA256:\S{43}$`, key.Fingerprint)

	h.space.HostKey = line
	require.NoError(t, website.Install(t.Context(), h.space, policy, path, []byte("y")))
	require.Len(t, seen, 1, "known")

	other := openSSHd(t, "HostKey HOME/../ecdsa") // of another type, too
	other.space.HostKey = strings.Replace(line, strconv.Itoa(h.space.Port), strconv.Itoa(other.space.Port), 1)
	other.space.Password = "wrong"
	requireReason(t, "host_key", website.Install(t.Context(), other.space, policy, path, []byte("y")))
	require.Len(t, seen, 2)
	offered, changed := strings.CutPrefix(seen[1], "true ")
	require.True(t, changed)
	other.space.HostKey, other.space.Password = offered, "p"
	require.NoError(t, website.Install(t.Context(), other.space, policy, path, []byte("y")))

	h.space.HostKey = strings.Replace(line, "127.0.0.1", "192.0.2.1", 1)
	require.NoError(t, website.Install(t.Context(), h.space, policy, path, []byte("z")), "of another address: pinned anew")
	require.True(t, strings.HasPrefix(seen[2], "false "))
}

// If a key can't be recorded, nothing is sent.
func TestHostKeyIsRecordedFirst(t *testing.T) {
	t.Parallel()
	h := openSSHd(t)
	policy := website.Policy{SawHostKey: func(context.Context, string, bool) error { return errors.New("no database") }}
	err := website.Install(t.Context(), h.space, policy, path, []byte("x"))
	requireReason(t, "unreachable", err)
	require.NoFileExists(t, h.file(path))
}

// A certificate that nobody vouches for is accepted by the key of its first use, of which staff may accept another; or not
// at all, or always.
func TestCertificatesOfFTPServers(t *testing.T) {
	t.Parallel()
	_, to, file := space(t, webspace.Options{})
	to.Protocol = website.FTPSExplicit
	var seen []string
	policy := website.Policy{VerifyTLS: website.VerifyPin, SawHostKey: func(_ context.Context, line string, known bool) error {
		seen = append(seen, fmt.Sprintf("%t %s", known, line))
		return nil
	}}
	require.NoError(t, website.Install(t.Context(), to, policy, path, []byte("x")))
	line, first := strings.CutPrefix(seen[0], "false ")
	require.True(t, first)
	key, err := website.ParseHostKey(line)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("[127.0.0.1]:%d", to.Port), key.Address)
	seen = nil
	to.HostKey = line
	require.NoError(t, website.Install(t.Context(), to, policy, path, []byte("y")))
	require.Empty(t, seen, "known")

	_, other, _ := space(t, webspace.Options{})
	other.Protocol = website.FTPSExplicit
	other.HostKey = strings.Replace(line, strconv.Itoa(to.Port), strconv.Itoa(other.Port), 1)
	other.Password = "wrong"
	for _, other.Protocol = range []string{website.FTPSExplicit, website.FTP} { // not in clear instead
		requireReason(t, "host_key", website.Install(t.Context(), other, policy, path, []byte("y")))
		require.True(t, strings.HasPrefix(seen[len(seen)-1], "true "))
	}

	require.NoError(t, os.Remove(file))
	policy.VerifyTLS = website.VerifyStrict
	requireReason(t, "tls_untrusted", website.Install(t.Context(), to, policy, path, []byte("x")))
	require.NoFileExists(t, file)
	policy.VerifyTLS, to.HostKey = website.VerifyOff, ""
	require.NoError(t, website.Install(t.Context(), to, policy, path, []byte("x")))
	require.FileExists(t, file)
}
