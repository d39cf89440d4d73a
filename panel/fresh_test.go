package panel_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// Whoever finds a signed-in screen, or steals a session, can't give themselves accounts or contacts: these want a proof
// of who is there that is minutes old.
func TestAccessOfOthersWantsARecentProof(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.furnish()
	now := time.Now()
	o.db.SetClock(func() time.Time { return now })
	admin := o.caller("administrator")
	look := func(path string) int {
		status, _ := admin.send(http.MethodGet, path, nil)
		return status
	}
	require.Equal(t, http.StatusOK, look("/support/staff"), "they have just signed in")
	now = now.Add(16 * time.Minute)
	added := func(login string) bool {
		_, err := o.db.UserByLogin(t.Context(), login)
		return err == nil
	}
	admin.form("/support/staff", url.Values{"login": {"opened-before"}, "role": {"agent"}})
	require.True(t, added("opened-before"), "the page was opened in time")
	now = now.Add(15 * time.Minute)
	_, last := o.logged(0)
	wanted := []string{"/support/staff", "/support/staff/:id/role", "/support/staff/:id/disable",
		"/support/staff/:id/enable", "/support/staff/:id/reset-totp", "/support/staff/:id/end-sessions",
		"/support/staff/:id/password", "/support/filings/:number/contact/:channel", "/support/orders/:number/transfer",
		"/support/customers/:id"}
	for _, route := range wanted {
		require.Equal(t, http.StatusSeeOther, admin.form(o.path(route), url.Values{"login": {"sneaked-in"},
			"role": {"administrator"}}), route)
	}
	for _, route := range []string{"/support/staff", "/support/filings/:number/contact/:channel",
		"/support/orders/:number/transfer", "/support/customers/:id"} {
		require.Equal(t, http.StatusSeeOther, look(o.path(route)), route)
	}
	entries, _ := o.logged(last)
	require.Empty(t, entries, "nothing was done")
	require.False(t, added("sneaked-in"))

	confirm := "/account/confirm?next=%2Fsupport%2Fstaff"
	require.Equal(t, http.StatusUnprocessableEntity, admin.form(confirm, url.Values{"present_password": {"wrong"}}))
	require.Equal(t, http.StatusSeeOther, look("/support/staff"))
	require.Equal(t, http.StatusSeeOther, admin.form(confirm, url.Values{"present_password": {officePassword}}))
	require.Equal(t, http.StatusOK, look("/support/staff"))
	rows, err := o.db.AuditRows(t.Context(), store.AuditFilter{Action: "session.confirm"}, 0, 9)
	require.NoError(t, err)
	require.Len(t, rows, 1)
}
