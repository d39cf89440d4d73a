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

// Server is the stand-in. Its Faults take the operations MAIL, RCPT and DATA;
// the code of a Fail is the SMTP reply's.
type Server struct {
	Faults fault.Board
	roots  *x509.CertPool
	smtp   *smtp.Server
	state  string
	pem    []byte

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
	if faulty && f.Mode == fault.Lose {
		return s.conn.Conn().Close()
	}
	return nil
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
		code, err := strconv.Atoi(f.Code)
		if err != nil {
			code = 451
		}
		return &smtp.SMTPError{Code: code, Message: "simulated"}
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
