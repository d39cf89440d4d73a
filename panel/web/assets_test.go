package web_test

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/testdb"
	"github.com/beian/beian/panel/web"
)

// Browsers load a file once: its address changes with its content, and it travels compressed.
func TestAssetsAreKept(t *testing.T) {
	k, err := web.New(web.Config{Store: testdb.New(t), Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer k.Close()
	g, err := k.Engine()
	require.NoError(t, err)
	h := k.Handler(g)
	get := func(path string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	style, err := os.ReadFile("assets/style.css")
	require.NoError(t, err)
	address := web.Asset("style.css")
	require.Regexp(t, `^/assets/[0-9a-f]{16}/style\.css$`, address)

	w := get(address)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, string(style), w.Body.String())
	require.Equal(t, "public, max-age=31536000, immutable", w.Header().Get("Cache-Control"))
	require.Equal(t, "text/css; charset=utf-8", w.Header().Get("Content-Type"))
	require.Empty(t, w.Header().Get("Set-Cookie"))

	w = get(address, "Accept-Encoding", "br, gzip;q=0.8")
	require.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
	require.Equal(t, "Accept-Encoding", w.Header().Get("Vary"))
	require.Less(t, w.Body.Len(), len(style)/2)
	zipped, err := gzip.NewReader(w.Body)
	require.NoError(t, err)
	plain, err := io.ReadAll(zipped)
	require.NoError(t, err)
	require.Equal(t, string(style), string(plain))
	again := get(address, "Accept-Encoding", "gzip", "If-None-Match", w.Header().Get("ETag"))
	require.Equal(t, http.StatusNotModified, again.Code)
	require.Empty(t, get(address, "Accept-Encoding", "gzip;q=0").Header().Get("Content-Encoding"))

	for _, other := range []string{"/assets/style.css", "/assets/0123456789abcdef/style.css"} {
		w := get(other)
		require.Equal(t, http.StatusOK, w.Code, other)
		require.Equal(t, "no-cache", w.Header().Get("Cache-Control"), "another build's address")
	}
	for _, none := range []string{"/assets/", "/assets/none.css", strings.TrimSuffix(address, "style.css"), "/assets/a/b/style.css"} {
		require.Equal(t, http.StatusNotFound, get(none).Code, none)
	}
}
