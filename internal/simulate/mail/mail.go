// Package mail is a stand-in for a mail server: it speaks SMTP with STARTTLS, keeps every mail for reading, and
// misbehaves on command.
package mail

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	gomail "github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"

	"github.com/beian/beian/internal/simulate/fault"
	"github.com/beian/beian/internal/simulate/jsonfile"
	"github.com/beian/beian/internal/simulate/selfsigned"
)

// maxMessage bounds one mail.
const maxMessage = 1 << 20

// Received is a mail that was accepted.
type Received struct {
	MessageID string    `json:"message_id"`
	From      string    `json:"from"`
	To        []string  `json:"to"`
	Subject   string    `json:"subject"`
	Text      string    `json:"text"`
	HTML      string    `json:"html"`
	At        time.Time `json:"at"`
}

// Server is the stand-in. Its Faults take the operations MAIL, RCPT and DATA, for which the code of a Fail is the SMTP
// reply's, with its status if it has one ("550 5.1.1"), and Bounce: a Fail takes the mail, and then returns it with the
// code as another server's reply, such as "550 5.1.1 no such user".
type Server struct {
	Faults fault.Board
	// BounceURL is where bounces are posted; empty: nowhere.
	BounceURL string

	roots *x509.CertPool
	smtp  *smtp.Server
	state string
	pem   []byte

	mu       sync.Mutex
	received []Received
}

// New makes a stand-in with the contents of its state file; an empty path keeps mail in memory.
func New(stateFile string) (*Server, error) {
	received, err := jsonfile.List[Received](stateFile)
	if err != nil {
		return nil, err
	}
	certificate, err := selfsigned.Localhost("mail stand-in")
	if err != nil {
		return nil, err
	}
	s := &Server{roots: x509.NewCertPool(), state: stateFile, received: received,
		pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Leaf.Raw})}
	s.roots.AddCert(certificate.Leaf)
	s.smtp = smtp.NewServer(
		smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	s.smtp.Domain = "localhost"
	s.smtp.MaxMessageBytes = maxMessage
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = time.Minute, time.Minute
	s.smtp.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	return s, nil
}

// Serve answers on a listener until Close.
func (s *Server) Serve(l net.Listener) error { return s.smtp.Serve(l) }

// Close ends it.
func (s *Server) Close() error { return s.smtp.Close() }

// RootCAs trusts the stand-in's certificate, which is generated at each start.
func (s *Server) RootCAs() *x509.CertPool { return s.roots }

// CertificatePEM is the same certificate, for a worker in another process.
func (s *Server) CertificatePEM() []byte { return s.pem }

// Messages lists the accepted mails, oldest first.
func (s *Server) Messages() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received{}, s.received...)
}

func (s *Server) keep(m Received) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = append(s.received, m)
	return jsonfile.Append(s.state, m)
}

type session struct {
	server *Server
	conn   *smtp.Conn
	from   string
	to     []string
}

func (s *session) Reset()        { s.from, s.to = "", nil }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return s.misbehave("MAIL")
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return s.misbehave("RCPT")
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	f, faulty := s.server.Faults.Take("DATA")
	if faulty && f.Mode != fault.Lose {
		if err := s.apply(f); err != nil {
			return err
		}
	}
	m, err := parse(raw)
	if err != nil {
		return &smtp.SMTPError{Code: 554, Message: fmt.Sprintf("unreadable message: %v", err)}
	}
	m.From, m.To, m.At = s.from, s.to, time.Now()
	if err := s.server.keep(m); err != nil {
		return err
	}
	if f, bounces := s.server.Faults.Take("Bounce"); bounces && s.server.BounceURL != "" {
		for _, to := range m.To {
			go s.server.bounce(Bounce(m.MessageID, to, f.Code))
		}
	}
	if faulty && f.Mode == fault.Lose {
		return s.conn.Conn().Close()
	}
	return nil
}

// bounce posts a bounce, as the command of a mailbox for bounces does.
func (s *Server) bounce(body []byte) {
	if answer, err := http.Post(s.BounceURL, "message/rfc822", bytes.NewReader(body)); err == nil {
		_ = answer.Body.Close()
	}
}

// Bounce is a delivery status notification (RFC 3464) about a mail, for a reply of the recipient's server.
func Bounce(messageID, to, reply string) []byte {
	code, words, _ := strings.Cut(reply, " ")
	status := code[:1] + ".0.0"
	if first, _, _ := strings.Cut(words, " "); strings.Count(first, ".") == 2 {
		status = first
	}
	return []byte(strings.ReplaceAll(fmt.Sprintf(`From: MAILER-DAEMON@localhost
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

<%[2]s>: %[3]s

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; localhost

Final-Recipient: rfc822; %[2]s
Action: failed
Status: %[4]s
Diagnostic-Code: smtp; %[3]s

--b
Content-Type: message/rfc822

Message-ID: <%[1]s>
To: %[2]s
Subject: returned

text
--b--
`, messageID, to, reply, status), "\n", "\r\n"))
}

func (s *session) misbehave(operation string) error {
	f, faulty := s.server.Faults.Take(operation)
	if !faulty {
		return nil
	}
	return s.apply(f)
}

func (s *session) apply(f fault.Fault) error {
	switch f.Mode {
	case fault.Slow:
		time.Sleep(f.Delay())
	case fault.Fail:
		e := &smtp.SMTPError{Message: "simulated"}
		number, status, _ := strings.Cut(f.Code, " ")
		var err error
		if e.Code, err = strconv.Atoi(number); err != nil {
			e.Code = 451
		}
		_, _ = fmt.Sscanf(status, "%d.%d.%d", &e.EnhancedCode[0], &e.EnhancedCode[1], &e.EnhancedCode[2])
		return e
	case fault.Lose:
		return s.conn.Conn().Close()
	}
	return nil
}

func parse(raw []byte) (m Received, err error) {
	reader, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return m, err
	}
	if m.MessageID, err = reader.Header.MessageID(); err != nil {
		return m, err
	}
	if m.Subject, err = reader.Header.Subject(); err != nil {
		return m, err
	}
	for {
		part, err := reader.NextPart()
		if err == io.EOF {
			return m, nil
		} else if err != nil {
			return m, err
		}
		body, err := io.ReadAll(part.Body)
		if err != nil {
			return m, err
		}
		if h, ok := part.Header.(*gomail.InlineHeader); ok {
			if kind, _, _ := h.ContentType(); strings.HasSuffix(kind, "html") {
				m.HTML = string(body)
			} else {
				m.Text = string(body)
			}
		}
	}
}
