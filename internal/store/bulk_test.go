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

// stuckFiling is a filing stuck at a step.
func stuckFiling(t *testing.T, s *store.Store, order, step, reason string) store.Filing {
	t.Helper()
	ctx := t.Context()
	_, err := s.ImportOrder(ctx,
		store.OrderImport{Number: order, Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	user, err := s.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	row, err := s.OrderOf(ctx, user.ID, order)
	require.NoError(t, err)
	f, err := s.OpenFiling(ctx, row.ID)
	require.NoError(t, err)
	getStuck(t, s, f.ID, 1, step, reason)
	return f
}

func getStuck(t *testing.T, s *store.Store, id, seq int64, step, reason string) {
	t.Helper()
	yes := true
	require.NoError(t, s.Advance(t.Context(), store.Progress{FilingID: id, Seq: seq, Stage: filing.Verifying, Stuck: &yes,
		StuckStep: step, StuckReason: reason, EventKind: "stuck", Actor: "system"}))
}

func unstuck(t *testing.T, s *store.Store, id, seq int64) {
	t.Helper()
	no := false
	require.NoError(t,
		s.Advance(t.Context(), store.Progress{FilingID: id, Seq: seq, Stuck: &no, EventKind: "resumed", Actor: "support:a"}))
}

// A job contains what was stuck when it was created, whatever gets stuck later; submitting it twice makes one job.
func TestBulkJobHasWhatWasStuck(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	var ids []int64
	for i := range 5 {
		ids = append(ids, stuckFiling(t, s, fmt.Sprintf("B%d", i), "send_sms", "operator").ID)
	}
	other := stuckFiling(t, s, "C1", "send_mail", "operator")
	mended := stuckFiling(t, s, "C2", "send_sms", "operator")
	unstuck(t, s, mended.ID, 2)
	filter := store.StuckFilter{FilingSearch: store.FilingSearch{Step: "send_sms", Reason: "operator",
		Stage: filing.Verifying}, Until: time.Now().Add(time.Minute)}
	n, err := s.CountStuck(ctx, filter)
	require.NoError(t, err)
	require.Equal(t, 5, n)
	sample, err := s.StuckFilings(ctx, filter, 3)
	require.NoError(t, err)
	require.Len(t, sample, 3)
	require.Equal(t, ids[0], sample[0].ID)

	entry := store.AuditEntry{By: store.Actor{Login: "a"}, Action: "bulk.start", Kind: "bulk", Reason: "短信欠费已补"}
	job := store.BulkJob{Token: "0123456789abcdef0123456789abcdef", Resolution: "retry", Rate: 5, CreatedBy: "support:a"}
	id, err := s.AddBulk(store.WithAudit(ctx, &entry), job, filter, 5)
	require.NoError(t, err)
	require.True(t, entry.Written())
	rows, err := s.AuditRows(ctx, store.AuditFilter{Kind: "bulk"}, 0, 10)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(id), rows[0].Object)
	again, err := s.AddBulk(ctx, job, filter, 5)
	require.NoError(t, err)
	require.Equal(t, id, again)
	late := stuckFiling(t, s, "L1", "send_sms", "operator")

	kept, err := s.Bulk(ctx, id)
	require.NoError(t, err)
	require.Equal(t, 5, kept.Total)
	require.Equal(t, filing.BulkNew, kept.State)
	search, err := kept.Search()
	require.NoError(t, err)
	require.Equal(t, "send_sms", search.Step)
	items, err := s.BulkItems(ctx, id, "", 0, 3)
	require.NoError(t, err)
	require.Len(t, items, 3)
	rest, err := s.BulkItems(ctx, id, "", items[2].FilingID, 10)
	require.NoError(t, err)
	require.Len(t, rest, 2)
	for _, i := range append(items, rest...) {
		require.Contains(t, ids, i.FilingID)
		require.NotContains(t, []int64{other.ID, mended.ID, late.ID}, i.FilingID)
		require.EqualValues(t, 1, i.StuckSeq)
	}

	require.NoError(t, s.BulkReported(ctx, id, ids[0], store.BulkResumed, ""))
	require.NoError(t, s.BulkReported(ctx, id, ids[0], store.BulkFailed, "internal"), "what is noted stays")
	require.NoError(t, s.BulkReported(ctx, id, ids[1], store.BulkFailed, "unreachable"))
	counts, err := s.BulkCounts(ctx, id)
	require.NoError(t, err)
	require.Equal(t, map[store.BulkOutcome]int{store.BulkResumed: 1, store.BulkFailed: 1, "": 3}, counts)
	failed, err := s.BulkItems(ctx, id, store.BulkFailed, 0, 10)
	require.NoError(t, err)
	require.Equal(t, "B1", failed[0].Ref())
	require.Equal(t, "unreachable", failed[0].Reason)

	_, err = s.AddBulk(ctx, store.BulkJob{Token: "1123456789abcdef0123456789abcdef", Resolution: "retry", Rate: 5},
		store.StuckFilter{FilingSearch: store.FilingSearch{Step: "check_site"}}, 5)
	require.ErrorIs(t, err, store.ErrNothingStuck)
	list, err := s.Bulks(ctx, 0, 10)
	require.NoError(t, err)
	require.Len(t, list, 1, "an empty job isn't kept")
	filter.Until = time.Now().Add(time.Minute)
	_, err = s.AddBulk(ctx,
		store.BulkJob{Token: "2123456789abcdef0123456789abcdef", Resolution: "retry", Rate: 5}, filter, 5)
	require.ErrorIs(t, err, store.ErrMoreStuck, "six are stuck now")
	_, err = s.AddBulk(ctx,
		store.BulkJob{Token: "2123456789abcdef0123456789abcdef", Resolution: "retry", Rate: 5}, filter, 6)
	require.NoError(t, err, "what wasn't made left no token")
}

// Stuck again isn't still stuck.
func TestStillStuckDistinguishesOneTimeFromTheNext(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := stuckFiling(t, s, "B1", "send_sms", "operator")
	still := func(seq int64) bool {
		is, err := s.StillStuck(ctx, f.ID, seq)
		require.NoError(t, err)
		return is
	}
	require.True(t, still(1))
	require.NoError(t, s.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: 2, Attention: new(filing.Attention), EventKind: "code_mail", Actor: "system"}))
	require.True(t, still(1), "other things move while it is stuck")
	unstuck(t, s, f.ID, 3)
	require.False(t, still(1))
	getStuck(t, s, f.ID, 4, "send_sms", "operator")
	require.False(t, still(1))
	require.True(t, still(4))
}

