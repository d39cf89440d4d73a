package website

import (
	"bytes"
	"cmp"
	"html"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/beian/beian/internal/filing"
)

// Line is a linked number in a page's footer.
type Line struct {
	// Number is what we write. Suffices is a shorter form of it that is accepted as well; empty: none.
	Number, Suffices string
	// Targets are the permitted link targets, compared by host; we write the first.
	Targets []string
}

// formerPolice is the public security's platform before beian.mps.gov.cn; many pages still link to it, and it
// redirects.
const formerPolice = "http://www.beian.gov.cn/"

// FootLines are what belongs in the footer of a site's home page: its filing number, linked to one of the bureau's
// sites, and its public-security filing number (公安备案号) if recorded, linked to policeTarget followed by its digits.
// suffices is the part of the filing number that its province accepts too (rules.Book.FooterSuffices).
func FootLines(number, suffices string, targets []string, police, policeTarget string) []Line {
	lines := []Line{{Number: number, Suffices: suffices, Targets: targets}}
	if p, err := filing.ParsePoliceNumber(police); err == nil {
		lines = append(lines, Line{Number: p.String(), Targets: []string{policeTarget + p.Digits, formerPolice}})
	}
	return lines
}

// FootSnippet is the HTML of lines, to be pasted at the foot of a page.
func FootSnippet(lines []Line) string {
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.snippet()
	}
	return strings.Join(texts, "\n")
}

func (l Line) snippet() string { return Snippet(l.Number, l.Targets[0]) }

// sought is what a page must show: whoever shows the whole number shows what suffices.
func (l Line) sought() string { return cmp.Or(l.Suffices, l.Number) }

// On is FindNumber for a line.
func (l Line) On(page []byte, contentType string) (shown, linked bool) {
	return FindNumber(page, contentType, l.sought(), l.Targets)
}

// Snippet is the HTML that puts a linked number at the foot of a page.
func Snippet(number, target string) string {
	return `<a href="` + html.EscapeString(target) + `" target="_blank" rel="noopener">` +
		html.EscapeString(number) + `</a>`
}

// FindNumber reports whether a page shows a number, and whether it links to one of the targets. Sites declare
// encodings wrongly in many ways, so any reading that shows number and link counts.
func FindNumber(page []byte, contentType, number string, targets []string) (shown, linked bool) {
	f := finderOf(number)
	for _, text := range readings(page, contentType) {
		s, l := f.find(seen(text), targets)
		if s && l {
			return true, true
		}
		shown = shown || s
	}
	return shown, false
}

var metaCharset = regexp.MustCompile(`(?i)<meta[^>]+charset\s*=\s*["']?\s*([a-z0-9_-]+)`)

// readings decodes a page as declared, as UTF-8 if it is valid, as any meta tag says, and as GB18030.
func readings(page []byte, contentType string) []string {
	var texts []string
	add := func(text string) {
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if r, err := charset.NewReader(bytes.NewReader(page), contentType); err == nil {
		if decoded, err := io.ReadAll(r); err == nil {
			add(string(decoded))
		}
	}
	if utf8.Valid(page) {
		add(string(page))
	}
	if m := metaCharset.FindSubmatch(page); m != nil {
		if e, _ := charset.Lookup(string(m[1])); e != nil {
			if decoded, err := e.NewDecoder().Bytes(page); err == nil {
				add(string(decoded))
			}
		}
	}
	if decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(page); err == nil {
		add(string(decoded))
	}
	return texts
}

// linksTo reports whether a link leads to a target's host, whatever the scheme, "www." and path.
func linksTo(href string, targets []string) bool {
	u, err := url.Parse(strings.TrimSpace(href))
	if err != nil {
		return false
	}
	for _, t := range targets {
		if want, err := url.Parse(t); err == nil && u.Host != "" && bareHost(u) == bareHost(want) {
			return true
		}
	}
	return false
}

func bareHost(u *url.URL) string { return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.") }
