package dossierview

import (
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/panel/web"
)

// ChangePath is where a line of the review is changed, and from where one comes
// back to it.
func ChangePath(c *gin.Context, form, field string) string {
	return web.WithReturnTo(web.FilingPath(c)+"/"+form, web.ReturnToReview) + "#f-" + field
}
