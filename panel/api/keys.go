package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

const (
	pathAPIKeys = "/support/api-keys"
	// keyOverlap is how long a key works beside its successor.
	keyOverlap = 24 * time.Hour
)

// What a key is for.
const (
	keyLive = "live"
	keyTest = "test"
)

type apiKeysData struct {
	web.Form
	Keys []apiKeyRow
	// Quiet: a live key hasn't been used for a day.
	Quiet bool
}

type apiKeyRow struct {
	store.APIKey
	Quiet, Live bool
}

// StaffRoutes registers the pages of the keys with which the provider's own panel uses the API.
func (a *API) StaffRoutes(r web.StaffGroup) {
	r.GET("/api-keys", web.CanManageAPI, a.Fresh("", a.apiKeys))
	r.POST("/api-keys", web.CanManageAPI, a.Fresh(pathAPIKeys, a.createAPIKey))
	r.POST("/api-keys/:id/rotate", web.CanManageAPI,
		a.Fresh(pathAPIKeys, web.WithID("id", a.Store.APIKey, a.rotateAPIKey)))
	r.POST("/api-keys/:id/revoke", web.CanManageAPI,
		a.Fresh(pathAPIKeys, web.WithID("id", a.Store.APIKey, a.revokeAPIKey)))
}

// apiKeys lists the keys with their last use.
func (a *API) apiKeys(c *gin.Context) error {
	values := url.Values{"namespace": {"panel"}, "mode": {keyLive}}
	for _, scope := range store.APIScopes {
		values.Add("scopes", string(scope))
	}
	return a.showAPIKeys(c, values, nil)
}

func (a *API) showAPIKeys(c *gin.Context, values url.Values, problems filing.Problems) error {
	keys, err := a.Store.APIKeys(c.Request.Context())
	if err != nil {
		return err
	}
	data := apiKeysData{Form: a.Form(c, "api_key", apiKeyFields(a.T(c)), values, problems)}
	now := a.Store.Now()
	for _, k := range keys {
		row := apiKeyRow{k, k.Quiet(now), k.Live(now)}
		data.Keys, data.Quiet = append(data.Keys, row), data.Quiet || row.Quiet
	}
	return a.Render(c, web.StatusOf(problems), web.Page{Title: "api_keys.title"}, web.With(apiKeysPage, data))
}

func apiKeyFields(t *locale.Localizer) []web.Field {
	return []web.Field{
		{Name: "name", Type: "text", Required: true, Autocomplete: "off", Maxlength: 64},
		{Name: "namespace", Type: "text", Required: true, Autocomplete: "off", Maxlength: 20},
		{Name: "mode", Type: "select", Required: true, Options: web.TextOptions(t, "api_keys.mode_", keyLive, keyTest)},
		{Name: "scopes", Type: "checkboxes", Required: true, Options: web.TextOptions(t, "api_scope.", store.APIScopes...)},
		{Name: "addresses", Type: "text", Autocomplete: "off", Maxlength: 1000},
		{Name: "expires_on", Type: "date"},
	}
}

// createAPIKey makes a key and shows its secret, only once.
func (a *API) createAPIKey(c *gin.Context) error {
	values := web.PostForm(c)
	key := store.NewAPIKey{Name: web.Trimmed(values, "name"), Namespace: web.Trimmed(values, "namespace"),
		Sandbox: values.Get("mode") == keyTest, Addresses: strings.FieldsFunc(values.Get("addresses"), between)}
	for _, scope := range values["scopes"] {
		key.Scopes = append(key.Scopes, store.APIScope(scope))
	}
	var problems filing.Problems
	if text := web.Trimmed(values, "expires_on"); text != "" {
		day, err := time.ParseInLocation(time.DateOnly, text, web.China)
		if err != nil {
			problems = append(problems, filing.Problem{Field: "expires_on", Key: "day_invalid"})
		}
		key.ExpiresAt = day.AddDate(0, 0, 1)
	}
	if problems = append(problems, key.Validate(a.Store.Now())...); len(problems) > 0 {
		return a.showAPIKeys(c, values, problems)
	}
	return a.showSecret(c, a.AuditEntry(c, "api_key.create", "api_key", key.Name, ""),
		func(ctx context.Context) (secret string, made store.APIKey, err error) {
			return a.Store.CreateAPIKey(ctx, key)
		})
}

// between separates addresses.
func between(r rune) bool { return strings.ContainsRune(" ,;，；、\t\r\n", r) }

// showSecret makes a key and shows its secret, which is stored nowhere.
func (a *API) showSecret(c *gin.Context, entry store.AuditEntry,
	create func(context.Context) (string, store.APIKey, error)) error {
	var data apiSecretData
	err := a.Audited(c, entry, func(ctx context.Context) (err error) {
		data.Secret, data.Key, err = create(ctx)
		return err
	})
	if err != nil {
		return a.Finish(c, err, pathAPIKeys, "", web.Refusals{store.ErrConflict: "flash.api_key_rotated"})
	}
	return a.Render(c, http.StatusOK, web.Page{Title: "api_keys.secret_title"}, web.With(apiSecretPage, data))
}

type apiSecretData struct {
	Secret string
	Key    store.APIKey
}

// rotateAPIKey makes a key's successor.
func (a *API) rotateAPIKey(c *gin.Context, k store.APIKey) error {
	return a.showSecret(c, a.AuditEntry(c, "api_key.rotate", "api_key", web.IdText(k.ID), k.Name),
		func(ctx context.Context) (secret string, next store.APIKey, err error) {
			return a.Store.RotateAPIKey(ctx, k.ID, keyOverlap)
		})
}

// revokeAPIKey ends a key at once.
func (a *API) revokeAPIKey(c *gin.Context, k store.APIKey) error {
	entry := a.AuditEntry(c, "api_key.revoke", "api_key", web.IdText(k.ID), k.Name)
	err := a.Audited(c, entry, func(ctx context.Context) error { return a.Store.RevokeAPIKey(ctx, k.ID) })
	return a.Finish(c, err, pathAPIKeys, "flash.done", nil)
}
