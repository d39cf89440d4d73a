package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// placed makes an order's filing after some steps.
func placed(t *testing.T, s *store.Store, number, customer, domain string, steps ...store.Progress) store.Filing {
	t.Helper()
	ctx := t.Context()
	_, err := s.ImportOrder(ctx,
		store.OrderImport{Number: number, Customer: customer, Product: "p", Domains: []string{domain}})
	require.NoError(t, err)
	user, err := s.UserByLogin(ctx, customer)
	require.NoError(t, err)
	order, err := s.OrderOf(ctx, user.ID, number)
	require.NoError(t, err)
	f, err := s.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	for i, p := range steps {
		p.FilingID, p.Seq, p.Actor = f.ID, int64(i+1), "test"
		if p.EventKind == "" {
			p.EventKind = "step"
		}
		require.NoError(t, s.Advance(ctx, p))
	}
	f, err = s.Filing(ctx, f.ID)
	require.NoError(t, err)
	return f
}

func othersStuck(step, reason string) store.Progress {
	yes := true
	return store.Progress{Stuck: &yes, StuckStep: step, StuckReason: reason, EventKind: "stuck"}
}

func found(t *testing.T, s *store.Store, f store.FilingSearch) (orders []string) {
	t.Helper()
	orders = []string{}
	require.NoError(t, s.EachFiling(t.Context(), f, func(r store.FoundFiling) error {
		orders = append(orders, r.OrderNumber)
		return nil
	}))
	return orders
}

// Staff find filings by every criterion.
func TestFilingsAreFound(t *testing.T) {
	s := testdb.New(t)
	ctx := t.Context()
	now := time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)
	s.SetClock(func() time.Time { return now })
	preparing := store.Progress{Stage: filing.Preparing}
	one := placed(t, s, "A1", "wang", "a.example.com", preparing)
	_, err := s.SaveDossier(ctx, one.ID, filingtest.Dossier())
	require.NoError(t, err)
	now = now.Add(24 * time.Hour)
	placed(t, s, "A2", "wang", "b.example.com", store.Progress{Stage: filing.Verifying},
		othersStuck("send_sms", "operator"))
	now = now.Add(24 * time.Hour)
	b1 := placed(t, s, "B1", "li", "c.example.com", store.Progress{Stage: filing.Verifying},
		othersStuck("send_sms", "operator"))
	placed(t, s, "B2", "li", "d.example.com", store.Progress{Stage: filing.Installing},
		othersStuck("check_site", "internal"))

	holder, err := s.PersonHashes("  " + filingtest.Dossier().Holder.Name)
	require.NoError(t, err)
	document, err := s.PersonHashes(filingtest.Dossier().Holder.DocumentNumber)
	require.NoError(t, err)
	nobody, err := s.PersonHashes("nobody")
	require.NoError(t, err)
	_, err = s.RegisterContact(ctx, b1.CustomerID, b1.ID,
		filing.ContactDetails{UserName: "zhang", Mobile: "13900000001", Email: "Zhang@example.com"}, "hash")
	require.NoError(t, err)
	mobile, email := "13900000002", "wang@example.com"
	_, err = s.ImportOrder(ctx, store.OrderImport{Number: "A1", Customer: "wang", Product: "p",
		Domains: []string{"a.example.com"}, Mobile: &mobile, Email: &email})
	require.NoError(t, err)
	person := func(typed string) store.PersonHashes {
		h, err := s.PersonHashes(typed)
		require.NoError(t, err)
		return h
	}
	for name, c := range map[string]struct {
		search store.FilingSearch
		want   []string
	}{
		"all, newest first":   {store.FilingSearch{}, []string{"B2", "B1", "A2", "A1"}},
		"order":               {store.FilingSearch{Order: "A2"}, []string{"A2"}},
		"orders by beginning": {store.FilingSearch{Order: "A"}, []string{"A2", "A1"}},
		"no such order":       {store.FilingSearch{Order: "1"}, []string{}},
		"no pattern":          {store.FilingSearch{Order: "_1"}, []string{}},
		"customers":           {store.FilingSearch{Customer: "wa"}, []string{"A2", "A1"}},
		"no such customer":    {store.FilingSearch{Customer: "ang"}, []string{}},
		"contact's mobile":    {store.FilingSearch{Holder: person("+86 139-0000-0001")}, []string{"B1"}},
		"contact's mail":      {store.FilingSearch{Holder: person("Zhang@EXAMPLE.com")}, []string{"B1"}},
		"account's mobile":    {store.FilingSearch{Holder: person("13900000002")}, []string{"A2", "A1"}},
		"account's mail":      {store.FilingSearch{Holder: person("wang@example.com")}, []string{"A2", "A1"}},
		"customer":            {store.FilingSearch{Customer: "wang"}, []string{"A2", "A1"}},
		"domain":              {store.FilingSearch{Domain: "c.example.com"}, []string{"B1"}},
		"domain of another":   {store.FilingSearch{Domain: "c.example.com", Customer: "wang"}, []string{}},
		"holder's name":       {store.FilingSearch{Holder: holder}, []string{"A1"}},
		"holder's document":   {store.FilingSearch{Holder: document}, []string{"A1"}},
		"nobody":              {store.FilingSearch{Holder: nobody}, []string{}},
		"province":            {store.FilingSearch{Province: filingtest.Dossier().Bureau()}, []string{"A1"}},
		"stage":               {store.FilingSearch{Stage: filing.Verifying}, []string{"B1", "A2"}},
		"stuck, oldest first": {store.FilingSearch{Stuck: true}, []string{"A2", "B1", "B2"}},
		"cause":               {store.FilingSearch{Step: "send_sms", Reason: "operator"}, []string{"A2", "B1"}},
		"reason":              {store.FilingSearch{Reason: "internal"}, []string{"B2"}},
		"cause and stage":     {store.FilingSearch{Step: "send_sms", Stage: filing.Installing}, []string{}},
		"cause of a customer": {store.FilingSearch{Step: "send_sms", Customer: "li"}, []string{"B1"}},
		"age":                 {store.FilingSearch{Before: now.Add(-24 * time.Hour)}, []string{"A1", "A2"}},
		"age and stage": {store.FilingSearch{Before: now.Add(-24 * time.Hour), Stage: filing.Verifying},
			[]string{"A2"}},
	} {
		require.Equal(t, c.want, found(t, s, c.search), name)
	}
	// Page by page, in both orders.
	for _, f := range []store.FilingSearch{{}, {Stuck: true}, {Before: now}} {
		var paged []string
		var after store.Cursor
		for {
			page, err := s.SearchFilings(ctx, f, after, 1)
			require.NoError(t, err)
			if len(page.Rows) == 0 {
				break
			}
			paged, after = append(paged, page.Rows[0].OrderNumber), page.Rows[0].Cursor()
		}
		require.Equal(t, found(t, s, f), paged)
	}
	dump, err := s.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, filingtest.Dossier().Holder.Name)
}

