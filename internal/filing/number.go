package filing

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/beian/beian/internal/textnorm"
)

// ErrNumber: the text isn't a filing number.
var ErrNumber = errors.New("not a filing number such as 沪ICP备05000940号, 沪ICP备2023012345号-1 or 粤B2-20090059-18")

// Number is a filing number: province abbreviation, 备, 证 or a class of licence, the holder's serial, and the site's
// index if there is one (interface 3.0, 1-3 备案号).
type Number struct {
	Sign string // 沪; empty for a licence of several provinces
	// Kind is 备; 证 for a licence in its old form (京ICP证030173号); or the class of a licence of the catalogue of
	// telecommunications services (B2 in 粤B2-20090059-18, A2.B1.B2).
	Kind   string
	Serial string // 05000940, 2023012345
	Site   int    // 0: the holder's number
	// App is what the index counts if not a website: A an app, X a mini program, K a quick app
	// (工信部信管〔2023〕105号). Empty: a website.
	App string
}

// serialForm is the format of a number's digits. 备: two-digit year and six digits (old style, 05000940), or four-digit
// year and six digits (new style, 2023012345). 证: two- or four-digit year and four digits (030173, 20231234).
const serialForm = `备(?:\d{8}|20\d{8})|证(?:\d{6}|20\d{6})`

// licenceForm is a licence's class and serial: four-digit year and four digits.
const licenceForm = `(?:[AB][12]\.)*[AB][12]-(?:19|20)\d{6}`

var numberForm = regexp.MustCompile(`^(\p{Han}?)(?:ICP(` + serialForm + `)号|(` + licenceForm + `)号?)` +
	`(?:-{1,2}(\d{1,4})([AXK])?)?$`)

// ParseNumber parses a filing number as people write it: in any width, with spaces, any dash, after a label
// (备案号：…), within brackets.
func ParseNumber(text string) (Number, error) {
	m := numberForm.FindStringSubmatch(strings.Trim(cutLabel(NormaliseNumber(text)), "()[]<>【】《》「」“”\"'.,。、;"))
	if m == nil || ProvinceOfNumber(m[1]) == "" && (m[1] != "" || m[3] == "") {
		return Number{}, ErrNumber
	}
	n := Number{Sign: m[1], App: m[5]}
	if m[3] != "" {
		n.Kind, n.Serial, _ = strings.Cut(m[3], "-")
	} else {
		n.Kind, n.Serial = m[2][:len("备")], m[2][len("备"):]
	}
	if m[4] != "" {
		n.Site, _ = strconv.Atoi(m[4]) // at most four digits
		if n.Site == 0 {
			return Number{}, ErrNumber
		}
	}
	return n, nil
}

// numberLabel is what people copy along with a number. No number has a colon, and none a 号 before its digits.
var numberLabel = regexp.MustCompile(`^(?:.*:|[^0-9]*(?:备案|许可|编)[^0-9]*?号)`)

// cutLabel removes the label before a number.
func cutLabel(text string) string { return strings.TrimPrefix(text, numberLabel.FindString(text)) }

// LooksLikeNumber reports whether a text is meant as a filing number, valid or not.
func LooksLikeNumber(text string) bool {
	text = NormaliseNumber(text)
	return strings.Contains(text, "ICP备") || strings.Contains(text, "ICP证") || licenceInText.MatchString(text)
}

var licenceInText = regexp.MustCompile(`[AB][12]-\d{4}`)

// JoinNumbers writes several numbers briefly: those of one holder with its serial once.
func JoinNumbers(numbers []string) string {
	var b strings.Builder
	holder := ""
	for i, text := range numbers {
		if i > 0 {
			b.WriteString("、")
		}
		if n, err := ParseNumber(text); err == nil && n.Site > 0 && n.App == "" {
			if n.Holder() == holder {
				text = "-" + strconv.Itoa(n.Site)
			}
			holder = n.Holder()
		}
		b.WriteString(text)
	}
	return b.String()
}

// String formats the number in its standard form.
func (n Number) String() string {
	s := n.Holder()
	if n.Site > 0 {
		s += "-" + strconv.Itoa(n.Site) + n.App
	}
	return s
}

// Holder is the number without the site's index.
func (n Number) Holder() string {
	if n.Kind == "备" || n.Kind == "证" {
		return n.Sign + "ICP" + n.Kind + n.Serial + "号"
	}
	return n.Sign + n.Kind + "-" + n.Serial
}

// NormaliseNumber converts full-width characters and the old forms of Chinese ones, removes white space and writes ICP
// in upper case, for comparing numbers and finding them in pages.
func NormaliseNumber(text string) string {
	return strings.ToUpper(SimplifyNumbers(textnorm.Code(text)))
}

// SimplifyNumbers replaces the traditional characters that numbers in a text may have.
func SimplifyNumbers(text string) string { return oldForms.Replace(text) }

// oldForms are the traditional characters of numbers, with the simplified ones.
var oldForms = strings.NewReplacer("號", "号", "備", "备", "證", "证", "網", "网", "遼", "辽", "滬", "沪", "蘇", "苏", "閩", "闽",
	"贛", "赣", "魯", "鲁", "粵", "粤", "瓊", "琼", "貴", "贵", "雲", "云", "陝", "陕", "隴", "陇", "寧", "宁", "晉", "晋")

// StandardNumber is a number in its standard form, by which numbers from people, files and bureaus are compared and
// looked up; a text that is no number is only normalised.
func StandardNumber(text string) string {
	if n, err := ParseNumber(text); err == nil {
		return n.String()
	}
	return NormaliseNumber(text)
}

// Province is the province of a number's abbreviation, as a GB/T 2260 code.
func (n Number) Province() string { return ProvinceOfNumber(n.Sign) }

// numberInText finds the holder part of filing numbers in a text: a licence of several provinces has no abbreviation.
var numberInText = regexp.MustCompile(`\p{Han}ICP(?:` + serialForm + `)号|[` + allSigns() + `]?` + licenceForm)

// NumbersIn returns the holders' filing numbers in a file, in UTF-8 or GBK. It is meant for certificates (bazu.cert),
// whose format isn't documented. A certificate may contain none.
func NumbersIn(content []byte) []string {
	var list []string
	gbk, _ := simplifiedchinese.GB18030.NewDecoder().Bytes(content) // bytes that aren't text become replacement characters
	for _, text := range [][]byte{content, gbk} {
		for _, found := range numberInText.FindAllString(NormaliseNumber(string(text)), -1) {
			if n, err := ParseNumber(found); err == nil {
				list = append(list, n.Holder())
			}
		}
	}
	// A reading in the wrong encoding loses a licence's abbreviation.
	all := unique(list)
	return slices.DeleteFunc(slices.Clone(all), func(number string) bool {
		return slices.ContainsFunc(all, func(one string) bool { return one != number && strings.HasSuffix(one, number) })
	})
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
