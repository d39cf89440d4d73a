package message_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // CRAM-MD5
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/message"
)

// scripted is a mail server that gives one reply to each verb. Its replies are those of a server that takes everything,
// but for the given ones; "." is the end of a mail, and the reply "close" closes the connection.
type scripted struct {
	config   message.MailConfig
	accepted atomic.Int32
}

func script(t *testing.T, replies map[string]string) *scripted {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	s := &scripted{config: message.MailConfig{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port,
		From: "beian@example.com", TLS: "none", Timeout: 5 * time.Second}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(conn, replies)
		}
	}()
	return s
}

func (s *scripted) serve(conn net.Conn, replies map[string]string) {
	defer conn.Close()
	usual := map[string]string{"greeting": "220 ready", "EHLO": "250-localhost\r\n250 ENHANCEDSTATUSCODES",
		"DATA": "354 go ahead", "QUIT": "221 bye"}
	lines := bufio.NewScanner(conn)
	inMail := false
	for verb := "greeting"; ; {
		reply, ok := replies[verb]
		if !ok {
			if reply, ok = usual[verb]; !ok {
				reply = "250 fine"
			}
		}
		if reply == "close" {
			return
		}
		inMail = strings.HasPrefix(reply, "354")
		if verb == "." && strings.HasPrefix(reply, "250") {
			s.accepted.Add(1)
		}
		if _, err := conn.Write([]byte(reply + "\r\n")); err != nil {
			return
		}
		for {
			if !lines.Scan() {
				return
			}
			if !inMail || lines.Text() == "." {
				break
			}
		}
		verb, _, _ = strings.Cut(strings.ToUpper(lines.Text()), " ")
	}
}

func (s *scripted) send(t *testing.T) (message.Receipt, error) {
	return message.NewMail(s.config).Send(t.Context(),
		message.MailMessage{Key: "k", To: "nobody@example.com", Subject: "s", Text: "t", HTML: "h"})
}

func TestAcceptedMailIsSentHoweverTheSessionEnds(t *testing.T) {
	for _, verb := range []string{"RSET", "QUIT"} {
		for _, reply := range []string{"close", "421 4.3.2 shutting down", "554 5.0.0 no"} {
			s := script(t, map[string]string{verb: reply})
			receipt, err := s.send(t)
			require.NoError(t, err, "%s: %s", verb, reply)
			require.NotEmpty(t, receipt.ProviderID)
			require.EqualValues(t, 1, s.accepted.Load())
		}
	}
	require.NoError(t, message.NewMail(script(t, map[string]string{"QUIT": "close"}).config).SignIn(t.Context()))
}

func TestMailThatWasNotAcceptedIsNotSent(t *testing.T) {
	s := script(t, map[string]string{".": "close"})
	_, err := s.send(t)
	var e *message.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, message.Error{Kind: message.Temporary, Code: "network"}, *e)
	require.Zero(t, s.accepted.Load())
}

