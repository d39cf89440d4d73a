package panel_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/browsertest"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel"
)

// looksAt reports whether a route answers somebody with a whole page.
func (c *caller) looksAt(path string) bool {
	request, err := http.NewRequestWithContext(c.o.t.Context(), http.MethodGet, c.o.url+path, nil)
	require.NoError(c.o.t, err)
	response, err := c.http.Do(request)
	require.NoError(c.o.t, err)
	defer response.Body.Close()
	begin := make([]byte, len("<!doctype html>"))
	_, err = io.ReadFull(response.Body, begin)
	return err == nil && response.StatusCode == http.StatusOK && strings.EqualFold(string(begin), "<!doctype html>")
}

// Every page of the router is accessible, as seen by a stranger, by the customer it belongs to or by an administrator.
// So are the error pages for a missing page and for one that isn't the reader's.
func TestEveryPageIsAccessible(t *testing.T) {
	o := newOffice(t, panel.Config{})
	o.furnish()
	pages, seen := map[string][]string{}, map[string]bool{}
	for _, login := range []string{"nobody", "owner", "administrator"} {
		c := o.caller(login)
		for _, route := range o.routes() {
			path := o.path(route.Path)
			// a stream never ends
			if route.Method != http.MethodGet || seen[route.Path] || strings.HasSuffix(route.Path, "/events") {
				continue
			}
			if seen[strings.Replace(route.Path, "/sites/:domain", "", 1)] { // the same page of one of several sites
				continue
			}
			if c.looksAt(path) {
				seen[route.Path] = true
				pages[login] = append(pages[login], path)
			}
		}
	}
	require.GreaterOrEqual(t, len(seen), 45)
	pages["owner"] = append(pages["owner"], "/nowhere", "/orders/M9/filing") // the second is stuck
	pages["owner"] = append(pages["owner"], o.severalSites("M30")...)
	pages["administrator"] = append(pages["administrator"], "/support/filings/M9",
		"/support/filings/M9/resume?resolution=abandon&stuck_seq=2")
	pages["viewer"] = []string{"/support/audit"}
	_, err := o.db.AddStaff(t.Context(), "newcomer", store.StaffAgent, o.password)
	require.NoError(t, err)
	pages["newcomer"] = []string{"/sign-in/first-password"}
	for login, paths := range pages {
		b := browsertest.Open(t, browsertest.Sizes["phone"], 844)
		if login != "nobody" {
			require.NoError(t,
				browsertest.Do(b, chromedp.Navigate(o.url+"/sign-in"), chromedp.SendKeys(chromedp.ID("f-login"), login),
					chromedp.SendKeys(chromedp.ID("f-password"), officePassword), chromedp.Click(".card .button"),
					chromedp.WaitNotPresent(chromedp.ID("f-login"))))
		}
		for _, path := range paths {
			name := login + strings.NewReplacer("/", "-", "?", "-").Replace(path)
			require.NoError(t, browsertest.Do(b, chromedp.Navigate(o.url+path), browsertest.Shot(t, name)), path)
			wide, err := chromedp.Run(b, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
			require.NoError(t, err)
			require.False(t, wide, "%s: nothing sticks out", path)
			at, err := chromedp.Run(b, chromedp.Evaluate[string](`location.pathname + location.search`))
			require.NoError(t, err)
			require.Equal(t, path, at)
		}
	}
}

// severalSites returns the pages of an order with several sites that travel together.
func (o *office) severalSites(number string) []string {
	t, ctx := o.t, o.t.Context()
	_, err := o.db.ImportOrder(ctx, store.OrderImport{Number: number, Customer: "owner", Product: "p",
		Domains: []string{"one.com", "www.one.com", "two.com", "three.cn"}})
	require.NoError(t, err)
	owner, err := o.db.UserByLogin(ctx, "owner")
	require.NoError(t, err)
	sites, err := o.db.SitesOfNumber(ctx, owner.ID, number)
	require.NoError(t, err)
	opened, err := o.db.OpenSites(ctx, sites[0].OrderID, sites[0].ID, sites[1].ID)
	require.NoError(t, err)
	_, err = o.db.RegisterContact(ctx, owner.ID, opened[0].ID,
		filing.ContactDetails{UserName: "several-sites", Mobile: "13900000001", Email: "a@example.com"}, "hash")
	require.NoError(t, err)
	consent(t, o.db, opened[0])
	for _, f := range opened {
		require.NoError(t, o.db.Advance(ctx,
			store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Preparing, EventKind: "verified", Actor: "test"}))
	}
	base := "/orders/" + number
	return []string{base, base + "/sites/two.com/filing", base + "/sites/two.com/filing/review"}
}
