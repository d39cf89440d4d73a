// Package webhook notifies a system of the provider's of an event: a signed POST according to Standard Webhooks
// (standardwebhooks.com, 1.0.0), which any of its libraries can verify.
package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/beian/beian/internal/extcall"
)

const (
	// timeout bounds one POST, as Standard Webhooks advises (15 to 30 seconds).
	timeout = 15 * time.Second
	// maxAnswer is how much of an answer is read, so that the connection can be reused.
	maxAnswer = 64 << 10
	// minSecret is Standard Webhooks' minimum length of a secret, in bytes.
	minSecret = 24
)

// Webhook is one address to post to. It comes from the operator's settings and may be in their own network.
type Webhook struct {
	url    string
	signer *standardwebhooks.Webhook
	client *http.Client
	now    func() time.Time
}

// New makes a Webhook; secret is base64, with or without the prefix whsec_.
func New(address, secret string) (*Webhook, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, errors.New("not an address such as https://ops.example.com/beian")
	}
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil || len(secret)*3/4 < minSecret {
		return nil, fmt.Errorf("the secret must be base64 of at least %d bytes: openssl rand -base64 32", minSecret)
	}
	return &Webhook{
		url: address, signer: signer, now: time.Now,
		client: &http.Client{
			Timeout: timeout,
			// a redirect doesn't mean that it was accepted
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Error is a POST that was refused or whose outcome is unknown. Its text contains neither the address, which may
// hold a token, nor anything from the answer.
type Error struct {
	// Status is the answer's; 0: there was none.
	Status int
}

func (e *Error) Error() string {
	if e.Status == 0 {
		return "the webhook couldn't be reached"
	}
	return "the webhook answered " + strconv.Itoa(e.Status)
}

// Post posts a JSON body. id identifies the event for ever, so that the receiver recognises a repeat. An answer
// other than 2xx is an *Error; the body may then be posted again with the same ID.
func (w *Webhook) Post(ctx context.Context, operation, id string, body []byte) (err error) {
	ctx, done := extcall.Begin(ctx, extcall.Webhook, operation)
	defer func() { done(result(err)) }()
	at := w.now()
	signature, err := w.signer.Sign(id, at, body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return &Error{}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "beian")
	request.Header.Set(standardwebhooks.HeaderWebhookID, id)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	response, err := w.client.Do(request)
	if err != nil {
		return &Error{}
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer)) // its content doesn't matter
	if response.StatusCode/100 != 2 {
		return &Error{Status: response.StatusCode}
	}
	return nil
}

func result(err error) string {
	var e *Error
	switch {
	case err == nil:
		return extcall.OK
	case errors.As(err, &e) && e.Status > 0:
		return "refused"
	}
	return "unreachable"
}
