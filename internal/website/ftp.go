package website

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/textproto"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/jlaffaye/ftp"
	"golang.org/x/crypto/ssh"
)

// way is what is left out in a conversation, because the server or a firewall before it can't do it.
type way struct {
	// plain: no TLS at all.
	plain bool
	// clearData: TLS protects only the control connection, and so the password. What travels otherwise, a certificate or
	// a home page, anybody can fetch from the site.
	clearData bool
	// pasv: the ports that EPSV names can't be reached.
	pasv bool
}

// instead is the next way after a failure; false if there is none, or the policy forbids it.
func (w way) instead(err error, space Space, policy Policy) (way, bool) {
	var e *Error
	if !errors.As(err, &e) || space.Protocol == SFTP {
		return w, false
	}
	mayBePlain := space.Protocol == FTP && !policy.TLSOnly && !w.plain
	switch e.Reason {
	case reasonData:
		next := w
		next.pasv = true
		return next, !w.pasv
	case reasonTLSData:
		next := w
		next.clearData = true
		return next, !w.clearData && !w.plain && !policy.TLSOnly
	case reasonTLS, reasonTLSOld:
		return way{plain: true, pasv: w.pasv}, mayBePlain && e.Step == "connect"
	}
	return w, false
}

func (p Policy) tls(ctx context.Context, space Space) *tls.Config {
	return &tls.Config{
		ServerName:         space.Host,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection does it
		VerifyConnection: func(state tls.ConnectionState) error {
			return p.verify(ctx, space, state.PeerCertificates)
		},
		// vsftpd and proftpd refuse data connections that don't resume the control connection's session.
		ClientSessionCache: tls.NewLRUClientSessionCache(4),
		MinVersion:         tls.VersionTLS12,
	}
}

