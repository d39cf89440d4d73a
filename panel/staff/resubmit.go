package staff

import (
	"errors"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/dossierview"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// canResubmit tells whether the bureau refused a filing for something that staff correct
// themselves: then they submit the same dossier again.
func canResubmit(f store.Filing) bool {
	return f.Stage == filing.Correcting && f.Attention == filing.AttentionRefusedOurs
}

// resubmit submits the customer's latest revision again, as the next one.
func (p *Pages) resubmit(c *gin.Context) error {
	ctx := c.Request.Context()
	f, err := p.Store.FilingBySerial(ctx, c.Param("number"), max(1, web.Number(web.PostForm(c), "serial")))
	if err != nil {
		return err
	}
	if !canResubmit(f) || f.Revision != web.Number(web.PostForm(c), "revision") {
		return p.finishStaffForm(c, workflows.ErrWrongStage)
	}
	d, err := p.Store.Dossier(ctx, f.ID, f.Revision)
	if err != nil {
		return err
	}
	papers, err := p.SubmittedPapers(ctx, dossierview.Current{Filing: f}, d)
	if err != nil {
		return err
	}
	return p.finishStaffForm(c, p.Asked(c, p.AuditEntry(c, "filing.resubmit", "filing", f.Ref(), ""), func() error {
		revision, err := p.Store.SaveDossier(ctx, f.ID, d, papers...)
		if errors.Is(err, store.ErrConflict) {
			return workflows.ErrWrongStage
		} else if err != nil {
			return err
		}
		_, err = p.Filings.Submit(ctx, f.Ref(), workflows.Submission{Revision: revision, Kind: d.Kind, Actor: p.Actor(c)})
		return err
	}))
}
