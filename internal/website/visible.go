package website

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/width"

	"github.com/beian/beian/internal/filing"
)

// visible is what a reader sees of a page, in one pass over its tags: a tree of a page that is nested on purpose takes
// seconds, and one of an old page with many unclosed tags can't be built at all.
type visible struct {
	// text has a line end between blocks and a joint at other tags, is in half width and upper case, and lacks
	// invisible characters. An image is its alternative text.
	text string
	// links are where links are.
	links []visibleLink
}

type visibleLink struct {
	from, to int
	href     string
}

// joint stands where a tag begins or ends inside a line: what is on both sides may be one word, or two.
const joint = '\uE000'

// maxOpen is how many elements can be open at once; more deeply nested ones count as parts of the last. Browsers have
// such a limit, too.
const maxOpen = 512

// openElement is an element that hasn't ended yet.
type openElement struct {
	name   atom.Atom
	hidden bool
}

// Elements by what they mean for the text.
var (
	blockElements = elements(atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Br, atom.Caption,
		atom.Center, atom.Dd, atom.Details, atom.Div, atom.Dl, atom.Dt, atom.Fieldset, atom.Figure, atom.Footer, atom.Form,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Header, atom.Hr, atom.Html, atom.Li, atom.Main,
		atom.Marquee, atom.Menu, atom.Nav, atom.Ol, atom.Option, atom.P, atom.Pre, atom.Section, atom.Select, atom.Summary,
		atom.Table, atom.Tbody, atom.Td, atom.Textarea, atom.Tfoot, atom.Th, atom.Thead, atom.Tr, atom.Ul)
	voidElements = elements(atom.Area, atom.Base, atom.Basefont, atom.Bgsound, atom.Br, atom.Col, atom.Embed, atom.Frame,
		atom.Hr, atom.Img, atom.Input, atom.Link, atom.Meta, atom.Param, atom.Source, atom.Track, atom.Wbr)
	unseenElements = elements(atom.Head, atom.Iframe, atom.Noembed, atom.Noframes, atom.Noscript, atom.Script, atom.Style,
		atom.Template, atom.Title)
	headElements = elements(atom.Base, atom.Basefont, atom.Bgsound, atom.Link, atom.Meta, atom.Noscript, atom.Script,
		atom.Style, atom.Template, atom.Title)
	// formattingElements don't end the blocks in them.
	formattingElements = elements(atom.A, atom.B, atom.Big, atom.Code, atom.Em, atom.Font, atom.I, atom.Nobr, atom.S,
		atom.Small, atom.Span, atom.Strike, atom.Strong, atom.Tt, atom.U)
	// endedBy are the elements that a tag ends, if they are the innermost.
	endedBy = map[atom.Atom]map[atom.Atom]bool{
		atom.Li: elements(atom.Li, atom.P), atom.Dd: elements(atom.Dd, atom.Dt, atom.P),
		atom.Dt: elements(atom.Dd, atom.Dt, atom.P), atom.Td: elements(atom.Td, atom.Th, atom.P),
		atom.Th: elements(atom.Td, atom.Th, atom.P), atom.Tr: elements(atom.Td, atom.Th, atom.Tr, atom.P),
		atom.Option: elements(atom.Option), atom.A: elements(atom.A),
	}
	paragraph = elements(atom.P)
)

func elements(names ...atom.Atom) map[atom.Atom]bool {
	m := make(map[atom.Atom]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// reader builds what is visible.
type reader struct {
	fold  func(string) string
	out   strings.Builder
	links []visibleLink
	// href is of the link that began at linkFrom; empty outside links.
	href     string
	linkFrom int
	open     []openElement
	// count is how many of each are open.
	count map[atom.Atom]int
}

// seen reads a decoded page.
func seen(page string) visible { return read(page, folded) }

// seenAsIs is the visible text as it is written.
func seenAsIs(page string) string {
	return read(page, func(text string) string { return strings.ReplaceAll(text, string(joint), "") }).text
}

func read(page string, fold func(string) string) visible {
	r := reader{fold: fold, count: map[atom.Atom]int{}}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			r.endLink()
			return visible{r.out.String(), r.links}
		case html.TextToken:
			r.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			r.start(z.Token())
		case html.EndTagToken:
			name, _ := z.TagName()
			r.end(atom.Lookup(name))
		}
	}
}

func (r *reader) hidden() bool { return len(r.open) > 0 && r.open[len(r.open)-1].hidden }

func (r *reader) text(text string) {
	if strings.TrimSpace(text) != "" && r.in(atom.Head) {
		r.pop(len(r.open) - 1)
	}
	if !r.hidden() {
		r.out.WriteString(r.fold(text))
	}
}

func (r *reader) in(name atom.Atom) bool {
	return len(r.open) > 0 && r.open[len(r.open)-1].name == name
}

func (r *reader) start(t html.Token) {
	name := t.DataAtom
	if r.in(atom.Head) && !headElements[name] { // its end tag is optional
		r.pop(len(r.open) - 1)
	}
	ended := endedBy[name]
	if ended == nil && blockElements[name] && name != atom.Br && name != atom.Option {
		ended = paragraph
	}
	for len(r.open) > 0 && ended[r.open[len(r.open)-1].name] {
		r.pop(len(r.open) - 1)
	}
	r.mark(name)
	hides := unseenElements[name]
	alt, href := "", ""
	for _, a := range slices.Backward(t.Attr) { // of several, the first counts
		switch a.Key {
		case "hidden":
			hides = true
		case "style":
			style := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
			hides = hides || strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")
		case "alt":
			alt = a.Val
		case "href":
			href = a.Val
		}
	}
	if voidElements[name] {
		if name == atom.Img && !hides && !r.hidden() {
			r.out.WriteString(r.fold(alt))
		}
		return
	}
	if len(r.open) < maxOpen {
		r.open = append(r.open, openElement{name, hides || r.hidden()})
		r.count[name]++
	}
	if name == atom.A {
		r.endLink()
		r.href, r.linkFrom = href, r.out.Len()
	}
}

func (r *reader) end(name atom.Atom) {
	r.mark(name)
	if name == atom.A {
		r.endLink()
	}
	if r.count[name] == 0 {
		return
	}
	for i := len(r.open) - 1; i >= 0; i-- {
		switch open := r.open[i].name; {
		case open == name:
			r.pop(i)
			return
		case formattingElements[name] && !formattingElements[open]: // the block goes on
			return
		}
	}
}

// pop ends the elements from an index on.
func (r *reader) pop(from int) {
	for _, e := range r.open[from:] {
		r.count[e.name]--
	}
	r.open = r.open[:from]
}

// mark notes a tag in the text.
func (r *reader) mark(name atom.Atom) {
	switch {
	case blockElements[name]:
		r.out.WriteByte('\n')
	case name != atom.Wbr:
		r.out.WriteRune(joint)
	}
}

func (r *reader) endLink() {
	if r.href != "" {
		r.links = append(r.links, visibleLink{r.linkFrom, r.out.Len(), r.href})
	}
	r.href = ""
}

// folded writes a text as numbers are compared: half width, one kind of dash, simplified characters, capitals, and
// nothing that can't be seen.
func folded(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == joint, c != '\n' && c != '\t' && c != '\r' && unicode.In(c, unicode.Cf, unicode.Cc):
			return -1
		case unicode.Is(unicode.Pd, c), c == '−', c == '﹣', c == '─', c == '━':
			return '-'
		}
		return unicode.ToUpper(c)
	}, filing.SimplifyNumbers(width.Fold.String(text)))
}
