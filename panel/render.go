package panel

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// page is what every template gets.
type page struct {
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
	// Kept: the page shows a form that came after its session had ended.
	Kept bool
	// Wrong: the page shows problems, as its title says first.
	Wrong bool
	// Framed: it goes into another panel's frame.
	Framed bool
}

// Args makes a map of pairs, for texts with placeholders.
func args(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("args: odd number")
	}
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m, nil
}

// china is the time that people read: the whole country has one zone.
var china = time.FixedZone("CST", 8*3600)

func (s *Server) parseTemplates() (*template.Template, error) {
	t := template.New("").Funcs(s.helpFuncs()).Funcs(template.FuncMap{
		"args": args,
		"checkOf": func(target string) string {
			if target == store.HomeTarget {
				return "home"
			}
			return "certificate"
		},
		"domain":       filing.DisplayDomain,
		"region":       func(code string) string { return s.tables(context.Background()).Regions.Name(code) },
		"time":         func(t time.Time) string { return t.In(china).Format("2006-01-02 15:04") },
		"hour":         func(t time.Time) string { return t.In(china).Truncate(time.Hour).Format("2006-01-02 15:04") },
		"date":         func(t time.Time) string { return t.In(china).Format("2006-01-02") },
		"actorName":    actorName,
		"viewReason":   viewReason,
		"langOf":       langOf,
		"htmlLang":     htmlLang,
		"deref":        func(n *int) int { return *n },
		"skippable":    workflows.Skippable,
		"span":         spanText,
		"brokenCause":  brokenCause,
		"workflowText": workflowText,
		"sub":          func(p page, data any) page { p.Data = data; return p },
	})
	return parseFiles(t, templateFiles)
}

// showsProblems tells whether a page is one whose form must be mended, by how it is
// answered or by what it shows.
func showsProblems(status int, data any) bool {
	switch status {
	case http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests:
		return true
	}
	d, ok := data.(interface{ wrong() bool })
	return ok && d.wrong()
}

// fragments are parts of pages, which are fetched behind the reader's back.
var fragments = map[string]bool{"progress": true, "bulk_progress": true, "today_lines": true, "check_state": true}

// render writes a page whole or not at all.
func (s *Server) render(c *gin.Context, status int, name string, p page) {
	ctx := c.Request.Context()
	p.T = s.texts.For(s.lang(c))
	p.Lang = p.T.Lang()
	p.Login, p.Role, p.Staff = s.sessions.GetString(ctx, keyLogin), s.role(c), s.staffRole(c)
	p.Path, p.Number = c.Request.URL.Path, c.Param("number")
	p.Return, p.Typed = s.pageOf(c), typedOn(c)
	p.Kept, p.Framed = c.GetBool(contextKept), s.framed(c)
	p.Wrong = p.Wrong || showsProblems(status, p.Data)
	if !fragments[name] {
		p.Flash = s.sessions.PopString(ctx, keyFlash)
	}
	var b bytes.Buffer
	if err := s.templates.ExecuteTemplate(&b, name, p); err != nil {
		s.cfg.Logger.Error("a template failed", "template", name, "error", err)
		http.Error(c.Writer, "internal error", http.StatusInternalServerError)
		return
	}
	c.Data(status, "text/html; charset=utf-8", b.Bytes())
}
