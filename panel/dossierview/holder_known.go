package dossierview

import (
	"context"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// Carrier is the filing of the order that brings the holder of a companion; nil: there is none.
func (cur Current) Carrier() *store.Filing {
	if !cur.Filing.Companion() {
		return nil
	}
	for _, w := range cur.Sites {
		if f := w.Filing; f != nil && !f.Companion() && f.HolderID.Valid && f.HolderID == cur.Filing.HolderID {
			return f
		}
	}
	return nil
}

// filedHolder is the holder with a number that a filing was opened for. A customer who chose a new site themselves
// named the holder's number only, and is asked for the rest.
func (v *View) filedHolder(ctx context.Context, f store.Filing) (h store.Holder, filed bool, err error) {
	if f.Kind != filing.KindNewSite || !f.HolderID.Valid {
		return h, false, nil
	}
	h, err = v.Store.HolderByID(ctx, f.HolderID.Int64)
	return h, h.Number != "" && h.Known(), err
}

// fillHolder gives a dossier the holder that another site's filing brings: what was submitted, or else what is filled
// in there so far.
func (v *View) fillHolder(ctx context.Context, cur Current, d *filing.Dossier) error {
	if d.Companion = cur.Filing.Companion(); !d.Companion {
		h, filed, err := v.filedHolder(ctx, cur.Filing)
		if err == nil && filed {
			d.HolderKnown, d.Holder, d.OwnershipProof.Number = true, h.Form, h.Number
		}
		return err
	}
	if !cur.Filing.HolderID.Valid {
		return nil
	}
	h, err := v.Store.HolderByID(ctx, cur.Filing.HolderID.Int64)
	if err != nil {
		return err
	}
	if d.HolderKnown = h.Known(); d.HolderKnown {
		d.Holder = h.Form
		return nil
	}
	carrier := cur.Carrier()
	if carrier == nil {
		return nil
	}
	values, err := v.Draft(ctx, Current{Order: cur.Order, Filing: *carrier}, web.FormHolder)
	if err == nil {
		d.Holder = HolderOf(values)
	}
	return err
}
