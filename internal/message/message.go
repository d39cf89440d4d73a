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
	// Recipient: the number or address was refused; the customer must correct it.
	Recipient Kind = "recipient"
	// Limit: the provider's limit for the number or account is reached; wait RetryAfter.
	Limit Kind = "limit"
	// Operator: our account with the provider needs fixing (arrears, signature, template, rights).
	Operator Kind = "operator"
	// Temporary: a failure of the network or the provider; try again.
	Temporary Kind = "temporary"
)

// Error is a message that wasn't sent or whose outcome is unknown. Its text never contains the recipient, the
// message or a credential.
type Error struct {
	Kind Kind
	// Code is the provider's: "isv.OUT_OF_SERVICE", or an SMTP reply code.
	Code string
	// RetryAfter is how long to wait before the next attempt; 0 leaves that to the caller.
	RetryAfter time.Duration
}

// result is a message's outcome for the metrics: who can fix it.
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

func (e *Error) Error() string { return fmt.Sprintf("message not sent: %s (%s)", e.Kind, e.Code) }