// An order without a filing is found by what its customer quotes, but not where the search asks for more.
func TestOrdersWithoutAFilingAreFound(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	mobile := "13900000002"
	for _, number := range []string{"N1", "N2"} {
		_, err := s.ImportOrder(ctx, store.OrderImport{Number: number, Customer: "wang", Product: "p",
			Domains: []string{"a.example.com"}, Mobile: &mobile})
		require.NoError(t, err)
	}
	placed(t, s, "N3", "li", "b.example.com")
	person, err := s.PersonHashes("139 0000 0002")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		search store.FilingSearch
		want   []string
	}{
		"everything":         {store.FilingSearch{}, nil},
		"person":             {store.FilingSearch{Holder: person}, []string{"N1", "N2"}},
		"customer":           {store.FilingSearch{Customer: "wa"}, []string{"N1", "N2"}},
		"order":              {store.FilingSearch{Order: "N2"}, []string{"N2"}},
		"beginning":          {store.FilingSearch{Order: "N"}, []string{"N1", "N2"}},
		"has a filing":       {store.FilingSearch{Order: "N3"}, nil},
		"another's":          {store.FilingSearch{Order: "N2", Customer: "li"}, nil},
		"unknown and person": {store.FilingSearch{Order: "X", Holder: person}, nil},
		"stage":              {store.FilingSearch{Order: "N2", Stage: filing.Filed}, nil},
	} {
		numbers, err := s.UnfiledOrders(ctx, c.search, 9)
		require.NoError(t, err, name)
		require.ElementsMatch(t, c.want, numbers, name)
	}
}

