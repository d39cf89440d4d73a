package website_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/website"
)

func onOpenSSH(settings ...string) start {
	return func(t *testing.T) host { return openSSHd(t, settings...) }
}

// start is a server of one of Debian's packages with settings that hosts use.
type start func(*testing.T) host

func onVsftpd(settings ...string) start {
	return func(t *testing.T) host { return vsftpd(t, settings...) }
}

func onPureFTPd(args ...string) start {
	return func(t *testing.T) host { return pureFTPd(t, args...) }
}

func onProFTPd(settings ...string) start {
	return func(t *testing.T) host { return proFTPd(t, settings...) }
}

func tlsOnly(p *website.Policy)                 { p.TLSOnly = true }
func verifyTLS(p *website.Policy)               { p.VerifyTLS = website.VerifyStrict }
func protocol(name string) func(*website.Space) { return func(s *website.Space) { s.Protocol = name } }
func proTLS(settings ...string) start {
	return onProFTPd(append([]string{"TLSEngine on"}, settings...)...)
}

// Whatever a server can't do, a certificate and an edited home page get to the web space, or the reason says why
// not; then nothing is changed, and nothing of ours is left.
func TestServersOfHosts(t *testing.T) {
	tls := []string{"ssl_enable=YES", "force_anon_logins_ssl=YES", "force_anon_data_ssl=YES"}
	for name, c := range map[string]struct {
		start  start
		space  func(*website.Space)
		policy func(*website.Policy)
		reason string
	}{
		"vsftpd":                          {start: onVsftpd()},
		"vsftpd, TLS offered":             {start: onVsftpd("ssl_enable=YES", "require_ssl_reuse=NO")},
		"vsftpd, TLS required":            {start: onVsftpd(append(tls, "require_ssl_reuse=NO")...)},
		"vsftpd, session reuse":           {start: onVsftpd(append(tls, "require_ssl_reuse=YES")...)},
		"vsftpd, TLS only, by us, too":    {start: onVsftpd(append(tls, "require_ssl_reuse=YES")...), policy: tlsOnly},
		"vsftpd, no TLS, but wanted":      {start: onVsftpd(), policy: tlsOnly, reason: "tls_refused"},
		"vsftpd, explicit, not offered":   {start: onVsftpd(), space: protocol(website.FTPSExplicit), reason: "tls_refused"},
		"vsftpd, certificate not trusted": {start: onVsftpd(tls...), policy: verifyTLS, reason: "tls_untrusted"},
		"vsftpd, implicit": {start: onVsftpd("ssl_enable=YES", "implicit_ssl=YES", "require_ssl_reuse=YES"),
			space: protocol(website.FTPSImplicit)},
		"vsftpd, read-only":       {start: onVsftpd("write_enable=NO"), reason: "refused"},
		"vsftpd, no overwriting":  {start: onVsftpd("cmds_denied=RNFR,RNTO")},
		"vsftpd, no listing":      {start: onVsftpd("dirlist_enable=NO")},
		"vsftpd, wrong PASV":      {start: onVsftpd("pasv_address=203.0.113.9", "cmds_denied=EPSV")},
		"vsftpd, another account": {start: onVsftpd(), space: func(s *website.Space) { s.User = "someone" }, reason: "login"},
		"vsftpd, no such root": {start: onVsftpd(), space: func(s *website.Space) { s.DocumentRoot = "web" },
			reason: "directory_missing"},
		"vsftpd, no optional commands": {start: onVsftpd("cmds_denied=OPTS,FEAT,SIZE,MDTM,SYST,EPSV,SITE,PWD,NLST")},
		"vsftpd, home missing":         {start: onVsftpd("anon_root=/nonexistent/x"), reason: "account"},

		"pure-ftpd":                     {start: onPureFTPd()},
		"pure-ftpd, TLS offered":        {start: onPureFTPd("-Y", "1")},
		"pure-ftpd, TLS required":       {start: onPureFTPd("-Y", "2")},
		"pure-ftpd, TLS for data, too":  {start: onPureFTPd("-Y", "3")},
		"pure-ftpd, TLS only, by us":    {start: onPureFTPd("-Y", "3"), policy: tlsOnly},
		"pure-ftpd, no renaming":        {start: onPureFTPd("-G")},
		"pure-ftpd, no dot files":       {start: onPureFTPd("-x", "-X")},
		"pure-ftpd, renamed uploads":    {start: onPureFTPd("-r")},
		"pure-ftpd, wrong PASV address": {start: onPureFTPd("-P", "203.0.113.9")},
		"pure-ftpd, TLS required, wrong password": {start: onPureFTPd("-Y", "2"),
			space: func(s *website.Space) { s.Password = "x" }, reason: "login"},

		"OpenSSH":            {start: onOpenSSH()},
		"OpenSSH, dialogue":  {start: onOpenSSH("PasswordAuthentication no", "KbdInteractiveAuthentication yes")},
		"OpenSSH, read-only": {start: onOpenSSH("ForceCommand internal-sftp -R -d HOME"), reason: "refused"},
		"OpenSSH, wrong password": {start: onOpenSSH(), space: func(s *website.Space) { s.Password = "x" },
			reason: "login"},
		"OpenSSH, no such root": {start: onOpenSSH(), space: func(s *website.Space) { s.DocumentRoot = "web" },
			reason: "directory_missing"},
		"OpenSSH, no SFTP": {start: onOpenSSH("ForceCommand /bin/true"), reason: "account"},

		"proftpd":                                          {start: onProFTPd()},
		"proftpd, overwriting":                             {start: onProFTPd("AllowOverwrite on")},
		"proftpd, no renaming":                             {start: onProFTPd("AllowOverwrite on", "<Limit RNFR RNTO>", "DenyAll", "</Limit>")},
		"proftpd, TLS offered":                             {start: proTLS()},
		"proftpd, TLS required":                            {start: proTLS("TLSRequired on")},
		"proftpd, TLS 1.2, reuse by ID":                    {start: proTLS("TLSProtocol TLSv1.2")},
		"proftpd, TLS 1.2, reuse by ID, control protected": {start: proTLS("TLSProtocol TLSv1.2", "TLSRequired ctrl")},
		"proftpd, TLS 1.2, reuse by ID, required": {start: proTLS("TLSProtocol TLSv1.2", "TLSRequired on"),
			reason: "tls_data"},
		"proftpd, TLS 1.2, no reuse": {start: proTLS("TLSProtocol TLSv1.2", "TLSRequired on",
			"TLSOptions NoSessionReuseRequired")},
		"proftpd, read-only":          {start: onProFTPd("<Limit WRITE>", "DenyAll", "</Limit>"), reason: "refused"},
		"proftpd, PROT refused":       {start: proTLS("<Limit PROT>", "DenyAll", "</Limit>")},
		"proftpd, wrong PASV address": {start: onProFTPd("MasqueradeAddress 203.0.113.9", "<Limit EPSV>", "DenyAll", "</Limit>")},
		"proftpd, no optional commands": {start: onProFTPd("AllowOverwrite on",
			"<Limit OPTS FEAT SIZE MDTM PWD XPWD NLST LIST EPSV>", "DenyAll", "</Limit>")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := c.start(t)
			policy := website.Policy{}
			if c.space != nil {
				c.space(&h.space)
			}
			if c.policy != nil {
				c.policy(&policy)
			}
			h.installs(t, policy, c.reason)
			h.edits(t, policy, c.reason)
		})
	}
}