// verify judges a server's certificates by VerifyTLS.
func (p Policy) verify(ctx context.Context, space Space, chain []*x509.Certificate) error {
	if p.VerifyTLS != VerifyPin && p.VerifyTLS != VerifyStrict {
		return nil
	}
	options := x509.VerifyOptions{DNSName: space.Host, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(options)
	if err == nil {
		return nil
	}
	if p.VerifyTLS == VerifyPin {
		// A certificate that is renewed keeps its key, or else staff compare it, as they do with SSH.
		if key, keyErr := ssh.NewPublicKey(chain[0].PublicKey); keyErr == nil {
			return verifyHostKey(ctx, space, p, key)
		}
	}
	return &tls.CertificateVerificationError{UnverifiedCertificates: chain, Err: err}
}

// ftpFiles are files over FTP. Signing in and securing the connections is ours, the rest the library's: it takes
// every refusal of an optional command for the end.
type ftpFiles struct {
	c *ftp.ServerConn
	// protected: data connections use TLS.
	protected bool
	// most bounds what arrives on the next data connection.
	most int64
}

// openFTP opens a control connection, signs in and enters the document root.
func openFTP(ctx context.Context, space Space, policy Policy, w way) (_ files, err error) {
	raw, err := policy.dialLimited(ctx, "tcp", net.JoinHostPort(space.Host, strconv.Itoa(space.Port)), maxControl)
	if err != nil {
		return nil, problem("connect", err)
	}
	defer func() {
		if err != nil {
			_ = raw.Close()
		}
	}()
	in := &signIn{conn: raw, config: policy.tls(ctx, space), way: w}
	if err := in.run(ctx, space, policy); err != nil {
		return nil, err
	}
	f := &ftpFiles{protected: in.protected}
	// Once the library has its control connection, it asks for data connections.
	var control net.Conn = &greeted{Conn: in.conn, greeting: "220 signed in\r\n"}
	dial := func(network, address string) (net.Conn, error) {
		if c := control; c != nil {
			control = nil
			return c, nil
		}
		data, err := policy.dialLimited(ctx, network, address, f.most)
		if err != nil {
			return nil, errors.Join(errDataPort, err)
		}
		if !in.protected {
			return data, nil
		}
		return &protectedData{Conn: tls.Client(data, in.config), ctx: ctx}, nil
	}
	f.c, err = ftp.Dial(raw.RemoteAddr().String(), ftp.DialWithDialFunc(dial), ftp.DialWithDisabledEPSV(w.pasv))
	if err != nil {
		return nil, problem("connect", err)
	}
	_ = f.c.Type(ftp.TransferTypeBinary) // a server that refuses has only that; uploads are read back
	if space.DocumentRoot != "" {
		if err := f.c.ChangeDir(space.DocumentRoot); err != nil {
			f.close()
			return nil, problem("directory", err)
		}
	}
	return f, nil
}

// signIn is the beginning of a control connection.
type signIn struct {
	conn   net.Conn
	config *tls.Config
	way    way
	// secured: the control connection uses TLS; protected: data connections do, too.
	secured, protected bool
	text               *textproto.Conn
}

func (in *signIn) run(ctx context.Context, space Space, policy Policy) error {
	if space.Protocol == FTPSImplicit {
		if err := in.handshake(ctx); err != nil {
			return err
		}
	}
	in.text = textproto.NewConn(in.conn)
	if _, _, err := in.text.ReadResponse(220); err != nil {
		return problem("connect", err)
	}
	if space.Protocol != FTPSImplicit && !in.way.plain {
		if err := in.auth(ctx, space, policy); err != nil {
			return err
		}
	}
	if err := in.login(space); err != nil {
		return err
	}
	_, _, _ = in.command("OPTS UTF8 ON") // for names of folders; many servers need no telling
	if !in.secured {
		return nil
	}
	return in.protect(space, policy)
}

// command sends a command; the error is of the connection.
func (in *signIn) command(line string) (code int, text string, err error) {
	if strings.ContainsAny(line, "\r\n") {
		return 0, "", ftp.ErrInvalidCommand
	}
	if err := in.text.PrintfLine("%s", line); err != nil {
		return 0, "", err
	}
	return in.text.ReadResponse(-1)
}

func (in *signIn) handshake(ctx context.Context) error {
	secured := tls.Client(in.conn, in.config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return problem("connect", errors.Join(errTLS, err))
	}
	in.conn, in.secured = secured, true
	return nil
}

// auth asks for TLS. Servers refuse it with many codes (RFC 4217: 431, 502, 504, 534; others 454, 500, 530, 550);
// the connection goes on without.
func (in *signIn) auth(ctx context.Context, space Space, policy Policy) error {
	code, text, err := in.command("AUTH TLS")
	if err != nil {
		return problem("connect", errors.Join(errTLS, err))
	}
	if code == 234 || code == 334 {
		if err := in.handshake(ctx); err != nil {
			return err
		}
		in.text = textproto.NewConn(in.conn)
		return nil
	}
	if reason := replyReason("connect", code, text); reason == reasonBusy {
		return &Error{Step: "connect", Reason: reason, Code: code}
	}
	if space.Protocol == FTP && !policy.TLSOnly {
		return nil
	}
	return &Error{Step: "connect", Reason: reasonTLSNone, Code: code}
}

func (in *signIn) login(space Space) error {
	code, text, err := in.command("USER " + space.User)
	if err == nil && code == 331 {
		code, text, err = in.command("PASS " + space.Password)
	}
	switch {
	case err != nil:
		return problem("login", err)
	case code == 230 || code == 202 || code == 232:
		return nil
	}
	return problem("login", &textproto.Error{Code: code, Msg: text})
}

// protect asks for protected data connections (RFC 4217, 9). Refused, they are in clear, as they were; on a
// connection that began with TLS (ftps-implicit), old servers know nothing else than protected ones.
func (in *signIn) protect(space Space, policy Policy) error {
	if _, _, err := in.command("PBSZ 0"); err != nil {
		return problem("login", err)
	}
	if in.way.clearData {
		code, _, err := in.command("PROT C")
		if err != nil {
			return problem("login", err)
		}
		if code != 200 {
			return &Error{Step: "login", Reason: reasonTLSData, Code: code}
		}
		return nil
	}
	code, _, err := in.command("PROT P")
	if err != nil {
		return problem("login", err)
	}
	in.protected = code == 200 || space.Protocol == FTPSImplicit
	if !in.protected && policy.TLSOnly {
		return &Error{Step: "login", Reason: reasonTLSData, Code: code}
	}
	return nil
}

// greeted gives the library the greeting that it waits for.
type greeted struct {
	net.Conn
	greeting string
}

func (c *greeted) Read(b []byte) (int, error) {
	if c.greeting != "" {
		n := copy(b, c.greeting)
		c.greeting = c.greeting[n:]
		return n, nil
	}
	return c.Conn.Read(b)
}

// protectedData is a data connection with TLS, whose handshake comes after the server's reply.
type protectedData struct {
	*tls.Conn
	ctx context.Context
}

// Handshake is called by the library for empty files, too.
func (c *protectedData) Handshake() error {
	if err := c.HandshakeContext(c.ctx); err != nil {
		return errors.Join(errDataTLS, err)
	}
	return nil
}

func (c *protectedData) Read(b []byte) (int, error) {
	if err := c.Handshake(); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF // no close_notify, as old servers do; the reply says whether it was all
	}
	return n, err
}

