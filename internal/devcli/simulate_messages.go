package devcli

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/simulate/inbox"
	"github.com/beian/beian/internal/simulate/mail"
	"github.com/beian/beian/internal/simulate/sms"
)

type simulateMessages struct {
	SMS    string `name:"sms" default:"127.0.0.1:8083" help:"address of the SMS endpoint"`
	SMTP   string `name:"smtp" default:"127.0.0.1:2525" help:"address of the mail server"`
	Inbox  string `default:"127.0.0.1:8081" help:"address of the page"`
	KeyID  string `name:"key-id" default:"stand-in" help:"access key ID to accept"`
	Sign   string `default:"网站备案" help:"signature to accept"`
	CAFile string `name:"ca-file" default:".beian/mail-ca.pem" help:"file to write the mail server's certificate to"`
}

// Help shows an example.
func (simulateMessages) Help() string {
	return "The access key's secret comes from BEIAN_SMS_ACCESS_KEY_SECRET. Example: BEIAN_SMS_ACCESS_KEY_SECRET=… beian simulate messages"
}

// Run serves until it is stopped.
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
