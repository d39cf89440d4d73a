package website

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// sftpFiles are files over SFTP.
type sftpFiles struct {
	ctx  context.Context
	conn *limited
	ssh  *ssh.Client
	c    *sftp.Client
	root string
}

// openSFTP connects, compares the server's key with the pinned one, signs in and enters the document root.
func openSFTP(ctx context.Context, space Space, policy Policy) (files, error) {
	address := net.JoinHostPort(space.Host, strconv.Itoa(space.Port))
	conn, err := policy.dialLimited(ctx, "tcp", address, maxControl)
	if err != nil {
		return nil, problem("connect", err)
	}
	verified := false
	config := &ssh.ClientConfig{
		User: space.User,
		Auth: []ssh.AuthMethod{ssh.Password(space.Password), ssh.KeyboardInteractive(answerWith(space.Password))},
		HostKeyCallback: func(_ string, _ net.Addr, key ssh.PublicKey) error {
			err := verifyHostKey(ctx, space, policy, key)
			verified = err == nil
			return err
		},
		HostKeyAlgorithms: pinnedFirst(space, address),
	}
	encrypted, channels, requests, err := ssh.NewClientConn(conn, address, config)
	if err != nil {
		_ = conn.Close()
		if verified && strings.Contains(err.Error(), "unable to authenticate") { // the library has no type for it
			return nil, &Error{Step: "login", Reason: reasonLogin}
		}
		return nil, problem("connect", err)
	}
	f := &sftpFiles{ctx: ctx, conn: conn, ssh: ssh.NewClient(encrypted, channels, requests), root: space.DocumentRoot}
	if f.c, err = sftp.NewClient(f.ssh, sftp.UseConcurrentWrites(false)); err != nil { // the account may have no SFTP
		_ = f.ssh.Close()
		return nil, &Error{Step: "login", Reason: reasonAccount}
	}
	if f.root != "" {
		info, err := f.c.Stat(f.root)
		if err == nil && !info.IsDir() {
			err = os.ErrNotExist
		}
		if err != nil {
			f.close()
			return nil, problem("directory", err)
		}
	}
	return f, nil
}

// answerWith answers a server that asks for the password in a dialogue (PAM), and nothing else.
func answerWith(password string) ssh.KeyboardInteractiveChallenge {
	return func(_, _ string, questions []string, echos []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range questions {
			if !echos[i] {
				answers[i] = password
			}
		}
		return answers, nil
	}
}

// HostKey is a line of known_hosts for people.
type HostKey struct {
	// Address is the server's, Type the key's, such as ssh-ed25519.
	Address, Type string
	// Fingerprint is as ssh-keygen -l shows it: SHA256:…
	Fingerprint string
}

// ParseHostKey reads a line of known_hosts.
func ParseHostKey(line string) (HostKey, error) {
	_, hosts, key, _, _, err := ssh.ParseKnownHosts([]byte(line))
	if err != nil {
		return HostKey{}, err
	}
	return HostKey{strings.Join(hosts, ","), key.Type(), ssh.FingerprintSHA256(key)}, nil
}

// pinned is the key that was pinned for an address; nil if none was.
func pinned(space Space, address string) ssh.PublicKey {
	_, hosts, key, _, _, err := ssh.ParseKnownHosts([]byte(space.HostKey))
	if err != nil || len(hosts) != 1 || hosts[0] != knownhosts.Normalize(address) {
		return nil
	}
	return key
}

// pinnedFirst prefers the type of the pinned key: a server may have keys of several.
func pinnedFirst(space Space, address string) []string {
	all := ssh.SupportedAlgorithms().HostKeys
	key := pinned(space, address)
	if key == nil {
		return nil
	}
	first := []string{key.Type()}
	if key.Type() == ssh.KeyAlgoRSA {
		first = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return append(first, slices.DeleteFunc(all, func(a string) bool { return slices.Contains(first, a) })...)
}

// verifyHostKey compares a server's key with the pinned one, and reports one that isn't.
func verifyHostKey(ctx context.Context, space Space, policy Policy, key ssh.PublicKey) error {
	address := net.JoinHostPort(space.Host, strconv.Itoa(space.Port))
	known := pinned(space, address)
	if known != nil && bytes.Equal(known.Marshal(), key.Marshal()) {
		return nil
	}
	if policy.SawHostKey != nil {
		if err := policy.SawHostKey(ctx, knownhosts.Line([]string{address}, key), known != nil); err != nil {
			return err
		}
	}
	if known != nil {
		return &Error{Step: "connect", Reason: reasonHostKey}
	}
	return nil
}

func (f *sftpFiles) path(name string) string { return path.Join(f.root, name) }

func (f *sftpFiles) close() {
	_ = f.c.Close()
	_ = f.ssh.Close()
}

func (f *sftpFiles) read(name string, limit int) ([]byte, error) {
	f.conn.allow(maxTransfer)
	file, err := f.c.Open(f.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errMissing
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, int64(limit)+1))
	if len(content) > limit {
		return nil, errTooMuch
	}
	return content, err
}

func (f *sftpFiles) write(name string, content []byte) error {
	f.conn.allow(maxControl)
	file, err := f.c.OpenFile(f.path(name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(errWriting, err)
	}
	return nil
}

// rename overwrites where the server has OpenSSH's extension for it.
func (f *sftpFiles) rename(from, to string) error {
	f.conn.allow(maxControl)
	if _, ok := f.c.HasExtension("posix-rename@openssh.com"); ok {
		return f.c.PosixRename(f.path(from), f.path(to))
	}
	return f.c.Rename(f.path(from), f.path(to))
}

func (f *sftpFiles) remove(name string) error {
	f.conn.allow(maxControl)
	err := f.c.Remove(f.path(name))
	if errors.Is(err, os.ErrNotExist) {
		return errMissing
	}
	return err
}

func (f *sftpFiles) makeDir(name string) error {
	f.conn.allow(maxControl)
	return f.c.Mkdir(f.path(name))
}

func (f *sftpFiles) list(folder string) (names []string, err error) {
	f.conn.allow(maxListing)
	entries, err := f.c.ReadDirContext(f.ctx, cmp.Or(f.path(folder), "."))
	if errors.Is(err, os.ErrNotExist) {
		return nil, errMissing
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}
