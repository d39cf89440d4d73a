package customer

import (
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/panel/dossierview"
)

// viewPaper shows the owner a picture; that it was looked at is noted.
func (p *Pages) viewPaper(c *gin.Context, cur dossierview.Current) error {
	return p.SendPaper(c, cur.Filing, dossierview.ViewedByOwner)
}
