package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// stuckFiling is one that is stuck at a step.
func stuckFiling(t *testing.T, s *store.Store, order, step, reason string) store.Filing {
	t.Helper()
	ctx := t.Context()
	_, err := s.ImportOrder(ctx, store.OrderImport{Number: order, Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
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
	require.NoError(t, s.Advance(t.Context(), store.Progress{FilingID: id, Seq: seq, Stage: filing.Verifying, Stuck: &yes, StuckStep: step, StuckReason: reason, Kind: "stuck", Actor: "system"}))
}

func unstuck(t *testing.T, s *store.Store, id, seq int64) {
	t.Helper()
	no := false
	require.NoError(t, s.Advance(t.Context(), store.Progress{FilingID: id, Seq: seq, Stuck: &no, Kind: "resumed", Actor: "support:a"}))
}

// A job is about what was stuck when it was made, whatever gets stuck later; made twice,
// it is one.
func TestBulkJobHasWhatWasStuck(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	var ids []int64
	for i := range 5 {
		ids = append(ids, stuckFiling(t, s, fmt.Sprintf("B%d", i), "send_sms", "operator").ID)
	}
	other := stuckFiling(t, s, "C1", "send_mail", "operator")
	mended := stuckFiling(t, s, "C2", "send_sms", "operator")
	unstuck(t, s, mended.ID, 2)
	filter := store.StuckFilter{Step: "send_sms", Reason: "operator", Stage: filing.Verifying, Until: time.Now().Add(time.Minute)}
	n, err := s.CountStuck(ctx, filter)
	require.NoError(t, err)
	require.Equal(t, 5, n)
	sample, err := s.StuckFilings(ctx, filter, 3)
	require.NoError(t, err)
	require.Len(t, sample, 3)
	require.Equal(t, ids[0], sample[0].ID)

	deed := store.Deed{By: store.Actor{Login: "a"}, Action: "bulk.start", Kind: "bulk", Reason: "短信欠费已补"}
	job := store.BulkJob{Token: "0123456789abcdef0123456789abcdef", Resolution: "retry", Rate: 5, CreatedBy: "support:a"}
	id, err := s.AddBulk(store.WithDeed(ctx, &deed), job, filter)
	require.NoError(t, err)
	require.True(t, deed.Written())
	rows, err := s.AuditRows(ctx, store.AuditFilter{Kind: "bulk"}, 0, 10)
	require.NoError(t, err)
	require.Equal(t, fmt.Sprint(id), rows[0].Object)
	again, err := s.AddBulk(ctx, job, filter)
	require.NoError(t, err)
	require.Equal(t, id, again)
	late := stuckFiling(t, s, "L1", "send_sms", "operator")

	kept, err := s.Bulk(ctx, id)
	require.NoError(t, err)
	require.Equal(t, 5, kept.Total)
	require.Equal(t, store.BulkNew, kept.State)
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

	require.NoError(t, s.BulkTold(ctx, id, ids[0], store.BulkResumed, ""))
	require.NoError(t, s.BulkTold(ctx, id, ids[0], store.BulkFailed, "internal"), "what is noted stays")
	require.NoError(t, s.BulkTold(ctx, id, ids[1], store.BulkFailed, "unreachable"))
	counts, err := s.BulkCounts(ctx, id)
	require.NoError(t, err)
	require.Equal(t, map[store.BulkOutcome]int{store.BulkResumed: 1, store.BulkFailed: 1, "": 3}, counts)
	failed, err := s.BulkItems(ctx, id, store.BulkFailed, 0, 10)
	require.NoError(t, err)
	require.Equal(t, "B1", failed[0].Ref())
	require.Equal(t, "unreachable", failed[0].Reason)

	_, err = s.AddBulk(ctx, store.BulkJob{Token: "1123456789abcdef0123456789abcdef", Resolution: "retry", Rate: 5}, store.StuckFilter{Step: "check_site"})
	require.ErrorIs(t, err, store.ErrNothingStuck)
	list, err := s.Bulks(ctx, 0, 10)
	require.NoError(t, err)
	require.Len(t, list, 1, "an empty job isn't kept")
}

// Stuck again isn't stuck still.
func TestStillStuckTellsOneTimeFromTheNext(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	f := stuckFiling(t, s, "B1", "send_sms", "operator")
	still := func(seq int64) bool {
		is, err := s.StillStuck(ctx, f.ID, seq)
		require.NoError(t, err)
		return is
	}
	require.True(t, still(1))
	none := ""
	require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 2, Attention: &none, Kind: "code_mail", Actor: "system"}))
	require.True(t, still(1), "other things move while it is stuck")
	unstuck(t, s, f.ID, 3)
	require.False(t, still(1))
	getStuck(t, s, f.ID, 4, "send_sms", "operator")
	require.False(t, still(1))
	require.True(t, still(4))
}

// A province is that of the revision at the bureau.
func TestStuckByProvince(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	f := stuckFiling(t, s, "B1", "install_certificate", "login")
	stuckFiling(t, s, "B2", "install_certificate", "login")
	require.NoError(t, s.QueueRecord(ctx, store.NewRecord{AccountID: account, FilingID: f.ID, Operation: 1, Province: "310000"}))
	for province, want := range map[string]int{"310000": 1, "440000": 0, "": 2} {
		n, err := s.CountStuck(ctx, store.StuckFilter{Province: province})
		require.NoError(t, err)
		require.Equal(t, want, n, province)
	}
}

// A job that is over stays so.
func TestBulkStates(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	stuckFiling(t, s, "B1", "send_sms", "operator")
	id, err := s.AddBulk(ctx, store.BulkJob{Token: "0123456789abcdef0123456789abcdef", Resolution: "retry", Rate: 5}, store.StuckFilter{})
	require.NoError(t, err)
	for _, state := range []store.BulkState{store.BulkRunning, store.BulkPaused, store.BulkStopped, store.BulkRunning} {
		require.NoError(t, s.SetBulkState(ctx, id, state))
	}
	job, err := s.Bulk(ctx, id)
	require.NoError(t, err)
	require.Equal(t, store.BulkStopped, job.State)
	require.True(t, job.StartedAt.Valid)
	require.True(t, job.EndedAt.Valid)
}
