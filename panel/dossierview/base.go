package dossierview

import (
	"context"
	"errors"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
)

// Based is the dossier that a follow-up starts from: the approved one, with what
// the bureau sent of it since, and the bureau's IDs.
func (v *View) Based(ctx context.Context, cur Current) (filing.Dossier, error) {
	decision, err := v.Store.LatestDecision(ctx, cur.Filing.BaseID.Int64)
	if err != nil {
		return filing.Dossier{}, err
	}
	d, err := v.Store.Dossier(ctx, cur.Filing.BaseID.Int64, decision.Revision)
	if err != nil {
		return d, err
	}
	d.Kind, d.OwnershipProof, d.Ending = cur.Filing.Kind, filing.OwnershipProof{}, filing.Ending{}
	return v.AsFiled(ctx, d, decision)
}

// AsFiled is a dossier with what the bureau keeps of its filing put over it.
func (v *View) AsFiled(ctx context.Context, d filing.Dossier, decision store.Decision) (filing.Dossier, error) {
	d.Subject = filing.Subject{
		HolderID: decision.HolderID, HolderNumber: decision.HolderNumber, SiteID: decision.SiteID, SiteNumber: decision.SiteNumber, AccessID: decision.AccessID,
	}
	filed, err := v.Store.FiledByNumber(ctx, decision.HolderNumber)
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
