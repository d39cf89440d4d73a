package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// many makes 2^doublings orders for each of two customers: one in a thousand is another product, one in 997 is filed.
// The states are set as if filings existed; the other customer's rows are alike.
func many(tb testing.TB, s *store.Store, doublings int) (mine, other int64) {
	tb.Helper()
	ctx := tb.Context()
	var err error
	mine, err = s.EnsureUser(ctx, store.RoleCustomer, "mine", "")
	require.NoError(tb, err)
	other, err = s.EnsureUser(ctx, store.RoleCustomer, "other", "")
	require.NoError(tb, err)
	exec := func(query string, args ...any) {
		_, err := s.DB().ExecContext(ctx, query, args...)
		require.NoError(tb, err)
	}
	exec(`CREATE TABLE seq (n INT NOT NULL PRIMARY KEY)`)
	exec(`INSERT INTO seq VALUES (0)`)
	for i := range doublings {
		exec(`INSERT INTO seq SELECT n + ? FROM seq`, 1<<i)
	}
	for letter, customer := range map[string]int64{"M": mine, "X": other} {
		exec(`INSERT INTO orders (number, customer_id, product, created_at, updated_at)
			SELECT CONCAT(?, LPAD(n, 8, '0')), ?, IF(n % 1000 = 7, '云服务器 Rare', CONCAT('虚拟主机 ', n % 5)),
			'2026-01-01' + INTERVAL n SECOND, '2026-01-01' FROM seq`, letter, customer)
		exec(`INSERT INTO order_domains (order_id, position, domain) SELECT o.id, 0, LOWER(CONCAT(o.number, '.example.com'))
			FROM orders o WHERE o.customer_id = ?`, customer)
	}
	exec(`INSERT INTO filings (order_id, stage, stage_since, created_at) SELECT id, 'filed', '2026-01-01', '2026-01-01'
		FROM orders WHERE id % 997 = 5`)
	exec(`DROP TABLE seq`)
	exec(`UPDATE orders o JOIN filings f ON f.open_order_id = o.id SET o.filing_state = 'filed', o.filing_stage = 'filed'`)
	exec(`ANALYZE TABLE orders, order_domains, filings`)
	return mine, other
}

// filters are the possible filters of the list, with whether they must find something.
var filters = []struct {
	name   string
	filter store.OrderFilter
	finds  bool
}{
	{"all", store.OrderFilter{}, true},
	{"none", store.OrderFilter{State: filing.OrderNone}, true},
	{"filed", store.OrderFilter{State: filing.OrderFiled}, true},
	{"yours", store.OrderFilter{State: filing.OrderYours}, false},
	{"stage-filed", store.OrderFilter{Stage: filing.Filed}, true},
	{"stage-rare", store.OrderFilter{Stage: filing.Reviewing}, false},
	{"product-stage", store.OrderFilter{Product: "虚拟", Stage: filing.Filed}, true},
	{"number-broad-stage", store.OrderFilter{Text: "M", Stage: filing.Filed}, true},
	{"product", store.OrderFilter{Product: "rare"}, true},
	{"product-common", store.OrderFilter{Product: "虚拟"}, true},
	{"product-filed", store.OrderFilter{Product: "虚拟", State: filing.OrderFiled}, true},
	{"number", store.OrderFilter{Text: "M00000042"}, true},
	{"number-broad", store.OrderFilter{Text: "M"}, true},
	{"number-broad-filed", store.OrderFilter{Text: "M", State: filing.OrderFiled}, true},
	{"number-others", store.OrderFilter{Text: "X"}, false},
	{"domain", store.OrderFilter{Text: "www.m00000042.example.com"}, true},
	{"domain-others", store.OrderFilter{Text: "x00000042.example.com"}, false},
}

