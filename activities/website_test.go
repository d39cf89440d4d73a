package activities_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
)

// Each domain has its line, with or without a certificate; a domain that merely answers doesn't keep the site from
// being complete.
func TestEveryDomainsStateIsKept(t *testing.T) {
	e, ctx := newEditing(t, false), t.Context()
	e.serve = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Host == "ftp.example.com":
			http.NotFound(w, r)
		case r.URL.Path == "/cert/bazu.cert" && r.Host == "www.example.com":
			_, _ = w.Write([]byte("certificate"))
		case r.URL.Path == "/":
			_, _ = w.Write([]byte(`<a href="` + linkTarget + `">` + siteNumber + `</a>`))
		default:
			http.NotFound(w, r)
		}
	}
	exec := func(query string, args ...any) {
		t.Helper()
		_, err := e.db.DB().ExecContext(ctx, query, args...)
		require.NoError(t, err)
	}
	check := func() (activities.SiteResult, map[string]string) {
		t.Helper()
		seen, err := e.website.CheckSite(ctx, activities.FilingRef{FilingID: e.filing.ID})
		require.NoError(t, err)
		checks, err := e.db.SiteChecks(ctx, e.filing.ID)
		require.NoError(t, err)
		kinds := map[string]string{}
		for _, c := range checks {
			kinds[c.Target] = c.Kind
		}
		return seen, kinds
	}
	revision, err := e.db.SaveDossier(ctx, e.filing.ID,
		filing.Dossier{Holder: filingtest.PersonHolder(), Site: filing.Site{
			Name: "x", Domains: []string{"www.example.com", "ftp.example.com", "nowhere.invalid.test", "*.example.com"},
			HomePage: "http://www.example.com/",
		}})
	require.NoError(t, err)
	exec(`UPDATE records SET revision = ? WHERE filing_id = ?`, revision, e.filing.ID)
	seen, kinds := check()
	require.True(t, seen.Complete())
	lost := kinds["nowhere.invalid.test"]
	require.Contains(t, []string{"dns", "timeout", "unreachable"}, lost)
	require.Equal(t, map[string]string{"www.example.com": "answers", "ftp.example.com": "answers_status",
		"nowhere.invalid.test": lost, "*.example.com": "wildcard", "home": "ok"}, kinds)

	exec(`UPDATE decisions SET certificate = ?`, []byte("certificate"))
	seen, kinds = check()
	require.True(t, seen.NumberShown)
	require.False(t, seen.CertificateServed, "each domain must serve it")
	require.Equal(t, "ok", kinds["www.example.com"])
	require.Equal(t, "status", kinds["ftp.example.com"])
	require.Equal(t, "wildcard", kinds["*.example.com"])
}

// A filed domain stands for the host names that the order lists below it: each is looked at.
func TestHostNamesBelowTheFiledDomainAreLookedAt(t *testing.T) {
	e, ctx := newEditing(t, false), t.Context()
	e.serve = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`<a href="` + linkTarget + `">` + siteNumber + `</a>`))
	}
	_, err := e.db.ImportOrder(ctx, store.OrderImport{Number: "D1", Customer: "demo", Product: "p",
		Domains: []string{"www.example.com", "shop.example.com", "example.com"}})
	require.NoError(t, err)
	revision, err := e.db.SaveDossier(ctx, e.filing.ID, filing.Dossier{Holder: filingtest.PersonHolder(),
		Site: filing.Site{Name: "x", Domains: []string{"example.com"}, HomePage: "http://www.example.com/"}})
	require.NoError(t, err)
	_, err = e.db.DB().ExecContext(ctx, `UPDATE records SET revision = ? WHERE filing_id = ?`, revision, e.filing.ID)
	require.NoError(t, err)
	_, err = e.website.CheckSite(ctx, activities.FilingRef{FilingID: e.filing.ID})
	require.NoError(t, err)
	checks, err := e.db.SiteChecks(ctx, e.filing.ID)
	require.NoError(t, err)
	var seen []string
	for _, c := range checks {
		seen = append(seen, c.Target)
	}
	require.ElementsMatch(t, []string{"www.example.com", "shop.example.com", "example.com", store.HomeTarget}, seen)
}

// Without a certificate there is nothing to install, by us or by hand; with one it depends on the web space.
func TestOnlyAnIssuedCertificateIsInstalled(t *testing.T) {
	for _, withSpace := range []bool{false, true} {
		e, ctx := newEditing(t, withSpace), t.Context()
		e.website.CertificateName = "bazs.cert"
		install := func() activities.InstallResult {
			t.Helper()
			result, err := e.website.InstallCertificate(ctx, activities.FilingRef{FilingID: e.filing.ID})
			require.NoError(t, err)
			return result
		}
		require.False(t, install().ByHand)
		_, err := e.db.DB().ExecContext(ctx, `UPDATE decisions SET certificate = ?`, []byte("certificate"))
		require.NoError(t, err)
		require.Equal(t, !withSpace, install().ByHand)
		require.Equal(t, withSpace, e.space.Stores("u", "wwwroot/cert/bazs.cert") == 1)
	}
}
