package web

import (
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"
)

// A form that was opened from the review returns to it: the form's address, and then the form itself, carry where it
// was opened from.
const (
	FieldReturnTo  = "return_to"
	ReturnToReview = "review"
	// ReturnToFiling means that staff came from the filing's page.
	ReturnToFiling = "filing"
)

// ReturnToOf returns where a form was opened from; empty for the usual way.
func ReturnToOf(values url.Values) string {
	if values.Get(FieldReturnTo) == ReturnToReview {
		return ReturnToReview
	}
	return ""
}

// ReturnTo returns where a page's form was opened from, according to its address or to the submitted form.
func ReturnTo(c *gin.Context, typed url.Values) string {
	if target := ReturnToOf(typed); target != "" {
		return target
	}
	return ReturnToOf(c.Request.URL.Query())
}

// WithReturnTo adds the return target to a form's address.
func WithReturnTo(path, target string) string {
	if target == "" {
		return path
	}
	return WithQuery(path, FieldReturnTo, target)
}

// WithQuery adds a value to an address, which may have others.
func WithQuery(path, name, value string) string {
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return path + separator + name + "=" + url.QueryEscape(value)
}
