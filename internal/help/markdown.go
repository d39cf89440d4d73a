package help

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// tables set their alignment in an attribute, because the panel's content security policy forbids styles.
var tables = extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute))

var pages = goldmark.New(goldmark.WithExtensions(tables), goldmark.WithParserOptions(parser.WithHeadingAttribute()))

// parsePage parses a page in Markdown. Each heading below the first needs its own anchor, {#name}, because links from
// forms and elsewhere must not change with the heading's wording.
func parsePage(raw []byte) (Page, error) {
	var p Page
	doc := pages.Parser().Parse(text.NewReader(raw))
	title, ok := doc.FirstChild().(*ast.Heading)
	if !ok || title.Level != 1 {
		return p, errors.New("it must start with a heading of level 1")
	}
	lead, ok := title.NextSibling().(*ast.Paragraph)
	if !ok {
		return p, errors.New("a paragraph must follow the title: it is what the list of pages shows")
	}
	p.Title, p.Lead = plain(title, raw), plain(lead, raw)
	doc.RemoveChild(doc, title)
	doc.RemoveChild(doc, lead)
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		h, heading := n.(*ast.Heading)
		if !heading {
			if len(p.Sections) > 0 {
				s := &p.Sections[len(p.Sections)-1]
				s.text += plain(n, raw) + " "
			}
			continue
		}
		s, err := section(h, raw)
		if err != nil {
			return p, err
		}
		p.Sections = append(p.Sections, s)
	}
	var b bytes.Buffer
	if err := pages.Renderer().Render(&b, raw, doc); err != nil {
		return p, err
	}
	p.HTML = b.String()
	return p, nil
}

func section(h *ast.Heading, raw []byte) (Section, error) {
	s := Section{Title: plain(h, raw), Level: h.Level}
	id, ok := h.AttributeString("id")
	if !ok {
		return s, fmt.Errorf("the heading %q needs an anchor: {#name}", s.Title)
	}
	s.Anchor = attribute(id)
	if codes, ok := h.AttributeString("codes"); ok {
		for _, word := range strings.Fields(attribute(codes)) {
			code, err := strconv.Atoi(word)
			if err != nil {
				return s, fmt.Errorf("the heading %q: %q is not a result code", s.Title, word)
			}
			s.Codes = append(s.Codes, code)
		}
	}
	return s, nil
}

func attribute(value any) string {
	if raw, ok := value.([]byte); ok {
		return string(raw)
	}
	return fmt.Sprint(value)
}

// plain is a node's text without markup; blocks and cells are separated.
func plain(n ast.Node, raw []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		text, leaf := leafText(n, raw)
		_, cell := n.(*extast.TableCell)
		switch {
		case leaf && entering:
			b.Write(text)
		case leaf || entering:
		case cell:
			b.WriteString("　")
		case n.Type() == ast.TypeBlock:
			b.WriteByte(' ')
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(string(util.UnescapePunctuations([]byte(b.String()))))
}

// leafText is the text of a node that has its own.
func leafText(n ast.Node, raw []byte) (text []byte, leaf bool) {
	switch n := n.(type) {
	case *ast.Text:
		if n.SoftLineBreak() || n.HardLineBreak() {
			return append(bytes.Clone(n.Value(raw)), ' '), true
		}
		return n.Value(raw), true
	case *ast.String:
		return n.Value, true
	case *ast.AutoLink:
		return n.Label(raw), true
	case *ast.FencedCodeBlock:
		return n.Lines().Value(raw), true
	}
	return nil, false
}
