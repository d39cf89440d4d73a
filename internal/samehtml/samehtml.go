// Package samehtml tells whether two pages are the same to a browser, whatever made them.
package samehtml

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// block are elements around which spaces aren't shown.
var block = set("html head meta title link script body header nav main footer section article aside div p h1 h2 h3 h4 " +
	"ul ol li dl dt dd form fieldset legend details summary table thead tbody tr th td br hr select optgroup option " +
	"noscript pre figure figcaption svg line rect path text desc")

func set(names string) map[string]bool {
	all := map[string]bool{}
	for name := range strings.FieldsSeq(names) {
		all[name] = true
	}
	return all
}

// token is a tag or a text; spaced tells that a space stands before it that is shown.
type token struct {
	text   string
	spaced bool
}

// Diff compares two pages. What differs in tags, attributes or words is the first result;
// where only the spaces between words and inline elements differ is the second.
func Diff(before, after string) (content, spaces string) {
	a, b := tokens(before), tokens(after)
	for i := range min(len(a), len(b)) {
		if a[i].text != b[i].text {
			return fmt.Sprintf("token %d:\n  before: %s\n  after:  %s", i, around(a, i), around(b, i)), ""
		}
		if a[i].spaced != b[i].spaced {
			spaces += fmt.Sprintf("space at token %d: before %t: %s\n", i, a[i].spaced, around(a, i))
		}
	}
	if len(a) != len(b) {
		return fmt.Sprintf("%d tokens before, %d after", len(a), len(b)), spaces
	}
	return "", spaces
}

func around(list []token, i int) string {
	var b strings.Builder
	for _, t := range list[max(i-4, 0):min(i+4, len(list))] {
		if t.spaced {
			b.WriteByte(' ')
		}
		b.WriteString(t.text)
	}
	return b.String()
}

func tokens(page string) []token {
	var list []token
	space, afterBlock := false, true
	add := func(text string, isBlock bool) {
		list = append(list, token{text, space && !afterBlock && !isBlock})
		space = false
	}
	z, raw := html.NewTokenizer(strings.NewReader(page)), ""
	for z.Next() != html.ErrorToken {
		t := z.Token()
		switch t.Type {
		case html.TextToken:
			if raw == "noscript" { // the tokenizer takes what is inside for text
				list = append(list, tokens(t.Data)...)
				continue
			}
			words := strings.Join(strings.Fields(t.Data), " ")
			space = space || strings.TrimLeft(t.Data, " \t\r\n") != t.Data
			if words == "" {
				continue
			}
			add(words, false)
			space, afterBlock = strings.TrimRight(t.Data, " \t\r\n") != t.Data, false
		case html.StartTagToken, html.SelfClosingTagToken:
			add(tag(t), block[t.Data])
			afterBlock, raw = block[t.Data], t.Data
		case html.EndTagToken:
			raw = ""
			add("</"+t.Data+">", block[t.Data])
			afterBlock = block[t.Data]
		case html.CommentToken:
			add("<!--"+t.Data+"-->", false)
		}
	}
	return list
}

// tag is a start tag with its attributes in order; what says nothing more is left out.
func tag(t html.Token) string {
	attrs := map[string]string{}
	for _, a := range t.Attr {
		attrs[a.Key] = strings.Join(strings.Fields(a.Val), " ")
	}
	if t.Data == "th" && attrs["scope"] == "col" {
		delete(attrs, "scope") // heads of columns are that anyway
	}
	var b strings.Builder
	b.WriteString("<" + t.Data)
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		fmt.Fprintf(&b, " %s=%q", name, attrs[name])
	}
	return b.String() + ">"
}
