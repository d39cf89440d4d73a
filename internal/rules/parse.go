package rules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/beian/beian/internal/filing"
)

// LineError is what is wrong with a file, for the person who wrote it.
type LineError struct {
	File         string // empty: the provider's own
	Line, Column int
	// Field is the column's name, Got what is there, Want what would be right.
	Field, Got, Want string
}

// Error implements error.
func (e *LineError) Error() string {
	at := fmt.Sprintf("line %d", e.Line)
	if e.File != "" {
		at = e.File + ": " + at
	}
	if e.Column > 0 {
		at += fmt.Sprintf(", column %d (%s)", e.Column, e.Field)
	}
	return fmt.Sprintf("%s: %q: want %s", at, e.Got, e.Want)
}

func fileError(name string, err error) error {
	var line *LineError
	if errors.As(err, &line) {
		line.File = name
	}
	return err
}

// column is a column of a line: its name and what is wrong with a value, as what would be right; "": nothing.
type column struct {
	name string
	want func(string) string
}

// table is a kind of lines.
type table struct {
	columns []column
	// optional are how many of the last columns may be missing; key are how many of the first say what a line is about.
	optional, key int
	add           func(b *Book, cells []string, own bool)
	// drop removes the built-in lines that are about the same thing as a line of the provider's own file.
	drop func(b *Book, key []string)
}

// tables are the kinds of lines by their first column.
var tables = map[string]table{
	"rule": {[]column{
		{"province", wantProvince}, {"subject", wantSubject}, {"kind", wantKind}, {"rule", wantKey}, {"value", wantText},
		{"certainty", wantCertainty}, {"source", wantText}, {"date", wantDate}, {"Chinese", wantText}, {"English", wantText},
	}, 2, 4, (*Book).addRule, func(b *Book, key []string) {
		b.Rules = slices.DeleteFunc(b.Rules, func(r Rule) bool {
			return slices.Equal([]string{r.Province, string(r.Subject), string(r.Kind), string(r.Name)}, key)
		})
	}},
	"word": {[]column{
		{"province", wantProvince}, {"subject", wantSubject}, {"word", wantWord}, {"reason", wantReason},
		{"certainty", wantCertainty}, {"source", wantText}, {"date", wantDate},
	}, 0, 3, (*Book).addWord, func(b *Book, key []string) {
		b.Words = slices.DeleteFunc(b.Words, func(w Word) bool {
			return slices.Equal([]string{w.Province, string(w.Subject), w.Word}, key)
		})
	}},
	"suffix": {[]column{
		{"suffix", wantSuffix}, {"use", oneOf("any", "government", "nonprofit", "education", "research", "defence", "no")},
		{"Beijing", oneOf("yes", "no", "unlisted")}, {"certainty", wantCertainty}, {"source", wantText}, {"date", wantDate},
	}, 0, 1, (*Book).addSuffix, func(b *Book, key []string) { delete(b.Suffixes, key[0]) }},
	"sms": {[]column{
		{"item", wantKey}, {"kind", wantKinds}, {"who", wantWho}, {"value", wantText}, {"certainty", wantCertainty},
		{"source", wantText}, {"date", wantDate},
	}, 0, 3, (*Book).addVerification, func(b *Book, key []string) {
		b.Verifications = slices.DeleteFunc(b.Verifications, func(v Verification) bool {
			return v.Item == key[0] && slices.Equal(v.Kinds, several(key[1])) && slices.Equal(v.Who, several(key[2]))
		})
	}},
	"source": {[]column{
		{"short name", wantShort}, {"Chinese", wantText}, {"English", wantText}, {"address", wantAnything},
	}, 1, 1, (*Book).addSource, func(b *Book, key []string) {
		b.Sources = slices.DeleteFunc(b.Sources, func(s Source) bool { return s.Short == key[0] })
	}},
}

// read adds a file's lines; a line replaces those that say the same thing in what was read before.
func (b *Book) read(raw []byte, own bool) error {
	text := strings.TrimPrefix(string(raw), "\ufeff")
	replaced := map[string]bool{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if !utf8.ValidString(line) {
			return &LineError{Line: n, Got: strings.ToValidUTF8(line, "?"), Want: "UTF-8"}
		}
		cells := strings.Split(line, "\t")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		name := cells[0]
		table, known := tables[name]
		if !known {
			return &LineError{Line: n, Column: 1, Field: "table", Got: name, Want: "rule, word, suffix, sms or source"}
		}
		cells = cells[1:]
		if most := len(table.columns); len(cells) > most || len(cells) < most-table.optional {
			return &LineError{Line: n, Got: line, Want: wantColumns(most, table.optional, len(cells))}
		}
		for i, cell := range cells {
			if want := table.columns[i].want(cell); want != "" {
				return &LineError{Line: n, Column: i + 2, Field: table.columns[i].name, Got: cell, Want: want}
			}
		}
		if name == "rule" {
			if want := wantValue(Name(cells[3]), cells[4]); want != "" {
				return &LineError{Line: n, Column: 6, Field: "value", Got: cells[4], Want: want}
			}
		}
		// Several lines about the same thing hold together, so only the first of a file replaces older ones.
		if key := name + "\t" + strings.Join(cells[:table.key], "\t"); own && !replaced[key] {
			replaced[key] = true
			table.drop(b, cells[:table.key])
		}
		table.add(b, cells, own)
	}
	return nil
}

