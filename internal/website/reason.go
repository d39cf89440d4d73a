package website

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"slices"
	"strings"

	"code.dny.dev/ssrf"
	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/beian/beian/internal/extcall"
)

// Fault says who can end a failure.
type Fault string

// Whose fault a failure is.
const (
	// FaultCustomer: the order's data or the web space itself must be corrected.
	FaultCustomer Fault = "customer"
	// FaultProvider: the server's or our own configuration must be.
	FaultProvider Fault = "provider"
	// FaultWait: it passes.
	FaultWait Fault = "wait"
)

// The reasons why a web space can't be used, keys of the locale files below "stuck_reason.".
const (
	reasonLogin     = "login"
	reasonAccount   = "account"
	reasonDirectory = "directory_missing"
	reasonQuota     = "quota"
	reasonRefused   = "refused"
	reasonListing   = "listing"
	reasonHostKey   = "host_key"
	reasonHost      = "host_unknown"
	reasonReserved  = "reserved"
	reasonTLS       = "tls"
	reasonTLSOld    = "tls_old"
	reasonTLSName   = "tls_untrusted"
	reasonTLSNone   = "tls_refused"
	reasonTLSNeeded = "tls_needed"
	reasonTLSData   = "tls_data"
	reasonData      = "data_connection"
	reasonProtocol  = "protocol"
	reasonBusy      = "busy"
	// reasonUnreachable also stands for a connection that broke.
	reasonUnreachable = "unreachable"
)

// Reasons says of each reason whose fault it is. Only what is to be waited for, and what a server may have got over
// the next time (no safe connection, a breach of protocol), is tried again.
var Reasons = map[string]Fault{
	reasonLogin: FaultCustomer, reasonAccount: FaultCustomer, reasonDirectory: FaultCustomer,
	reasonQuota: FaultCustomer, reasonRefused: FaultCustomer, reasonListing: FaultCustomer,
	reasonHostKey: FaultProvider, reasonReserved: FaultProvider, reasonTLS: FaultProvider,
	reasonTLSOld: FaultProvider, reasonTLSName: FaultProvider, reasonTLSNone: FaultProvider,
	reasonTLSNeeded: FaultProvider, reasonTLSData: FaultProvider, reasonProtocol: FaultProvider,
	reasonHost: FaultWait, reasonData: FaultWait, reasonBusy: FaultWait, reasonUnreachable: FaultWait,
}

// Error is a failure of a web space. Its text never contains the user, the password or what the server said.
type Error struct {
	// Reason is one of Reasons.
	Reason string
	// Step is what was tried: connect, login, directory, read, list, upload, verify, rename.
	Step string
	// Code is the server's reply code, or SFTP's status; 0 if there was none.
	Code int
}

func (e *Error) Error() string {
	return fmt.Sprintf("web space: %s failed: %s (%d)", e.Step, e.Reason, e.Code)
}

// Permanent reports whether retrying can't help.
func (e *Error) Permanent() bool {
	return Reasons[e.Reason] != FaultWait && e.Reason != reasonTLS && e.Reason != reasonProtocol
}

// result is the outcome of a conversation with a web space, for the metrics.
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

// reply is a row of the table of FTP replies. It holds for its codes (none: any failure) at its steps (none: any) if
// the text contains one of its words (none: any text). Words are in lower case.
type reply struct {
	codes  []int
	steps  []string
	words  []string
	reason string
}

var (
	atSignIn = []string{"connect", "login"}
	atWrite  = []string{"upload", "rename"}
)

