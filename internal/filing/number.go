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

// ErrNumber says that a text isn't a filing number.
var ErrNumber = errors.New("not a filing number such as 沪ICP备05000940号 or 沪ICP备2023012345号-1")

// Number is a filing number: province sign, 备 or 证, the holder's serial, and
// the site's index for numbers that have one (interface 3.0, 1-3 备案号).
type Number struct {
	Sign   string // 沪
	Kind   string // 备, or 证 for a licence
	Serial string // 05000940, 2023012345
	Site   int    // 0: the holder's number
}

// serialForm is how a number's digits go. 备: two digits of the year and six (old
// style, 05000940), or a year and six (new style, 2023012345). 证: two digits of the year
// or all four, and four (030173, 20231234).
const serialForm = `备(?:\d{8}|20\d{8})|证(?:\d{6}|20\d{6})`

var numberForm = regexp.MustCompile(`^(\p{Han})ICP(` + serialForm + `)号(?:-(\d{1,4}))?$`)

// ParseNumber reads a filing number; full-width characters and spaces are forgiven.
func ParseNumber(text string) (Number, error) {
	m := numberForm.FindStringSubmatch(NormaliseNumber(text))
	if m == nil || !knownSign(m[1]) {
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

// String is the number as it is written.
func (n Number) String() string {
	s := n.Holder()
	if n.Site > 0 {
		s += "-" + strconv.Itoa(n.Site)
	}
	return s
}

// Holder is the number without the site's index.
func (n Number) Holder() string { return n.Sign + "ICP" + n.Kind + n.Serial + "号" }

// NormaliseNumber folds full-width characters, drops white space and writes
// ICP in capitals, for comparing numbers and for finding one in a page.
func NormaliseNumber(text string) string {
	text = strings.Join(strings.Fields(width.Fold.String(text)), "")
	text = strings.NewReplacer("—", "-", "–", "-", "－", "-").Replace(text)
	return strings.ToUpper(text)
}

func knownSign(sign string) bool { return ProvinceOfNumber(sign) != "" }

// Province is the province of a number's sign, as a code of GB/T 2260.
func (n Number) Province() string { return ProvinceOfNumber(n.Sign) }

// numberInText finds what looks like a filing number's holder part in a text.
var numberInText = regexp.MustCompile(`\p{Han}ICP(?:` + serialForm + `)号`)

// NumbersIn are the holders' filing numbers that a file names, in UTF-8 or GBK: those of
// a certificate (bazu.cert), whose form no document of the bureau's tells. A certificate
// may name none.
func NumbersIn(content []byte) []string {
	var list []string
	gbk, _ := simplifiedchinese.GB18030.NewDecoder().Bytes(content) // what isn't text comes out as replacement characters
	for _, text := range [][]byte{content, gbk} {
		for _, found := range numberInText.FindAll(text, -1) {
			if n, err := ParseNumber(string(found)); err == nil {
				list = append(list, n.Holder())
			}
		}
	}
	return unique(list)
}

// OtherNumberIn is a number that a certificate names instead of this one; empty where it
// names this one, or none.
func (n Number) OtherNumberIn(certificate []byte) string {
	named := NumbersIn(certificate)
	if len(named) == 0 || slices.Contains(named, n.Holder()) {
		return ""
	}
	return named[0]
}

// PreferredNumber is the number that people are shown: the site's, or the holder's where the
// bureau gave no site number.
func PreferredNumber(site, holder string) string { return cmp.Or(site, holder) }