// Rows say whose they are, in one query for a whole page. A filing that has no holder of its own has that of its base.
func TestFilingsHaveLabels(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	base := placed(t, s, "A1", "wang", "a.example.com", store.Progress{Stage: filing.Preparing})
	_, err := s.SaveDossier(ctx, base.ID, filingtest.Dossier())
	require.NoError(t, err)
	draft := placed(t, s, "B1", "li", "b.example.com")
	_, err = s.ImportOrder(ctx, store.OrderImport{Number: "B1", Customer: "li", Product: "p",
		Domains: []string{"b.example.com", "c.example.com"}})
	require.NoError(t, err)
	ending := placed(t, s, "C1", "wang", "c.example.com")
	_, err = s.DB().ExecContext(ctx, `UPDATE filings SET base_id = ? WHERE id = ?`, base.ID, ending.ID)
	require.NoError(t, err)
	name := filingtest.Dossier().Holder.Name
	ids := []int64{base.ID, draft.ID, ending.ID}
	labels, err := s.FilingLabels(ctx, ids, true)
	require.NoError(t, err)
	require.Equal(t, map[int64]store.FilingLabel{
		base.ID:   {FilingID: base.ID, Domain: "a.example.com", Domains: 1, Customer: "wang", Holder: name},
		draft.ID:  {FilingID: draft.ID, Domain: "b.example.com", Domains: 2, Customer: "li"},
		ending.ID: {FilingID: ending.ID, Domain: "c.example.com", Domains: 1, Customer: "wang", Holder: name},
	}, labels)
	labels, err = s.FilingLabels(ctx, ids, false)
	require.NoError(t, err)
	require.Equal(t, store.FilingLabel{FilingID: base.ID, Domain: "a.example.com", Domains: 1}, labels[base.ID])
}

// A site that broke after completion is found until a check finds it fixed.
func TestBrokenSitesAreFound(t *testing.T) {
	s := testdb.New(t)
	ctx := t.Context()
	f := placed(t, s, "A1", "wang", "a.example.com", store.Progress{Stage: filing.Filed})
	require.NoError(t, s.SaveSiteChecks(ctx, f.ID,
		[]store.SiteCheck{{Target: store.HomeTarget, Kind: "timeout"}, {Target: "a.example.com", OK: true, Kind: "ok"}}))
	require.Equal(t, []string{"A1"}, found(t, s, store.FilingSearch{SiteBad: true}))
	n, err := s.CountSiteBad(ctx)
	require.NoError(t, err)
	require.Equal(t, "1", n.Text())
	require.NoError(t, s.SaveSiteChecks(ctx, f.ID, []store.SiteCheck{{Target: store.HomeTarget, OK: true, Kind: "ok"}}))
	require.Empty(t, found(t, s, store.FilingSearch{SiteBad: true}))
}

// Waiting filings are counted by cause, up to the limit.
func TestWhatWaitsIsCounted(t *testing.T) {
	s := testdb.New(t)
	ctx := t.Context()
	manyFilings(t, s, 12)
	causes, err := s.StuckCauses(ctx)
	require.NoError(t, err)
	require.Len(t, causes, 2)
	require.Equal(t, store.Cause{Step: "check_site", Reason: "internal"}, causes[0].Cause)
	require.Equal(t, "82", causes[0].Text())
	require.Equal(t, store.Cause{Step: "send_sms", Reason: "operator"}, causes[1].Cause)
	require.Equal(t, "1000+", causes[1].Text())
	require.True(t, causes[1].Oldest.Valid)
	in, err := s.CountStageIn(ctx, filing.Reviewing, []store.ProvinceBefore{{"110000", time.Now()},
		{"310000", time.Now()}, {"310000", time.Time{}.AddDate(2000, 0, 0)}})
	require.NoError(t, err)
	require.Equal(t, []string{"0", "1000+", "0"}, []string{in[0].Text(), in[1].Text(), in[2].Text()})
	n, err := s.CountStage(ctx, filing.Vetting, time.Now())
	require.NoError(t, err)
	require.Equal(t, "0", n.Text())
	provinces, err := s.ProvincesIn(ctx, filing.Reviewing)
	require.NoError(t, err)
	require.Equal(t, []string{"310000"}, provinces)
}

// manyFilings makes 2^doublings filings: half verifying and stuck for one cause, one in fifty for another, the others
// with a bureau.
func manyFilings(tb testing.TB, s *store.Store, doublings int) {
	tb.Helper()
	exec := func(query string, args ...any) {
		_, err := s.DB().ExecContext(tb.Context(), query, args...)
		require.NoError(tb, err)
	}
	customer, err := s.EnsureUser(tb.Context(), store.RoleCustomer, "crowd", "")
	require.NoError(tb, err)
	exec(`CREATE TABLE seq (n INT NOT NULL PRIMARY KEY)`)
	exec(`INSERT INTO seq VALUES (0)`)
	for i := range doublings {
		exec(`INSERT INTO seq SELECT n + ? FROM seq`, 1<<i)
	}
	exec(`INSERT INTO orders (id, number, customer_id, product, created_at, updated_at)
		SELECT n + 1, LPAD(n, 8, '0'), ?, 'p', '2026-01-01', '2026-01-01' FROM seq`, customer)
	exec(`INSERT INTO filings (order_id, stage, stage_since, created_at, province, stuck_step, stuck_reason, stuck_since)
		SELECT n + 1, IF(n % 2, 'verifying', 'reviewing'), '2026-01-01' + INTERVAL n SECOND, '2026-01-01',
		IF(n % 2, '', '310000'),
			CASE WHEN n % 50 = 0 THEN 'check_site' WHEN n % 2 THEN 'send_sms' ELSE '' END, CASE WHEN n % 50 = 0 THEN 'internal'
			WHEN n % 2 THEN 'operator' ELSE '' END,
			IF(n % 50 = 0 OR n % 2, '2026-01-02' + INTERVAL n SECOND, NULL) FROM seq`)
	exec(`UPDATE filings f JOIN orders o ON o.id = f.order_id SET f.customer_id = o.customer_id`)
	exec(`DROP TABLE seq`)
	exec(`ANALYZE TABLE orders, filings`)
}

