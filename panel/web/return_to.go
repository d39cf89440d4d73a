package web

import (
	"net/url"

	"github.com/gin-gonic/gin"
)

// Who changes a line of the review comes back to it: the form's address and, from
// there on, the form itself carry where it was opened from.
const (
	FieldFrom  = "from"
	FromReview = "review"
	// FromFiling: staff came from the filing's page.
	FromFiling = "filing"
)

// FromOf is where a form was opened from; empty for its usual way.
func FromOf(values url.Values) string {
	if values.Get(FieldFrom) == FromReview {
		return FromReview
	}
	return ""
}

// Opened is where a page's form was opened from: as its address says, or as the
// form that was sent.
func Opened(c *gin.Context, typed url.Values) string {
	if from := FromOf(typed); from != "" {
		return from
	}
	return FromOf(c.Request.URL.Query())
}

// WithFrom is a form's address that says so.
func WithFrom(path, from string) string {
	if from == "" {
		return path
	}
	return path + "?" + FieldFrom + "=" + url.QueryEscape(from)
}