func TestRefusedMailIsWhoeversFaultItIs(t *testing.T) {
	for _, c := range []struct {
		verb, reply string
		kind        message.Kind
	}{
		{"RCPT", "501 5.5.4 bad address syntax", message.Recipient},
		{"RCPT", "550 no such user", message.Recipient},
		{"RCPT", "550 5.4.1 recipient address rejected", message.Recipient},
		{"RCPT", "551 user not local", message.Recipient},
		{"RCPT", "553 mailbox name not allowed", message.Recipient},
		{"RCPT", "554 5.1.1 user unknown", message.Recipient},
		{"RCPT", "554 5.2.1 mailbox disabled", message.Recipient},
		{"RCPT", "556 domain takes no mail", message.Recipient},
		{".", "550 5.1.1 user unknown", message.Recipient},

		{"RCPT", "550 5.7.1 relaying denied", message.Operator},
		{"RCPT", "550 5.1.8 sender address rejected", message.Operator},
		{"RCPT", "503 5.5.1 bad sequence", message.Operator},
		{"RCPT", "530 5.7.0 authentication required", message.Operator},
		{"RCPT", "554 transaction failed", message.Operator},
		{"MAIL", "501 5.1.7 bad sender address syntax", message.Operator},
		{"MAIL", "553 mail from must equal authorized user", message.Operator},
		{"MAIL", "550 sender refused", message.Operator},
		{"DATA", "501 syntax", message.Operator},
		{".", "550 content refused", message.Operator},
		{"RCPT", "550 5.1.7 sender address syntax", message.Operator},
		{"MAIL", "432 4.7.12 password transition needed", message.Operator},
		{".", "552 5.2.3 too long", message.Operator},
		{".", "552 5.3.4 too big", message.Operator},
		{".", "552 5.7.0 content blocked", message.Operator},
		{".", "554 5.7.1 spam", message.Operator},
		{"greeting", "554 no service", message.Operator},

		{"RCPT", "452 4.2.2 mailbox full", message.Limit},
		{"RCPT", "550 5.2.2 mailbox full", message.Limit},
		{"RCPT", "452 too many recipients", message.Limit},
		{".", "552 storage exceeded", message.Limit},

		{"RCPT", "450 4.7.1 greylisted", message.Temporary},
		{"RCPT", "451 4.3.0 try later", message.Temporary},
		{"MAIL", "421 4.7.0 too many connections", message.Temporary},
		{".", "451 local error", message.Temporary},
		{"greeting", "421 too busy", message.Temporary},
		// A status of another class isn't this reply's.
		{"RCPT", "451 remote said 5.2.2", message.Temporary},
	} {
		s := script(t, map[string]string{c.verb: c.reply})
		_, err := s.send(t)
		var e *message.Error
		require.ErrorAs(t, err, &e, c.reply)
		require.Equal(t, c.kind, e.Kind, "%s: %s", c.verb, c.reply)
		require.Equal(t, c.reply[:3], e.Code)
		require.Equal(t, c.kind == message.Limit, e.RetryAfter > 0, c.reply)
		require.NotEmpty(t, e.Means, c.reply)
		require.NotContains(t, err.Error(), "nobody")
		require.Zero(t, s.accepted.Load())
	}
}

func TestMailSettingsThatCannotWorkAreTheProviders(t *testing.T) {
	const plain = "250-localhost\r\n250 AUTH PLAIN LOGIN"
	for name, c := range map[string]struct {
		replies map[string]string
		change  func(*message.MailConfig)
		code    string
		kind    message.Kind
	}{
		"STARTTLS isn't offered": {nil, func(m *message.MailConfig) { m.TLS = "mandatory" }, "tls_not_offered",
			message.Operator},
		"plain text at a TLS port": {nil, func(m *message.MailConfig) { m.TLS = "implicit" }, "tls_not_offered",
			message.Operator},
		"AUTH isn't offered": {nil, func(m *message.MailConfig) { m.UserName, m.Password = "u", "p" },
			"auth_not_offered", message.Operator},
		"a password would go in the clear": {map[string]string{"EHLO": plain},
			func(m *message.MailConfig) { m.UserName, m.Password = "u", "p" }, "auth_not_offered", message.Operator},
		"the password is wrong": {map[string]string{"EHLO": "250-localhost\r\n250 AUTH CRAM-MD5",
			"AUTH": "535 5.7.8 credentials invalid"},
			func(m *message.MailConfig) { m.UserName, m.Password = "u", "p" }, "535", message.Operator},
		"sign-in fails for now": {map[string]string{"EHLO": "250-localhost\r\n250 AUTH CRAM-MD5",
			"AUTH": "454 4.7.0 temporary failure"},
			func(m *message.MailConfig) { m.UserName, m.Password = "u", "p" }, "454", message.Temporary},
		"STARTTLS fails for now": {map[string]string{"EHLO": "250-localhost\r\n250 STARTTLS",
			"STARTTLS": "454 TLS not available"},
			func(m *message.MailConfig) { m.TLS = "mandatory" }, "454", message.Temporary},
		"the sender isn't an address": {nil, func(m *message.MailConfig) { m.From = "beian" }, "from_invalid",
			message.Operator},
		"no such way to use TLS": {nil, func(m *message.MailConfig) { m.TLS = "maybe" }, "configuration",
			message.Operator},
		"the server hangs up": {map[string]string{"greeting": "close"}, func(*message.MailConfig) {}, "network",
			message.Temporary},
	} {
		t.Run(name, func(t *testing.T) {
			s := script(t, c.replies)
			c.change(&s.config)
			_, err := s.send(t)
			var e *message.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, []any{c.kind, c.code}, []any{e.Kind, e.Code})
		})
	}

	_, config := smtpAccount(t)
	config.TLSConfig = nil
	for _, mode := range []string{"mandatory", "opportunistic"} {
		config.TLS = mode
		_, err := message.NewMail(config).Send(t.Context(),
			message.MailMessage{Key: "k", To: "a@example.com", Subject: "s", Text: "t", HTML: "h"})
		var e *message.Error
		require.ErrorAs(t, err, &e, mode)
		require.Equal(t, []any{message.Operator, "certificate"}, []any{e.Kind, e.Code}, mode)
		require.ErrorContains(t, err, "BEIAN_MAIL_CA_FILE")
	}
}