// The cost of a search or a count doesn't depend on the number of filings.
func TestTheConsoleIsCheap(t *testing.T) {
	s := testdb.New(t)
	ctx := t.Context()
	manyFilings(t, s, 14)
	read := func(what string, most int, do func() error) {
		t.Helper()
		require.Less(t, readRows(t, s, func() { require.NoError(t, do()) }), most, what)
	}
	middle := store.Cursor{CreatedAt: time.Date(2026, 1, 1, 2, 0, 0, 0, time.UTC), ID: 1}
	person, err := s.PersonHashes("13900000001")
	require.NoError(t, err)
	_, err = s.DB().ExecContext(ctx, `UPDATE filings SET name_hash = ?, document_hash = ?`, person.Name, person.Document)
	require.NoError(t, err)
	_, err = s.DB().ExecContext(ctx, `UPDATE users SET mobile_hash = ?`, person.Mobile)
	require.NoError(t, err)
	for name, f := range map[string]store.FilingSearch{
		"all": {}, "stage": {Stage: filing.Reviewing}, "rare stage": {Stage: filing.Vetting},
		"province": {Province: "310000"}, "province and stage": {Province: "310000", Stage: filing.Reviewing},
		"stuck": {Stuck: true}, "cause": {Step: "send_sms", Reason: "operator"}, "age": {Before: time.Now()},
		"province and age": {Province: "310000", Before: time.Now()},
		"customer":         {Customer: "crowd"}, "customers": {Customer: "cr"}, "orders": {Order: "0"}, "broken": {SiteBad: true},
		"person": {Holder: person},
	} {
		most := 2000
		if f.Customer != "" || f.Order != "" || !f.Holder.None() {
			most = 6000 // those that are looked up
		}
		for _, after := range []store.Cursor{{}, middle} {
			read(name, most, func() error {
				_, err := s.SearchFilings(ctx, f, after, 51)
				return err
			})
		}
	}
	read("causes", 5000, func() error { _, err := s.StuckCauses(ctx); return err })
	read("a stage", 3000, func() error {
		_, err := s.CountStage(ctx, filing.Reviewing, time.Now())
		return err
	})
	for key, query := range map[string]struct {
		sql  string
		args []any
	}{
		"filings_cause":    {store.CountStuck, []any{"send_sms", "operator"}},
		"filings_stage":    {store.CountStage, []any{filing.Reviewing, time.Now()}},
		"filings_province": {store.CountStageProvince, []any{"310000", filing.Reviewing, time.Now()}},
		"filings_site_bad": {store.CountSiteBad, nil},
		"tickets_status":   {store.CountTickets, nil},
		"staff_tasks_open": {store.CountTasks, nil},
	} {
		for _, step := range explain(ctx, t, s.DB(), query.sql, query.args) {
			require.Equal(t, key, step["key"], "%v", step)
			require.NotContains(t, step["Extra"], "filesort", "%s: %v", key, step)
		}
	}
	for key, f := range map[string]store.FilingSearch{
		"filings_stage": {Stage: filing.Reviewing}, "filings_province": {Province: "310000", Stage: filing.Reviewing},
		"filings_cause": {Step: "send_sms", Reason: "operator"}, "filings_site_bad": {SiteBad: true},
	} {
		query, args := store.SearchSQL(f, []store.Cause{{Step: "send_sms", Reason: "operator"}}, middle, 51)
		narrowed := 0
		for _, step := range explain(ctx, t, s.DB(), query, args) {
			if step["table"] == "f" && step["key"] == key {
				narrowed++
				require.NotContains(t, step["Extra"], "filesort", fmt.Sprintf("%s: %v", key, step))
			}
		}
		require.Positive(t, narrowed, key)
	}
}