func (h host) file(name string) string { return filepath.Join(h.root, name) }

// owned writes a file as the account's own.
func (h host) owned(t *testing.T, name string, content []byte) {
	t.Helper()
	file := h.file(name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.Chown(filepath.Dir(file), daemonID, daemonID))
	require.NoError(t, os.WriteFile(file, content, 0o644)) //nolint:gosec // the account's
	require.NoError(t, os.Chown(file, daemonID, daemonID))
}

func (h host) names(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(h.file(folder))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	for _, e := range entries {
		if e.Name() != ".ftpquota" {
			names = append(names, e.Name())
		}
	}
	return names
}

func requireReason(t *testing.T, reason string, err error) {
	t.Helper()
	var e *website.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, reason, e.Reason, "%+v", e)
}

// installs puts a certificate on a space that has an older one.
func (h host) installs(t *testing.T, policy website.Policy, reason string) {
	t.Helper()
	older, content := []byte("older\r\n"), bytes.Repeat([]byte("\x00certificate\r\n\xff"), 3000)
	h.owned(t, path, older)
	err := website.Install(t.Context(), h.space, policy, path, content)
	got, readErr := os.ReadFile(h.file(path))
	require.NoError(t, readErr)
	if reason != "" {
		requireReason(t, reason, err)
		require.Equal(t, older, got, "what is there stays")
	} else {
		require.NoError(t, err)
		require.Equal(t, content, got)
		require.NoError(t, website.Install(t.Context(), h.space, policy, path, content), "again")
	}
	require.Equal(t, []string{"bazu.cert"}, h.names(t, "cert"), "nothing of ours is left")
	require.NoError(t, os.RemoveAll(h.file("cert")))
	if reason == "" {
		require.NoError(t, website.Install(t.Context(), h.space, policy, path, content), "into a new folder")
		require.Equal(t, []string{"bazu.cert"}, h.names(t, "cert"))
		require.NoError(t, os.RemoveAll(h.file("cert")))
	}
}

