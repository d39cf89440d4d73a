package filing

import (
	"net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/width"
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

// Normalise trims the input and converts full-width forms, which Chinese input methods produce, so that equal values
// compare equal.
func (c *ContactDetails) Normalise() {
	for _, s := range []*string{&c.UserName, &c.Province, &c.Name, &c.Remark} {
		*s = tidy(*s)
	}
	c.Mobile, c.Email = NormaliseMobile(c.Mobile), tidy(c.Email)
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
		p.gbk("user_name", name)
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
	text = strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(tidy(text))
	for _, prefix := range []string{"+86", "0086", "86"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok && len(rest) == 11 {
			return rest
		}
	}
	return text
}

// ValidateContactAddress checks a corrected phone and mail address (找回验证码).
func ValidateContactAddress(mobile, email string) Problems {
	var p Problems
	p.mobile("mobile", mobile)
	p.email("email", email)
	return p
}

func tidy(s string) string { return strings.TrimSpace(width.Fold.String(s)) }

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
	switch {
	case value == "":
		p.add(field, "required")
	case err != nil || address.Address != value || !strings.Contains(value[strings.LastIndex(value, "@"):], "."):
		p.add(field, "email_invalid")
	case len(value) < minEmail || len(value) > maxEmail:
		p.add(field, "length", "min", minEmail, "max", maxEmail)
	default:
		p.gbk(field, value)
	}
}

// text checks a free text: present if required, not too long, representable in GBK.
func (p *Problems) text(field, value string, required bool, max int) {
	switch {
	case value == "" && required:
		p.add(field, "required")
	case utf8.RuneCountInString(value) > max:
		p.add(field, "too_long", "max", max)
	default:
		p.gbk(field, value)
	}
}

// gbk checks that the bureau can read a text, since its files are in GBK (interface 3.0, 1-2).
func (p *Problems) gbk(field, value string) {
	if _, err := simplifiedchinese.GBK.NewEncoder().String(value); err != nil {
		p.add(field, "not_gbk")
	}
}
