// Package reports receives what operators and mail servers report about our messages. Those reports aren't signed: the
// secret in their path is what proves the sender, and whom a message went to.
package reports

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// Pages receive the reports.
type Pages struct{ *web.Kit }

// New makes them.
func New(k *web.Kit) *Pages { return &Pages{k} }

// Routes registers them.
func (p *Pages) Routes(all web.Group) {
	all.POST(web.ReportsPath+":secret/sms", p.withSecret(p.smsReports))
	all.POST(web.ReportsPath+":secret/mail", p.withSecret(p.bounce))
}

// withSecret answers as if there were no such page to whoever doesn't know the secret.
func (p *Pages) withSecret(h web.Handler) web.Handler {
	return func(c *gin.Context) error {
		want, got := sha256.Sum256([]byte(p.ReportSecret)), sha256.Sum256([]byte(c.Param("secret")))
		if p.ReportSecret == "" || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			return store.ErrNotFound
		}
		return h(c)
	}
}

// smsReports takes what Aliyun pushes (SmsReport). The same report may come several times.
func (p *Pages) smsReports(c *gin.Context) error {
	list, err := read(c, message.ReadSMSReports)
	for _, r := range list {
		if err == nil {
			err = p.settle(c, p.Store.SettleSMS, r.Key, r.To, r.Delivery)
		}
	}
	return p.answer(c, err)
}

// bounce takes a delivery status notification as a mail server delivers it.
func (p *Pages) bounce(c *gin.Context) error {
	list, err := read(c, message.ReadBounce)
	for _, r := range list {
		if err == nil {
			err = p.settle(c, p.Store.SettleMail, r.MessageID, r.To, r.Delivery)
		}
	}
	return p.answer(c, err)
}

func (p *Pages) settle(c *gin.Context, settle func(context.Context, string, string, filing.Delivery) (bool, error), key,
	to string, d filing.Delivery) error {
	known, err := settle(c.Request.Context(), key, to, d)
	if err == nil && !known {
		p.Logger.Info("a report about no message of ours", "route", c.FullPath(), "code", d.Code)
	}
	return err
}

// malformedError is a report that can't be read, however often it comes.
type malformedError struct{ error }

func read[T any](c *gin.Context, parse func(io.Reader) ([]T, error)) ([]T, error) {
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return nil, err
	}
	list, err := parse(bytes.NewReader(body))
	if err != nil {
		return nil, malformedError{err}
	}
	return list, nil
}

// answer answers in Aliyun's terms. After any code but 0 it pushes the reports again.
func (p *Pages) answer(c *gin.Context, err error) error {
	status, code, text := http.StatusOK, 1, "接收成功"
	_, tooBig := errors.AsType[*http.MaxBytesError](err)
	bad, malformed := errors.AsType[malformedError](err)
	switch {
	case err == nil:
		code = 0
	case tooBig:
		status, text = http.StatusRequestEntityTooLarge, "too large"
	case malformed:
		status, text = http.StatusBadRequest, bad.Error()
	default:
		status, text = http.StatusServiceUnavailable, "not stored: send it again"
	}
	if err != nil {
		p.Logger.Error("a report wasn't taken", "route", c.FullPath(), "error", err)
	}
	c.JSON(status, gin.H{"code": code, "msg": text})
	return nil
}
