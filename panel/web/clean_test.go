package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
)

// Handlers never see what nobody typed, in queries, forms and forms with files.
func TestHandlersGetCleanValues(t *testing.T) {
	const typed, clean = "\u202d139\u200b\u00a00000\x0b1\xff\u202c", "139 0000\n1\ufffd"
	values := url.Values{"mobile": {typed, "plain"}, "new_password": {typed}}
	k := &Kit{}
	g := gin.New()
	seen := func(c *gin.Context) error {
		require.Equal(t, clean, c.Query("mobile"))
		require.Equal(t, clean, c.Request.URL.Query().Get("mobile"))
		if c.Request.Method == http.MethodPost {
			require.Equal(t, []string{clean, "plain"}, PostForm(c)["mobile"])
			require.Equal(t, clean, c.PostForm("mobile"))
			require.Equal(t, typed, PostForm(c).Get("new_password"), "passwords stay as typed")
		}
		c.Status(http.StatusNoContent)
		return nil
	}
	k.Root(g).GET("/x", seen)
	k.Root(g).POST("/x", seen)
	for method, body := range map[string]string{http.MethodGet: "", http.MethodPost: values.Encode()} {
		r := httptest.NewRequestWithContext(t.Context(), method, "/x?"+values.Encode(), strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		require.Equal(t, http.StatusNoContent, w.Code)
	}

	body := "--b\r\nContent-Disposition: form-data; name=\"number\"\r\n\r\n" + typed + "\r\n--b--\r\n"
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	c.Request = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/x", strings.NewReader(body))
	c.Request.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	cleanRequest(c.Request)
	upload, err := PostFormWithFile(c, "file", 10)
	require.NoError(t, err)
	require.Equal(t, clean, upload.Values.Get("number"))
}
