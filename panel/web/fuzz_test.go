package web

import (
	"net/http"
	"net/url"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// Whatever an address carries, handlers get UTF-8.
func FuzzQuery(f *testing.F) {
	f.Add("after=1.2&q=%E6%B2%AA%FF&lang=en&next=//evil.example")
	f.Add("q=%u0041;a=b&%")
	f.Fuzz(func(t *testing.T, query string) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{RawQuery: query}, Header: http.Header{}}
		cleanRequest(r)
		for _, list := range r.URL.Query() {
			for _, value := range list {
				_, _ = ParseCursor(value)
				_ = LocalPath(value)
				if found := Search(value); found != "" {
					require.LessOrEqual(t, len(found), MaxOrderSearch)
					require.True(t, utf8.ValidString(found))
				}
			}
		}
	})
}
