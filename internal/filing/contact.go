package filing

import (
	"net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/beian/beian/internal/textnorm"
)

const (
	minUserName = 2
	maxUserName = 32
	// minPassword is the limit of the bureau's form.
	minPassword = 6
	// maxPassword keeps hashing cheap.
	maxPassword = 128
	// minEmail and maxEmail are the interface's limits (Fzr_dzyj).
	minEmail, maxEmail = 6, 128
	maxPersonName      = 128 // Fzr_xm
	maxRemark          = 1024
)

// Normalise brings what was typed into its normal form, so that equal values compare equal.
func (c *ContactDetails) Normalise() {
	c.UserName, c.Province = textnorm.Code(c.UserName), textnorm.Code(c.Province)
	c.Name, c.Remark = textnorm.Line(c.Name), textnorm.Lines(c.Remark)
	c.Mobile, c.Email = NormaliseMobile(c.Mobile), NormaliseEmail(c.Email)
}

// Validate checks normalised contact details.
func (c ContactDetails) Validate() Problems {
	var p Problems
	p = append(p, validateUserName(c.UserName)...)
	if c.Province == "" {
		p.add("province", "required")
	} else if ProvinceSign(c.Province) == "" {
		p.add("province", "region_unknown")
	}
	p.text("name", c.Name, true, maxPersonName)
	p.mobile("mobile", c.Mobile)
	p.email("email", c.Email)
	p.text("remark", c.Remark, false, maxRemark)
	return p
}

// validateUserName: Chinese characters, English letters, digits, underscores
// (the bureau's ICP 用户注册).
func validateUserName(name string) Problems {
	var p Problems
	n := utf8.RuneCountInString(name)
	switch {
	case name == "":
		p.add("user_name", "required")
	case n < minUserName || n > maxUserName:
		p.add("user_name", "length", "min", minUserName, "max", maxUserName)
	case strings.IndexFunc(name, func(r rune) bool {
		return !unicode.Is(unicode.Han, r) && r != '_' &&
			(r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r))
	}) >= 0:
		p.add("user_name", "user_name_characters")
	default:
		p.characters("user_name", name)
	}
	return p
}

// ValidatePassword checks the two passwords in the bureau's form: at least six characters, not only digits, not the
// user name, both the same.
func ValidatePassword(password, again, userName string) Problems {
	var p Problems
	switch {
	case password == "":
		p.add("password", "required")
	case utf8.RuneCountInString(password) < minPassword:
		p.add("password", "password_short", "min", minPassword)
	case len(password) > maxPassword:
		p.add("password", "too_long", "max", maxPassword)
	case strings.Trim(password, "0123456789") == "":
		p.add("password", "password_digits")
	case strings.EqualFold(password, userName):
		p.add("password", "password_is_user_name")
	}
	if password != again {
		p.add("password_again", "password_differs")
	}
	return p
}

var mobileForm = regexp.MustCompile(`^1[3-9]\d{9}$`)

// NormaliseMobile removes spaces, hyphens and the country code from a mainland mobile number.
func NormaliseMobile(text string) string {
	text = strings.NewReplacer("-", "", "(", "", ")", "", ".", "").Replace(textnorm.Code(text))
	for _, prefix := range []string{"+86", "0086", "86"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok && len(rest) == 11 {
			return rest
		}
	}
	return text
}

// NormaliseEmail converts a mail address's domain to lower case and A-labels, which every mail server takes. A domain
// that isn't valid stays as typed for validation to report.
func NormaliseEmail(text string) string {
	text = strings.TrimPrefix(strings.ReplaceAll(textnorm.Address(text), "。", "."), "mailto:")
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return text
	}
	host, err := idna.Lookup.ToASCII(strings.ToLower(text[at+1:]))
	if err != nil {
		return text
	}
	return text[:at+1] + host
}

// ValidateContactAddress checks a corrected phone and mail address (找回验证码).
func ValidateContactAddress(mobile, email string) Problems {
	var p Problems
	p.mobile("mobile", mobile)
	p.email("email", email)
	return p
}

func (p *Problems) mobile(field, value string) {
	switch {
	case value == "":
		p.add(field, "required")
	case !mobileForm.MatchString(value):
		p.add(field, "mobile_invalid")
	}
}

func (p *Problems) email(field, value string) {
	address, err := mail.ParseAddress(value)
	local, host, found := strings.Cut(value, "@")
	switch {
	case value == "":
		p.add(field, "required")
	case found && textnorm.IsASCII(host) && !textnorm.IsASCII(local):
		p.add(field, "email_local")
	case err != nil || address.Address != value || !textnorm.IsASCII(value) || !properLabels(host):
		p.add(field, "email_invalid")
	case len(value) < minEmail || len(value) > maxEmail:
		p.add(field, "length", "min", minEmail, "max", maxEmail)
	}
}

// text checks a free text: present if required, not too long, with only characters that the bureau can read.
func (p *Problems) text(field, value string, required bool, max int) {
	switch {
	case value == "" && required:
		p.add(field, "required")
	case utf8.RuneCountInString(value) > max:
		p.add(field, "too_long", "max", max)
	default:
		p.characters(field, value)
	}
}

// characters names the first character that the bureau's data files can't hold (interface 3.0, 1-2: GBK).
func (p *Problems) characters(field, value string) {
	if c := textnorm.Unpermitted(value); c != "" {
		p.add(field, "not_gbk", "character", c)
	}
}
