package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
)

func TestBrowsersStayOnHTTPS(t *testing.T) {
	for want, cfg := range map[string]Config{
		"max-age=15552000": {SecureCookies: true, HSTS: 180 * 24 * time.Hour},
		"":                 {SecureCookies: false, HSTS: time.Hour}, // reached over HTTP
	} {
		k := &Kit{Config: cfg}
		g := gin.New()
		g.Use(secure("", "", k.hsts()))
		answer := httptest.NewRecorder()
		g.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
		require.Equal(t, want, answer.Header().Get("Strict-Transport-Security"))
	}
	require.Empty(t, (&Kit{Config: Config{SecureCookies: true}}).hsts())
}
