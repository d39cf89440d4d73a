package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// A form that is sent after its session has ended isn't lost: it is kept, sealed,
// for the browser that sent it and the account that had signed in there, and
// stands in the form again when the same person is back.
const (
	// cookieBrowser names the browser whose forms are kept.
	cookieBrowser = "beian_saved"
	// cookieLastAccount tells which account signed in last; see store.UserMark.
	cookieLastAccount = "beian_last"
	// lastAccountLifetime is how long a browser remembers that.
	lastAccountLifetime = 7 * 24 * time.Hour

	// fieldFilesAgain is, of what is kept, the names of the fields with files.
	fieldFilesAgain = "files_again"

	// ContextSaved is set where a page shows a form that its session's end interrupted.
	ContextSaved = "kept"
	// fieldSwitched marks what was kept because its reader asked for the page in the
	// other language.
	fieldSwitched = "switched_language"
)

func (k *Kit) setCookie(c *gin.Context, name, value string, lifetime time.Duration) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(lifetime.Seconds()), HttpOnly: true,
		Secure: k.SecureCookies, SameSite: k.sameSite(), Partitioned: k.crossSite(),
	})
}

func cookie(c *gin.Context, name string) string {
	found, err := c.Request.Cookie(name)
	if err != nil {
		return ""
	}
	return found.Value
}

// formPath is the page on which a form that was sent to a route stands; empty for
// what isn't sent from a form's own page. A draft belongs to its form's page.
func (k *Kit) formPath(c *gin.Context) string {
	if form := c.Param("form"); DraftForms[form] && strings.HasSuffix(c.FullPath(), "/draft/:form") {
		return FilingPath(c) + "/" + form
	}
	if c.FullPath() == registerPath+draftSuffix {
		return strings.TrimSuffix(c.Request.URL.Path, draftSuffix)
	}
	if k.forms[c.FullPath()] {
		return c.Request.URL.Path
	}
	return ""
}

// formRoutes are the routes that show a form and take it, but for staff's, whose
// pages don't show what was kept.
func formRoutes(routes gin.RoutesInfo) map[string]bool {
	shown, forms := map[string]bool{}, map[string]bool{}
	for _, r := range routes {
		shown[r.Path] = shown[r.Path] || r.Method == http.MethodGet
	}
	for _, r := range routes {
		if r.Method == http.MethodPost && shown[r.Path] && !strings.HasPrefix(r.Path, "/support/") {
			forms[r.Path] = true
		}
	}
	return forms
}

// SavePost keeps a form that somebody sent who isn't signed in any more, and
// tells the path of its page. Files aren't kept: nobody has shown yet whose they
// would be. Which there were is, for the page to ask for them again.
func (k *Kit) SavePost(c *gin.Context) (path string, kept bool) {
	path = k.formPath(c)
	mark := cookie(c, cookieLastAccount)
	values, files := postFormTexts(c)
	secretless := WithoutSecrets(values)
	if path == "" || mark == "" || len(secretless)+len(files) == 0 {
		return path, false
	}
	if len(files) > 0 {
		secretless[fieldFilesAgain] = files
	}
	saveDraftState(secretless, values)
	if err := k.storePost(c, mark, path, secretless); err != nil {
		k.Logger.Error("a form that came without a session wasn't kept", "route", c.FullPath(), "error", err)
		return path, false
	}
	return path, true
}

// saveDraftState adds what tells a draft's pages apart.
func saveDraftState(saved, values url.Values) {
	for _, name := range []string{FieldDraftVersion, FieldDraftTab, FieldReturnTo} {
		if values.Has(name) {
			saved[name] = values[name]
		}
	}
}

// storePost keeps a form for a browser, which it names if it has no name yet.
func (k *Kit) storePost(c *gin.Context, mark, path string, values url.Values) error {
	browser := cookie(c, cookieBrowser)
	if browser == "" {
		browser = rand.Text()
	}
	if err := k.Store.SavePost(c.Request.Context(), browser, mark, path, values); err != nil {
		return err
	}
	k.setCookie(c, cookieBrowser, browser, store.SavedPostLifetime)
	return nil
}

// SavedValues is what was kept for this page, nil if nothing was. It stays kept
// until the form is sent again: a reload shows it again.
func (k *Kit) SavedValues(c *gin.Context) url.Values {
	browser := cookie(c, cookieBrowser)
	if browser == "" {
		return nil
	}
	values := url.Values{}
	err := k.Store.SavedPost(c.Request.Context(), browser, k.UserID(c), c.Request.URL.Path, &values)
	if err != nil {
		if !errors.Is(err, store.ErrNotFound) {
			k.Logger.Error("a kept form can't be shown", "route", c.FullPath(), "error", err)
		}
		return nil
	}
	c.Set(ContextSaved, !values.Has(fieldSwitched))
	values.Del(fieldSwitched)
	return values
}

// DropsSavedPost does that after each of the routes that are open to everybody.
func (k *Kit) DropsSavedPost(c *gin.Context) {
	c.Next()
	if c.Writer.Status() < http.StatusInternalServerError {
		k.dropSavedPost(c)
	}
}

// FilesAgain says at the fields of a kept form which files didn't arrive with it.
func FilesAgain(saved url.Values, key string) (problems filing.Problems) {
	for _, field := range saved[fieldFilesAgain] {
		problems = append(problems, filing.Problem{Field: field, Key: key})
	}
	return problems
}

// dropSavedPost forgets what was kept for a form that was sent again and answered: it
// is where it belongs, or before its sender's eyes.
func (k *Kit) dropSavedPost(c *gin.Context) {
	browser, path := cookie(c, cookieBrowser), k.formPath(c)
	if browser == "" || path == "" || c.Request.Method != http.MethodPost {
		return
	}
	if err := k.Store.DropSavedPost(c.Request.Context(), browser, path); err != nil {
		k.Logger.Error("a kept form can't be forgotten", "route", c.FullPath(), "error", err)
	}
}

// RememberAccount marks the browser as the account's, and forgets what another left.
func (k *Kit) RememberAccount(c *gin.Context, userID int64) error {
	mark, err := k.Store.UserMark(userID)
	if err != nil {
		return err
	}
	k.setCookie(c, cookieLastAccount, mark, lastAccountLifetime)
	if browser := cookie(c, cookieBrowser); browser != "" {
		return k.Store.DropOthersSavedPosts(c.Request.Context(), browser, userID)
	}
	return nil
}
