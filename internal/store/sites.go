package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/beian/beian/internal/filing"
)

// Site is one of an order's sites: a registrable domain, with a filing and a number of its own.
type Site struct {
	ID      int64 `db:"id"`
	OrderID int64 `db:"order_id"`
	// Domain is the registrable domain, which names the site in addresses; of an older filing with several, the first.
	// It is empty while the order lists no domain.
	Domain         string         `db:"domain"`
	FilingNumber   sql.NullString `db:"filing_number"`
	FilingNumberAt sql.NullTime   `db:"filing_number_at"`
	// PoliceNumber and PoliceDeclined are as in Order.
	PoliceNumber   sql.NullString    `db:"police_number"`
	PoliceDeclined bool              `db:"police_declined"`
	State          filing.OrderState `db:"filing_state"`
	Stage          filing.Stage      `db:"filing_stage"`
	// RemovedAt is since when the order no longer lists a host name of the site, whose filing goes on.
	RemovedAt sql.NullTime `db:"removed_at"`
	CreatedAt time.Time    `db:"created_at"`
	// Hosts are the order's host names of the site.
	Hosts []string `db:"-"`
	// Filing is the one that is open or completed; nil: none is.
	Filing *Filing `db:"-"`
}

const siteColumns = `w.id, w.order_id, w.domain, w.filing_number, w.filing_number_at, w.police_number, w.police_declined,
	w.filing_state, w.filing_stage, w.removed_at, w.created_at`

// ofDomain selects the filings f of an order that one of its host names d finds: those of its site or, if that has
// none, all.
const ofDomain = `(f.site_id = d.site_id OR NOT EXISTS (SELECT 1 FROM filings n WHERE n.site_id = d.site_id))`

// SitesOf lists an order's sites, oldest first, with their host names and the filings of its customer.
func (s *Store) SitesOf(ctx context.Context, orderID int64) ([]Site, error) {
	sites, err := s.SitesOfOrders(ctx, orderID)
	if err != nil || len(sites[orderID]) > 0 {
		return sites[orderID], err
	}
	// An older build imported it.
	if err := s.tx(ctx, func(tx *sqlx.Tx) error { return s.updateOrderState(ctx, tx, orderID) }); err != nil {
		return nil, err
	}
	sites, err = s.SitesOfOrders(ctx, orderID)
	return sites[orderID], err
}

// SitesOfOrders lists the sites of several orders, by order.
func (s *Store) SitesOfOrders(ctx context.Context, orderIDs ...int64) (map[int64][]Site, error) {
	if len(orderIDs) == 0 {
		return nil, nil
	}
	rows, err := selectAll[Site](ctx, s.db, `SELECT `+siteColumns+` FROM sites w WHERE w.order_id IN (?) ORDER BY w.id`,
		orderIDs)
	if err != nil {
		return nil, during(err, "listing sites")
	}
	if err := s.fillSites(ctx, rows, orderIDs); err != nil {
		return nil, during(err, "listing sites")
	}
	list := map[int64][]Site{}
	for _, w := range rows {
		list[w.OrderID] = append(list[w.OrderID], w)
	}
	return list, nil
}

// fillSites loads the host names and the open filings of sites.
func (s *Store) fillSites(ctx context.Context, sites []Site, orderIDs []int64) error {
	hosts, err := selectAll[siteHost](ctx, s.db, `SELECT site_id, domain FROM order_domains WHERE order_id IN (?) AND site_id IS NOT NULL
		ORDER BY order_id, position`, orderIDs)
	if err != nil {
		return err
	}
	filings, err := selectAll[Filing](ctx, s.db, filingSelect+`WHERE f.order_id IN (?) AND f.open_site_id IS NOT NULL
		AND `+filingCustomer+` = o.customer_id`, orderIDs)
	if err != nil {
		return err
	}
	assembleSites(sites, hosts, filings)
	return nil
}