// A job of a search contains exactly the stuck filings that the search lists, for every criterion.
func TestBulkJobHasWhatItsSearchLists(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	now := time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)
	s.SetClock(func() time.Time { return now })
	verifying := store.Progress{Stage: filing.Verifying}
	one := placed(t, s, "A1", "wang", "a.example.com", store.Progress{Stage: filing.Preparing})
	dossier := filingtest.Dossier()
	_, err := s.SaveDossier(ctx, one.ID, dossier)
	require.NoError(t, err)
	getStuck(t, s, one.ID, 2, "send_sms", "operator")
	placed(t, s, "A2", "wang", "b.example.com", verifying)
	now = now.Add(48 * time.Hour)
	placed(t, s, "A3", "wang", "b.example.com", store.Progress{Stage: filing.Installing},
		othersStuck("check_site", "internal"))
	placed(t, s, "B1", "li", "*.example.com", verifying, othersStuck("send_sms", "operator"))
	filed := placed(t, s, "B2", "li", "c.example.com", store.Progress{Stage: filing.Filed},
		othersStuck("check_site", "temporary"))
	require.NoError(t, s.SaveSiteChecks(ctx, filed.ID, []store.SiteCheck{{Target: store.HomeTarget, Kind: "timeout"}}))
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	require.NoError(t,
		s.QueueRecord(ctx, store.NewRecord{AccountID: account, FilingID: one.ID, Operation: 1, Province: "310000"}))
	_, err = s.DB().ExecContext(ctx, `INSERT INTO decisions (record_id, approved, holder_number, site_number, created_at)
		SELECT id, TRUE, '沪ICP备05000940号', '沪ICP备05000940号-1', created_at FROM records`)
	require.NoError(t, err)
	name, err := s.PersonHashes(dossier.Holder.Name)
	require.NoError(t, err)
	document, err := s.PersonHashes(dossier.Holder.DocumentNumber)
	require.NoError(t, err)
	nobody, err := s.PersonHashes("nobody")
	require.NoError(t, err)

	for i, c := range []struct {
		search store.FilingSearch
		want   []string
	}{
		{store.FilingSearch{}, []string{"A1", "A3", "B1", "B2"}},
		{store.FilingSearch{Order: "A1"}, []string{"A1"}},
		{store.FilingSearch{Order: "A2"}, nil},
		{store.FilingSearch{Order: "none"}, nil},
		{store.FilingSearch{Customer: "wang"}, []string{"A1", "A3"}},
		{store.FilingSearch{Customer: "wang", Step: "check_site"}, []string{"A3"}},
		{store.FilingSearch{Domain: "a.example.com"}, []string{"A1", "B1"}},
		{store.FilingSearch{Domain: "a.example.com", Customer: "li"}, []string{"B1"}},
		{store.FilingSearch{Domain: "not a domain"}, nil},
		{store.FilingSearch{Number: "沪ICP备05000940号"}, []string{"A1"}},
		{store.FilingSearch{Number: "沪ICP备05000940号-1"}, []string{"A1"}},
		{store.FilingSearch{Number: "沪ICP备05000940号-2"}, nil},
		{store.FilingSearch{Holder: name}, []string{"A1"}},
		{store.FilingSearch{Holder: document, Reason: "operator"}, []string{"A1"}},
		{store.FilingSearch{Holder: nobody}, nil},
		{store.FilingSearch{Province: dossier.Bureau()}, []string{"A1"}},
		{store.FilingSearch{Stage: filing.Installing}, []string{"A3"}},
		{store.FilingSearch{SiteBad: true}, []string{"B2"}},
		{store.FilingSearch{Before: now.Add(-24 * time.Hour)}, []string{"A1"}},
		{store.FilingSearch{Before: now, Customer: "li"}, []string{"B1"}},
		{store.FilingSearch{Before: now}, []string{"A1", "A3", "B1"}},
		{store.FilingSearch{Before: now, Stage: filing.Filed}, []string{"B2"}},
		{store.FilingSearch{Before: now, SiteBad: true}, []string{"B2"}},
		{store.FilingSearch{Before: now, SiteBad: true, Customer: "li"}, []string{"B2"}},
	} {
		listed := c.search
		listed.Stuck = true
		about := fmt.Sprintf("%+v", c.search)
		require.ElementsMatch(t, c.want, found(t, s, listed), "the search: "+about)
		filter := store.StuckFilter{FilingSearch: listed, Until: now}
		n, err := s.CountStuck(ctx, filter)
		require.NoError(t, err, about)
		require.Equal(t, len(c.want), n, about)
		sample, err := s.StuckFilings(ctx, filter, 10)
		require.NoError(t, err)
		var shown []string
		for _, f := range sample {
			shown = append(shown, f.OrderNumber)
		}
		require.ElementsMatch(t, c.want, shown, about)
		id, err := s.AddBulk(ctx, store.BulkJob{Token: fmt.Sprintf("%032d", i), Resolution: "retry", Rate: 5}, filter,
			len(c.want))
		if len(c.want) == 0 {
			require.ErrorIs(t, err, store.ErrNothingStuck, about)
			continue
		}
		require.NoError(t, err, about)
		items, err := s.BulkItems(ctx, id, "", 0, 10)
		require.NoError(t, err)
		var has []string
		for _, item := range items {
			has = append(has, item.OrderNumber)
		}
		require.ElementsMatch(t, c.want, has, about)
		job, err := s.Bulk(ctx, id)
		require.NoError(t, err)
		kept, err := job.Search()
		require.NoError(t, err)
		require.Equal(t, filter, kept, "kept as it was asked for")
		require.Equal(t, i == 0, kept.Everything(), about)
	}
	dump, err := s.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, dossier.Holder.Name)
}

