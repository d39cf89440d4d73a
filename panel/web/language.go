package web

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"

	"github.com/beian/beian/internal/store"
)

const (
	// typedPrefix marks fields that the language button carries along, so that they can't clash with its own.
	typedPrefix = "typed."
	// langCookie holds the chosen language for when there is no session, or the database is away.
	langCookie    = "beian_lang"
	langCookieAge = 365 * 24 * 3600
	// maxTyped limits what is carried along, in bytes; the rest is dropped.
	maxTyped = 64 << 10
)

// setLanguage switches the language and returns to the same page, with what was typed there.
func (k *Kit) setLanguage(c *gin.Context) error {
	lang := c.PostForm("lang")
	if lang != "en" {
		lang = "zh"
	}
	k.ChooseLanguage(c, lang)
	next := LocalPath(c.PostForm("next"))
	if err := k.saveTyped(c, next); err != nil {
		return err // an error page leads back to what was typed
	}
	return Redirect(c, next)
}

// ChooseLanguage makes zh or en the reader's language.
func (k *Kit) ChooseLanguage(c *gin.Context, lang string) {
	k.Sessions.Put(c.Request.Context(), keyLang, lang)
	http.SetCookie(c.Writer, &http.Cookie{Name: langCookie, Value: lang, Path: "/", MaxAge: langCookieAge, HttpOnly: true,
		Secure: k.SecureCookies, SameSite: k.sameSite(), Partitioned: k.crossSite()})
}

// saveTyped keeps a form's values for the page in the other language.
func (k *Kit) saveTyped(c *gin.Context, next string) error {
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
		return nil
	}
	saveDraftState(kept, typed)
	kept.Set(fieldSwitched, "1")
	mark, err := k.Store.UserMark(k.UserID(c))
	if err == nil {
		err = k.storePost(c, mark, where.Path, kept)
	}
	if errors.Is(err, store.ErrQuota) { // nobody switches so often in the middle of a form
		return nil
	}
	return err
}

// pageOf is where the language button returns to: the page itself with its query, or the nearest page above a path that
// only accepts forms.
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

// above is a path without its last element.
func above(path string) string {
	i := strings.LastIndexByte(path, '/')
	return path[:max(i, 0)]
}

// pageRoutes returns the routes that show a page.
func pageRoutes(routes gin.RoutesInfo) map[string]bool {
	pages := map[string]bool{}
	for _, r := range routes {
		if r.Method == http.MethodGet {
			pages[r.Path] = true
		}
	}
	return pages
}

// typedOn returns the submitted values when the page answers a form, for the language button to carry along. Secrets
// must be typed again.
func typedOn(c *gin.Context) url.Values {
	if c.Request.Method != http.MethodPost {
		return nil
	}
	values := PostForm(c)
	typed := WithoutSecrets(values)
	saveDraftState(typed, values)
	return typed
}

// Lang is the chosen language, or else the one the browser prefers.
func (k *Kit) Lang(c *gin.Context) string {
	if lang := k.Sessions.GetString(c.Request.Context(), keyLang); lang != "" {
		return lang
	}
	if lang, err := c.Cookie(langCookie); err == nil && (lang == "en" || lang == "zh") {
		return lang
	}
	return AcceptedLang(c.GetHeader("Accept-Language"))
}

// AcceptedLang is the language that an Accept-Language header prefers.
func AcceptedLang(header string) string {
	if _, i := language.MatchStrings(languages, header); i == 1 {
		return "en"
	}
	return "zh"
}

// languages matches what browsers ask for; the first is the default. Readers of traditional characters get simplified
// ones rather than English.
var languages = language.NewMatcher([]language.Tag{language.Chinese, language.English, language.TraditionalChinese})

// HTMLLang returns a language's HTML code.
func HTMLLang(lang string) string { return cmp.Or(When(lang == "en", lang), "zh-CN") }
