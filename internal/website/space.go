// Package website reaches a customer's site: it puts the certificate file on the web space over FTP, FTPS or SFTP, and
// checks over HTTP that the site serves it and shows the linked number.
package website

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/beian/beian/internal/extcall"
)

// Space is where a site lives and how to reach it.
type Space struct {
	// Protocol is ftp (explicit TLS if the server offers it), ftps-explicit (TLS or nothing), ftps-implicit or sftp.
	Protocol       string
	Host           string
	Port           int
	User, Password string
	DocumentRoot   string
	// HostKey is the server's public key, of SSH or of a certificate that isn't valid, that was pinned on the first use
	// of Host and Port, as a line of known_hosts. Lines of other addresses are ignored.
	HostKey string
}

// The protocols of a web space.
const (
	FTP          = "ftp"
	FTPSExplicit = "ftps-explicit"
	FTPSImplicit = "ftps-implicit"
	SFTP         = "sftp"
)

// Protocols lists them.
var Protocols = []string{FTP, FTPSExplicit, FTPSImplicit, SFTP}

// DefaultPort is a protocol's usual port.
func DefaultPort(protocol string) int {
	switch protocol {
	case FTPSImplicit:
		return 990
	case SFTP:
		return 22
	}
	return 21
}

// Limits on a server that belongs to a stranger.
const (
	// connectTimeout is how long a connection may take: firewalls commonly drop what is sent to a closed port.
	connectTimeout = 10 * time.Second
	// commandTimeout is how long a server may be silent.
	commandTimeout = 20 * time.Second
	// conversationTimeout is how long one installation may take, with all it falls back to.
	conversationTimeout = 90 * time.Second
	// maxControl bounds what a server may say on one control connection, in bytes.
	maxControl = 256 << 10
	// maxListing bounds a folder's listing, in bytes: some thousand names.
	maxListing = 1 << 20
	// maxTransfer bounds one file, in bytes; above the largest page that is read.
	maxTransfer = maxHomePage + 64<<10
)

// Verify says which certificates of FTP servers are accepted.
type Verify string

// Shared hosts commonly have self-signed certificates. Any hides the password from eavesdroppers; only a valid one, or
// one whose key is known, hides it from whoever is in between.
const (
	// VerifyOff accepts any certificate.
	VerifyOff Verify = "off"
	// VerifyPin accepts a valid certificate, and else the key of the first use.
	VerifyPin Verify = "pin"
	// VerifyStrict accepts a valid certificate only.
	VerifyStrict Verify = "strict"
)

// Policy says how web spaces may be reached.
type Policy struct {
	// Dialer connects to them; its Control may block reserved addresses.
	Dialer net.Dialer
	// VerifyTLS says which certificates of FTP servers are accepted.
	VerifyTLS Verify
	// TLSOnly refuses servers that would get the password or a file without TLS.
	TLSOnly bool
	// SawHostKey is called with the SSH key of a web space, or the key of an FTP server's certificate that isn't valid,
	// if none is pinned (known false) or another one is (known true). It gets a line of known_hosts, before the
	// password is sent. It may be nil.
	SawHostKey func(ctx context.Context, line string, known bool) error
}

// ErrProtocol says that a web space's protocol isn't one of Protocols.
var ErrProtocol = errors.New("the web space's protocol must be ftp, ftps-explicit, ftps-implicit or sftp")

// errMissing says that there is no such file, errTooMuch that a server sends more than it may.
var (
	errMissing = errors.New("no such file")
	errTooMuch = errors.New("the web space sends too much")
)

// files is what a session can do with a web space, whatever the protocol. Names are relative to the document root.
type files interface {
	// read gets a file of at most limit bytes: errMissing, or errTooMuch.
	read(name string, limit int) ([]byte, error)
	// write creates or overwrites a file.
	write(name string, content []byte) error
	// rename may refuse to overwrite.
	rename(from, to string) error
	remove(name string) error
	makeDir(name string) error
	// list gives the names in a folder, cut off at maxListing; errMissing says that there is no such folder, or that the
	// server says so of an empty one.
	list(folder string) ([]string, error)
	close()
}

// session is a conversation with a web space, in its document root.
type session struct {
	files
	// temporary are files of ours that are to be removed in the end.
	temporary []string
}

// converse opens a session for an operation of that name and ends it. An operation may run several times, each
// time on what the last try left: where a server can't do what was tried, with what it may do instead.
func converse(ctx context.Context, space Space, policy Policy, name string, do func(*session) error) (err error) {
	ctx, done := extcall.Begin(ctx, extcall.WebSpace, name)
	defer func() { done(result(err)) }()
	ctx, cancel := context.WithTimeout(ctx, conversationTimeout)
	defer cancel()
	connect := func(w way) (files, error) { return openFTP(ctx, space, policy, w) }
	switch space.Protocol {
	case FTP, FTPSExplicit, FTPSImplicit:
	case SFTP:
		connect = func(way) (files, error) { return openSFTP(ctx, space, policy) }
	default:
		return ErrProtocol
	}
	var left []string
	try := func(w way, do func(*session) error) error {
		f, err := connect(w)
		if err != nil {
			return err
		}
		defer f.close()
		s := &session{f, left}
		s.tidy() // what a try before this one left
		err = do(s)
		s.tidy()
		left = s.temporary
		return err
	}
	var w way
	err = try(w, do)
	for {
		instead, ok := w.instead(err, space, policy)
		if !ok {
			break
		}
		again := try(instead, do)
		var e *Error
		if errors.As(again, &e) && (e.Reason == reasonTLSNeeded || e.Reason == reasonTLSData) {
			break // the server insists: what was wrong before counts
		}
		w, err = instead, again
	}
	if len(left) > 0 && ctx.Err() == nil { // the connection broke before they were removed
		_ = try(w, func(*session) error { return nil })
	}
	return err
}

// tidy removes temporary files; what can't be removed stays listed.
func (s *session) tidy() {
	var left []string
	for _, name := range s.temporary {
		if err := s.remove(name); err != nil && !errors.Is(err, errMissing) {
			left = append(left, name)
		}
	}
	s.temporary = left
}