// replies is read from the top. Meanings of codes are those of RFC 959 (4.2), RFC 2228 (5.1: 431, 534 to 536), RFC
// 4217 and RFC 2428 (522); words are what vsftpd 3.0.3, pure-ftpd 1.0.50, proftpd 1.3.8, IIS 10, Serv-U 15 and
// FileZilla Server 1.8 say, from their sources or manuals.
var replies = []reply{
	// vsftpd: "There are too many connected users", "...from your internet address"; pure-ftpd: "%d users (the maximum)
	// are already logged in", "Too many connections (%d) from this IP"; proftpd (MaxClients…): "Sorry, the maximum number
	// of clients (%m) … are already connected"; IIS: "Connection limit reached"; Serv-U: "Too many users logged in".
	{steps: atSignIn, reason: reasonBusy, words: []string{"too many", "maximum number", "the maximum)", "max number",
		"maximum allowed", "already connected", "already logged in", "connection limit", "limit reached",
		"connections from", "try again later", "try later", "连接数", "连接过多", "人数已满"}},
	// vsftpd (force_local_…_ssl): "Non-anonymous sessions must use encryption."; pure-ftpd (-Y 2): "Sorry, cleartext
	// sessions … are not accepted on this server"; proftpd (TLSRequired): "SSL/TLS required on the control channel"; IIS:
	// "Policy requires SSL."; FileZilla: "Use AUTH first."
	{steps: atSignIn, reason: reasonTLSNeeded, words: []string{"must use encryption", "cleartext sessions",
		"tls required", "ssl required", "requires ssl", "requires tls", "requires secure", "use auth first", "use tls",
		"use explicit", "encryption required", "requires encryption"}},
	{codes: []int{534}, steps: atSignIn, reason: reasonTLSNeeded},
	// vsftpd (require_ssl_reuse): "SSL connection failed; session reuse required"; (force_local_data_ssl): "Data
	// connections must be encrypted."; proftpd: "SSL/TLS required on the data channel"; FileZilla: "TLS session of data
	// connection not resumed."; pure-ftpd (-Y 3): "Data connection cannot be opened with this PROT setting."
	{reason: reasonTLSData, words: []string{"session reuse", "reuse required", "not resumed", "session resumption",
		"data connections must be encrypted", "required on the data channel", "with this prot setting"}},
	{codes: []int{521, 522, 533, 536}, reason: reasonTLSData},
	// Full disks and quotas, whatever the code: proftpd "Disk quota exceeded", "No space left on device", "Transfer
	// aborted. Disc quota exceeded"; vsftpd says "Failure writing to local file." of any failed write; pure-ftpd
	// "Quota exceeded: [%s] won't be saved", "Disk full - please upload later", "Error during write to file"; IIS "There
	// is not enough space on the disk."; Serv-U "not enough disk quota".
	{reason: reasonQuota, words: []string{"disk full", "disk is full", "no space", "not enough space", "space left",
		"insufficient", "not enough disk", "quota", "out of space", "storage allocation", "failure writing",
		"error during write", "空间不足", "空间已满", "磁盘已满", "磁盘空间", "配额"}},
	{codes: []int{452, 552}, reason: reasonQuota},
	// An account that exists but isn't let in. vsftpd: "OOPS: cannot change directory", "OOPS: vsftpd: refusing to run
	// with writable root inside chroot()"; pure-ftpd: "Can't change directory to", "Home directory not available";
	// proftpd: "User … access denied"; IIS: "User cannot log in, home directory inaccessible."
	{steps: atSignIn, reason: reasonAccount, words: []string{"change directory", "home directory", "writable root",
		"disabled", "expired", "suspended", "locked", "not allowed to log", "no permission to log", "access denied",
		"停用", "过期", "到期", "冻结"}},
	{codes: []int{430, 331, 332, 530, 531, 532}, steps: atSignIn, reason: reasonLogin},
	// RFC 959: "Service not available, closing control connection", when the server must shut down or was idle.
	{codes: []int{421}, reason: reasonBusy},
	{codes: []int{425}, reason: reasonData},
	{codes: []int{550}, steps: []string{"directory"}, reason: reasonRefused, words: []string{"permission denied",
		"access is denied", "access denied", "not permitted"}},
	{codes: []int{550, 553, 501, 431}, steps: []string{"directory"}, reason: reasonDirectory},
	{codes: []int{450, 500, 502, 504, 530, 550, 553}, steps: []string{"list"}, reason: reasonListing},
	// RFC 959: 550 "no access", 553 "file name not allowed", 532 "need account for storing files"; servers that forbid a
	// command say 500, 502, 530 (not logged in with these rights) or 451 (proftpd, for a folder it mustn't write to).
	{codes: []int{530, 532, 550, 553}, reason: reasonRefused},
	{codes: []int{451}, reason: reasonRefused, words: []string{"permission denied", "not permitted", "read-only"}},
	{codes: []int{500, 501, 502, 504}, steps: atWrite, reason: reasonRefused},
}

func (r reply) matches(step string, code int, text string) bool {
	return (len(r.codes) == 0 || slices.Contains(r.codes, code)) &&
		(len(r.steps) == 0 || slices.Contains(r.steps, step)) &&
		(len(r.words) == 0 || slices.ContainsFunc(r.words, func(w string) bool { return strings.Contains(text, w) }))
}

