package web

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFrameOrigins(t *testing.T) {
	for _, c := range []struct {
		origin string
		secure bool
		want   string
	}{
		{"https://my.example.com", true, ""}, {"https://my.example.com:8443", true, ""}, {"http://localhost:3000", false, ""},
		{"http://127.0.0.1:3000", true, ""},
		{"https://my.example.com", false, "needs BEIAN_SECURE_COOKIES"}, {"http://my.example.com", true, "want https"},
		{"my.example.com", true, "is not an origin"}, {"https://*.example.com", true, "is not an origin"},
		{"https://my.example.com/panel", true, "is not an origin"},
		{"https://a.example; script-src *", true, "is not an origin"}, {"*", true, "is not an origin"},
	} {
		err := checkFrameOrigins([]string{c.origin}, c.secure)
		if c.want == "" {
			require.NoError(t, err, c.origin)
		} else {
			require.ErrorContains(t, err, c.want, c.origin)
		}
	}
	_, err := New(Config{FrameOrigins: []string{"https://my.example.com"}})
	require.ErrorContains(t, err, "BEIAN_SECURE_COOKIES", "it doesn't start")
}
