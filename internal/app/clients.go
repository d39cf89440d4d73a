package app

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/beian/beian/internal/config"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/webhook"
)

// SMSSender makes the SMS client.
func SMSSender(s config.SMS) (*message.SMS, error) {
	codes := map[message.Template]string{}
	for pair := range strings.SplitSeq(s.Templates, ",") {
		if name, code, ok := strings.Cut(strings.TrimSpace(pair), "="); ok {
			codes[message.Template(name)] = code
		}
	}
	for _, t := range message.SMSTemplates {
		if codes[t] == "" {
			return nil, fmt.Errorf("BEIAN_SMS_TEMPLATES: no code for %s; want %s=SMS_…", t, t)
		}
	}
	return message.NewSMS(message.SMSConfig{
		AccessKeyID: s.AccessKeyID, AccessKeySecret: s.AccessKeySecret, Endpoint: s.Endpoint, Scheme: s.Scheme,
		Region: s.Region, SignName: s.SignName, TemplateCodes: codes, Timeout: s.Timeout,
	})
}

// mailSender makes the mail client; roots, if not nil, replace the CA file.
func mailSender(m config.Mail, roots *x509.CertPool) (*message.Mailer, error) {
	if m.CAFile != "" && roots == nil {
		pem, err := os.ReadFile(m.CAFile)
		if err != nil {
			return nil, fmt.Errorf("BEIAN_MAIL_CA_FILE: %w", err)
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, errors.New("BEIAN_MAIL_CA_FILE: no certificate in it; want PEM")
		}
	}
	cfg := message.MailConfig{Host: m.Host, Port: m.Port, UserName: m.UserName, Password: m.Password, From: m.From,
		FromName: m.FromName, TLS: m.TLS}
	if roots != nil {
		cfg.TLSConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return message.NewMail(cfg), nil
}

// staffHook makes the webhook; nil if none is configured.
func staffHook(s config.Staff) (*webhook.Webhook, error) {
	if s.Webhook == "" {
		return nil, nil
	}
	hook, err := webhook.New(s.Webhook, s.Secret)
	if err != nil {
		return nil, fmt.Errorf("BEIAN_STAFF_WEBHOOK_URL and BEIAN_STAFF_WEBHOOK_SECRET: %w", err)
	}
	return hook, nil
}