// siteHost is a host name of a site.
type siteHost struct {
	SiteID int64  `db:"site_id"`
	Domain string `db:"domain"`
}

// assembleSites gives sites their host names and open filings.
func assembleSites(sites []Site, hosts []siteHost, filings []Filing) {
	byID := map[int64]*Site{}
	for i := range sites {
		byID[sites[i].ID] = &sites[i]
	}
	for _, h := range hosts {
		if w := byID[h.SiteID]; w != nil {
			w.Hosts = append(w.Hosts, h.Domain)
		}
	}
	for i := range filings {
		if w := byID[filings[i].SiteID.Int64]; w != nil {
			w.Filing = &filings[i]
		}
	}
}

// SiteOf returns a site of a customer's order by its domain, or by one of its host names.
func (s *Store) SiteOf(ctx context.Context, customerID int64, number, domain string) (Site, error) {
	o, err := s.OrderOf(ctx, customerID, number)
	if err != nil {
		return Site{}, err
	}
	sites, err := s.SitesOf(ctx, o.ID)
	if err != nil {
		return Site{}, err
	}
	at := slices.IndexFunc(sites, func(w Site) bool { return w.Domain == domain })
	if at < 0 {
		at = slices.IndexFunc(sites, func(w Site) bool { return slices.Contains(w.Hosts, domain) })
	}
	if at < 0 {
		return Site{}, during(ErrNotFound, "site")
	}
	return sites[at], nil
}

// FilingOfSite finds the filing of a site that its order's customer has open or completed.
func (s *Store) FilingOfSite(ctx context.Context, siteID int64) (Filing, error) {
	return s.filing(ctx, `WHERE f.open_site_id = ? AND `+filingCustomer+` = o.customer_id`, siteID)
}

// FilingsOfSite lists the filings of a site of its order's customer, newest first.
func (s *Store) FilingsOfSite(ctx context.Context, siteID int64, limit int) ([]Filing, error) {
	return selectAll[Filing](ctx, s.db, filingSelect+`WHERE f.site_id = ? AND `+filingCustomer+` = o.customer_id
		ORDER BY f.id DESC LIMIT ?`, siteID, limit)
}

// placeHosts gives an order's host names their sites, in the transaction that changed them; was says which site each
// belonged to before. A new registrable domain is a new site, unless an older filing's site has it. A site without host
// names stays if it was ever filed, and goes otherwise. The order's row is locked.
func (s *Store) placeHosts(ctx context.Context, tx *sqlx.Tx, orderID int64, was placedHosts) error {
	hosts, err := selectAll[string](ctx, tx, `SELECT domain FROM order_domains WHERE order_id = ? ORDER BY position`, orderID)
	if err != nil {
		return err
	}
	siteOf := map[string]int64{} // by registrable domain
	for _, host := range was {
		if host.SiteID != 0 {
			siteOf[filing.RegistrableDomain(host.Domain)] = host.SiteID
		}
	}
	sites, err := selectAll[Site](ctx, tx, `SELECT `+siteColumns+` FROM sites w WHERE w.order_id = ? ORDER BY w.id`,
		orderID)
	if err != nil {
		return err
	}
	for _, w := range sites {
		siteOf[w.Domain] = cmp.Or(siteOf[w.Domain], w.ID)
	}
	groups := filing.SitesOf(hosts)
	if len(groups) == 0 && len(sites) == 0 {
		groups = []filing.SiteHosts{{}}
	}
	if err := renameReplaced(ctx, tx, groups, sites, siteOf); err != nil {
		return err
	}
	now := s.utcNow()
	var used []int64
	for _, g := range groups {
		id := siteOf[g.Domain]
		if id == 0 {
			if id, err = s.newSite(ctx, tx, orderID, g.Domain, siteOf[""]); err != nil {
				return err
			}
			siteOf[g.Domain] = id
			delete(siteOf, "")
		}
		used = append(used, id)
		if len(g.Hosts) > 0 {
			if err := exec(ctx, tx, `UPDATE order_domains SET site_id = ? WHERE order_id = ? AND domain IN (?)`, id, orderID,
				g.Hosts); err != nil {
				return err
			}
		}
	}
	if len(groups) == 0 || len(sites) == 0 {
		return nil // an order that lists none keeps its sites
	}
	if err := execAll(ctx, tx,
		fragmentOf(`DELETE n FROM customer_notices n JOIN filings f ON f.id = n.filing_id WHERE f.site_id IN (?)
			AND n.template = ? AND n.notified_at IS NULL`, used, noticeSiteRemoved),
		fragmentOf(`UPDATE sites SET removed_at = NULL WHERE id IN (?) AND removed_at IS NOT NULL`, used),
		fragmentOf(`DELETE w FROM sites w LEFT JOIN filings f ON f.site_id = w.id WHERE w.order_id = ? AND w.id NOT IN (?)
			AND f.id IS NULL AND w.filing_number IS NULL`, orderID, used),
		fragmentOf(`UPDATE sites SET removed_at = ? WHERE order_id = ? AND id NOT IN (?) AND removed_at IS NULL`, now, orderID,
			used)); err != nil {
		return err
	}
	filings, err := selectAll[int64](ctx, tx, `SELECT f.id FROM sites w JOIN filings f ON f.open_site_id = w.id
		WHERE w.order_id = ? AND w.removed_at = ?`, orderID, now)
	for i := 0; err == nil && i < len(filings); i++ {
		err = s.addCustomerNotice(ctx, tx, CustomerNotice{FilingID: filings[i], Template: noticeSiteRemoved})
	}
	return err
}

