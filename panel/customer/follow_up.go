package customer

import (
	"context"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
	"github.com/beian/beian/workflows"
)

// openFollowUp opens a filing that changes or ends the order's completed one.
func (p *Pages) openFollowUp(c *gin.Context, cur Current) error {
	kind := filing.Kind(c.PostForm("kind"))
	if cur.Filing.Kind.Registers() { // filed elsewhere, so it is changed there
		return p.FinishUpdate(c, store.ErrConflict, "")
	}
	if !slices.Contains(filing.FollowUps, kind) {
		return web.ErrBadRequest
	}
	base := cur.Filing.ID
	if cur.Filing.BaseID.Valid && cur.Filing.Kind == kind && cur.Filing.Stage != filing.Filed {
		base = cur.Filing.BaseID.Int64 // a second click
	}
	f, err := p.Store.OpenFollowUp(c.Request.Context(), base, kind)
	if err != nil {
		return p.FinishUpdate(c, err, "")
	}
	return p.started(c, f)
}

// started starts an opened filing's workflow and shows the filing.
func (p *Pages) started(c *gin.Context, f store.Filing) error {
	if err := p.startFiling(c.Request.Context(), f); err != nil {
		return err
	}
	return web.Redirect(c, web.FilingPath(c))
}

// startFiling starts a filing's workflow unless it runs already or the filing is over.
func (p *Pages) startFiling(ctx context.Context, f store.Filing) error {
	if f.Stage.Final() {
		return nil
	}
	return p.Filings.Open(ctx, f.Ref(), workflows.InputOf(f.ID, f.OrderNumber, f.Position()))
}