// edits puts the number on a home page and takes it off again.
func (h host) edits(t *testing.T, policy website.Policy, reason string) {
	t.Helper()
	h.owned(t, "index.html", []byte(plain))
	edited, _, err := website.PutFooter([]byte(plain), "", lines)
	require.NoError(t, err)
	p := website.Placing{ID: 7, Name: "index.html", Original: []byte(plain), Edited: edited,
		Backup: website.BackupName("index.html", time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))}
	if reason != "" {
		requireReason(t, reason, website.Place(t.Context(), h.space, policy, p))
		require.Equal(t, []string{"index.html"}, h.names(t, ""))
		return
	}
	page, err := website.FindHomePage(t.Context(), h.space, policy, shownAs(plain, "/"))
	require.NoError(t, err)
	require.Equal(t, "index.html", page.Name)
	require.NoError(t, website.Place(t.Context(), h.space, policy, p))
	got, err := os.ReadFile(h.file("index.html"))
	require.NoError(t, err)
	require.Equal(t, string(edited), string(got))
	require.Equal(t, []string{"index.html", p.Backup}, h.names(t, ""))
	require.NoError(t, website.Restore(t.Context(), h.space, policy, p))
	got, err = os.ReadFile(h.file("index.html"))
	require.NoError(t, err)
	require.Equal(t, plain, string(got))
	require.Equal(t, []string{"index.html"}, h.names(t, ""))
}

// A server that has all the clients it takes is waited for; until one goes, nobody need look.
func TestTooManyClients(t *testing.T) {
	for name, start := range map[string]start{
		"vsftpd":             onVsftpd("max_clients=1"),
		"vsftpd, of one":     onVsftpd("max_per_ip=1"),
		"pure-ftpd":          onPureFTPd("-c", "1"),
		"pure-ftpd, of one":  onPureFTPd("-C", "1"),
		"proftpd":            onProFTPd("MaxClients 1"),
		"proftpd, of one":    onProFTPd("MaxClientsPerHost 1"),
		"proftpd, instances": onProFTPd("MaxClientsPerUser 1"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t)
			address := net.JoinHostPort("127.0.0.1", strconv.Itoa(h.space.Port))
			other := signedIn(t, address, h.space.User, h.space.Password)
			err := website.Install(t.Context(), h.space, website.Policy{}, path, []byte("x"))
			requireReason(t, "busy", err)
			var e *website.Error
			require.ErrorAs(t, err, &e)
			require.False(t, e.Permanent())
			require.NoError(t, other.Close())
			require.Eventually(t, func() bool {
				return website.Install(t.Context(), h.space, website.Policy{}, path, []byte("x")) == nil
			}, 15*time.Second, 100*time.Millisecond)
		})
	}
}

// A quota in bytes ends an upload in the middle.
func TestFullSpace(t *testing.T) {
	h := pureFTPdWithin(t, "100:1000000")
	big := make([]byte, 2<<20)
	_, _ = rand.Read(big)
	h.owned(t, path, []byte("older"))
	requireReason(t, "quota", website.Install(t.Context(), h.space, website.Policy{}, path, big))
	got, err := os.ReadFile(h.file(path))
	require.NoError(t, err)
	require.Equal(t, "older", string(got))
	require.Equal(t, []string{"bazu.cert"}, h.names(t, "cert"))
}
