package store

import (
	"context"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Listed reports whether the site is shown with its order's: one that the order no longer lists only while it has a
// filing.
func (w Site) Listed() bool { return !w.RemovedAt.Valid || w.Filing != nil }

// SitesOfNumber lists the sites of a customer's order that are Listed, oldest first. The parts are read at once,
// because pages wait for them.
func (s *Store) SitesOfNumber(ctx context.Context, customerID int64, number string) (sites []Site, err error) {
	const ofOrder = `(SELECT o.id FROM orders o WHERE o.number = ? AND o.customer_id = ?)`
	var hosts []siteHost
	var filings []Filing
	var reads errgroup.Group
	reads.Go(func() (err error) {
		sites, err = selectAll[Site](ctx, s.db, `SELECT `+siteColumns+` FROM sites w WHERE w.order_id = `+ofOrder+`
			ORDER BY w.id`, number, customerID)
		return err
	})
	reads.Go(func() (err error) {
		hosts, err = selectAll[siteHost](ctx, s.db, `SELECT site_id, domain FROM order_domains WHERE order_id = `+ofOrder+`
			AND site_id IS NOT NULL ORDER BY position`, number, customerID)
		return err
	})
	reads.Go(func() (err error) {
		filings, err = s.OpenFilingsOf(ctx, customerID, number)
		return err
	})
	if err := reads.Wait(); err != nil {
		return nil, during(err, "listing sites")
	}
	assembleSites(sites, hosts, filings)
	if len(sites) == 0 { // an older build imported it
		o, err := s.OrderOf(ctx, customerID, number)
		if err == nil {
			sites, err = s.SitesOf(ctx, o.ID)
		}
		if err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(sites, func(w Site) bool { return !w.Listed() }), nil
}

// OpenFilingsOf lists the open and completed filings of the sites of a customer's order.
func (s *Store) OpenFilingsOf(ctx context.Context, customerID int64, number string) ([]Filing, error) {
	return selectAll[Filing](ctx, s.db, filingSelect+`WHERE o.number = ? AND o.customer_id = ?
		AND f.open_site_id IS NOT NULL AND `+filingCustomer+` = o.customer_id`, number, customerID)
}

// FindSite finds a site by its domain or by one of its host names. Without a domain it finds the only one.
func FindSite(sites []Site, domain string) (site Site, found bool) {
	at := -1
	switch {
	case domain == "" && len(sites) == 1:
		at = 0
	case domain != "":
		at = slices.IndexFunc(sites, func(w Site) bool { return w.Domain == domain })
		if at < 0 {
			at = slices.IndexFunc(sites, func(w Site) bool { return slices.Contains(w.Hosts, domain) })
		}
	}
	if at < 0 {
		return Site{}, false
	}
	return sites[at], true
}

// Of is the order as one of its several sites sees it: with that site's host names and numbers only.
func (o Order) Of(w Site) Order {
	o.Domains = w.Hosts
	if len(o.Domains) == 0 && w.Domain != "" { // no longer listed
		o.Domains = []string{w.Domain}
	}
	o.FilingNumber, o.FilingNumberAt = w.FilingNumber, w.FilingNumberAt
	o.PoliceNumber, o.PoliceDeclined = w.PoliceNumber, w.PoliceDeclined
	return o
}

// LastFilingOfSite is the newest filing of a site, ended or not; nil: there is none.
func (s *Store) LastFilingOfSite(ctx context.Context, w Site) (*Filing, error) {
	if w.Filing != nil {
		return w.Filing, nil
	}
	last, err := s.FilingsOfSite(ctx, w.ID, 1)
	if err != nil || len(last) == 0 {
		return nil, err
	}
	return &last[0], nil
}

// SiteLooks says of filings whose sites were checked whether every check was good.
func (s *Store) SiteLooks(ctx context.Context, filingIDs ...int64) (map[int64]bool, error) {
	if len(filingIDs) == 0 {
		return nil, nil
	}
	rows, err := selectAll[struct {
		FilingID int64 `db:"filing_id"`
		OK       bool  `db:"ok"`
	}](ctx, s.db, `SELECT filing_id, MIN(ok) AS ok FROM site_checks WHERE filing_id IN (?) GROUP BY filing_id`, filingIDs)
	looks := map[int64]bool{}
	for _, r := range rows {
		looks[r.FilingID] = r.OK
	}
	return looks, during(err, "reading the checks of sites")
}

// SiteByID returns a site without its host names and filing.
func (s *Store) SiteByID(ctx context.Context, id int64) (Site, error) {
	return find[Site](ctx, s.db, "site", `SELECT `+siteColumns+` FROM sites w WHERE w.id = ?`, id)
}
