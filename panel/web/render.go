package web

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"
)

// Args makes a map of pairs, for texts with placeholders.
func Args(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("args: odd number")
	}
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return m, nil
}

// showsProblems tells whether a page is one whose form must be corrected, by how it is
// answered or by what it shows.
func showsProblems(status int, data any) bool {
	switch status {
	case http.StatusConflict, http.StatusUnprocessableEntity, http.StatusTooManyRequests:
		return true
	}
	d, ok := data.(interface{ HasProblems() bool })
	return ok && d.HasProblems()
}

// fragments are parts of pages, which are fetched behind the reader's back.
var fragments = map[string]bool{}

// RenderTemplate is Render for the last html/template pages.
func (k *Kit) RenderTemplate(c *gin.Context, status int, name string, p Page) error {
	k.fill(c, status, &p)
	if !fragments[name] {
		p.Flash = k.Sessions.PopString(c.Request.Context(), keyFlash)
	}
	var b bytes.Buffer
	if err := k.Templates.ExecuteTemplate(&b, name, p); err != nil {
		return err
	}
	c.Data(status, "text/html; charset=utf-8", b.Bytes())
	return nil
}
