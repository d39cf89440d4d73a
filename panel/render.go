// Package panel is the web panel: a customer's orders with their 备案 button,
// the filing's steps, help, and staff's console. Pages are rendered on the server
// and work without JavaScript. One file for each thing a person can do.
package panel

import (
	"embed"
	"html/template"
	"time"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

//go:embed templates/*.html
var templateFiles embed.FS

func (s *Server) parseTemplates() (*template.Template, error) {
	t := template.New("").Funcs(s.helpFuncs()).Funcs(template.FuncMap{
		"args":      web.Args,
		"domain":    filing.DisplayDomain,
		"time":      func(t time.Time) string { return t.In(web.China).Format("2006-01-02 15:04") },
		"hour":      func(t time.Time) string { return t.In(web.China).Truncate(time.Hour).Format("2006-01-02 15:04") },
		"date":      func(t time.Time) string { return t.In(web.China).Format("2006-01-02") },
		"actorName": dossierview.ActorName,
		"langOf":    web.LangOf,
		"htmlLang":  web.HTMLLang,
		"sub":       func(p web.Page, data any) web.Page { p.Data = data; return p },
	})
	return web.ParseFiles(t, templateFiles)
}
