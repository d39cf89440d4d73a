// Package message reaches people by SMS (Aliyun) and mail (SMTP). Every text of
// the product's messages stands here, in texts/.
package message

import (
	"errors"
	"fmt"
	"time"

	"github.com/beian/beian/internal/extcall"
)

// Kind tells what a failed message wants: from whom, and whether waiting helps.
type Kind string

// The kinds.
const (
	// Recipient: the number or address was refused; the customer must correct it.
	Recipient Kind = "recipient"
	// Limit: the provider's limit for the number or account is reached; wait RetryAfter.
	Limit Kind = "limit"
	// Operator: our account with the provider wants mending (arrears, signature, template, rights).
	Operator Kind = "operator"
	// Temporary: network or the provider's trouble; try again.
	Temporary Kind = "temporary"
)

// Error is a message that wasn't sent, or of which nobody knows. Its text never
// holds the recipient, the message or a credential.
type Error struct {
	Kind Kind
	// Code is the provider's: "isv.OUT_OF_SERVICE", an SMTP reply code.
	Code string
	// RetryAfter is how long to wait before another try; 0 leaves it to the caller.
	RetryAfter time.Duration
}

// result is how a message went, for counting: who can mend it.
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