// renameReplaced gives a site its new domain, if one replaces another and the bureau has nothing of that site: the
// customer, or the provider, has thought again.
func renameReplaced(ctx context.Context, tx *sqlx.Tx, groups []filing.SiteHosts, sites []Site,
	siteOf map[string]int64) error {
	fresh := slices.DeleteFunc(slices.Clone(groups), func(g filing.SiteHosts) bool { return siteOf[g.Domain] != 0 })
	left := slices.DeleteFunc(slices.Clone(sites), func(w Site) bool {
		return w.Domain == "" || w.RemovedAt.Valid ||
			slices.ContainsFunc(groups, func(g filing.SiteHosts) bool { return siteOf[g.Domain] == w.ID })
	})
	if len(fresh) != 1 || len(left) != 1 || left[0].FilingNumber.Valid {
		return nil
	}
	renamed, err := changed(ctx, tx, `UPDATE sites SET domain = ? WHERE id = ? AND NOT EXISTS (SELECT 1 FROM filings f
		JOIN records r ON r.filing_id = f.id WHERE f.site_id = sites.id)`, fresh[0].Domain, left[0].ID)
	if renamed {
		siteOf[fresh[0].Domain] = left[0].ID
	}
	return err
}

// newSite adds a site to an order. One that has had no domain yet gets this one.
func (s *Store) newSite(ctx context.Context, tx *sqlx.Tx, orderID int64, domain string, nameless int64) (int64, error) {
	if nameless != 0 {
		return nameless, exec(ctx, tx, `UPDATE sites SET domain = ? WHERE id = ?`, domain, nameless)
	}
	now := s.utcNow()
	return insert(ctx, tx, `INSERT INTO sites (order_id, domain, created_at, updated_at) VALUES (?, ?, ?, ?)`, orderID, domain,
		now, now)
}

// placedHost is a host name of an order and the site that it belongs to; 0: none yet.
type placedHost struct {
	Domain string `db:"domain"`
	SiteID int64  `db:"site_id"`
}

type placedHosts []placedHost

// hostSites returns which site each of an order's host names belongs to.
func hostSites(ctx context.Context, tx *sqlx.Tx, orderID int64) (placedHosts, error) {
	return selectAll[placedHost](ctx, tx, `SELECT domain, COALESCE(site_id, 0) AS site_id FROM order_domains
		WHERE order_id = ? ORDER BY position`, orderID)
}