func wantColumns(most, optional, got int) string {
	if optional > 0 {
		return fmt.Sprintf("%d to %d columns parted by tabs, it has %d", most-optional+1, most+1, got+1)
	}
	return fmt.Sprintf("%d columns parted by tabs, it has %d", most+1, got+1)
}

func (b *Book) addRule(c []string, own bool) {
	r := Rule{Province: c[0], Subject: Subject(c[1]), Kind: filing.Kind(c[2]), Name: Name(c[3]), Value: c[4],
		Origin: origin(c[5:], own)}
	if len(c) > 8 {
		r.Text = filing.Bilingual{Chinese: c[8], English: c[len(c)-1]}
	}
	b.Rules = append(b.Rules, r)
}

func (b *Book) addWord(c []string, own bool) {
	b.Words = append(b.Words, Word{Province: c[0], Subject: Subject(c[1]), Word: c[2], Reason: c[3],
		Origin: origin(c[4:], own)})
}

func (b *Book) addSuffix(c []string, own bool) {
	b.Suffixes[c[0]] = Suffix{Name: c[0], Use: c[1], Beijing: c[2], Origin: origin(c[3:], own)}
}

func (b *Book) addVerification(c []string, own bool) {
	b.Verifications = append(b.Verifications, Verification{Item: c[0], Kinds: several(c[1]), Who: several(c[2]),
		Value: c[3], Origin: origin(c[4:], own)})
}

func (b *Book) addSource(c []string, _ bool) {
	s := Source{Short: c[0], Bilingual: filing.Bilingual{Chinese: c[1], English: c[2]}}
	if len(c) > 3 {
		s.URL = c[3]
	}
	b.Sources = append(b.Sources, s)
}

func origin(c []string, own bool) Origin {
	return Origin{Certainty: Certainty(c[0]), Source: c[1], Date: c[2], Own: own}
}

// several are the parts of a cell; none for "*" and an empty one.
func several(cell string) []string {
	if cell == all || cell == "" {
		return nil
	}
	return strings.Split(cell, "|")
}

func oneOf(values ...string) func(string) string {
	return func(cell string) string {
		if slices.Contains(values, cell) {
			return ""
		}
		return strings.Join(values[:len(values)-1], ", ") + " or " + values[len(values)-1]
	}
}

var (
	wantSubject   = oneOf(all, string(Person), string(Unit))
	wantCertainty = oneOf(string(Sure), string(OneSource), string(Old))
)

func wantProvince(cell string) string {
	if cell == all || filing.ProvinceSign(cell) != "" {
		return ""
	}
	return "a province's code such as 310000, or * for all"
}

func wantKind(cell string) string {
	k := filing.Kind(cell)
	if cell == all || cell != "" && k.Operation() != 0 {
		return ""
	}
	return "a kind of filing such as new_site, or * for each"
}

// partsOfChange are what a change of a part is called in the lines about the SMS verification.
var partsOfChange = []string{"change_holder", "change_site", "change_access", "migrate_site"}

func wantKinds(cell string) string {
	for _, part := range several(cell) {
		if want := wantKind(part); want != "" && !slices.Contains(partsOfChange, part) {
			return want
		}
	}
	return ""
}

func wantWho(cell string) string {
	for _, part := range several(cell) {
		if want := oneOf("holder_manager", "site_manager", "nobody", "unclear")(part); want != "" {
			return want
		}
	}
	return ""
}

func wantForm(form, want string) func(string) string {
	matches := regexp.MustCompile(form).MatchString
	return func(cell string) string {
		if matches(cell) {
			return ""
		}
		return want
	}
}

var (
	wantKey   = wantForm(`^[a-z][a-z0-9_]{1,47}$`, "a name of small letters, digits and _")
	wantShort = wantForm(`^[A-Za-z0-9][A-Za-z0-9.]{0,15}$`, "a short name of up to 16 letters and digits")
	wantText  = wantForm(`\S`, "something, or - to take away what is built in")
	wantWord  = wantForm(`^(<[a-z_]+>|[^<>\s]+)$`, "a word, or a form such as <digits>")
	wantDate  = wantForm(`^(~?\d{4}(-\d\d){0,2}(/(\d{4}(-\d\d){0,2})?)?)?$`,
		"a date such as 2026-11-30, 2026-11 or ~2021-07/2023-08, or nothing")
)

func wantAnything(string) string { return "" }

func wantReason(cell string) string {
	if _, known := WordReasons()[cell]; known || cell == without {
		return ""
	}
	return "a reason such as trade, or - to allow the word (docs/rules.md lists them)"
}

func wantSuffix(cell string) string {
	label, err := idna.Lookup.ToASCII(cell)
	if err == nil && label == cell && cell != "" && !strings.HasPrefix(cell, ".") {
		return ""
	}
	return "a suffix in lower case as an A-label, without a dot before it, such as com.cn or xn--55qx5d"
}

// wantValue checks the value of a rule that code reads.
func wantValue(name Name, value string) string {
	if form, read := valueForms[name]; read && value != without && !form.fits(value) {
		return form.want
	}
	return ""
}
