package message

import (
	"cmp"
	"crypto/tls"
	"errors"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
)

// smtpStep is what a mail server refused, as a bit, because a rule may hold for several.
type smtpStep int

const (
	// smtpOpen is everything before the mail: greeting, EHLO, STARTTLS and AUTH.
	smtpOpen smtpStep = 1 << iota
	smtpMail
	smtpRcpt
	// smtpData is the DATA command, the content and the reply to its end.
	smtpData
	smtpAny = smtpOpen | smtpMail | smtpRcpt | smtpData
)

// smtpRule says who can mend a refusal.
type smtpRule struct {
	at smtpStep
	// code is a reply code, or its first digit for the whole class; 0 is any.
	code int
	// status is an enhanced status without its class ("1.1"), or its subject ("1."); empty is any.
	status string
	kind   Kind
	means  string
}

// mailPause is how long to wait for a full mailbox or a busy server's storage.
const mailPause = time.Hour

// smtpRules are tried in order. Reply codes: RFC 5321 §4.2 and, for AUTH, RFC 4954 §6. Statuses: RFC 3463 and the
// registry of RFC 5248. A status says more than its reply code, so it comes first.
var smtpRules = []smtpRule{
	{smtpAny, 432, "", Operator, "the password must be changed"},
	{smtpAny, 530, "", Operator, "sign-in or TLS is required"},
	{smtpAny, 534, "", Operator, "a stronger way to sign in is required"},
	{smtpAny, 535, "", Operator, "user name or password refused"},
	{smtpAny, 538, "", Operator, "TLS is required to sign in"},
	{smtpRcpt | smtpData, 0, "2.2", Limit, "the mailbox is full"},
	{smtpAny, 5, "1.7", Operator, "the sender's address is refused"},
	{smtpAny, 5, "1.8", Operator, "the sender's address is refused"},
	{smtpRcpt | smtpData, 5, "1.", Recipient, "no such address"},
	{smtpRcpt | smtpData, 5, "2.1", Recipient, "the mailbox is disabled"},
	{smtpAny, 5, "7.", Operator, "the server's policy refuses our mail"},
	{smtpAny, 5, "2.3", Operator, "the mail is too large"},
	{smtpAny, 5, "3.4", Operator, "the mail is too large"},
	{smtpAny, 452, "", Limit, "storage or recipients exhausted"},
	{smtpAny, 552, "", Limit, "storage exhausted"},
	{smtpRcpt, 501, "", Recipient, "the address isn't valid"},
	{smtpRcpt, 550, "", Recipient, "no such mailbox"},
	{smtpRcpt, 551, "", Recipient, "the mailbox has moved"},
	{smtpRcpt, 553, "", Recipient, "the mailbox's name isn't allowed"},
	{smtpRcpt, 556, "", Recipient, "the domain takes no mail"}, // RFC 7504
	{smtpAny, 4, "", Temporary, "refused for now"},
	{smtpAny, 5, "", Operator, "the server refuses our mail"},
}

func (r smtpRule) holds(at smtpStep, code int, status string) bool {
	return r.at&at != 0 && (r.code == 0 || r.code == code || r.code == code/100) &&
		(r.status == "" || r.status == status || strings.HasSuffix(r.status, ".") && strings.HasPrefix(status, r.status))
}

// smtpError applies the rules to a refusal; status includes its class ("5.1.1") or is empty.
func smtpError(at smtpStep, code int, status string) *Error {
	class, rest, _ := strings.Cut(status, ".")
	if class != strconv.Itoa(code/100) {
		rest = "" // not a status of this reply
	}
	for _, r := range smtpRules {
		if r.holds(at, code, rest) {
			e := &Error{Kind: r.kind, Code: strconv.Itoa(code), Means: r.means,
				Permanent: r.kind == Recipient && code/100 == 5 && slices.Contains(nobodyThere, rest)}
			if r.kind == Limit {
				e.RetryAfter = mailPause
			}
			return e
		}
	}
	return &Error{Kind: Temporary, Code: strconv.Itoa(code)}
}

// nobodyThere are the statuses of addresses that don't exist (RFC 3463, 3.2; RFC 7504 for 1.10): no such mailbox, no
// such system, bad syntax, moved without a forwarding address, a domain that takes no mail.
var nobodyThere = []string{"1.1", "1.2", "1.3", "1.6", "1.10"}

// mailError says who can mend a mail that the server didn't accept. It drops the error's text, in which servers repeat
// the address.
func mailError(err error) *Error {
	var send *mail.SendError
	if errors.As(err, &send) && send.ErrorCode() != 0 {
		return smtpError(cmp.Or(sendSteps[send.Reason], smtpData), send.ErrorCode(), send.EnhancedStatusCode())
	}
	var reply *textproto.Error
	if send == nil && errors.As(err, &reply) {
		status, _, _ := strings.Cut(reply.Msg, " ")
		return smtpError(smtpOpen, reply.Code, status)
	}
	if e := settingsError(err); e != nil {
		return e
	}
	return &Error{Kind: Temporary, Code: "network"}
}

var sendSteps = map[mail.SendErrReason]smtpStep{mail.ErrSMTPMailFrom: smtpMail, mail.ErrSMTPRcptTo: smtpRcpt}

// settingsError recognises sessions that our settings keep from beginning: waiting doesn't help, and someone must look.
func settingsError(err error) *Error {
	var (
		certificate *tls.CertificateVerificationError
		plain       tls.RecordHeaderError
	)
	switch text := err.Error(); {
	case errors.As(err, &certificate):
		return &Error{Kind: Operator, Code: "certificate",
			Means: "the mail server's certificate isn't trusted: BEIAN_MAIL_CA_FILE, BEIAN_MAIL_HOST"}
	// go-mail has no type for these two; tests hold us to their texts.
	case errors.As(err, &plain), strings.Contains(text, "does not support STARTTLS"):
		return &Error{Kind: Operator, Code: "tls_not_offered",
			Means: "the mail server doesn't offer TLS: BEIAN_MAIL_TLS, BEIAN_MAIL_PORT"}
	case strings.Contains(text, "does not support SMTP AUTH"), errors.Is(err, mail.ErrNoSupportedAuthDiscovered):
		return &Error{Kind: Operator, Code: "auth_not_offered",
			Means: "the mail server doesn't offer a sign-in that we can use: BEIAN_MAIL_USER, BEIAN_MAIL_TLS"}
	}
	return nil
}