// replyReason reads a reply. A code that the table lacks is a passing trouble (4xx) or a breach of protocol (RFC 959,
// 4.2.1).
func replyReason(step string, code int, text string) string {
	text = strings.ToLower(text)
	for _, r := range replies {
		if r.matches(step, code, text) {
			return r.reason
		}
	}
	if code >= 400 && code < 500 {
		return reasonUnreachable
	}
	return reasonProtocol
}

// SFTP's statuses beyond version 3 (draft-ietf-secsh-filexfer-13, 9.1), which some servers send.
const (
	sftpWriteProtect = 12
	sftpNoSpace      = 14
	sftpOverQuota    = 15
)

// sftpReason reads an SFTP status. OpenSSH reports every error that version 3 has no status for as a failure (its
// errno_to_portable): of a write to an open file, that is a full disk or quota.
func sftpReason(step string, code uint32, writing bool) string {
	switch {
	case code == sftpNoSpace, code == sftpOverQuota, writing && code == uint32(sftp.ErrSSHFxFailure):
		return reasonQuota
	case code == uint32(sftp.ErrSSHFxNoSuchFile) && step == "directory":
		return reasonDirectory
	case code == uint32(sftp.ErrSSHFxNoConnection), code == uint32(sftp.ErrSSHFxConnectionLost):
		return reasonUnreachable
	case step == "list":
		return reasonListing
	case code == uint32(sftp.ErrSSHFxPermissionDenied), code == uint32(sftp.ErrSSHFxFailure),
		code == uint32(sftp.ErrSSHFxNoSuchFile), code == uint32(sftp.ErrSSHFxOpUnsupported), code == sftpWriteProtect:
		return reasonRefused
	}
	return reasonProtocol
}

// problem sorts an error by who can fix it. What the session has sorted already stays.
func problem(step string, err error) error {
	var sorted *Error
	if errors.As(err, &sorted) {
		return sorted
	}
	e := &Error{Step: step, Reason: reasonUnreachable}
	var answer *textproto.Error
	var status *sftp.StatusError
	switch reason := connectionReason(err); {
	case reason != "":
		e.Reason = reason
	case errors.As(err, &answer):
		e.Code, e.Reason = answer.Code, replyReason(step, answer.Code, answer.Msg)
	case errors.As(err, &status):
		e.Code, e.Reason = int(status.Code), sftpReason(step, status.Code, errors.Is(err, errWriting))
	case errors.Is(err, os.ErrPermission):
		e.Reason = sftpReason(step, uint32(sftp.ErrSSHFxPermissionDenied), false)
	case errors.Is(err, os.ErrNotExist):
		e.Reason = sftpReason(step, uint32(sftp.ErrSSHFxNoSuchFile), false)
	}
	return e
}

// connectionReason is the reason of a failure below the protocol; empty if it isn't one.
func connectionReason(err error) string {
	var record tls.RecordHeaderError
	var verification *tls.CertificateVerificationError
	var dns *net.DNSError
	var algorithms *ssh.AlgorithmNegotiationError
	var hostname x509.HostnameError
	switch {
	case errors.Is(err, ssrf.ErrProhibitedIP), errors.Is(err, ssrf.ErrProhibitedNetwork),
		errors.Is(err, ssrf.ErrProhibitedPort):
		return reasonReserved
	case errors.As(err, &dns) && dns.IsNotFound:
		return reasonHost
	case errors.Is(err, errDataPort):
		return reasonData
	case errors.Is(err, errTooMuch):
		return reasonProtocol
	case errors.As(err, &verification), errors.As(err, &hostname):
		return reasonTLSName
	case errors.As(err, &algorithms), errors.Is(err, errTLS) && strings.Contains(err.Error(), "protocol version"):
		return reasonTLSOld // crypto/tls has no type for its error, nor for the server's alert
	case errors.Is(err, errDataTLS):
		return reasonTLSData
	case errors.As(err, &record), errors.Is(err, errTLS):
		return reasonTLS
	}
	return ""
}

// Errors that say where a connection failed.
var (
	errTLS      = errors.New("no TLS connection")
	errDataPort = errors.New("the data connection can't be opened")
	errDataTLS  = errors.New("the data connection can't be protected")
	errWriting  = errors.New("writing failed")
)
