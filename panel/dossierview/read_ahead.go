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
	sites, err := v.Store.SitesOfNumber(ctx, customerID, number)
	if err != nil {
		return
	}
	site, _ := store.FindSite(sites, domain)
	if site.Filing == nil {
		return
	}
	f := *site.Filing
	ahead := func(read func() error) {
		go func() { _ = read() }() // who needs it gets the same error
	}
	for _, form := range append([]string{DraftKind}, slices.Collect(maps.Keys(web.DraftForms))...) {
		ahead(func() error { return v.Store.Draft(ctx, f.ID, form, &url.Values{}) })
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
		ahead(func() error { _, err := v.Store.FilingsOfSite(ctx, site.ID, earlierShown+1); return err })
	}
}
