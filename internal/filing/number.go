package filing

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/width"
)

// ErrNumber: the text isn't a filing number.
var ErrNumber = errors.New("not a filing number such as 沪ICP备05000940号 or 沪ICP备2023012345号-1")

// Number is a filing number: province abbreviation, 备 or 证, the holder's serial, and the site's index if there is one
// (interface 3.0, 1-3 备案号).
type Number struct {
	Sign   string // 沪
	Kind   string // 备, or 证 for a licence
	Serial string // 05000940, 2023012345
	Site   int    // 0: the holder's number
}

// serialForm is the format of a number's digits. 备: two-digit year and six digits (old style, 05000940), or four-digit
// year and six digits (new style, 2023012345). 证: two- or four-digit year and four digits (030173, 20231234).
const serialForm = `备(?:\d{8}|20\d{8})|证(?:\d{6}|20\d{6})`

var numberForm = regexp.MustCompile(`^(\p{Han})ICP(` + serialForm + `)号(?:-(\d{1,4}))?$`)

// ParseNumber parses a filing number; it accepts full-width characters and spaces.
func ParseNumber(text string) (Number, error) {
	m := numberForm.FindStringSubmatch(NormaliseNumber(text))
	if m == nil || ProvinceOfNumber(m[1]) == "" {
		return Number{}, ErrNumber
	}
	n := Number{Sign: m[1]}
	n.Kind, n.Serial = m[2][:len("备")], m[2][len("备"):]
	if m[3] != "" {
		n.Site, _ = strconv.Atoi(m[3]) // at most four digits
		if n.Site == 0 {
			return Number{}, ErrNumber
		}
	}
	return n, nil
}

// String formats the number in its standard form.
func (n Number) String() string {
	s := n.Holder()
	if n.Site > 0 {
		s += "-" + strconv.Itoa(n.Site)
	}
	return s
}

// Holder is the number without the site's index.
func (n Number) Holder() string { return n.Sign + "ICP" + n.Kind + n.Serial + "号" }

// NormaliseNumber converts full-width characters, removes white space and writes ICP in upper case, for comparing
// numbers and finding them in pages.
func NormaliseNumber(text string) string {
	text = strings.Join(strings.Fields(width.Fold.String(text)), "")
	text = strings.NewReplacer("—", "-", "–", "-", "－", "-").Replace(text)
	return strings.ToUpper(text)
}

// Province is the province of a number's abbreviation, as a GB/T 2260 code.
func (n Number) Province() string { return ProvinceOfNumber(n.Sign) }

// numberInText finds the holder part of filing numbers in a text.
var numberInText = regexp.MustCompile(`\p{Han}ICP(?:` + serialForm + `)号`)

// NumbersIn returns the holders' filing numbers in a file, in UTF-8 or GBK. It is meant for certificates (bazu.cert),
// whose format isn't documented. A certificate may contain none.
func NumbersIn(content []byte) []string {
	var list []string
	gbk, _ := simplifiedchinese.GB18030.NewDecoder().Bytes(content) // bytes that aren't text become replacement characters
	for _, text := range [][]byte{content, gbk} {
		for _, found := range numberInText.FindAll(text, -1) {
			if n, err := ParseNumber(string(found)); err == nil {
				list = append(list, n.Holder())
			}
		}
	}
	return unique(list)
}

// OtherNumberIn is a number in a certificate that differs from this one; empty if it contains this one, or none.
func (n Number) OtherNumberIn(certificate []byte) string {
	named := NumbersIn(certificate)
	if len(named) == 0 || slices.Contains(named, n.Holder()) {
		return ""
	}
	return named[0]
}

// PreferredNumber is the number to display: the site's, or the holder's if the bureau issued no site number.
func PreferredNumber(site, holder string) string { return cmp.Or(site, holder) }
