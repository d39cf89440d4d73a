package website_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/website"
)

// The pre-check sees what a visitor sees.
func TestLookingAtSites(t *testing.T) {
	const number, target = "沪ICP备2023012345号-1", "https://beian.miit.gov.cn/"
	pages := map[string]string{
		"linked.example.com": `<a href="` + target + `">` + number + `</a>`, "shown.example.com": number,
		"plain.example.com": "no number",
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, known := pages[r.Host]
		if !known {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<html><body>" + page + "</body></html>"))
	}))
	t.Cleanup(server.Close)
	l := website.NewLooker(website.NewChecker(website.CheckerConfig{
		ConnectTo: map[string]string{"*.example.com": strings.TrimPrefix(server.URL, "http://")}}))
	for domain, want := range map[string]website.Look{
		"linked.example.com":  {Looked: true, Open: true, Shows: true, Links: true},
		"shown.example.com":   {Looked: true, Open: true, Shows: true},
		"plain.example.com":   {Looked: true, Open: true},
		"missing.example.com": {Looked: true},
		"*.example.com":       {},
		"":                    {},
	} {
		require.Equal(t, want, l.Look(t.Context(), domain, number, []string{target}), domain)
	}
	require.Equal(t, []string{"plain.example.com"}, l.Open(t.Context(), []string{"plain.example.com", "missing.example.com",
		"*.example.com"}))
}
