package message

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"

	gomessage "github.com/emersion/go-message"

	"github.com/beian/beian/internal/filing"
)

// MailReport is what a delivery status notification says about one recipient of a mail of ours.
type MailReport struct {
	// MessageID is the mail's, without angle brackets; To is its recipient.
	MessageID, To string
	filing.Delivery
}

// maxBounceParts bounds the parts of a notification, which has three.
const maxBounceParts = 10

// ReadBounce reads a delivery status notification (RFC 3464), as mail servers send it to a mail's sender. Delays aren't
// reported: the server goes on trying.
func ReadBounce(r io.Reader) (list []MailReport, err error) {
	m, err := gomessage.Read(r)
	if m == nil || err != nil && !gomessage.IsUnknownCharset(err) {
		return nil, errors.New("a bounce is not a mail")
	}
	parts := m.MultipartReader()
	if parts == nil {
		return nil, errors.New("a bounce has no parts: want a multipart/report")
	}
	id := ""
	for range maxBounceParts {
		part, err := parts.NextPart()
		if part == nil || err != nil && !gomessage.IsUnknownCharset(err) {
			break
		}
		kind, _, _ := part.Header.ContentType()
		switch strings.ToLower(kind) {
		case "message/delivery-status", "message/global-delivery-status":
			list = append(list, readStatus(part.Body)...)
		case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
			header, _ := textproto.NewReader(bufio.NewReader(part.Body)).ReadMIMEHeader()
			id = strings.Trim(header.Get("Message-Id"), " <>")
		}
	}
	switch {
	case len(list) == 0:
		return nil, errors.New("a bounce reports no recipient: want a part message/delivery-status")
	case id == "":
		return nil, errors.New("a bounce doesn't say which mail it is about: want a part with its headers")
	}
	for i := range list {
		list[i].MessageID = id
	}
	return list, nil
}

// readStatus reads the recipients of a part message/delivery-status: fields about the mail, then blocks of fields, each
// about a recipient.
func readStatus(r io.Reader) (list []MailReport) {
	reader := textproto.NewReader(bufio.NewReader(r))
	for range maxRecipients {
		fields, err := reader.ReadMIMEHeader()
		if to := recipient(fields); to != "" {
			if d := mailDelivery(fields); d.Outcome != filing.OutcomePending {
				list = append(list, MailReport{To: to, Delivery: d})
			}
		}
		if err != nil {
			break
		}
	}
	return list
}

// maxRecipients bounds the blocks of a status: our mails have one recipient.
const maxRecipients = 20

// recipient is the address that the mail was sent to; Final-Recipient may be another, to which it was forwarded.
func recipient(fields textproto.MIMEHeader) string {
	for _, name := range []string{"Original-Recipient", "Final-Recipient"} {
		if _, address, ok := strings.Cut(fields.Get(name), ";"); ok {
			return strings.Trim(address, " <>")
		}
	}
	return ""
}

// diagnosis is the reply of the server that refused: "smtp; 550 5.1.1 no such user".
var diagnosis = regexp.MustCompile(`(?i)^smtp;\s*([2-5]\d\d)[ -](.*)`)

// mailDelivery reads one recipient's fields. Whose fault a refusal is, the rules of SMTP say, as if it were the reply
// to RCPT: the notification doesn't tell which step failed.
func mailDelivery(fields textproto.MIMEHeader) filing.Delivery {
	status, _, _ := strings.Cut(strings.TrimSpace(fields.Get("Status")), " ")
	switch strings.ToLower(strings.TrimSpace(fields.Get("Action"))) {
	case "delivered":
		return filing.Delivery{Outcome: filing.OutcomeDelivered, Code: anonymous(status, maxCode)}
	case "failed":
	default: // delayed, relayed, expanded
		return filing.Delivery{Outcome: filing.OutcomePending}
	}
	code, words := 0, ""
	diagnostic := strings.Join(strings.Fields(fields.Get("Diagnostic-Code")), " ")
	if reply := diagnosis.FindStringSubmatch(diagnostic); reply != nil {
		code, _ = strconv.Atoi(reply[1])
		words = reply[2]
	} else if class, _, _ := strings.Cut(status, "."); class == "4" || class == "5" {
		code, _ = strconv.Atoi(class + "00")
	}
	fault := smtpError(smtpRcpt, code, status)
	return filing.Delivery{
		Outcome: filing.OutcomeRefused, Fault: string(fault.Kind), Permanent: fault.Permanent,
		Code: anonymous(cmp.Or(status, strconv.Itoa(code)), maxCode), Words: anonymous(words, maxWords),
	}
}