func (c *protectedData) Write(b []byte) (int, error) {
	if err := c.Handshake(); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

func (f *ftpFiles) close() { _ = f.c.Quit() } // the work is done or has failed by now

// transferred marks a data connection that can't be protected: proftpd says 425 of a session that isn't resumed.
func (f *ftpFiles) transferred(err error) error {
	var answer *textproto.Error
	if f.protected && errors.As(err, &answer) && answer.Code == 425 {
		return errors.Join(errDataTLS, err)
	}
	return err
}

// missing reports whether a reply says that there is no such file or folder. RFC 959 has 450 and 550 for it, and for
// what may not be read, which the text tells.
func missing(err error) bool {
	var answer *textproto.Error
	return errors.As(err, &answer) && (answer.Code == 550 || answer.Code == 450) && !forbidden(answer)
}

func forbidden(answer *textproto.Error) bool {
	text := strings.ToLower(answer.Msg)
	return slices.ContainsFunc([]string{"denied", "not permitted", "not allowed", "forbidden", "prohibited", "拒绝"},
		func(w string) bool { return strings.Contains(text, w) })
}

func (f *ftpFiles) read(name string, limit int) ([]byte, error) {
	f.most = maxTransfer
	r, err := f.c.Retr(name)
	if missing(err) {
		return nil, errMissing
	}
	if err != nil {
		return nil, f.transferred(err)
	}
	content, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	closeErr := r.Close()
	if len(content) > limit {
		return nil, errTooMuch
	}
	if err = errors.Join(err, closeErr); missing(err) { // some notice only now
		return nil, errMissing
	}
	return content, f.transferred(err)
}

func (f *ftpFiles) write(name string, content []byte) error {
	f.most = maxControl
	return f.transferred(f.c.Stor(name, bytes.NewReader(content)))
}

func (f *ftpFiles) rename(from, to string) error { return f.c.Rename(from, to) }

func (f *ftpFiles) remove(name string) error {
	err := f.c.Delete(name)
	if missing(err) {
		return errMissing
	}
	return err
}

func (f *ftpFiles) makeDir(name string) error { return f.c.MakeDir(name) }

func (f *ftpFiles) list(folder string) (names []string, err error) {
	f.most = maxListing
	entries, err := f.c.NameList(folder)
	switch {
	case errors.Is(err, errTooMuch):
		err = nil
	case missing(err):
		return nil, errMissing
	}
	for _, e := range entries {
		names = append(names, path.Base(strings.ReplaceAll(e, `\`, "/")))
	}
	return names, f.transferred(err)
}
