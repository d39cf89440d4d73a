package web

import (
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/a-h/templ"

	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

// Page is what every component gets: who reads, in which language, and where.
type Page struct {
	// Title is a key of the locale files; Heading, where set, is the text itself.
	Title, Heading string

	T     *locale.Localizer
	Lang  string
	Login string
	Role  store.Role
	Staff store.StaffRole
	Flash string
	// Path is the page's own, Return where the language button leads back to, Typed what
	// that button takes along.
	Path, Return string
	Typed        url.Values
	Number       string // the order's
	// Kept: the page shows a form that was sent after its session had ended.
	Kept bool
	// Wrong: the page shows problems, as its title says first.
	Wrong bool
	// Framed: the page goes into another panel's frame.
	Framed bool

	// FieldHelp is the address that explains a form's field; empty when no page does.
	FieldHelp func(form, name string) string
	// Region is the name of a region by its code.
	Region func(code string) string
	// May tells whether the reader may do something.
	May func(permission string) bool
}

// Text is the text of a key; pairs are the names and values of its placeholders.
func (p *Page) Text(key string, pairs ...any) string {
	if len(pairs) == 0 {
		return p.T.T(key, nil)
	}
	args := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		args[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return p.T.T(key, args)
}

// Can tells whether the reader may do something.
func (p *Page) Can(permission string) bool { return p.May != nil && p.May(permission) }

var chinese = templ.Attributes{"lang": "zh-CN"}

// LangOf marks Chinese on an English page (WCAG 2.2, 3.1.2): names and words of people,
// bureaus and code tables that nobody translates.
func (p *Page) LangOf(text string) templ.Attributes {
	if p.Lang == "en" && strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return chinese
	}
	return nil
}

// otherLang is the language that the page's button changes to.
func (p *Page) otherLang() string {
	if p.Lang == "en" {
		return "zh"
	}
	return "en"
}

// documentTitle is the title that tabs and screen readers show.
func (p *Page) documentTitle() string {
	title := p.Heading
	if title == "" {
		title = p.Text(p.Title)
	}
	if p.Wrong {
		title = p.Text("form.wrong") + title
	}
	return title + " · " + p.Text("app.name")
}

func (p *Page) typedNames() []string { return slices.Sorted(maps.Keys(p.Typed)) }

// HTMLLang names a language as HTML does.
func HTMLLang(lang string) string {
	if lang == "en" {
		return "en"
	}
	return "zh-CN"
}

// China is the time that people read: the whole country has one zone.
var China = time.FixedZone("CST", 8*3600)

// Time is a moment to the minute.
func Time(t time.Time) string { return t.In(China).Format("2006-01-02 15:04") }

// Date is a moment's day.
func Date(t time.Time) string { return t.In(China).Format(time.DateOnly) }

// Hour is a moment's hour.
func Hour(t time.Time) string { return Time(t.In(China).Truncate(time.Hour)) }

// URL fills the verbs of an address with its values, texts escaped: html/template did that by
// itself, templ doesn't.
func URL(format string, values ...any) string {
	path, _, _ := strings.Cut(format, "?")
	inPath := strings.Count(path, "%")
	escaped := slices.Clone(values)
	for i, v := range values {
		text := reflect.ValueOf(v)
		if text.Kind() != reflect.String {
			continue
		}
		escaped[i] = url.QueryEscape(text.String())
		if i < inPath {
			escaped[i] = url.PathEscape(text.String())
		}
	}
	return fmt.Sprintf(format, escaped...)
}
