package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// A form sent after its session has ended isn't lost: it is saved, sealed, for the browser that sent it and the account
// last signed in there, and is filled in again when the same person is back.
const (
	// cookieBrowser identifies the browser whose forms are saved.
	cookieBrowser = "beian_saved"
	// cookieLastAccount identifies the account that signed in last; see store.UserMark.
	cookieLastAccount = "beian_last"

	// fieldFilesAgain lists, in a saved form, the fields that had files.
	fieldFilesAgain = "files_again"

	// ContextSaved is set when a page shows a form that the end of its session interrupted.
	ContextSaved = "saved_post"
	// fieldSwitched marks a form that was saved because the reader switched languages.
	fieldSwitched = "switched_language"
)

func (k *Kit) setCookie(c *gin.Context, name, value string, lifetime time.Duration) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: k.cookieName(name), Value: value, Path: "/", MaxAge: int(lifetime.Seconds()), HttpOnly: true,
		Secure: k.SecureCookies, SameSite: k.sameSite(), Partitioned: k.crossSite(),
	})
}

// cookieName makes browsers accept a cookie only over HTTPS and for this very host, so that no other host of the domain
// can set or overwrite it.
func (k *Kit) cookieName(name string) string {
	if k.SecureCookies {
		return "__Host-" + name
	}
	return name
}

func (k *Kit) cookie(c *gin.Context, name string) string {
	found, err := c.Request.Cookie(k.cookieName(name))
	if err != nil {
		return ""
	}
	return found.Value
}

// formPath is the page that shows the form posted to a route; empty if no page has that form at its own path. A draft
// belongs to its form's page.
func (k *Kit) formPath(c *gin.Context) string {
	if form := c.Param("form"); DraftForms[form] && strings.HasSuffix(c.FullPath(), "/draft/:form") {
		return FilingPath(c) + "/" + form
	}
	if PageRoute(c) == registerPath+draftSuffix {
		return strings.TrimSuffix(c.Request.URL.Path, draftSuffix)
	}
	if k.forms[c.FullPath()] {
		return c.Request.URL.Path
	}
	return ""
}

// formRoutes are the routes that both show and accept a form, except staff's, whose pages don't show saved forms.
func formRoutes(routes gin.RoutesInfo) map[string]bool {
	shown, forms := pageRoutes(routes), map[string]bool{}
	for _, r := range routes {
		if r.Method == http.MethodPost && shown[r.Path] && !strings.HasPrefix(r.Path, "/support/") {
			forms[r.Path] = true
		}
	}
	return forms
}

// SavePost saves a form from somebody who is no longer signed in, and returns the path of its page. Files aren't saved,
// because nobody has proved yet whose they are; only their fields are, so that the page can ask for the files again.
func (k *Kit) SavePost(c *gin.Context) (path string, kept bool) {
	path = k.formPath(c)
	mark := k.cookie(c, cookieLastAccount)
	// The body of a stranger isn't worth waiting for.
	if ours, err := k.Store.KnowsMark(mark); err != nil || !ours || path == "" {
		return path, false
	}
	values, files := postFormTexts(c)
	secretless := WithoutSecrets(values)
	if len(secretless)+len(files) == 0 {
		return path, false
	}
	if len(files) > 0 {
		secretless[fieldFilesAgain] = files
	}
	saveDraftState(secretless, values)
	if err := k.storePost(c, mark, path, secretless); errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrQuota) {
		return path, false
	} else if err != nil {
		k.Logger.Error("saving a form of an ended session failed", "route", c.FullPath(), "error", err)
		return path, false
	}
	return path, true
}

// saveDraftState adds what tells the pages of a draft apart.
func saveDraftState(saved, values url.Values) {
	for _, name := range []string{FieldDraftVersion, FieldDraftTab, FieldReturnTo} {
		if values.Has(name) {
			saved[name] = values[name]
		}
	}
}

// storePost saves a form for a browser, and gives the browser an ID if it has none yet.
func (k *Kit) storePost(c *gin.Context, mark, path string, values url.Values) error {
	browser := k.cookie(c, cookieBrowser)
	if browser == "" {
		browser = rand.Text()
	}
	if err := k.Store.SavePost(c.Request.Context(), store.PostSender{Browser: browser, Mark: mark, Network: Network(c)},
		path, values); err != nil {
		return err
	}
	k.setCookie(c, cookieBrowser, browser, store.SavedPostLifetime)
	return nil
}

// SavedValues returns the form saved for this page, or nil. It stays saved until the form is sent again, so a reload
// shows it again. After an error the form must not be shown: whoever sends it without what they had typed deletes that.
func (k *Kit) SavedValues(c *gin.Context) (url.Values, error) {
	browser := k.cookie(c, cookieBrowser)
	if browser == "" {
		return nil, nil
	}
	values := url.Values{}
	err := k.Store.SavedPost(c.Request.Context(), browser, k.UserID(c), c.Request.URL.Path, &values)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("loading a saved form: %w", err)
	}
	c.Set(ContextSaved, !values.Has(fieldSwitched))
	values.Del(fieldSwitched)
	return values, nil
}

// DropSavedPost deletes the saved form once it has been sent again and answered: by then it is either stored or shown
// to its sender.
func (k *Kit) DropSavedPost(c *gin.Context) {
	c.Next()
	browser, path := k.cookie(c, cookieBrowser), k.formPath(c)
	failed := c.Writer.Status() >= http.StatusInternalServerError
	if failed || browser == "" || path == "" || c.Request.Method != http.MethodPost {
		return
	}
	if err := k.Store.DropSavedPost(c.Request.Context(), browser, path); err != nil {
		k.Logger.Error("deleting a saved form failed", "route", c.FullPath(), "error", err)
	}
}

// FilesAgain reports, for the fields of a saved form, which files must be chosen again.
func FilesAgain(saved url.Values, key string) (problems filing.Problems) {
	for _, field := range saved[fieldFilesAgain] {
		problems = append(problems, filing.Problem{Field: field, Key: key})
	}
	return problems
}

// RememberAccount marks the browser as the account's, and deletes what another account left.
func (k *Kit) RememberAccount(c *gin.Context, userID int64) error {
	mark, err := k.Store.UserMark(userID)
	if err != nil {
		return err
	}
	k.setCookie(c, cookieLastAccount, mark, store.UserMarkLifetime)
	if browser := k.cookie(c, cookieBrowser); browser != "" {
		return k.Store.DropOthersSavedPosts(c.Request.Context(), browser, userID)
	}
	return nil
}
