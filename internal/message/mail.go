package message

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/beian/beian/internal/extcall"
)

// MailConfig is an account with a mail server.
type MailConfig struct {
	Host, UserName, Password string
	Port                     int
	// From is the sender's address, FromName the name shown with it.
	From, FromName string
	// TLS is mandatory (STARTTLS or fail, the default), opportunistic, implicit (TLS from the first byte) or none.
	TLS       string
	TLSConfig *tls.Config
	Timeout   time.Duration
}

// Mailer sends mail. Safe for concurrent use.
type Mailer struct{ cfg MailConfig }

// NewMail makes a sender.
func NewMail(cfg MailConfig) *Mailer {
	if cfg.Timeout == 0 {
		cfg.Timeout = 20 * time.Second
	}
	return &Mailer{cfg: cfg}
}

// MailMessage is one mail, in plain text and HTML.
type MailMessage struct {
	// Key identifies the message permanently; the Message-ID is derived from it, so mail programs recognise a repeat.
	Key                     string
	To, Subject, Text, HTML string
	// Template names the text, for the metrics.
	Template Template
}

// MessageID returns the Message-ID of a key, without angle brackets.
func (m *Mailer) MessageID(key string) string {
	sum := sha256.Sum256([]byte(key))
	_, domain, _ := strings.Cut(m.cfg.From, "@")
	return hex.EncodeToString(sum[:16]) + "@" + domain
}

// Send sends a mail.
func (m *Mailer) Send(ctx context.Context, in MailMessage) (_ Receipt, err error) {
	ctx, done := extcall.Begin(ctx, extcall.Mail, string(in.Template))
	defer func() { done(result(err)) }()
	msg := mail.NewMsg(mail.WithCharset(mail.CharsetUTF8))
	if err := msg.FromFormat(m.cfg.FromName, m.cfg.From); err != nil {
		return Receipt{}, &Error{Kind: Operator, Code: "from_invalid"}
	}
	if err := msg.To(in.To); err != nil {
		return Receipt{}, &Error{Kind: Recipient, Code: "address_invalid"}
	}
	id := m.MessageID(in.Key)
	msg.SetMessageIDWithValue(id)
	msg.Subject(in.Subject)
	msg.SetBodyString(mail.TypeTextPlain, in.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, in.HTML)
	client, err := m.client()
	if err != nil {
		return Receipt{}, &Error{Kind: Operator, Code: "configuration"}
	}
	// What the server accepted is its to deliver (RFC 5321 §4.2.5), however the session ends: sending it again because
	// of an error at RSET or QUIT would repeat it.
	if err := client.DialAndSendWithContext(ctx, msg); err != nil && !msg.IsDelivered() {
		return Receipt{}, mailError(err)
	}
	return Receipt{ProviderID: id}, nil
}

// SignIn signs in to the mail server and leaves again; nothing is sent.
func (m *Mailer) SignIn(ctx context.Context) error {
	client, err := m.client()
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return err
	}
	_ = client.Close() // how the server ends the session says nothing about the sign-in
	return nil
}

func (m *Mailer) client() (*mail.Client, error) {
	options := []mail.Option{mail.WithPort(m.cfg.Port), mail.WithTimeout(m.cfg.Timeout)}
	switch m.cfg.TLS {
	case "", "mandatory":
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case "opportunistic":
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	case "implicit":
		options = append(options, mail.WithSSL())
	case "none":
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return nil, errors.New("unknown TLS mode")
	}
	if m.cfg.TLSConfig != nil {
		config := m.cfg.TLSConfig.Clone()
		config.ServerName = m.cfg.Host
		options = append(options, mail.WithTLSConfig(config))
	}
	if m.cfg.UserName != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.cfg.UserName),
			mail.WithPassword(m.cfg.Password))
	}
	return mail.NewClient(m.cfg.Host, options...)
}
