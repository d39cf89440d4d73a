// Package help contains the help centre's texts: pages in Markdown, one file per page and language, embedded in the
// binary, with a search over them. docs/help.md explains how to write one.
package help

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

//go:embed content
var content embed.FS

// Languages lists the languages, the default first.
var Languages = []string{"zh", "en"}

// Page is a page of the help centre in one language.
type Page struct {
	// Slug is the page's name in its URL; Order is its place in the list. Both come from the file name: 20-fields.md.
	Slug  string
	Order string
	// Title is the first heading, Lead the paragraph after it as plain text.
	Title, Lead string
	// HTML is the rest: our own Markdown, rendered without raw HTML.
	HTML     string
	Sections []Section
}

// Section is the content below a heading that has an anchor.
type Section struct {
	Anchor, Title string
	Level         int
	// Codes are the bureau's result codes that the section explains.
	Codes []int
	// text is the section's plain text, for the search.
	text string
}

// Book is the help centre in one language. It is safe for concurrent use.
type Book struct {
	Pages   []Page
	anchors map[string]bool // "PAGE#ANCHOR"
	reasons map[int]string  // "PAGE#ANCHOR" by result code
	index   index
}

// Library is the help centre in every language.
type Library struct{ books map[string]*Book }

// Load reads the embedded pages, once.
var Load = sync.OnceValues(func() (*Library, error) {
	l := &Library{books: map[string]*Book{}}
	for _, lang := range Languages {
		book, err := loadBook(content, "content/"+lang)
		if err != nil {
			return nil, err
		}
		l.books[lang] = book
	}
	return l, nil
})

// Book returns the help centre in a language; Chinese for an unknown one.
func (l *Library) Book(lang string) *Book {
	if book, ok := l.books[lang]; ok {
		return book
	}
	return l.books[Languages[0]]
}

func loadBook(files fs.FS, dir string) (*Book, error) {
	names, err := fs.Glob(files, dir+"/*.md")
	if err != nil {
		return nil, err
	}
	b := &Book{anchors: map[string]bool{}, reasons: map[int]string{}}
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		order, slug, ok := strings.Cut(strings.TrimSuffix(path.Base(name), ".md"), "-")
		if !ok {
			return nil, fmt.Errorf("help page %s: want a name such as 20-fields.md", name)
		}
		page, err := parsePage(raw)
		if err != nil {
			return nil, fmt.Errorf("help page %s: %w", name, err)
		}
		page.Slug, page.Order = slug, order
		if err := b.add(page); err != nil {
			return nil, fmt.Errorf("help page %s: %w", name, err)
		}
	}
	slices.SortFunc(b.Pages, func(a, b Page) int { return cmp.Compare(a.Order, b.Order) })
	b.index = newIndex(b.Pages)
	return b, nil
}

func (b *Book) add(page Page) error {
	for _, s := range page.Sections {
		place := page.Slug + "#" + s.Anchor
		if b.anchors[place] {
			return fmt.Errorf("duplicate anchor %s", s.Anchor)
		}
		b.anchors[place] = true
		for _, code := range s.Codes {
			if b.reasons[code] != "" {
				return fmt.Errorf("result code %d is explained twice", code)
			}
			b.reasons[code] = place
		}
	}
	b.Pages = append(b.Pages, page)
	return nil
}

// Page returns a page by its slug.
func (b *Book) Page(slug string) (Page, bool) {
	for _, p := range b.Pages {
		if p.Slug == slug {
			return p, true
		}
	}
	return Page{}, false
}

// Has reports whether a page has an anchor.
func (b *Book) Has(slug, anchor string) bool { return b.anchors[slug+"#"+anchor] }

// Reason is the section, PAGE#ANCHOR, that explains one of the bureau's result codes; empty if there is none.
func (b *Book) Reason(code int) string { return b.reasons[code] }
