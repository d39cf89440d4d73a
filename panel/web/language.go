package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"
)

const (
	// typedPrefix is before the names of the fields that the language's button
	// carries along, so that a page's words don't take the place of its own.
	typedPrefix = "typed."
	// maxTyped bounds what is carried along, in bytes; more is left behind.
	maxTyped = 64 << 10
)

// setLanguage takes people back to where they were, in the other language, with
// what they had typed there.
func (k *Kit) setLanguage(c *gin.Context) error {
	lang := c.PostForm("lang")
	if lang != "en" {
		lang = "zh"
	}
	k.Sessions.Put(c.Request.Context(), keyLang, lang)
	next := LocalPath(c.PostForm("next"))
	k.saveTyped(c, next)
	return Redirect(c, next)
}

// saveTyped keeps what stood in a form for the page that shows it again. It is no
// mistake of the reader's when that fails.
func (k *Kit) saveTyped(c *gin.Context, next string) {
	typed, size := url.Values{}, 0
	for name, values := range PostForm(c) {
		if name, ok := strings.CutPrefix(name, typedPrefix); ok {
			typed[name] = values
			for _, v := range values {
				size += len(name) + len(v)
			}
		}
	}
	kept := WithoutSecrets(typed)
	where, err := url.Parse(next)
	if err != nil || len(kept) == 0 || size > maxTyped {
		return
	}
	ctx := c.Request.Context()
	if !k.Sessions.Exists(ctx, KeyUser) { // a stranger's writes are counted
		if count, err := k.typed.Get(ctx, network(c.ClientIP())); err != nil || count.Reached {
			return
		}
	}
	saveDraftState(kept, typed)
	kept.Set(fieldSwitched, "1")
	mark, err := k.Store.UserMark(k.UserID(c))
	if err == nil {
		err = k.storePost(c, mark, where.Path, kept)
	}
	if err != nil {
		k.Logger.Error("what was typed isn't kept for the other language", "error", err)
	}
}

// pageOf is where the language's button leads back to: the page itself with its
// search and filters, or the page nearest above what only takes a form.
func (k *Kit) pageOf(c *gin.Context) string {
	path, route := c.Request.URL.Path, c.FullPath()
	if c.Request.Method == http.MethodGet {
		return LocalPath(c.Request.URL.RequestURI())
	}
	if form := k.formPath(c); form != "" {
		return LocalPath(form)
	}
	for route != "" && !k.pages[route] {
		route, path = above(route), above(path)
	}
	if route == "" {
		return "/"
	}
	return LocalPath(path)
}

// above is a path without its last part.
func above(path string) string {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)]
}

// pageRoutes are the routes that can be looked at.
func pageRoutes(routes gin.RoutesInfo) map[string]bool {
	pages := map[string]bool{}
	for _, r := range routes {
		if r.Method == http.MethodGet {
			pages[r.Path] = true
		}
	}
	return pages
}

// typedOn is what a page's form was sent with, where the page is the answer to it:
// the language's button takes it along. Secrets are typed anew.
func typedOn(c *gin.Context) url.Values {
	if c.Request.Method != http.MethodPost {
		return nil
	}
	values := PostForm(c)
	typed := WithoutSecrets(values)
	saveDraftState(typed, values)
	return typed
}

// Lang is the language that was chosen, or else the one that the browser asks for.
func (k *Kit) Lang(c *gin.Context) string {
	if lang := k.Sessions.GetString(c.Request.Context(), keyLang); lang != "" {
		return lang
	}
	if _, i := language.MatchStrings(languages, c.GetHeader("Accept-Language")); i == 1 {
		return "en"
	}
	return "zh"
}

// languages matches what browsers ask for; the first serves those who ask for
// what we don't speak. Readers of traditional characters read simplified ones
// rather than English.
var languages = language.NewMatcher([]language.Tag{language.Chinese, language.English, language.TraditionalChinese})

// HTMLLang names a language as HTML does.
func HTMLLang(lang string) string {
	if lang == "en" {
		return "en"
	}
	return "zh-CN"
}
