package web

import (
	"errors"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

// ContactFields returns the fields of the contact form.
func ContactFields(t *locale.Localizer) []Field {
	return Asked(contactDetails(new(filing.ContactDetails)), Choosing{Localizer: t})
}

func contactDetails(d *filing.ContactDetails) []BoundField {
	provinces := func(x Choosing) []Option { return Choose(x.Localizer, RegionOptions(filing.Provinces())) }
	return []BoundField{
		{Field{Name: "user_name", Type: "text", Required: true, Autocomplete: "off", Maxlength: 32}, &d.UserName, nil},
		{Field{Name: "password", Type: "password", Required: true, Autocomplete: "new-password"}, nil, nil},
		{Field{Name: "password_again", Type: "password", Required: true, Autocomplete: "new-password"}, nil, nil},
		{Field{Name: "province", Type: "select", Required: true}, &d.Province, provinces},
		{Field{Name: "name", Type: "text", Required: true, Autocomplete: "name"}, &d.Name, nil},
		{ContactAddressField("mobile"), &d.Mobile, nil}, {ContactAddressField("email"), &d.Email, nil},
		{Field{Name: "remark", Type: "textarea"}, &d.Remark, nil},
	}
}

// ContactAddressField is one of a contact's addresses: mobile or email.
func ContactAddressField(name string) Field {
	if name == "email" {
		return Field{Name: name, Type: "email", Required: true, Autocomplete: "email"}
	}
	return Field{Name: name, Type: "tel", Required: true, Autocomplete: "tel-national"}
}

// ContactOf reads the contact form.
func ContactOf(v url.Values) (d filing.ContactDetails) {
	ReadFields(contactDetails(&d), v)
	d.Normalise()
	return d
}

// ContactAddress reads one address of a contact, mobile or email, with what is wrong with it.
func ContactAddress(v url.Values, name string) (address string, problems filing.Problems) {
	d := ContactOf(v)
	problems = slices.DeleteFunc(filing.ValidateContactAddress(d.Mobile, d.Email),
		func(problem filing.Problem) bool { return problem.Field != name })
	if name == "email" {
		return d.Email, problems
	}
	return d.Mobile, problems
}

// ContactValues is the inverse of ContactOf.
func ContactValues(d filing.ContactDetails) url.Values { return TypedValues(contactDetails(&d)) }

// ContactChannel parses the channel in the path: sms or mail.
func (k *Kit) ContactChannel(c *gin.Context) (ch filing.Channel, name string, err error) {
	switch ch = filing.Channel(c.Param("channel")); ch {
	case filing.SMS:
		return ch, "mobile", nil
	case filing.Mail:
		return ch, "email", nil
	}
	return ch, "", store.ErrNotFound
}

// PartContact names the contact among the parts of a dossier.
const PartContact = "contact"

// CorrectionsShown limits the list of corrections.
const CorrectionsShown = 20

// CodeData is the data of a page that takes one code.
type CodeData struct {
	Form
	// Lead and Button are keys; Action and Again are the addresses of the forms.
	Lead, Button, Action, Again, Back string
	// Codes says what was done about the code; empty where that would tell who has an account.
	Codes []SentCode
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
