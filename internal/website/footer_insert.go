package website

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/net/html"
)

// Unfit says why we can't put the number on a page: its owner does it by hand, or needn't.
type Unfit struct {
	// Reason is one of the Unfit… constants, a key of the locale files below
	// "footer_reason.".
	Reason string
	// Args fill the text's placeholders with what was seen.
	Args map[string]string
}

func (u *Unfit) Error() string { return "web space: the home page can't be edited: " + u.Reason }

// Reasons why a home page isn't edited.
const (
	// UnfitShown: every number is there, linked.
	UnfitShown = "shown"
	// UnfitUnlinked: every number is there, but one lacks its link.
	UnfitUnlinked = "unlinked"
	// UnfitOther: another number is where this one belongs.
	UnfitOther = "other_number"
	// UnfitFrameset: a frameset shows other pages and has no footer.
	UnfitFrameset = "frameset"
	// UnfitWide: UTF-16.
	UnfitWide = "wide"
	// UnfitHidden: the end of the page isn't visible: inside a comment, a script or a hidden element.
	UnfitHidden = "hidden"
	// UnfitTooBig: no hand-made home page is that large.
	UnfitTooBig = "too_big"
	// UnfitDynamic: a program generates the page.
	UnfitDynamic = "dynamic"
	// UnfitSystem: a known CMS generates the page, and would undo the edit.
	UnfitSystem = "system"
	// UnfitNoPage: there is no home page where it should be.
	UnfitNoPage = "no_page"
	// UnfitNotServed: the site shows something other than what is on the web space.
	UnfitNotServed = "not_served"
	// UnfitSite: the site can't be read.
	UnfitSite = "site"
	// UnfitElsewhere: the home page redirects to another host.
	UnfitElsewhere = "elsewhere"
	// UnfitChanged: the page has changed since the customer agreed, or since it was edited.
	UnfitChanged = "changed"
)

func unfit(reason string, args ...string) error {
	u := &Unfit{Reason: reason, Args: map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		u.Args[args[i]] = args[i+1]
	}
	return u
}

// footBlock is the block put at the foot of a page: a centred line for each number.
func footBlock(lines []Line, lineEnd string) string {
	blocks := make([]string, len(lines))
	for i, l := range lines {
		blocks[i] = `<div style="text-align:center">` + l.snippet() + `</div>`
	}
	return strings.Join(blocks, lineEnd)
}

// PutFooter adds to a page the linked numbers that it doesn't show yet: before the end of the body, or at the end
// if it has no such tag. Every other byte stays. put are the added lines. Unfit says that it isn't possible or not
// necessary.
func PutFooter(page []byte, contentType string, lines []Line) (edited []byte, put []Line, err error) {
	if len(page) > maxHomePage {
		return nil, nil, unfit(UnfitTooBig, "limit", fmt.Sprintf("%d KiB", maxHomePage>>10))
	}
	if isWide(page) {
		return nil, nil, unfit(UnfitWide)
	}
	if put, err = Missing(page, contentType, lines); err != nil {
		return nil, nil, err
	}
	at, frames := footPlace(page)
	if frames {
		return nil, nil, unfit(UnfitFrameset)
	}
	block := encodeFor(footBlock(put, lineEnd(page)), insertEncoding(page, contentType))
	edited = insertLine(page, at, block)
	// Proof that readers see it: an unclosed comment or script, or a hidden box around the end, would swallow it.
	for _, l := range put {
		if _, linked := l.On(edited, contentType); !linked {
			return nil, nil, unfit(UnfitHidden)
		}
	}
	return edited, put, nil
}

// footPlace finds where a page's body ends: the last such tag outside comments and scripts. ASCII tags are
// recognisable in every accepted encoding: "<" and ">" are never the second byte of a character.
func footPlace(page []byte) (at int, frames bool) {
	body, root, offset := -1, -1, 0
	z := html.NewTokenizer(bytes.NewReader(page))
	for {
		kind := z.Next()
		length := len(z.Raw()) // before TagName, which modifies it in place
		switch kind {
		case html.ErrorToken:
			switch {
			case body >= 0:
				return body, frames
			case root >= 0:
				return root, frames
			}
			return len(page), frames
		case html.StartTagToken:
			if name, _ := z.TagName(); string(name) == "frameset" {
				frames = true
			}
		case html.EndTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "body":
				body = offset
			case "html":
				root = offset
			}
		}
		offset += length
	}
}

// insertLine inserts a block: as a line of its own if the place begins a line, with the page's own line ends.
func insertLine(page []byte, at int, block []byte) []byte {
	end := lineEnd(page)
	start := at
	for start > 0 && (page[start-1] == ' ' || page[start-1] == '\t') {
		start--
	}
	switch begins := start > 0 && (page[start-1] == '\n' || page[start-1] == '\r'); {
	case end == "":
	case begins:
		at = start
		block = append(bytes.Clone(block), end...)
	case at == len(page):
		block = append([]byte(end), block...)
	}
	edited := make([]byte, 0, len(page)+len(block))
	edited = append(edited, page[:at]...)
	edited = append(edited, block...)
	return append(edited, page[at:]...)
}

// lineEnd is how most of a page's lines end; empty if it has one line.
func lineEnd(page []byte) string {
	text := string(page)
	windows := strings.Count(text, "\r\n")
	unix, mac := strings.Count(text, "\n")-windows, strings.Count(text, "\r")-windows
	switch {
	case windows == 0 && unix == 0 && mac == 0:
		return ""
	case windows >= unix && windows >= mac:
		return "\r\n"
	case unix >= mac:
		return "\n"
	}
	return "\r"
}
