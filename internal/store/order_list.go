package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/beian/beian/internal/filing"
)

// Limits on a search's cost, however many orders there are.
const (
	// maxOrdersFound limits how many orders a search by number or domain reads.
	maxOrdersFound = 500
	// maxProducts limits how many of a customer's products are searched, and maxProductsFound how many may match.
	maxProducts      = 200
	maxProductsFound = 20
)

// OrderFilter selects a customer's orders; zero fields match everything.
type OrderFilter struct {
	// Text is a prefix of an order's number, or a domain.
	Text string
	// State is the state of the order's filing, Stage its stage; at most one of them may be set.
	State filing.OrderState
	Stage filing.Stage
	// Product is a part of the product's name.
	Product string
}

// OrderRow is an order with its filing's data for the list.
type OrderRow struct {
	Order
	// Sites is how many an order has that has several, Numbers how many of them have a number: the row shows the first.
	Sites   int `db:"-"`
	Numbers int `db:"-"`
	// FilingID to StuckStep are of the open filing that stands for the order; null: none is open or completed.
	FilingID  sql.NullInt64  `db:"-"`
	Kind      sql.NullString `db:"-"`
	Stage     sql.NullString `db:"-"`
	Attention sql.NullString `db:"-"`
	StuckStep sql.NullString `db:"-"`
	State     string         `db:"filing_state"`
	// Ended is the final stage of the order's last filing, if none is open.
	Ended filing.Stage `db:"-"`
}

// statusFilter is the column that narrows orders, the values to match, and the indexes that start with it.
type statusFilter struct {
	column                string
	values                []string
	list, product, search string
	narrowed              bool
}

// statusFilter filters by stage, by state, or by every state, so that an index always serves the list in order.
func (f OrderFilter) statusFilter() statusFilter {
	if f.Stage != "" {
		return statusFilter{"filing_stage", []string{string(f.Stage)}, "orders_stage", "orders_product_stage",
			"orders_search_stage", true}
	}
	by := statusFilter{"filing_state", []string{string(f.State)}, "orders_state", "orders_product", "orders_search",
		f.State != ""}
	if !by.narrowed {
		by.values = nil
		for _, state := range filing.OrderStates {
			by.values = append(by.values, string(state))
		}
	}
	return by
}

// OrderPage is a page of orders.
type OrderPage struct {
	Rows []OrderRow
	// Cut: the search matched more than its limit, so the user should enter more of the number or product name.
	Cut bool
}

// OrdersOf lists a customer's orders, newest first, at most limit after a cursor. It pages by key and an index serves
// each filter in order, so that no page's cost depends on the number of orders.
func (s *Store) OrdersOf(ctx context.Context, customerID int64, filter OrderFilter, after Cursor,
	limit int) (page OrderPage, err error) {
	q := orderQuery{customer: customerID, standing: filter.statusFilter(), after: after, limit: limit}
	if filter.Product != "" {
		if q.products, page.Cut, err = s.productsLike(ctx, customerID, filter.Product); err != nil || len(q.products) == 0 {
			return page, err
		}
	}
	if filter.Text != "" {
		var cut bool
		if q.ids, cut, err = s.find(ctx, customerID, filter.Text, q.standing); err != nil || len(q.ids) == 0 {
			return page, err
		}
		page.Cut = page.Cut || cut
	}
	query, args := q.sql()
	if page.Rows, err = selectAll[OrderRow](ctx, s.db, query, args...); err != nil {
		return page, fmt.Errorf("listing orders: %w", err)
	}
	if len(page.Rows) == 0 {
		return page, nil
	}
	ids, byID := make([]int64, len(page.Rows)), make(map[int64]*OrderRow, len(page.Rows))
	for i := range page.Rows {
		ids[i] = page.Rows[i].ID
		byID[ids[i]] = &page.Rows[i]
	}
	var filings []listedFiling
	var values []listValue
	var all errgroup.Group
	all.Go(func() (err error) { filings, err = s.listedFilings(ctx, customerID, ids); return err })
	all.Go(func() (err error) {
		values, err = s.listValues(ctx, `?`, ids)
		return err
	})
	if err := all.Wait(); err != nil {
		return page, err
	}
	for _, v := range values {
		if row := byID[v.OrderID]; row != nil { // else the order was made between the questions
			v.addTo(&row.Order)
		}
	}
	fillFilings(page.Rows, customerID, filings)
	return page, s.countSites(ctx, byID, values, filings)
}

