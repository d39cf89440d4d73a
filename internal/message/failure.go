// Package message reaches people by SMS (Aliyun) and mail (SMTP). The texts of all messages are in texts/.
package message

import (
	"errors"
	"fmt"
	"time"

	"github.com/beian/beian/internal/extcall"
)

// Kind says who must act on a failed message, and whether waiting helps.
type Kind string

// The kinds.
const (
	// Recipient means the number or address was refused; the customer must correct it.
	Recipient Kind = "recipient"
	// Limit means the provider's limit for the number or account is reached; wait for RetryAfter.
	Limit Kind = "limit"
	// Operator means that we must fix something: our account with the provider (arrears, signature, template,
	// permissions), our settings, or what we send.
	Operator Kind = "operator"
	// Temporary means the network or the provider failed; try again.
	Temporary Kind = "temporary"
)

// Error reports a message that wasn't sent or whose outcome is unknown. Its text never contains the recipient, the
// message or a credential.
type Error struct {
	Kind Kind
	// Code is the provider's code: "isv.OUT_OF_SERVICE", or an SMTP reply code. Means says what it stands for, if known.
	Code, Means string
	// Permanent: nobody is reached there, and won't be later.
	Permanent bool
	// RetryAfter is how long to wait before the next attempt; 0 leaves that to the caller.
	RetryAfter time.Duration
}

// result labels a message's outcome in the metrics by who can fix it.
func result(err error) string {
	var e *Error
	switch {
	case err == nil:
		return extcall.OK
	case errors.As(err, &e):
		return string(e.Kind)
	}
	return "internal"
}

func (e *Error) Error() string {
	if e.Means == "" {
		return fmt.Sprintf("message not sent: %s (%s)", e.Kind, e.Code)
	}
	return fmt.Sprintf("message not sent: %s (%s: %s)", e.Kind, e.Code, e.Means)
}
