package web

import (
	"net/url"

	"github.com/gin-gonic/gin"
)

// Who changes a line of the review comes back to it: the form's address and, from
// there on, the form itself carry where it was opened from.
const (
	FieldReturnTo  = "return_to"
	ReturnToReview = "review"
	// ReturnToFiling: staff came from the filing's page.
	ReturnToFiling = "filing"
)

// ReturnToOf is where a form was opened from; empty for its usual way.
func ReturnToOf(values url.Values) string {
	if values.Get(FieldReturnTo) == ReturnToReview {
		return ReturnToReview
	}
	return ""
}

// ReturnTo is where a page's form was opened from: as its address says, or as the
// form that was sent.
func ReturnTo(c *gin.Context, typed url.Values) string {
	if target := ReturnToOf(typed); target != "" {
		return target
	}
	return ReturnToOf(c.Request.URL.Query())
}

// WithReturnTo is a form's address that says so.
func WithReturnTo(path, target string) string {
	if target == "" {
		return path
	}
	return path + "?" + FieldReturnTo + "=" + url.QueryEscape(target)
}