// The search page limits its look-ups, but a job contains all of a customer's thousand stuck filings.
func TestBulkJobLeavesNothingOut(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	manyFilings(t, s, 12)
	filter := store.StuckFilter{FilingSearch: store.FilingSearch{Customer: "crowd", Step: "send_sms"}}
	page, err := s.SearchFilings(ctx, filter.FilingSearch, store.Cursor{}, 5000)
	require.NoError(t, err)
	require.True(t, page.Cut, "the page says that it shows the newest")
	n, err := s.CountStuck(ctx, filter)
	require.NoError(t, err)
	require.Equal(t, 1<<11, n)
}

// A dry run's cost depends on what is stuck, not on the number of filings.
func TestDryRunIsCheap(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	manyFilings(t, s, 14)
	_, err := s.DB().ExecContext(ctx, `UPDATE filings SET stuck_since = NULL, stuck_step = '', stuck_reason = ''
		WHERE id % 256 <> 2`)
	require.NoError(t, err)
	_, err = s.DB().ExecContext(ctx, `INSERT INTO order_domains (order_id, domain, position)
		SELECT id, CONCAT('www', id, '.example.com'), 0 FROM orders`)
	require.NoError(t, err)
	// counts without what was there before
	_, err = s.DB().ExecContext(ctx, `OPTIMIZE TABLE orders, filings, order_domains`)
	require.NoError(t, err)
	holder, err := s.PersonHashes("nobody")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		search store.FilingSearch
		want   int
	}{
		"all": {store.FilingSearch{}, 64}, "order": {store.FilingSearch{Order: "00000001"}, 1},
		"customer": {store.FilingSearch{Customer: "crowd"}, 64},
		"domain":   {store.FilingSearch{Domain: "www2.example.com"}, 1},
		"number":   {store.FilingSearch{Number: "沪ICP备05000940号"}, 0}, "holder": {store.FilingSearch{Holder: holder}, 0},
		"province": {store.FilingSearch{Province: "310000"}, 0}, "stage": {store.FilingSearch{Stage: filing.Verifying}, 64},
		"cause": {store.FilingSearch{Step: "send_sms", Reason: "operator"}, 64},
		"age":   {store.FilingSearch{Before: time.Now()}, 64}, "broken": {store.FilingSearch{SiteBad: true}, 0},
	} {
		read := readRows(t, s, func() {
			n, err := s.CountStuck(ctx, store.StuckFilter{FilingSearch: c.search, Until: time.Now()})
			require.NoError(t, err)
			require.Equal(t, c.want, n, name)
			_, err = s.StuckFilings(ctx, store.StuckFilter{FilingSearch: c.search, Until: time.Now()}, 10)
			require.NoError(t, err)
		})
		require.Less(t, read, 1500, name)
	}
}

// A job that is over stays over.
func TestBulkStates(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	stuckFiling(t, s, "B1", "send_sms", "operator")
	id, err := s.AddBulk(ctx, store.BulkJob{Token: "0123456789abcdef0123456789abcdef", Resolution: "retry", Rate: 5},
		store.StuckFilter{}, 1)
	require.NoError(t, err)
	for _, state := range []filing.BulkState{filing.BulkRunning, filing.BulkPaused, filing.BulkStopped,
		filing.BulkRunning} {
		require.NoError(t, s.SetBulkState(ctx, id, state))
	}
	job, err := s.Bulk(ctx, id)
	require.NoError(t, err)
	require.Equal(t, filing.BulkStopped, job.State)
	require.True(t, job.StartedAt.Valid)
	require.True(t, job.EndedAt.Valid)
}
