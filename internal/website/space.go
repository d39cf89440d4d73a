// Package website reaches a customer's site: it puts the certificate file on the web space over FTP or FTPS, and
// checks over HTTP that the site serves it and shows the linked number.
package website

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"time"

	"github.com/beian/beian/internal/extcall"
)

// Space is where a site lives and how to reach it.
type Space struct {
	// Protocol is ftp (explicit TLS if the server offers it), ftps-explicit (TLS or nothing) or ftps-implicit.
	Protocol       string
	Host           string
	Port           int
	User, Password string
	DocumentRoot   string
}

// The protocols of a web space.
const (
	FTP          = "ftp"
	FTPSExplicit = "ftps-explicit"
	FTPSImplicit = "ftps-implicit"
)

// Protocols lists them.
var Protocols = []string{FTP, FTPSExplicit, FTPSImplicit}

const (
	// commandTimeout is how long a server may be silent.
	commandTimeout = 20 * time.Second
	// conversationTimeout is how long one installation may take.
	conversationTimeout = 90 * time.Second
)

// Policy says how web spaces may be reached.
type Policy struct {
	// Dialer connects to them; its Control may block reserved addresses.
	Dialer net.Dialer
	// VerifyTLS refuses certificates that don't match the host. Shared hosts commonly have self-signed ones; TLS then
	// still hides the password from eavesdroppers.
	VerifyTLS bool
}

func (p Policy) tls(host string) *tls.Config {
	return &tls.Config{
		ServerName:         host,
		InsecureSkipVerify: !p.VerifyTLS, //nolint:gosec // see VerifyTLS
		// vsftpd and proftpd refuse data connections that don't resume the control connection's session.
		ClientSessionCache: tls.NewLRUClientSessionCache(4),
		MinVersion:         tls.VersionTLS12,
	}
}

// Error is an installation that failed. Its text never contains the user, the password or what the server said.
type Error struct {
	// Reason is one of login, directory_missing, quota, refused, unreachable,
	// tls, protocol.
	Reason string
	// Step is what was tried: connect, login, directory, upload, verify, rename.
	Step string
	// Code is the server's reply code; 0 if there was none.
	Code int
}

func (e *Error) Error() string {
	return fmt.Sprintf("web space: %s failed: %s (%d)", e.Step, e.Reason, e.Code)
}

// Permanent reports whether retrying can't help.
func (e *Error) Permanent() bool {
	switch e.Reason {
	case "login", "directory_missing", "quota", "refused":
		return true
	}
	return false
}

// result is the outcome of a session with a web space, for the metrics.
func result(err error) string {
	var e *Error
	var u *Unfit
	switch {
	case err == nil:
		return extcall.OK
	case errors.As(err, &e):
		return e.Reason
	case errors.As(err, &u): // the space did its part
		return "unfit"
	}
	return "internal"
}

// problem sorts an FTP error by its remedy.
func problem(step string, err error) error {
	e := &Error{Step: step, Reason: "unreachable"}
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		var record tls.RecordHeaderError
		var verification *tls.CertificateVerificationError
		if errors.As(err, &record) || errors.As(err, &verification) {
			e.Reason = "tls"
		}
		return e
	}
	e.Code = reply.Code
	switch {
	case reply.Code == 530 || reply.Code == 331 && step == "login" || reply.Code == 532:
		e.Reason = "login"
	case reply.Code == 452 || reply.Code == 552:
		e.Reason = "quota"
	case reply.Code == 550 && step == "directory":
		e.Reason = "directory_missing"
	case reply.Code == 550 || reply.Code == 553 || reply.Code == 532:
		e.Reason = "refused"
	case reply.Code >= 500:
		e.Reason = "protocol"
	}
	return e
}
