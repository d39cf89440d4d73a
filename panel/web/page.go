package web

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

// Page is what every component gets: the reader, the language and the address.
type Page struct {
	// Title is a key of the locale files; Heading, if set, is literal text.
	Title, Heading string

	T     *locale.Localizer
	Lang  string
	Login string
	Role  store.Role
	Staff store.StaffRole
	Flash string
	// flashTime fills in the flash's placeholder, a time.
	flashTime string
	// Path is the page's own, Return is where the language button returns to, and Typed is what that button carries along.
	Path, Return string
	Typed        url.Values
	// Number is the order number. Domain names one of its several sites; sitePath is the path of the page's site.
	Number, Domain, sitePath string
	// Saved is set when the page shows a form that was sent after its session had ended.
	Saved bool
	// Wrong is set when the page shows problems; its title announces that first.
	Wrong bool
	// Framed is set when the page is embedded in another panel.
	Framed bool

	kit *Kit
}

// Component draws a page for a known reader.
type Component = func(*Page) templ.Component

// With binds a page's data.
func With[D any](page func(*Page, D) templ.Component, data D) Component {
	return func(p *Page) templ.Component { return page(p, data) }
}

// T is the texts in the reader's language.
func (k *Kit) T(c *gin.Context) *locale.Localizer { return k.Texts.For(k.Lang(c)) }

// Form is Build in the reader's language.
func (k *Kit) Form(c *gin.Context, name string, fields []Field, values url.Values, problems filing.Problems) Form {
	return Build(k.T(c), name, fields, values, problems)
}

// Render writes a whole page or nothing. The status tells whether a form must be corrected.
func (k *Kit) Render(c *gin.Context, status int, p Page, page Component) error {
	k.fill(c, status, &p)
	p.Flash, p.flashTime, _ = strings.Cut(k.Sessions.PopString(c.Request.Context(), keyFlash), "\n")
	return k.write(c, status, page(&p))
}

// RenderFragment writes a part of a page that a script fetches. The flash message is left for the next page.
func (k *Kit) RenderFragment(c *gin.Context, part Component) error {
	var p Page
	k.fill(c, http.StatusOK, &p)
	return k.write(c, http.StatusOK, part(&p))
}

func (k *Kit) fill(c *gin.Context, status int, p *Page) {
	p.kit = k
	p.T = k.T(c)
	p.Lang = p.T.Lang()
	p.Login, p.Role, p.Staff = k.Sessions.GetString(c.Request.Context(), KeyLogin), k.Role(c), k.staffRole(c)
	p.Path, p.Number = c.Request.URL.Path, c.Param("number")
	p.Domain, p.sitePath = c.Param("domain"), SitePath(c)
	p.Return, p.Typed = k.pageOf(c), typedOn(c)
	p.Saved, p.Framed = c.GetBool(ContextSaved), k.framed(c)
	p.Wrong = p.Wrong || slices.Contains(mustCorrect, status)
}

// mustCorrect are the statuses that mean that a form must be corrected.
var mustCorrect = []int{http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests}

func (k *Kit) write(c *gin.Context, status int, page templ.Component) error {
	var b bytes.Buffer
	if err := page.Render(c.Request.Context(), &b); err != nil {
		return fmt.Errorf("rendering the page: %w", err)
	}
	c.Data(status, "text/html; charset=utf-8", b.Bytes())
	return nil
}

// Text returns the text of a key; pairs are the names and values of its placeholders.
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

// SiteURL is the address of a page of the page's site, in URL's format.
func (p *Page) SiteURL(format string, values ...any) string {
	return p.sitePath + URL(format, values...)
}

// FieldHelp returns the address that explains a form's field; empty if no page does.
func (p *Page) FieldHelp(form, name string) string { return p.kit.FieldHelp(p.T, form, name) }

// Region returns a region's name by its code.
func (p *Page) Region(code string) string {
	return p.kit.Tables(context.Background()).Regions.Name(code)
}

var chinese = templ.Attributes{"lang": "zh-CN"}

// LangOf marks Chinese on an English page (WCAG 2.2, 3.1.2): names, and texts by people, bureaus and code tables that
// nobody translates.
func (p *Page) LangOf(text string) templ.Attributes {
	if p.Lang == "en" && strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return chinese
	}
	return nil
}

// otherLang is the language that the language button switches to.
func (p *Page) otherLang() string { return cmp.Or(When(p.Lang == "en", "zh"), "en") }

// documentTitle is the title for tabs and screen readers.
func (p *Page) documentTitle() string {
	title := cmp.Or(p.Heading, p.Text(p.Title))
	return When(p.Wrong, p.Text("controls.wrong")) + title + " · " + p.Text("layout.name")
}

func (p *Page) typedNames() []string { return slices.Sorted(maps.Keys(p.Typed)) }

// China is the time zone of everything displayed: the whole country has one.
var China = time.FixedZone("CST", 8*3600)

// Time formats a time to the minute.
func Time(t time.Time) string { return t.In(China).Format("2006-01-02 15:04") }

// Clock formats the time of a day to the minute, ClockSeconds to the second.
func Clock(t time.Time) string { return t.In(China).Format("15:04") }

// ClockSeconds is described at Clock.
func ClockSeconds(t time.Time) string { return t.In(China).Format(time.TimeOnly) }

// Date formats the day of a time.
func Date(t time.Time) string { return t.In(China).Format(time.DateOnly) }

// Hour formats a time to the hour.
func Hour(t time.Time) string { return Time(t.In(China).Truncate(time.Hour)) }

// URL formats an address. It escapes its text values for URLs, because templ escapes only HTML.
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
