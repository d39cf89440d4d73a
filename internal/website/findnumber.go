package website

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/beian/beian/internal/filing"
)

// finder finds one number in what is visible of a page, as people write it.
type finder struct {
	number string
	form   *regexp.Regexp
}

// gap is what may stand between the parts of a number: spaces, and tags.
const gap = `[\s` + string(joint) + `]*`

// finderOf takes apart a number. Spaces may stand between its characters, 号 may be missing, 案 or 第 be too much.
// A number ends where its digits do: …号-1 is not …号-12, but a year may follow (…号-1 2007-2026). …号-1A is an app's,
// not …号-1. Its last digits have no spaces between them, only tags.
func finderOf(number string) finder {
	number = filing.StandardNumber(number)
	head, suffix, hasMark := strings.Cut(number, "号")
	if n, err := filing.ParseNumber(number); err == nil { // people write 号 after a licence's too
		head, suffix, hasMark = strings.TrimSuffix(n.Holder(), "号"), strings.TrimPrefix(number, n.Holder()), true
	}
	var b strings.Builder
	b.WriteByte('(')
	for i, c := range []rune(head) {
		if i > 0 {
			b.WriteString(gap)
		}
		b.WriteString(regexp.QuoteMeta(string(c)))
		if (c == '备' || c == '证') && strings.Contains(head, "ICP") {
			b.WriteString(gap + `案?` + gap + `第?` + gap + `[:]?`)
		}
	}
	if hasMark {
		b.WriteString(`(?:` + gap + `号)?`)
	}
	if dash, digits, ok := strings.Cut(suffix, "-"); ok && dash == "" {
		b.WriteString(gap + `-+` + gap + strings.Join(strings.Split(digits, ""), string(joint)+`*`))
	}
	b.WriteString(`)(?:[^0-9AXK]|[AXK][A-Z]|$)`)
	return finder{number, regexp.MustCompile(b.String())}
}

// find reports whether the number is there, and whether some of it is a link to one of the targets.
func (f finder) find(v visible, targets []string) (shown, linked bool) {
	for _, at := range f.form.FindAllStringSubmatchIndex(v.text, -1) {
		shown = true
		for _, l := range v.links {
			if l.from < at[3] && l.to > at[2] && linksTo(l.href, targets) {
				return true, true
			}
		}
	}
	return shown, false
}

// Numbers of the kinds that we put on pages, whoever's they are.
var (
	anyNumber = regexp.MustCompile(`\p{Han}` + gap + `I` + gap + `C` + gap + `P` + gap + `[备证]` + gap + `案?` + gap + `第?` +
		gap + `[:]?(?:` + gap + `[0-9]){6,10}(?:` + gap + `号)?(?:` + gap + `-+` + gap + `[0-9]{1,4}[AXK]?)?`)
	anyLicence = regexp.MustCompile(`\p{Han}?` + gap + `[AB][12]` + gap + `(?:\.[AB][12]` + gap + `)*-+` + gap +
		`[0-9]{8}(?:` + gap + `-+` + gap + `[0-9]{1,4}[AXK]?)?`)
	anyPolice = regexp.MustCompile(`公` + gap + `网` + gap + `安` + gap + `备` + gap + `案?` + gap + `第?` + gap + `[0-9]{14}`)
)

// rival is a number of the same kind as one that a page lacks: the former one, the holder's without the site's index,
// or somebody else's of whom the page was copied. Two next to each other help nobody. It is empty if there is none.
func (f finder) rival(v visible) string {
	form, kind := anyNumber, "备"
	switch {
	case strings.Contains(f.number, "公网安备"):
		form, kind = anyPolice, ""
	case strings.Contains(f.number, "证"):
		kind = "证"
	case !strings.Contains(f.number, "ICP"):
		form, kind = anyLicence, ""
	}
	for _, found := range form.FindAllString(v.text, -1) {
		if strings.Contains(found, kind) && !ofApp(found) { // an app's number stands next to its site's
			return strings.Map(func(c rune) rune {
				if c == joint || unicode.IsSpace(c) {
					return -1
				}
				return c
			}, found)
		}
	}
	return ""
}

func ofApp(number string) bool { return strings.ContainsAny(number[len(number)-1:], "AXK") }

// Missing are the lines that a page doesn't show yet. Unfit says that it lacks none, or shows another number instead
// of one.
func Missing(page []byte, contentType string, lines []Line) (missing []Line, err error) {
	reason := UnfitShown
	var pages []visible
	for _, text := range readings(page, contentType) {
		pages = append(pages, seen(text))
	}
	for _, line := range lines {
		f, shown, linked := finderOf(line.sought()), false, false
		for _, v := range pages {
			s, l := f.find(v, line.Targets)
			shown, linked = shown || s, linked || l
		}
		switch {
		case shown && !linked:
			reason = UnfitUnlinked
		case !shown:
			if i := slices.IndexFunc(pages, func(v visible) bool { return f.rival(v) != "" }); i >= 0 {
				return nil, unfit(UnfitOther, "number", f.rival(pages[i]))
			}
			missing = append(missing, line)
		}
	}
	if len(missing) == 0 {
		return nil, unfit(reason)
	}
	return missing, nil
}
