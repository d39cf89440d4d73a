package filing

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/width"
)

// PoliceWithin is within how long after a site opens it must be filed with the
// public-security organs (公安联网备案): 计算机信息网络国际联网安全保护管理办法
// (公安部令第33号), article 12, thirty days.
const PoliceWithin = 30 * 24 * time.Hour

// PoliceReminders are how many days after the approval the customer is reminded
// of it.
var PoliceReminders = []int{3, 15, 25}

// ErrPoliceNumber says that a text isn't a public-security filing number;
// ErrPoliceProvince that its digits are another province's than its sign.
var (
	ErrPoliceNumber   = errors.New("not a public-security filing number such as 沪公网安备31010102000001号")
	ErrPoliceProvince = errors.New("the province's sign and the digits don't agree")
)

// PoliceNumber is a public-security filing number: the province's sign and
// fourteen digits, the first six of them a division of GB/T 2260.
type PoliceNumber struct {
	Sign   string // 沪
	Digits string // 31010102000001
}

// The 号 at the end is often left out where the number is copied from.
var policeForm = regexp.MustCompile(`^(\p{Han})公网安备(\d{14})号?$`)

// ParsePoliceNumber reads a number; spaces and full-width characters are forgiven.
func ParsePoliceNumber(text string) (PoliceNumber, error) {
	m := policeForm.FindStringSubmatch(strings.Join(strings.Fields(width.Fold.String(text)), ""))
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

// String is the number as it is written.
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
