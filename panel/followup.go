package panel

import (
	"context"
	"errors"
	"slices"

	"github.com/gin-gonic/gin"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/workflows"
)

// openFollowUp opens a filing that changes or ends the order's, which is done.
func (s *Server) openFollowUp(c *gin.Context, cur current) {
	ctx := c.Request.Context()
	kind := filing.Kind(c.PostForm("kind"))
	if cur.Filing.Kind.Registers() { // it was filed elsewhere: there it is changed
		s.moveOn(c, store.ErrConflict, "")
		return
	}
	if !slices.Contains(filing.FollowUps, kind) {
		s.fail(c, errBadRequest)
		return
	}
	base := cur.Filing.ID
	if cur.Filing.BaseID.Valid && cur.Filing.Kind == kind && cur.Filing.Stage != filing.Filed {
		base = cur.Filing.BaseID.Int64 // a second click
	}
	f, err := s.cfg.Store.OpenFollowUp(ctx, base, kind)
	if err != nil {
		s.moveOn(c, err, "")
		return
	}
	if err := s.startFiling(ctx, f); err != nil {
		s.fail(c, err)
		return
	}
	to(c, filingPath(c))
}

// startFiling starts a filing's workflow, or finds it running. One that is over has none.
func (s *Server) startFiling(ctx context.Context, f store.Filing) error {
	if f.Stage.Final() {
		return nil
	}
	return s.cfg.Filings.Open(ctx, f.Ref(), workflows.InputOf(f.ID, f.OrderNumber, f.Position()))
}

// based is the dossier that a follow-up starts from: the approved one, with what
// the bureau sent of it since, and the bureau's IDs.
func (s *Server) based(ctx context.Context, cur current) (filing.Dossier, error) {
	decision, err := s.cfg.Store.LatestDecision(ctx, cur.Filing.BaseID.Int64)
	if err != nil {
		return filing.Dossier{}, err
	}
	d, err := s.cfg.Store.Dossier(ctx, cur.Filing.BaseID.Int64, decision.Revision)
	if err != nil {
		return d, err
	}
	d.Kind, d.Claim, d.Ending = cur.Filing.Kind, filing.Claim{}, filing.Ending{}
	return s.asFiled(ctx, d, decision)
}

// asFiled is a dossier with what the bureau keeps of its filing put over it.
func (s *Server) asFiled(ctx context.Context, d filing.Dossier, decision store.Decision) (filing.Dossier, error) {
	d.Subject = filing.Subject{
		HolderID: decision.HolderID, HolderNumber: decision.HolderNumber, SiteID: decision.SiteID, SiteNumber: decision.SiteNumber, AccessID: decision.AccessID,
	}
	filed, err := s.cfg.Store.FiledByNumber(ctx, decision.HolderNumber)
	if errors.Is(err, store.ErrNotFound) {
		return d, nil // a bureau without an interface sends nothing
	} else if err != nil {
		return d, err
	}
	for _, f := range filed {
		if f.HolderID == decision.HolderID {
			d.Take(f.FiledHolder)
		}
	}
	return d, nil
}
