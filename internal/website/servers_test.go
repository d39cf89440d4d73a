package website_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/stack/devserver"
	"github.com/beian/beian/internal/website"
)

// Servers as hosts run them. Debian's packages of FTP servers exclude each other, so `make packages` unpacks them.

// daemon is the path of a server; the test is skipped where it is missing, or can't run.
func daemon(t *testing.T, name string) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("servers change their user: needs root")
	}
	unpacked, err := filepath.Abs("../../.beian/ftpd/usr/sbin/" + name)
	require.NoError(t, err)
	for _, p := range []string{unpacked, "/usr/sbin/" + name} {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	t.Skip(name + " is missing: run `make packages`")
	return ""
}

func freePort(t *testing.T) int {
	t.Helper()
	ports, err := devserver.FreePorts(1)
	require.NoError(t, err)
	return ports[0]
}

// run starts a server and waits until it answers; it and its children end with the test.
func run(t *testing.T, port int, name string, args ...string) {
	t.Helper()
	var log bytes.Buffer
	c := exec.Command(name, args...)
	c.Stdout, c.Stderr = &log, &log
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, c.Start())
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) // the group that it leads
		<-ended
		if t.Failed() {
			t.Log(log.String())
		}
	})
	require.Eventually(t, func() bool {
		conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		if err != nil {
			return false
		}
		_ = conn.Close()
		return true
	}, 10*time.Second, 20*time.Millisecond)
}

// certificate writes a self-signed certificate with its key.
func certificate(t *testing.T, dir string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().AddDate(0, 0, 1), DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	file := filepath.Join(dir, "tls.pem")
	require.NoError(t, os.WriteFile(file, append(
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...), 0o600))
	return file
}

// host is a server with a web space: its account's folder www, which belongs to daemon.
type host struct {
	space website.Space
	root  string
}

// daemonID is the number of daemon, the account of every web space: vsftpd wants one whose home exists.
const daemonID = 1

// home is a folder with a web space that the account daemon may reach.
func home(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "beian-space-") // the folders of t.TempDir are closed to others
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755)) //nolint:gosec // a server's other user reads it
	www := filepath.Join(dir, "home", "www")
	require.NoError(t, os.MkdirAll(www, 0o755))
	require.NoError(t, os.Chown(www, daemonID, daemonID))
	return dir
}

func vsftpd(t *testing.T, settings ...string) host {
	t.Helper()
	name := daemon(t, "vsftpd")
	dir, port := home(t), freePort(t)
	empty := filepath.Join(dir, "empty")
	require.NoError(t, os.Mkdir(empty, 0o555))
	config := filepath.Join(dir, "vsftpd.conf")
	require.NoError(t, os.WriteFile(config, []byte(strings.Join(append([]string{
		"listen=YES", "listen_address=127.0.0.1", "listen_port=" + strconv.Itoa(port), "background=NO",
		"seccomp_sandbox=NO", "isolate=NO", "isolate_network=NO", "secure_chroot_dir=" + empty,
		"ftp_username=daemon", "nopriv_user=nobody", "anonymous_enable=YES", "local_enable=NO", "write_enable=YES",
		"anon_root=" + filepath.Join(dir, "home"), "anon_upload_enable=YES", "anon_mkdir_write_enable=YES",
		"anon_other_write_enable=YES", "anon_world_readable_only=NO", "anon_umask=022",
		"rsa_cert_file=" + certificate(t, dir), "allow_anon_ssl=YES", "ssl_ciphers=HIGH",
	}, settings...), "\n")+"\n"), 0o600))
	run(t, port, name, config)
	return host{website.Space{Protocol: website.FTP, Host: "127.0.0.1", Port: port, User: "anonymous", Password: "p",
		DocumentRoot: "www"}, filepath.Join(dir, "home", "www")}
}

func pureFTPd(t *testing.T, args ...string) host {
	t.Helper()
	return pureFTPdWithin(t, "", args...)
}

// pureFTPdWithin sets the account's quota: files:bytes.
func pureFTPdWithin(t *testing.T, quota string, args ...string) host {
	t.Helper()
	name := daemon(t, "pure-ftpd")
	dir, port := home(t), freePort(t)
	file, db := filepath.Join(dir, "passwd"), filepath.Join(dir, "users.pdb")
	if quota == "" {
		quota = ":"
	}
	require.NoError(t, os.Chown(filepath.Join(dir, "home"), daemonID, daemonID)) // the quota's count is kept there
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, "u:%s:%d:%d::%s/./::::::%s::::::\n", hashed(t), daemonID,
		daemonID, filepath.Join(dir, "home"), quota), 0o600))
	out, err := exec.Command(strings.Replace(name, "sbin/pure-ftpd", "bin/pure-pw", 1), "mkdb", db, "-f", file).
		CombinedOutput()
	require.NoError(t, err, string(out))
	run(t, port, name, append([]string{"-S", "127.0.0.1," + strconv.Itoa(port), "-l", "puredb:" + db, "-A", "-E", "-H",
		"-g", filepath.Join(dir, "pid"), "-2", certificate(t, dir)}, args...)...)
	return host{website.Space{Protocol: website.FTP, Host: "127.0.0.1", Port: port, User: "u", Password: "p",
		DocumentRoot: "www"}, filepath.Join(dir, "home", "www")}
}

