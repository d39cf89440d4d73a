package web

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// CodeData is the data of a page that takes one code.
type CodeData struct {
	Form
	// Lead and Button are keys; Action and Again are the addresses of the forms.
	Lead, Button, Action, Again, Back string
}

// CodeFields returns the fields of a form that asks for a code.
func CodeFields() []Field {
	return []Field{{Name: "code", Type: "code", Required: true, Autocomplete: "one-time-code", Maxlength: MaxCodeTyped}}
}

// CodeProblem says what is wrong with a code; nil for unrelated errors.
func CodeProblem(err error) filing.Problems {
	for target, key := range map[error]string{store.ErrCodeWrong: "code_wrong", store.ErrCodeExpired: "code_expired",
		store.ErrCodeLocked: "code_locked"} {
		if errors.Is(err, target) {
			return filing.Problems{{Field: "code", Key: key}}
		}
	}
	return nil
}

// TypedCode is the code as typed, without spaces.
func TypedCode(c *gin.Context) string { return Digits(c.PostForm("code")) }

// CodeField is the form field of a channel's code.
var CodeField = map[filing.Channel]string{filing.SMS: "sms_code", filing.Mail: "mail_code"}

// MaxCodeTyped leaves room for spaces in a pasted code.
const MaxCodeTyped = 2 * filing.CodeDigits