func TestFiltersFindWhatTheySay(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, err := s.ImportOrder(ctx,
		store.OrderImport{Number: "other", Customer: "other", Product: "虚拟主机", Domains: []string{"example.com"}})
	require.NoError(t, err)
	for i, o := range []store.OrderImport{
		{Number: "D_1", Product: "虚拟主机 标准型", Domains: []string{"www.example.com"}},
		{Number: "DX2", Product: "虚拟主机 经济型", Domains: []string{"*.example.com", "example.net"}},
		{Number: "D_3", Product: "云服务器", Domains: []string{"xn--fsq092h.xn--fiqs8s"}},
	} {
		o.Customer = "demo"
		at := time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC)
		s.SetClock(func() time.Time { return at })
		_, err := s.ImportOrder(ctx, o)
		require.NoError(t, err)
	}
	s.SetClock(time.Now)
	user, err := s.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	numbers := func(f store.OrderFilter) string {
		page, err := s.OrdersOf(ctx, user.ID, f, store.Cursor{}, 10)
		require.NoError(t, err)
		var list []string
		for _, r := range page.Rows {
			list = append(list, r.Number)
		}
		return strings.Join(list, " ")
	}
	require.Equal(t, "D_3 DX2 D_1", numbers(store.OrderFilter{}), "newest first, only the customer's own")
	require.Equal(t, "D_3 D_1", numbers(store.OrderFilter{Text: " D_ "}), "an underscore is itself")
	require.Equal(t, "", numbers(store.OrderFilter{Text: "_"}))
	require.Equal(t, "D_3", numbers(store.OrderFilter{Text: "示例。中国"}), "as it is typed")
	require.Equal(t, "D_3", numbers(store.OrderFilter{Text: "www.示例.中国"}), "below what is listed")
	require.Equal(t, "DX2 D_1", numbers(store.OrderFilter{Text: "www.example.com"}), "itself, and a matching wildcard")
	require.Equal(t, "DX2 D_1", numbers(store.OrderFilter{Text: "EXAMPLE.com"}), "its www host")
	require.Equal(t, "DX2", numbers(store.OrderFilter{Text: "shop.example.net"}))
	require.Equal(t, "DX2 D_1", numbers(store.OrderFilter{Product: "虚拟"}))
	require.Equal(t, "D_1", numbers(store.OrderFilter{Product: "标准", Text: "example.com"}), "filters add up")
	require.Equal(t, "", numbers(store.OrderFilter{Product: "100%"}))

	order, err := s.OrderOf(ctx, user.ID, "DX2")
	require.NoError(t, err)
	f, err := s.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	// An older filing's site has both domains.
	for _, statement := range []string{`UPDATE order_domains SET site_id = ? WHERE order_id = ?`,
		`DELETE FROM sites WHERE id <> ? AND order_id = ?`} {
		_, err := s.DB().ExecContext(ctx, statement, f.SiteID, order.ID)
		require.NoError(t, err)
	}
	states := map[filing.Stage]filing.OrderState{
		filing.Contact: filing.OrderYours, filing.Reviewing: filing.OrderUnderWay, filing.Correcting: filing.OrderYours,
		filing.Submitting: filing.OrderUnderWay, filing.Filed: filing.OrderFiled, filing.Withdrawn: filing.OrderNone,
	}
	require.Equal(t, "DX2", numbers(store.OrderFilter{State: filing.OrderYours}), "a new filing waits for the customer")
	seq := int64(1)
	attention := filing.AttentionSMSVerification
	for stage, state := range states {
		if stage == filing.Withdrawn {
			continue
		}
		require.NoError(t, s.Advance(ctx,
			store.Progress{FilingID: f.ID, Seq: seq, Stage: stage, Attention: new(filing.Attention), EventKind: "k"}))
		require.Contains(t, numbers(store.OrderFilter{State: state}), "DX2", stage)
		require.Equal(t, "DX2", numbers(store.OrderFilter{Stage: stage}), "by the stage itself")
		require.Equal(t, "DX2", numbers(store.OrderFilter{Stage: stage, Text: "example.net", Product: "虚拟"}),
			"with what else is asked")
		require.Empty(t, numbers(store.OrderFilter{Stage: stage, Text: "D_"}))
		for _, other := range filing.OrderStates {
			if other != state {
				require.NotContains(t, numbers(store.OrderFilter{State: other}), "DX2", "%s in %s", stage, other)
			}
		}
		if state == filing.OrderUnderWay {
			require.NoError(t,
				s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: seq + 1, Attention: &attention, EventKind: "k"}))
			require.Contains(t, numbers(store.OrderFilter{State: filing.OrderYours}), "DX2",
				"what must be looked at is the customer's")
		}
		seq += 2
	}
	require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: seq, Stage: filing.Withdrawn, EventKind: "k"}))
	require.Contains(t, numbers(store.OrderFilter{State: filing.OrderNone}), "DX2")
}