func TestAddressThatIsNoneIsTheRecipients(t *testing.T) {
	_, err := message.NewMail(script(t, nil).config).Send(t.Context(),
		message.MailMessage{Key: "k", To: "nobody@", Subject: "s", Text: "t", HTML: "h"})
	var e *message.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, message.Error{Kind: message.Recipient, Code: "address_invalid"}, *e)
}

// Who tries the sign-in learns of what would keep mail from going out.
func TestSignInFailsAsMailWould(t *testing.T) {
	s := script(t, map[string]string{"EHLO": "250-localhost\r\n250 AUTH CRAM-MD5", "AUTH": "535 5.7.8 credentials invalid"})
	s.config.UserName, s.config.Password = "u", "p"
	require.ErrorContains(t, message.NewMail(s.config).SignIn(t.Context()), "535")
	s.config.TLS = "maybe"
	require.Error(t, message.NewMail(s.config).SignIn(t.Context()))
}

// The user name and the password that are set open a server that wants them, and only they.
func TestMailSignsInWithItsAccount(t *testing.T) {
	const challenge = "<1@localhost>"
	sum := hmac.New(md5.New, []byte("p"))
	_, _ = sum.Write([]byte(challenge))
	answer := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "u %x", sum.Sum(nil))) // RFC 2195
	s := script(t, map[string]string{"EHLO": "250-localhost\r\n250 AUTH CRAM-MD5",
		"AUTH": "334 " + base64.StdEncoding.EncodeToString([]byte(challenge)), strings.ToUpper(answer): "235 welcome"})
	for account, right := range map[[2]string]bool{{"u", "p"}: true, {"u", "x"}: false, {"x", "p"}: false} {
		s.config.UserName, s.config.Password = account[0], account[1]
		require.Equal(t, right, message.NewMail(s.config).SignIn(t.Context()) == nil, account)
		_, err := s.send(t)
		require.Equal(t, right, err == nil, account)
	}
	require.EqualValues(t, 1, s.accepted.Load())
}

// "opportunistic" encrypts with servers that offer it, and "implicit" and "mandatory" never go without.
func TestMailIsEncryptedAsSet(t *testing.T) {
	for mode, plain := range map[string]bool{"": false, "mandatory": false, "implicit": false, "opportunistic": true, "none": true} {
		s := script(t, nil)
		s.config.TLS = mode
		_, err := s.send(t)
		require.Equal(t, plain, err == nil, mode)
		require.Equal(t, plain, s.accepted.Load() == 1, mode)

		server, config := smtpAccount(t)
		config.TLS, config.TLSConfig = mode, nil // its certificate isn't trusted
		_, err = message.NewMail(config).Send(t.Context(),
			message.MailMessage{Key: "k", To: "a@example.com", Subject: "s", Text: "t", HTML: "h"})
		require.Equal(t, mode == "none", err == nil, mode)
		require.Equal(t, mode == "none", len(server.Messages()) == 1, mode)
	}
}
