package website

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/textproto"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/jlaffaye/ftp"

	"github.com/beian/beian/internal/extcall"
)

// ErrProtocol says that a web space's protocol isn't one of Protocols.
var ErrProtocol = errors.New("the web space's protocol must be ftp, ftps-explicit or ftps-implicit")

// Install puts a file below the document root, at a path such as cert/bazu.cert. The file appears whole or not at
// all: it is uploaded under a temporary name, read back, and renamed. If it is already there, nothing changes.
func Install(ctx context.Context, space Space, policy Policy, name string, content []byte) (err error) {
	ctx, done := extcall.Begin(ctx, extcall.WebSpace, "install")
	defer func() { done(result(err)) }()
	s, end, err := open(ctx, space, policy)
	if err != nil {
		return err
	}
	defer end()
	c := s.c
	if same, _ := has(c, name, content); same {
		return nil
	}
	if err := makeDirs(c, path.Dir(name)); err != nil {
		return err
	}
	temporary := path.Join(path.Dir(name), ".beian-"+rand.Text()[:10]+".tmp")
	if err := upload(c, temporary, content); err != nil {
		_ = c.Delete(temporary) // half a file under our temporary name
		return err
	}
	if err := replace(c, temporary, name); err != nil {
		_ = c.Delete(temporary)
		return err
	}
	return nil
}

// connect opens the control connection, with TLS as the protocol requires. Only plain ftp allows a server without
// TLS.
func connect(ctx context.Context, space Space, policy Policy) (*ftp.ServerConn, error) {
	address := net.JoinHostPort(space.Host, strconv.Itoa(space.Port))
	secure := policy.tls(space.Host)
	switch space.Protocol {
	case FTP:
		c, err := dial(ctx, address, policy, secure, true)
		var reply *textproto.Error
		if errors.As(err, &reply) && reply.Code >= 500 { // AUTH TLS isn't supported
			c, err = dial(ctx, address, policy, nil, false)
		}
		return c, connectProblem(err)
	case FTPSExplicit:
		c, err := dial(ctx, address, policy, secure, true)
		return c, connectProblem(err)
	case FTPSImplicit:
		c, err := dial(ctx, address, policy, secure, false)
		return c, connectProblem(err)
	}
	return nil, ErrProtocol
}

func connectProblem(err error) error {
	if err == nil {
		return nil
	}
	return problem("connect", err)
}

// dial gives the library a function for its connections. With one set, the library wraps only the control
// connection of explicit TLS, and leaves implicit TLS and every data connection unencrypted, so they are wrapped
// here.
func dial(ctx context.Context, address string, policy Policy, secure *tls.Config,
	explicit bool) (*ftp.ServerConn, error) {
	plain := explicit // its first connection starts unencrypted
	end, _ := ctx.Deadline()
	open := func(network, address string) (net.Conn, error) {
		wrap := secure != nil && !plain
		plain = false
		raw, err := policy.Dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		// Cancelling wakes whoever waits for an answer.
		context.AfterFunc(ctx, func() { _ = raw.Close() })
		conn := net.Conn(&deadlined{Conn: raw, end: end})
		if wrap {
			return tls.Client(conn, secure), nil
		}
		return conn, nil
	}
	options := []ftp.DialOption{ftp.DialWithDialFunc(open)}
	switch {
	case explicit:
		options = append(options, ftp.DialWithExplicitTLS(secure))
	case secure != nil: // so that PBSZ and PROT are sent
		options = append(options, ftp.DialWithTLS(secure))
	}
	return ftp.Dial(address, options...)
}

// deadlined is a connection on which every read and write must make progress, and everything must end in time: the
// library itself waits for ever.
type deadlined struct {
	net.Conn
	end time.Time
}

func (c *deadlined) next() time.Time {
	soon := time.Now().Add(commandTimeout)
	if c.end.Before(soon) {
		return c.end
	}
	return soon
}

func (c *deadlined) Read(b []byte) (int, error) {
	if err := c.SetReadDeadline(c.next()); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

func (c *deadlined) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(c.next()); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

func makeDirs(c *ftp.ServerConn, dir string) error {
	made := ""
	for part := range strings.SplitSeq(dir, "/") {
		if part == "" || part == "." {
			continue
		}
		made = path.Join(made, part)
		if err := c.MakeDir(made); err != nil && !exists(c, made) {
			return problem("upload", err)
		}
	}
	return nil
}

// exists enters a directory and comes back.
func exists(c *ftp.ServerConn, dir string) bool {
	here, err := c.CurrentDir()
	if err != nil || c.ChangeDir(dir) != nil {
		return false
	}
	return c.ChangeDir(here) == nil
}

func upload(c *ftp.ServerConn, name string, content []byte) error {
	if err := c.Stor(name, bytes.NewReader(content)); err != nil {
		return problem("upload", err)
	}
	same, err := has(c, name, content)
	if err != nil {
		return problem("verify", err)
	}
	if !same { // cut off without an error, as full disks do
		return &Error{Step: "verify", Reason: "quota"}
	}
	return nil
}

// replace renames over a file; if the server refuses that, the old one is deleted first.
func replace(c *ftp.ServerConn, from, to string) error {
	err := c.Rename(from, to)
	if err == nil {
		return nil
	}
	if c.Delete(to) != nil {
		return problem("rename", err)
	}
	if err := c.Rename(from, to); err != nil {
		return problem("rename", err)
	}
	return nil
}

// has reports whether a file has exactly this content.
func has(c *ftp.ServerConn, name string, content []byte) (bool, error) {
	r, err := c.Retr(name)
	if err != nil {
		return false, err
	}
	got, err := io.ReadAll(io.LimitReader(r, int64(len(content))+1))
	if closeErr := r.Close(); err == nil && len(got) <= len(content) {
		err = closeErr
	}
	return bytes.Equal(got, content), err
}
