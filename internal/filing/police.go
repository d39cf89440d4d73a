package filing

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/beian/beian/internal/textnorm"
)

// PoliceWithin is the time limit, after a site opens, for the public-security filing (公安联网备案): thirty days
// (计算机信息网络国际联网安全保护管理办法, 公安部令第33号, article 12).
const PoliceWithin = 30 * 24 * time.Hour

// PoliceReminders are the days after the approval on which we remind the customer of it.
var PoliceReminders = []int{3, 15, 25}

// ErrPoliceNumber: the text isn't a public-security filing number. ErrPoliceProvince: its digits and its abbreviation
// belong to different provinces.
var (
	ErrPoliceNumber   = errors.New("not a public-security filing number such as 沪公网安备31010102000001号")
	ErrPoliceProvince = errors.New("the province's abbreviation and the digits don't match")
)

// PoliceNumber is a public-security filing number: the province's abbreviation and fourteen digits, of which the first
// six are a GB/T 2260 division.
type PoliceNumber struct {
	Sign   string // 沪
	Digits string // 31010102000001
}

// The final 号 is often missing in copied numbers.
var policeForm = regexp.MustCompile(`^(\p{Han})公网安备(\d{14})号?$`)

// ParsePoliceNumber parses a number; it accepts spaces and full-width characters.
func ParsePoliceNumber(text string) (PoliceNumber, error) {
	m := policeForm.FindStringSubmatch(oldForms.Replace(cutLabel(textnorm.Code(text))))
	if m == nil {
		return PoliceNumber{}, ErrPoliceNumber
	}
	n := PoliceNumber{Sign: m[1], Digits: m[2]}
	province := ProvinceOfNumber(n.Sign)
	if province == "" {
		return PoliceNumber{}, ErrPoliceNumber
	}
	if province[:2] != n.Digits[:2] {
		return PoliceNumber{}, ErrPoliceProvince
	}
	return n, nil
}

// String formats the number in its standard form.
func (n PoliceNumber) String() string { return n.Sign + "公网安备" + n.Digits + "号" }

// ValidatePoliceNumber is ParsePoliceNumber with problems for a form.
func ValidatePoliceNumber(text string) (PoliceNumber, Problems) {
	var p Problems
	n, err := ParsePoliceNumber(text)
	switch {
	case strings.TrimSpace(text) == "":
		p.add("number", "required")
	case errors.Is(err, ErrPoliceProvince):
		p.add("number", "police_province")
	case err != nil:
		p.add("number", "police_invalid")
	}
	return n, p
}
