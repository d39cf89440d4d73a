package staff

import (
	"errors"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// postedRef is the reference of the filing that a form is about: the order's first without a serial.
func postedRef(c *gin.Context) string {
	serial, _ := strconv.Atoi(c.PostForm("serial")) // nonsense is the first
	return filing.Ref(c.Param("number"), serial)
}

// finishStaffForm ends a form on the list of filings, whether or not the filing has moved on.
func (p *Pages) finishStaffForm(c *gin.Context, err error) error {
	switch {
	case err == nil:
		p.Flash(c, "flash.done")
	case errors.Is(err, workflows.ErrWrongStage):
		p.Flash(c, "flash.moved_on")
	default:
		return err
	}
	return web.Redirect(c, "/support/filings")
}
