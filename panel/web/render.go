package web

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
)

// Page is what every template gets.
type Page struct {
	// Title is a key of the locale files; Heading, where set, is the text itself, of
	// pages that have their titles elsewhere.
	Title, Heading string
	Data           any

	T     *locale.Localizer
	Lang  string
	Login string
	Role  store.Role
	Staff store.StaffRole
	Flash string
	// Path is where the page stands, Return its address for the language's button,
	// Typed what that takes along.
	Path, Return string
	Typed        url.Values
	Number       string // the order's
	// Saved: the page shows a form that came after its session had ended.
	Saved bool
	// Wrong: the page shows problems, as its title says first.
	Wrong bool
	// Framed: it goes into another panel's frame.
	Framed bool
}

// Args makes a map of pairs, for texts with placeholders.
func Args(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("args: odd number")
	}
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m, nil
}

// China is the time that people read: the whole country has one zone.
var China = time.FixedZone("CST", 8*3600)

// showsProblems tells whether a page is one whose form must be mended, by how it is
// answered or by what it shows.
func showsProblems(status int, data any) bool {
	switch status {
	case http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests:
		return true
	}
	d, ok := data.(interface{ HasProblems() bool })
	return ok && d.HasProblems()
}

// fragments are parts of pages, which are fetched behind the reader's back.
var fragments = map[string]bool{"progress": true, "bulk_progress": true, "today_lines": true, "vetting_state": true}

// Render writes a page whole or not at all.
func (k *Kit) Render(c *gin.Context, status int, name string, p Page) error {
	ctx := c.Request.Context()
	p.T = k.Texts.For(k.Lang(c))
	p.Lang = p.T.Lang()
	p.Login, p.Role, p.Staff = k.Sessions.GetString(ctx, KeyLogin), k.Role(c), k.staffRole(c)
	p.Path, p.Number = c.Request.URL.Path, c.Param("number")
	p.Return, p.Typed = k.pageOf(c), typedOn(c)
	p.Saved, p.Framed = c.GetBool(ContextSaved), k.framed(c)
	p.Wrong = p.Wrong || showsProblems(status, p.Data)
	if !fragments[name] {
		p.Flash = k.Sessions.PopString(ctx, keyFlash)
	}
	var b bytes.Buffer
	if err := k.Templates.ExecuteTemplate(&b, name, p); err != nil {
		k.Logger.Error("a template failed", "template", name, "error", err)
		http.Error(c.Writer, "internal error", http.StatusInternalServerError)
		return nil
	}
	c.Data(status, "text/html; charset=utf-8", b.Bytes())

	return nil
}
