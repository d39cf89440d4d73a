package panel_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
	"github.com/beian/beian/panel/web"
)

// asks sends a request, as an English reader, and returns the page that it gets.
func (c *caller) asks(method, path string, form url.Values) (status int, text string) {
	request, err := http.NewRequestWithContext(c.o.t.Context(), method, c.o.url+path, strings.NewReader(form.Encode()))
	require.NoError(c.o.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept-Language", "en")
	response, err := c.http.Do(request)
	require.NoError(c.o.t, err)
	defer response.Body.Close()
	var b strings.Builder
	_, err = copyAll(&b, response)
	require.NoError(c.o.t, err)
	return response.StatusCode, b.String()
}

// A key's secret is shown once, opens the API, and is nowhere on the list, which says when a panel stopped calling.
func TestStaffManageAPIKeys(t *testing.T) {
	o := newOffice(t, panel.Config{})
	now := time.Now()
	o.db.SetClock(func() time.Time { return now })
	admin := o.caller("administrator")
	form := url.Values{"name": {"whmcs"}, "namespace": {"whmcs"}, "mode": {"live"}, "scopes": {"filings:read"},
		"addresses": {"127.0.0.1, ::1"}, "expires_on": {now.AddDate(0, 0, 1).Format(time.DateOnly)}}
	status, text := admin.asks(http.MethodPost, "/support/api-keys", form)
	require.Equal(t, 200, status)
	secret := regexp.MustCompile(`bk_live_[a-z2-7]{52}`).FindString(text)
	require.NotEmpty(t, secret)
	key, err := o.db.APIKeyOf(t.Context(), secret)
	require.NoError(t, err)
	require.Equal(t, []string{"whmcs", "filings:read", "127.0.0.1/32,::1/128"},
		[]string{key.Name, key.ScopeList, key.AddressList})
	require.True(t, key.ExpiresAt.Valid)
	form.Del("expires_on")
	form.Set("mode", "test")
	status, text = admin.asks(http.MethodPost, "/support/api-keys", form)
	require.Equal(t, 200, status)
	require.Contains(t, text, "bk_test_")
	form.Set("mode", "live")
	status, text = admin.asks(http.MethodPost, "/support/api-keys", form)
	require.Equal(t, 200, status)
	lasting := regexp.MustCompile(`bk_live_[a-z2-7]{52}`).FindString(text)

	_, text = admin.asks(http.MethodGet, "/support/api-keys", nil)
	require.Contains(t, text, key.Label())
	require.NotContains(t, text, secret)
	require.NotContains(t, text, "data-quiet")
	now = now.Add(25 * time.Hour)
	admin.signIn()
	_, text = admin.asks(http.MethodGet, "/support/api-keys", nil)
	require.Equal(t, 1, strings.Count(text, "data-quiet"), "neither the test key nor the one that ends")
	quiet, err := o.db.APIKeyOf(t.Context(), lasting)
	require.NoError(t, err)
	require.NoError(t, o.db.NoteAPIKeyUse(t.Context(), quiet, "127.0.0.1"))
	_, text = admin.asks(http.MethodGet, "/support/api-keys", nil)
	require.NotContains(t, text, "data-quiet")

	status, text = admin.asks(http.MethodPost, "/support/api-keys", url.Values{"namespace": {"X"}, "addresses": {"here"},
		"expires_on": {"2020-01-01"}})
	require.Equal(t, http.StatusUnprocessableEntity, status)
	for _, field := range []string{"name", "namespace", "scopes", "addresses", "expires_on"} {
		require.Contains(t, text, `id="e-`+field+`"`)
	}
	path := "/support/api-keys/" + web.IdText(quiet.ID)
	status, text = admin.asks(http.MethodPost, path+"/rotate", nil)
	require.Equal(t, 200, status)
	require.Regexp(t, `bk_live_[a-z2-7]{52}`, text)
	status, _ = admin.asks(http.MethodPost, path+"/rotate", nil)
	require.Equal(t, http.StatusSeeOther, status, "its successor is live")
	status, _ = admin.asks(http.MethodPost, path+"/revoke", nil)
	require.Equal(t, http.StatusSeeOther, status)
	_, err = o.db.APIKeyOf(t.Context(), lasting)
	require.ErrorIs(t, err, store.ErrNotFound)
}

// The API's page has every operation and every problem, in both languages, and loads nothing from elsewhere.
func TestTheAPIHasAReadablePage(t *testing.T) {
	o := newOffice(t, panel.Config{})
	nobody := o.caller("nobody")
	status, text := nobody.asks(http.MethodGet, "/api", nil)
	require.Equal(t, 200, status)
	for _, item := range o.panel.API().Document().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete} {
			if op != nil {
				require.Contains(t, text, `data-operation="`+op.OperationID+`"`)
				require.Contains(t, text, op.Summary)
			}
		}
	}
	for _, code := range []string{"stale_version", "rate_limited", "unavailable"} {
		require.Contains(t, text, `id="`+code+`"`)
	}
	require.NotContains(t, text, "no value")
	require.NotRegexp(t, `(src|href)="https?://[^"]*(unpkg|cdn)`, text)
	require.NotRegexp(t, `>api_(op|field|param|problem)`, text)
}