// hashed is the password p, as crypt(3) hashes it.
func hashed(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("openssl", "passwd", "-5", "p").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(out))
}

func proFTPd(t *testing.T, settings ...string) host {
	t.Helper()
	name := daemon(t, "proftpd")
	dir, port := home(t), freePort(t)
	passwd := filepath.Join(dir, "passwd")
	require.NoError(t, os.WriteFile(passwd, fmt.Appendf(nil, "u:%s:%d:%d::%s:/bin/false\n",
		hashed(t), daemonID, daemonID, filepath.Join(dir, "home")), 0o600))
	modules := strings.Replace(name, "sbin/proftpd", "lib/proftpd", 1)
	config := filepath.Join(dir, "proftpd.conf")
	require.NoError(t, os.WriteFile(config, []byte(strings.Join(append([]string{
		"ModulePath " + modules, "LoadModule mod_tls.c", "ServerType standalone", "DefaultAddress 127.0.0.1",
		"Port " + strconv.Itoa(port), "UseIPv6 off", "User nobody", "Group nogroup", "DefaultRoot ~",
		"PidFile " + filepath.Join(dir, "pid"), "ScoreboardFile " + filepath.Join(dir, "scoreboard"),
		"SystemLog " + filepath.Join(dir, "log"), "WtmpLog off", "TransferLog none",
		"AuthOrder mod_auth_file.c", "AuthUserFile " + passwd, "RequireValidShell off", "Umask 022",
		"TLSRSACertificateFile " + certificate(t, dir), "TLSRSACertificateKeyFile " + filepath.Join(dir, "tls.pem"),
		"TLSLog " + filepath.Join(dir, "tlslog"),
	}, settings...), "\n")+"\n"), 0o600))
	run(t, port, name, "-n", "-c", config)
	return host{website.Space{Protocol: website.FTP, Host: "127.0.0.1", Port: port, User: "u", Password: "p",
		DocumentRoot: "www"}, filepath.Join(dir, "home", "www")}
}

// openSSHd serves SFTP to the account daemon. PAM asks a script about the password: accounts of a test machine have
// none. The service's name is the program's, so it is linked under another.
func openSSHd(t *testing.T, settings ...string) host {
	t.Helper()
	dir, port := home(t), freePort(t)
	service := filepath.Base(dir)
	name := filepath.Join(dir, service)
	require.NoError(t, os.Symlink(daemon(t, "sshd"), name))
	pam := filepath.Join("/etc/pam.d", service)
	t.Cleanup(func() { _ = os.Remove(pam) })
	script := filepath.Join(dir, "password")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\n[ \"$(tr -d '\\0')\" = p ]\n"), 0o755)) //nolint:gosec // run by PAM
	require.NoError(t, os.WriteFile(pam, []byte("auth required pam_exec.so expose_authtok quiet "+script+
		"\nauth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n"), 0o644)) //nolint:gosec // as its neighbours
	require.NoError(t, os.MkdirAll("/run/sshd", 0o755)) // its privilege separation
	for _, kind := range []string{"ed25519", "ecdsa"} {
		keygen(t, filepath.Join(dir, kind), "-t", kind)
	}
	config := filepath.Join(dir, "sshd_config")
	require.NoError(t, os.WriteFile(config, []byte(strings.ReplaceAll(strings.Join(append(settings, // the first counts
		"ListenAddress 127.0.0.1:"+strconv.Itoa(port), "HostKey "+filepath.Join(dir, "ed25519"),
		"PidFile "+filepath.Join(dir, "pid"), "UsePAM yes", "LogLevel VERBOSE", "StrictModes no",
		"Subsystem sftp internal-sftp", "ForceCommand internal-sftp -d HOME"), "\n")+"\n",
		"HOME", filepath.Join(dir, "home"))), 0o600))
	run(t, port, name, "-D", "-e", "-f", config)
	return host{website.Space{Protocol: website.SFTP, Host: "127.0.0.1", Port: port, User: "daemon", Password: "p",
		DocumentRoot: "www"}, filepath.Join(dir, "home", "www")}
}

// keygen makes a key of SSH's and returns its file.
func keygen(t *testing.T, file string, args ...string) string {
	t.Helper()
	out, err := exec.Command("ssh-keygen", append(args, "-q", "-N", "", "-f", file)...).CombinedOutput()
	require.NoError(t, err, string(out))
	return file
}

// signedIn is a client of somebody else's that stays.
func signedIn(t *testing.T, address, user, password string) *textproto.Conn {
	t.Helper()
	var c *textproto.Conn
	require.Eventually(t, func() (ok bool) { // the one that run tried may still be there
		var err error
		if c, err = textproto.Dial("tcp", address); err != nil {
			return false
		}
		defer func() {
			if !ok {
				_ = c.Close()
			}
		}()
		if _, _, err = c.ReadResponse(220); err != nil || c.PrintfLine("USER %s", user) != nil {
			return false
		}
		if _, _, err = c.ReadResponse(331); err != nil || c.PrintfLine("PASS %s", password) != nil {
			return false
		}
		_, _, err = c.ReadResponse(230)
		return err == nil
	}, 15*time.Second, 50*time.Millisecond)
	t.Cleanup(func() { _ = c.Close() })
	return c
}