// listedFiling is what the list of orders shows of a filing, which may be the order's earlier customer's. An open one
// has the order or the site that it is open for.
type listedFiling struct {
	Filing
	Open     bool          `db:"is_open"`
	OpenSite sql.NullInt64 `db:"open_site_id"`
}

// listedFilings reads the filings of a page's orders, oldest first. A list is asked for more often than anything else:
// one question is cheaper than one for open and one for ended filings.
func (s *Store) listedFilings(ctx context.Context, customerID int64, orderIDs []int64) ([]listedFiling, error) {
	list, err := selectAll[listedFiling](ctx, s.db, `SELECT f.id, f.order_id, COALESCE(f.customer_id, ?) AS customer_id,
			f.kind, f.stage, f.attention, f.stuck_step, f.seq, f.carrier_id, f.awaits_holder, f.start_due,
			f.open_order_id IS NOT NULL AS is_open, f.open_site_id
		FROM filings f WHERE f.order_id IN (?)`, customerID, orderIDs)
	slices.SortFunc(list, func(a, b listedFiling) int { return cmp.Compare(a.ID, b.ID) })
	return list, during(err, "listing filings")
}

// fillFilings sets what a page's rows show of their customer's filings.
func fillFilings(rows []OrderRow, customerID int64, filings []listedFiling) {
	var open []Filing
	ended := map[int64]filing.Stage{}
	for _, f := range filings {
		switch {
		case f.CustomerID != customerID:
		case f.Open:
			open = append(open, f.Filing)
		default:
			ended[f.OrderID] = f.Stage // the last one wins
		}
	}
	leads := byOrder(open)
	for i := range rows {
		f, found := leads[rows[i].ID]
		if !found {
			rows[i].Ended = ended[rows[i].ID]
			continue
		}
		text := func(t string) sql.NullString { return sql.NullString{String: t, Valid: true} }
		rows[i].FilingID = sql.NullInt64{Int64: f.ID, Valid: true}
		rows[i].Kind, rows[i].Stage, rows[i].Attention, rows[i].StuckStep = text(string(f.Kind)), text(string(f.Stage)),
			text(string(f.Attention)), text(f.StuckStep)
	}
}

// countSites sets how many sites that are Listed the orders have that have several, and how many of those have a
// number. Most have a single one, which their host names and filings tell.
func (s *Store) countSites(ctx context.Context, byID map[int64]*OrderRow, values []listValue,
	filings []listedFiling) error {
	known, open := map[int64]map[int64]bool{}, map[int64]bool{}
	for id := range byID {
		known[id] = map[int64]bool{}
	}
	see := func(orderID, siteID int64) {
		if known[orderID] != nil && siteID != 0 {
			known[orderID][siteID] = true
		}
	}
	for _, v := range values {
		see(v.OrderID, v.SiteID)
	}
	for _, f := range filings {
		see(f.OrderID, f.OpenSite.Int64)
		open[f.OpenSite.Int64] = f.OpenSite.Valid
	}
	maps.DeleteFunc(known, func(_ int64, sites map[int64]bool) bool { return len(sites) == 1 })
	if len(known) == 0 {
		return nil
	}
	sites, err := selectAll[struct {
		ID       int64 `db:"id"`
		OrderID  int64 `db:"order_id"`
		Removed  bool  `db:"removed"`
		Numbered bool  `db:"numbered"`
	}](ctx, s.db, `SELECT id, order_id, removed_at IS NOT NULL AS removed, filing_number IS NOT NULL AS numbered
		FROM sites WHERE order_id IN (?)`, slices.Sorted(maps.Keys(known)))
	for _, w := range sites {
		row := byID[w.OrderID]
		if w.Removed && !open[w.ID] {
			continue
		}
		row.Sites++
		if w.Numbered {
			row.Numbers++
		}
	}
	return during(err, "counting sites")
}

// orderQuery builds the list's query: the first rows after the cursor of each index range, merged and limited again.
type orderQuery struct {
	customer int64
	standing statusFilter
	products []string
	ids      []int64
	after    Cursor
	limit    int
}

