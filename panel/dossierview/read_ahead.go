package dossierview

import (
	"context"
	"maps"
	"net/url"
	"slices"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/panel/web"
)

// ReadAhead asks everything at once that the pages of a customer's open filing ask one by one, in a context that
// remembers it (web.Ahead). domain is empty for an order's only site; history is for pages that show what happened.
func (v *View) ReadAhead(ctx context.Context, customerID int64, number, domain string, history bool) {
	ahead := func(read func() error) {
		go func() { _ = read() }() // who needs it gets the same error
	}
	ahead(func() error { _, err := v.Store.SitesOfNumber(ctx, customerID, number); return err })
	open, err := v.Store.OpenFilingsOf(ctx, customerID, number)
	at := slices.IndexFunc(open, func(f store.Filing) bool { return domain == "" && len(open) == 1 || f.Domain == domain })
	if err != nil || at < 0 {
		return
	}
	f := open[at]
	for _, form := range append([]string{DraftKind}, slices.Collect(maps.Keys(web.DraftForms))...) {
		ahead(func() error { return v.Store.Draft(ctx, f.ID, form, &url.Values{}) })
	}
	if f.HolderID.Valid {
		ahead(func() error { _, err := v.Store.HolderByID(ctx, f.HolderID.Int64); return err })
	}
	ahead(func() error { _, err := v.Store.Contact(ctx, f.ID); return err })
	ahead(func() error { _, err := v.Store.Papers(ctx, f.ID); return err })
	ahead(func() error { _, err := v.Store.Consents(ctx, f.ID); return err })
	ahead(func() error { _, err := v.Store.PaperStatements(ctx, f.ID); return err })
	ahead(func() error { _, err := v.Store.ServesProvince(ctx, ""); return err })
	if history {
		ahead(func() error { _, err := v.Store.RefusedOfFiling(ctx, f.ID); return err })
		ahead(func() error { _, err := v.Store.Events(ctx, f.ID); return err })
		ahead(func() error { _, err := v.Store.FooterEdits(ctx, f.ID); return err })
		ahead(func() error { _, err := v.Store.Decisions(ctx, f.ID); return err })
		ahead(func() error { _, err := v.Store.LatestDecision(ctx, f.ID); return err })
		ahead(func() error { _, err := v.Store.Verifications(ctx, f.ID); return err })
		ahead(func() error { _, err := v.Store.SendBacks(ctx, f.ID); return err })
		ahead(func() error { _, err := v.Store.Corrections(ctx, f.ID, web.CorrectionsShown); return err })
		ahead(func() error { _, err := v.Store.FilingsOfSite(ctx, f.SiteID.Int64, earlierShown+1); return err })
	}
}
