package web

import (
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/beian/beian/internal/textnorm"
)

// Clean is a typed value without what nobody sees. Passwords stay as typed: whoever chose one with such characters must
// be able to sign in.
func Clean(name, value string) string {
	if strings.Contains(name, "password") {
		return value
	}
	return textnorm.Clean(value)
}

// cleanRequest cleans every value of a request's query and form before a handler reads it. A form with files is read
// part by part, with Clean.
func cleanRequest(r *http.Request) {
	if strings.Contains(r.URL.RawQuery, "%") {
		query := r.URL.Query()
		if cleanValues(query) {
			r.URL.RawQuery = query.Encode()
		}
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" {
		return
	}
	if r.ParseForm() == nil { // PostForm treats an error as an empty form
		cleanValues(r.PostForm)
	}
}

// cleanValues reports whether any value changed.
func cleanValues(values url.Values) (changed bool) {
	for name, list := range values {
		for i, value := range list {
			list[i] = Clean(name, value)
			changed = changed || list[i] != value
		}
	}
	return changed
}