func (q orderQuery) sql() (string, []any) {
	after := q.after
	if after.CreatedAt.IsZero() {
		after = Cursor{CreatedAt: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
	}
	var parts []string
	var args []any
	// The index is forced: an optimizer that expects to find rows early walks the list's own index, which is slow for a
	// rare state.
	part := func(index string, where fragment) {
		parts = append(parts, `SELECT o.id, o.created_at FROM orders o FORCE INDEX (`+index+`) WHERE `+where.sql+
			` AND o.created_at <= ? AND (o.created_at < ? OR o.id < ?) ORDER BY o.created_at DESC, o.id DESC LIMIT ?`)
		args = append(append(args, where.args...), after.CreatedAt, after.CreatedAt, after.ID, q.limit)
	}
	by := q.standing
	is := `o.` + by.column + ` = ?`
	mine := fragmentOf(`o.customer_id = ?`, q.customer)
	switch {
	case len(q.ids) > 0: // few rows, so all other conditions are checked in them
		where := mine.and(`o.id IN (?)`, q.ids)
		if len(q.products) > 0 {
			where = where.and(`o.product IN (?)`, q.products)
		}
		if by.narrowed {
			where = where.and(is, by.values[0])
		}
		part(`PRIMARY`, where)
	case len(q.products) > 0:
		for _, product := range q.products {
			for _, value := range by.values {
				part(by.product, mine.and(`o.product = ?`, product).and(is, value))
			}
		}
	case by.narrowed:
		part(by.list, mine.and(is, by.values[0]))
	default:
		part(`orders_customer`, mine)
	}
	if len(parts) == 1 {
		return strings.Replace(parts[0], `o.id, o.created_at`, orderColumns+`, o.filing_state`, 1), args
	}
	ranges := `(` + strings.Join(parts, `) UNION ALL (`) + `)`
	return `SELECT ` + orderColumns + `, o.filing_state
		FROM (SELECT id, created_at FROM (` + ranges + `) parts ORDER BY created_at DESC, id DESC LIMIT ?) page
			STRAIGHT_JOIN orders o ON o.id = page.id
		ORDER BY o.created_at DESC, o.id DESC`, append(args, q.limit)
}

// productsLike returns the customer's products whose names contain a text. It skips through the index, one look-up per
// name, because neither MySQL's nor MariaDB's DISTINCT does that reliably.
func (s *Store) productsLike(ctx context.Context, customerID int64,
	text string) (products []string, cut bool, err error) {
	text = strings.ToLower(strings.TrimSpace(text))
	name, looked := "", 0
	for ; looked < maxProducts; looked++ {
		var found bool
		if name, found, err = getOptional[string](ctx, s.db, `SELECT product FROM orders FORCE INDEX (orders_product)
			WHERE customer_id = ? AND product > ? ORDER BY product LIMIT 1`, customerID, name); err != nil {
			return nil, false, fmt.Errorf("searching products: %w", err)
		}
		if !found {
			break
		}
		if strings.Contains(strings.ToLower(name), text) {
			products = append(products, name)
		}
	}
	cut = looked == maxProducts || len(products) > maxProductsFound
	return products[:min(len(products), maxProductsFound)], cut, nil
}

// find looks up orders by a prefix of their number, highest numbers of each state first, and by domain.
func (s *Store) find(ctx context.Context, customerID int64, text string,
	by statusFilter) (ids []int64, cut bool, err error) {
	text = strings.TrimSpace(text)
	for _, value := range by.values {
		some, err := selectAll[int64](ctx, s.db, `SELECT id FROM orders FORCE INDEX (`+by.search+`) WHERE customer_id = ?
			AND `+by.column+` = ? AND number LIKE ? ORDER BY number DESC LIMIT ?`,
			customerID, value, prefixPattern(text), maxOrdersFound+1)
		if err != nil {
			return nil, false, fmt.Errorf("searching orders by number: %w", err)
		}
		ids = append(ids, some...)
	}
	if domains := filing.SearchedDomains(text); len(domains) > 0 {
		some, err := selectAll[int64](ctx, s.db, `
			SELECT DISTINCT o.id FROM order_domains d STRAIGHT_JOIN orders o ON o.id = d.order_id
			WHERE d.domain IN (?) AND o.customer_id = ? AND o.`+by.column+` IN (?) LIMIT ?`,
			domains, customerID, by.values, maxOrdersFound+1)
		if err != nil {
			return nil, false, fmt.Errorf("searching orders by domain: %w", err)
		}
		ids = append(ids, some...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids[max(0, len(ids)-maxOrdersFound):], len(ids) > maxOrdersFound, nil // the newest
}

// prefixPattern is a LIKE pattern for texts with a prefix.
func prefixPattern(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}
