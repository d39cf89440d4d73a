package panel_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/beian/beian/panel/web"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// answered describes a request's outcome in the table's words.
func answered(status int, location string) string {
	switch {
	case strings.HasPrefix(location, "/sign-in?next="):
		return "sign-in"
	case status == http.StatusNotFound:
		return "404"
	case status == http.StatusUnauthorized:
		return "key"
	case status == http.StatusForbidden:
		return "403"
	case status >= http.StatusInternalServerError:
		return "error"
	}
	return "yes"
}

// testdata/access.tsv says who may reach which route: one word per route and person. The test generates the same table
// from the router, so it can't miss a route.
func TestAccessIsAsTheTableSays(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.furnish()
	raw, err := os.ReadFile("testdata/access.tsv")
	require.NoError(t, err)
	table := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			columns := strings.SplitN(line, "\t", 3)
			require.Len(t, columns, 3, line)
			table[columns[0]+"\t"+columns[1]] = columns[2]
		}
	}
	people := make([]*caller, len(officePeople))
	for i, login := range officePeople {
		people[i] = o.caller(login)
	}
	for _, route := range o.routes() {
		key := route.Method + "\t" + route.Path
		var words []string
		for _, c := range people {
			word := answered(c.send(route.Method, o.path(route.Path), nil))
			require.NotEqual(t, "error", word, "%s by %s", key, c.login)
			words = append(words, word)
			if route.Path == "/sign-out" {
				c.signIn()
			}
		}
		now := strings.Join(words, "\t")
		want, listed := table[key]
		if !listed {
			t.Errorf(
				"the table lacks this route. Think who may reach it, and add to panel/testdata/access.tsv, if it is right, what is so now:\n%s\t%s", key, now)
			continue
		}
		if want != now {
			t.Errorf("%s\n  by    %s\n  table %s\n  now   %s", key, strings.Join(officePeople, "\t"), want, now)
		}
		delete(table, key)
	}
	for key := range table {
		t.Errorf("the table has a route that the panel doesn't: %s", key)
	}
}

// Each role may do everything that the one below it may.
func TestRolesGrow(t *testing.T) {
	all := []string{"see", "see_personal", "act_on_filings", "act_in_bulk", "act_on_tasks", "answer_tickets", "vet",
		"manage_vetting", "write_announcements", "run_bureau", "manage_staff", "read_audit", "manage_api"}
	before := 0
	for i, role := range store.StaffRoles {
		n := 0
		for _, what := range all {
			if web.Granted(role, web.Permission(what)) {
				n++
			} else if i > 0 {
				require.False(t, web.Granted(store.StaffRoles[i-1], web.Permission(what)), "%s may not %s", role, what)
			}
		}
		require.Greater(t, n, before)
		before = n
	}
	require.Len(t, all, before, "administrators may do everything")
	require.False(t, web.Granted("", web.Permission("see")))
	require.False(t, web.Granted(store.StaffAdministrator, web.Permission("nonsense")))
}
