package website

import (
	"bytes"
	"html"
	"io"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/beian/beian/internal/filing"
)

// Line is a linked number in a page's footer.
type Line struct {
	// Number is what is shown.
	Number string
	// Targets are the permitted link targets, compared by host; we write the first.
	Targets []string
}

// formerPolice is the public security's platform before beian.mps.gov.cn; many pages still link to it, and it
// redirects.
const formerPolice = "http://www.beian.gov.cn/"

// FootLines are what belongs in the footer of a site's home page: its filing number, linked to one of the bureau's
// sites, and its public-security filing number (公安备案号) if recorded, linked to policeTarget followed by its digits.
func FootLines(number string, targets []string, police, policeTarget string) []Line {
	lines := []Line{{Number: number, Targets: targets}}
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

// On is FindNumber for a line.
func (l Line) On(page []byte, contentType string) (shown, linked bool) {
	return FindNumber(page, contentType, l.Number, l.Targets)
}

// Snippet is the HTML that puts a linked number at the foot of a page.
func Snippet(number, target string) string {
	return `<a href="` + html.EscapeString(target) + `" target="_blank" rel="noopener">` +
		html.EscapeString(number) + `</a>`
}

// FindNumber reports whether a page shows a filing number, and whether it links to one of the targets. Sites
// declare encodings wrongly in many ways, so any reading that shows number and link counts.
func FindNumber(page []byte, contentType, number string, targets []string) (shown, linked bool) {
	for _, text := range readings(page, contentType) {
		s, l := findIn(text, number, targets)
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
	if r, err := charset.NewReader(bytes.NewReader(page), contentType); err == nil {
		if decoded, err := io.ReadAll(r); err == nil {
			texts = append(texts, string(decoded))
		}
	}
	if utf8.Valid(page) {
		texts = append(texts, string(page))
	}
	if m := metaCharset.FindSubmatch(page); m != nil {
		if e, _ := charset.Lookup(string(m[1])); e != nil {
			if decoded, err := e.NewDecoder().Bytes(page); err == nil {
				texts = append(texts, string(decoded))
			}
		}
	}
	if decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(page); err == nil {
		texts = append(texts, string(decoded))
	}
	return texts
}

// parse is the visible part of a page: without comments, scripts, templates and hidden elements.
func parse(text string) (*goquery.Document, error) {
	page, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	page.Find(
		`script, style, template, noscript, head, [hidden], [style*="display:none"], [style*="display: none"]`).Remove()
	return page, nil
}

// findIn searches the visible part of a page.
func findIn(text, number string, targets []string) (shown, linked bool) {
	page, err := parse(text)
	if err != nil {
		return false, false
	}
	want := filing.NormaliseNumber(number)
	shown = containsNumber(page.Text(), want)
	page.Find("a[href]").EachWithBreak(func(_ int, a *goquery.Selection) bool {
		href, _ := a.Attr("href")
		linked = containsNumber(a.Text(), want) && linksTo(href, targets)
		return !linked
	})
	return shown || linked, linked
}

// containsNumber finds the number itself, not a longer one with the same beginning (…号-1 is not …号-12).
func containsNumber(text, want string) bool {
	text = filing.NormaliseNumber(text)
	for {
		i := strings.Index(text, want)
		if i < 0 {
			return false
		}
		text = text[i+len(want):]
		if text == "" || text[0] < '0' || text[0] > '9' {
			return true
		}
	}
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