func TestPagesFollowEachOtherUnderEachFilter(t *testing.T) {
	s := testdb.New(t)
	mine, _ := many(t, s, 11)
	for _, f := range filters {
		seen := map[string]bool{}
		var after store.Cursor
		last := ""
		for {
			page, err := s.OrdersOf(t.Context(), mine, f.filter, after, 100)
			require.NoError(t, err)
			for _, r := range page.Rows {
				require.False(t, seen[r.Number], "%s: %s twice", f.name, r.Number)
				require.True(t, last == "" || r.Number < last, "%s: newest first", f.name)
				require.Equal(t, mine, r.CustomerID, f.name)
				seen[r.Number], last = true, r.Number
				after = store.Cursor{CreatedAt: r.CreatedAt, ID: r.ID}
			}
			if len(page.Rows) < 100 {
				break
			}
		}
		require.Equal(t, f.finds, len(seen) > 0, f.name)
		if f.name == "all" {
			require.Len(t, seen, 1<<11)
		}
		if f.name == "product-common" {
			require.Len(t, seen, 1<<11-3, "all but the rare ones")
		}
	}
}

// rowsRead is how many rows and index entries the session has requested from the storage engine.
func rowsRead(t *testing.T, c *sql.Conn) (n int) {
	t.Helper()
	rows, err := c.QueryContext(t.Context(), `SHOW SESSION STATUS LIKE 'Handler_read%'`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var name string
		var value int
		require.NoError(t, rows.Scan(&name, &value))
		n += value
	}
	require.NoError(t, rows.Err())
	return n
}

// readRows is how many rows the database read during do.
func readRows(t *testing.T, s *store.Store, do func()) int {
	t.Helper()
	s.DB().SetMaxOpenConns(1) // the count is per connection
	count := func() int {
		c, err := s.DB().Conn(t.Context())
		require.NoError(t, err)
		defer c.Close()
		return rowsRead(t, c)
	}
	before := count()
	do()
	return count() - before
}

// The rows that a filter reads grow neither with the customer's orders nor with those of others: of 65,536 each it
// reads at most a few thousand, and EXPLAIN shows an index that starts with the customer for each table of orders.
func TestNoFilterReadsAllOrders(t *testing.T) {
	s := testdb.New(t)
	mine, _ := many(t, s, 16)
	deep := store.Cursor{CreatedAt: time.Date(2026, 1, 1, 2, 0, 0, 0, time.UTC), ID: 1 << 62}
	for _, f := range filters {
		for _, after := range []store.Cursor{{}, deep} {
			read := readRows(t, s, func() {
				_, err := s.OrdersOf(t.Context(), mine, f.filter, after, 51)
				require.NoError(t, err)
			})
			require.Less(t, read, 5000, "%s after %v", f.name, after)
		}
	}
	for name, q := range map[string]struct {
		filter   store.OrderFilter
		products []string
		ids      []int64
		key      string
	}{
		"orders_stage":         {filter: store.OrderFilter{Stage: filing.Filed}},
		"orders_product_stage": {filter: store.OrderFilter{Stage: filing.Filed}, products: []string{"虚拟主机 1"}},
		"orders_customer":      {}, "orders_state": {filter: store.OrderFilter{State: filing.OrderFiled}},
		"orders_product": {products: []string{"虚拟主机 1", "虚拟主机 2"}},
		"PRIMARY":        {ids: []int64{1, 2, 3}, products: []string{"虚拟主机 1"}},
	} {
		query, args := store.OrderListSQL(mine, q.filter, q.products, q.ids, deep, 51)
		plan := explain(t.Context(), t, s.DB(), query, args)
		require.NotEmpty(t, plan, name)
		for _, step := range plan {
			if step["table"] != "o" {
				continue
			}
			require.Contains(t, []string{"range", "ref", "eq_ref", "const"}, step["type"], "%s: %v", name, step)
			if step["select_type"] != "PRIMARY" { // the outer one looks up the page's rows
				require.Equal(t, name, step["key"], "%v", step)
				rows, err := strconv.Atoi(step["rows"])
				require.NoError(t, err)
				require.Less(t, rows, 1<<16, "no more than the customer's own, less what lies before the cursor: %v", step)
				if name != "PRIMARY" {
					require.NotContains(t, step["Extra"], "filesort", "%s: %v", name, step)
				}
			}
		}
	}
}

