package staff

import (
	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
)

// viewPaperAsStaff shows staff a paper of any filing.
func (p *Pages) viewPaperAsStaff(c *gin.Context) error {
	f, err := p.Store.FilingBySerial(c.Request.Context(), c.Param("number"), web.QueryNumber(c, "serial"))
	if err != nil {
		return err
	}
	if err := p.renewVetting(c, f); err != nil {
		return err
	}
	if c.Query("thumb") == "" { // previews belong to the dossier's page, whose view was audited
		d := p.AuditEntry(c, "paper.view", "paper", c.Param("paper"), "")
		c.Request = c.Request.WithContext(store.WithAudit(c.Request.Context(), &d))
	}
	return p.SendPaper(c, f, dossierview.ViewedByStaff+"/"+string(f.Stage))
}
