package panel_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/message"
	"github.com/beian/beian/panel"
)

// fits reports whether a path is one of a route's.
func fits(route, path string) bool {
	a, b := strings.Split(route, "/"), strings.Split(path, "/")
	for i := range a {
		if len(a) != len(b) || a[i] != b[i] && !strings.HasPrefix(a[i], ":") {
			return false
		}
	}
	return true
}

// Each message to customers leads to a page that there is, and its address says nothing about them.
func TestMessagesLeadToPages(t *testing.T) {
	o := newOffice(t, panel.Config{})
	for _, name := range message.CustomerTemplates {
		for _, at := range []activities.SitePlace{{Order: "D 1"}, {Order: "D 1", Domain: "one.com"},
			{Order: "D 1", Domain: "one.com", All: true}} {
			path, found := activities.PageOf(name, at), false
			for _, route := range o.routes() {
				found = found || route.Method == http.MethodGet && fits(route.Path, path)
			}
			require.True(t, found, "%s: %s", name, path)
			require.NotContains(t, path, " ")
		}
	}
}