func explain(ctx context.Context, t *testing.T, db *sql.DB, query string, args []any) (plan []map[string]string) {
	t.Helper()
	rows, err := db.QueryContext(ctx, `EXPLAIN `+query, args...)
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		require.NoError(t, rows.Scan(into...))
		step := map[string]string{}
		for i, name := range columns {
			step[name] = values[i].String
		}
		plan = append(plan, step)
	}
	require.NoError(t, rows.Err())
	return plan
}

// BenchmarkOrders times each filter's first page and one deep in the list, over 1,048,576 orders of one customer and as
// many of another; "x-first" is the ratio to the unfiltered first page in this run.
func BenchmarkOrders(b *testing.B) {
	s := testdb.New(b)
	mine, _ := many(b, s, 20)
	deep := store.Cursor{CreatedAt: time.Date(2026, 1, 4, 12, 0, 0, 0, time.UTC), ID: 1 << 62}
	var first float64
	for _, f := range filters {
		for place, after := range map[string]store.Cursor{"first": {}, "deep": deep} {
			b.Run(fmt.Sprintf("%s/%s", f.name, place), func(b *testing.B) {
				for b.Loop() {
					_, err := s.OrdersOf(b.Context(), mine, f.filter, after, 51)
					require.NoError(b, err)
				}
				took := float64(b.Elapsed()) / float64(b.N)
				if first == 0 {
					first = took
				}
				b.ReportMetric(took/first, "x-first")
			})
		}
	}
}

// An order's row says how its last filing ended, until there is another one.
func TestRowsSayHowTheLastFilingEnded(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	order, f := opened(t, s, "D1", "demo")
	opened(t, s, "D2", "demo")
	row := func() store.OrderRow {
		page, err := s.OrdersOf(ctx, order.CustomerID, store.OrderFilter{Text: "D1"}, store.Cursor{}, 10)
		require.NoError(t, err)
		require.Len(t, page.Rows, 1)
		require.Equal(t, order.Domains, page.Rows[0].Domains)
		require.Equal(t, order.IPs, page.Rows[0].IPs)
		return page.Rows[0]
	}
	require.Empty(t, row().Ended)
	advanceTo(t, s, f.ID, 1, filing.Withdrawn)
	require.Equal(t, filing.Withdrawn, row().Ended)
	require.False(t, row().FilingID.Valid)
	again, err := s.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	require.Empty(t, row().Ended)
	advanceTo(t, s, again.ID, 1, filing.Deregistered)
	require.Equal(t, filing.Deregistered, row().Ended, "the last one")
}

// The list counts the sites of an order that has several: those with host names, and a removed one as long as its
// filing is open.
func TestListCountsSeveralSites(t *testing.T) {
	g := newGroup(t, 3)
	ctx := t.Context()
	row := func() store.OrderRow {
		page, err := g.s.OrdersOf(ctx, g.order.CustomerID, store.OrderFilter{}, store.Cursor{}, 10)
		require.NoError(t, err)
		require.Len(t, page.Rows, 2, "with an order that has a single site")
		require.LessOrEqual(t, page.Rows[0].Sites, 1)
		return page.Rows[1]
	}
	_, err := g.s.ImportOrder(ctx, store.OrderImport{Number: "D2", Customer: "demo", Product: "p", Domains: domains(1)})
	require.NoError(t, err)
	require.Equal(t, 3, row().Sites)
	require.Zero(t, row().Numbers)
	require.Equal(t, domains(3), row().Domains)
	_, err = g.s.DB().ExecContext(ctx, `UPDATE sites SET filing_number = 'n' WHERE id IN (?, ?)`, g.sites[0].ID, g.sites[2].ID)
	require.NoError(t, err)
	require.Equal(t, 2, row().Numbers)
	_, err = g.s.ImportOrder(ctx, store.OrderImport{Number: "D1", Domains: domains(1)})
	require.NoError(t, err)
	require.Equal(t, 3, row().Sites, "the filings of the removed ones are still open")
	_, err = g.s.DB().ExecContext(ctx, `UPDATE filings SET stage = 'withdrawn' WHERE id = ?`, g.filings[2].ID)
	require.NoError(t, err)
	require.Equal(t, 2, row().Sites)
	require.Equal(t, 1, row().Numbers)
}
