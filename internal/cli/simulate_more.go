package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/simulate/inbox"
	"github.com/beian/beian/internal/simulate/mail"
	"github.com/beian/beian/internal/simulate/sms"
	"github.com/beian/beian/internal/simulate/webspace"
	"github.com/beian/beian/internal/stack"
)

type simulateMessages struct {
	SMS    string `name:"sms" default:"127.0.0.1:8083" help:"address of the SMS endpoint"`
	SMTP   string `name:"smtp" default:"127.0.0.1:2525" help:"address of the mail server"`
	Inbox  string `default:"127.0.0.1:8081" help:"address of the page"`
	KeyID  string `name:"key-id" default:"stand-in" help:"access key ID that is accepted"`
	Sign   string `default:"网站备案" help:"signature that is accepted"`
	CAFile string `name:"ca-file" default:".beian/mail-ca.pem" help:"file to write the mail server's certificate to"`
}

// Help shows an example.
func (simulateMessages) Help() string {
	return "The access key's secret comes from BEIAN_SMS_ACCESS_KEY_SECRET. Example: BEIAN_SMS_ACCESS_KEY_SECRET=… beian simulate messages"
}

// Run serves until it is told to stop.
func (c *simulateMessages) Run(ctx context.Context) error {
	secret := os.Getenv("BEIAN_SMS_ACCESS_KEY_SECRET")
	if secret == "" {
		return errors.New("BEIAN_SMS_ACCESS_KEY_SECRET is not set: the secret that the provider will use")
	}
	texts, err := message.NewTexts("zh")
	if err != nil {
		return err
	}
	sent, err := sms.New(sms.Options{AccessKeyID: c.KeyID, AccessKeySecret: secret, SignName: c.Sign,
		Render: func(code string, params map[string]string) string {
			text, err := texts.SMS(message.Template(strings.TrimPrefix(code, "SMS_")), params)
			if err != nil {
				return code
			}
			return text
		}})
	if err != nil {
		return err
	}
	mails, err := mail.New("")
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.CAFile, mails.CertificatePEM(), 0o600); err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.SMTP)
	if err != nil {
		return err
	}
	defer mails.Close()
	go func() { _ = mails.Serve(l) }()
	return serveAll(ctx, map[string]http.Handler{c.SMS: sent, c.Inbox: inbox.New(sent, mails)})
}

type simulateWebspace struct {
	Dir   string `default:".beian/sites" help:"folder of the accounts"`
	FTP   string `name:"ftp" default:"127.0.0.1:2121" help:"address of the FTP server"`
	Sites string `default:"127.0.0.1:8084" help:"address of the sites"`
	Page  string `default:"127.0.0.1:8085" help:"address of the page"`
}

// Help shows an example.
func (simulateWebspace) Help() string {
	return "The accounts are those of samples/orders.csv. Example: beian simulate webspace"
}

// Run serves until it is told to stop.
func (c *simulateWebspace) Run(ctx context.Context) error {
	s, err := webspace.New(webspace.Options{Dir: c.Dir, Accounts: stack.Accounts, Logger: newLogger("info")})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.FTP)
	if err != nil {
		return err
	}
	defer s.Close()
	go func() { _ = s.ServeFTP(l) }()
	return serveAll(ctx, map[string]http.Handler{c.Sites: s, c.Page: s.Control()})
}

// serveAll serves handlers by address until ctx ends or one of them fails.
func serveAll(ctx context.Context, handlers map[string]http.Handler) error {
	failed := make(chan error, len(handlers))
	for address, handler := range handlers {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
		defer server.Close()
		fmt.Printf("http://%s/\n", l.Addr())
		go func() { failed <- server.Serve(l) }()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}