// are reports whether these are the host names of a list, all with a site.
func (h placedHosts) are(domains []string) bool {
	return len(h) > 0 && slices.EqualFunc(h, domains,
		func(host placedHost, domain string) bool { return host.SiteID != 0 && host.Domain == domain })
}

// placeOlder gives an order what a build without sites left out: sites for its host names, and its filings' sites. The
// order's row is locked.
func (s *Store) placeOlder(ctx context.Context, tx *sqlx.Tx, orderID int64) error {
	var placed, hosts, filings int
	if err := scan(ctx, tx, "order", fragmentOf(`SELECT (SELECT COUNT(*) FROM sites WHERE order_id = ?),
		(SELECT COUNT(*) FROM order_domains WHERE order_id = ? AND site_id IS NULL),
		(SELECT COUNT(*) FROM filings WHERE order_id = ? AND site_id IS NULL)`, orderID, orderID, orderID), &placed, &hosts,
		&filings); err != nil {
		return err
	}
	if placed == 0 || hosts > 0 {
		was, err := hostSites(ctx, tx, orderID)
		if err == nil {
			err = s.placeHosts(ctx, tx, orderID, was)
		}
		if err != nil {
			return err
		}
	}
	if filings == 0 {
		return nil
	}
	return exec(ctx, tx, `UPDATE filings SET site_id = (SELECT MIN(w.id) FROM sites w WHERE w.order_id = ?)
		WHERE order_id = ? AND site_id IS NULL`, orderID, orderID)
}

// adoptSite gives a filing of an older build its site.
func (s *Store) adoptSite(ctx context.Context, tx *sqlx.Tx, filingID int64) error {
	f, err := lockFiling(ctx, tx, filingID)
	if err != nil || f.SiteID.Valid {
		return err
	}
	if err := exec(ctx, tx, `SELECT id FROM orders WHERE id = ? FOR UPDATE`, f.OrderID); err != nil {
		return err
	}
	return s.placeOlder(ctx, tx, f.OrderID)
}

// firstSite is the oldest site of an order without an open filing, or else the oldest. The order's row is locked.
func (s *Store) firstSite(ctx context.Context, tx *sqlx.Tx, orderID int64) (int64, error) {
	if err := s.placeOlder(ctx, tx, orderID); err != nil {
		return 0, err
	}
	return find[int64](ctx, tx, "site", `SELECT w.id FROM sites w LEFT JOIN filings f ON f.open_site_id = w.id
		WHERE w.order_id = ? ORDER BY f.id IS NOT NULL, w.removed_at IS NOT NULL, w.id LIMIT 1`, orderID)
}

// siteOrFirst is a site of an order, or its first if none is named. The order's row is locked.
func (s *Store) siteOrFirst(ctx context.Context, tx *sqlx.Tx, orderID, siteID int64) (int64, error) {
	if siteID == 0 {
		return s.firstSite(ctx, tx, orderID)
	}
	return find[int64](ctx, tx, "site", `SELECT id FROM sites WHERE id = ? AND order_id = ?`, siteID, orderID)
}

// setNumber writes what a bureau issued to a filing's site, or removes it.
func (s *Store) setNumber(ctx context.Context, tx *sqlx.Tx, filingID int64, set fragment) error {
	set = set.also(`w.updated_at = ?`, s.utcNow())
	return exec(ctx, tx, `UPDATE sites w JOIN filings f ON f.site_id = w.id SET `+set.sql+` WHERE f.id = ?`,
		set.with(filingID)...)
}

// byOrder groups open filings by their order; the first of each stands for it.
func byOrder(filings []Filing) map[int64]Filing {
	leads := map[int64]Filing{}
	for _, f := range slices.Backward(filings) {
		if lead, found := leads[f.OrderID]; !found || f.State().Precedence() <= lead.State().Precedence() {
			leads[f.OrderID] = f
		}
	}
	return leads
}
