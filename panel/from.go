package panel

import (
	"net/url"

	"github.com/gin-gonic/gin"
)

// Who changes a line of the review comes back to it: the form's address and, from
// there on, the form itself carry where it was opened from.
const (
	fieldFrom  = "from"
	fromReview = "review"
	// fromFiling: staff came from the filing's page.
	fromFiling = "filing"
)

// fromOf is where a form was opened from; empty for its usual way.
func fromOf(values url.Values) string {
	if values.Get(fieldFrom) == fromReview {
		return fromReview
	}
	return ""
}

// opened is where a page's form was opened from: as its address says, or as the
// form that was sent.
func opened(c *gin.Context, typed url.Values) string {
	if from := fromOf(typed); from != "" {
		return from
	}
	return fromOf(c.Request.URL.Query())
}

// withFrom is a form's address that says so.
func withFrom(path, from string) string {
	if from == "" {
		return path
	}
	return path + "?" + fieldFrom + "=" + url.QueryEscape(from)
}
