package store_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// filed is a completed filing, with an approved decision and its number on the order.
func filed(t *testing.T, s *store.Store, account int64, number string, ids store.Verdict) store.Filing {
	t.Helper()
	ctx := t.Context()
	order, f := opened(t, s, number, "demo")
	_, err := s.RegisterContact(ctx, order.CustomerID, f.ID, filingtest.Contact(), "hash")
	require.NoError(t, err)
	approved(t, s, account, f, filingtest.Dossier(), ids)
	_, err = s.RecordNumber(ctx,
		store.Progress{FilingID: f.ID, Seq: 50, Stage: filing.Filed, EventKind: "filed", Actor: "system"})
	require.NoError(t, err)
	f, err = s.FilingOfOrder(ctx, order.ID)
	require.NoError(t, err)
	return f
}

// approved submits a filing's first revision and makes the bureau approve it.
func approved(t *testing.T, s *store.Store, account int64, f store.Filing, d filing.Dossier, v store.Verdict) {
	t.Helper()
	ctx := t.Context()
	require.NoError(t, s.Advance(ctx,
		store.Progress{FilingID: f.ID, Seq: f.Seq + 1, Stage: filing.Preparing, EventKind: "verified", Actor: "test"}))
	revision, err := s.SaveDossier(ctx, f.ID, d)
	require.NoError(t, err)
	require.NoError(t, s.QueueRecord(ctx,
		store.NewRecord{AccountID: account, FilingID: f.ID, Revision: revision, Operation: d.Kind.Operation()}))
	require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT id FROM records WHERE filing_id = ?
		AND revision = ?`, f.ID, revision).Scan(&v.RecordID))
	v.Decided, v.Approved, v.Code = true, true, 1001
	_, err = s.ApplyDownload(ctx, account, 0, []store.Verdict{v})
	require.NoError(t, err)
}

func numberOn(t *testing.T, s *store.Store, f store.Filing) string {
	t.Helper()
	o, err := s.Order(t.Context(), f.OrderID)
	require.NoError(t, err)
	return o.FilingNumber.String
}

func TestFollowUpStandsForTheOrderUntilItIsWithdrawn(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	base := filed(t, s, account, "D1", store.Verdict{HolderNumber: "沪ICP备2026000001号", SiteNumber: "沪ICP备2026000001号-1",
		HolderID: 1, SiteID: 2, AccessID: 3})

	var wait sync.WaitGroup
	got := make([]store.Filing, 8)
	for i := range got {
		wait.Go(func() {
			f, err := s.OpenFollowUp(ctx, base.ID, filing.KindChange)
			if err == nil {
				got[i] = f
			}
		})
	}
	wait.Wait()
	change := got[0]
	for _, f := range got {
		require.Equal(t, change.ID, f.ID, "many clicks make one follow-up")
	}
	require.Equal(t, "D1/2", change.Ref())
	require.Equal(t, filing.Preparing, change.Stage)
	_, err = s.OpenFollowUp(ctx, base.ID, filing.KindEndSite)
	require.ErrorIs(t, err, store.ErrConflict, "one thing at a time")
	contact, err := s.Contact(ctx, change.ID)
	require.NoError(t, err)
	require.Equal(t, filingtest.Contact(), contact.Details)
	open, err := s.FilingOfOrder(ctx, base.OrderID)
	require.NoError(t, err)
	require.Equal(t, change.ID, open.ID)
	_, err = s.SaveDossier(ctx, change.ID, filing.Dossier{Kind: filing.KindEndHolder})
	require.ErrorIs(t, err, store.ErrConflict, "a follow-up keeps its kind")

	require.NoError(t, s.Advance(ctx,
		store.Progress{FilingID: change.ID, Seq: 9, Stage: filing.Withdrawn, EventKind: "withdrawn", Actor: "customer:demo"}))
	open, err = s.FilingOfOrder(ctx, base.OrderID)
	require.NoError(t, err)
	require.Equal(t, base.ID, open.ID, "the filing represents the order again")
	require.Equal(t, "沪ICP备2026000001号-1", numberOn(t, s, base), "and its number never went")
	again, err := s.OpenFollowUp(ctx, base.ID, filing.KindEndSite)
	require.NoError(t, err)
	require.Equal(t, "D1/3", again.Ref())
}

func TestDeregistrationTakesTheNumbersThatItIsAbout(t *testing.T) {
	for kind, left := range map[filing.Kind][]string{
		filing.KindCancelAccess: {"D2", "D3", "D4"}, filing.KindEndSite: {"D3", "D4"}, filing.KindEndHolder: {"D4"},
	} {
		s, ctx := testdb.New(t), t.Context()
		account, err := s.EnsureAccount(ctx, "a")
		require.NoError(t, err)
		one, other := "沪ICP备2026000001号", "沪ICP备2026000002号"
		orders := map[string]store.Filing{
			"D1": filed(t, s, account, "D1", store.Verdict{HolderNumber: one, SiteNumber: one + "-1"}),
			// the same site on a second space
			"D2": filed(t, s, account, "D2", store.Verdict{HolderNumber: one, SiteNumber: one + "-1"}),
			"D3": filed(t, s, account, "D3", store.Verdict{HolderNumber: one, SiteNumber: one + "-2"}),
			"D4": filed(t, s, account, "D4", store.Verdict{HolderNumber: other, SiteNumber: other + "-1"}),
		}
		end, err := s.OpenFollowUp(ctx, orders["D1"].ID, kind)
		require.NoError(t, err)
		subject := filing.Subject{HolderNumber: one, SiteNumber: one + "-1"}
		approved(t, s, account, end, filing.Dossier{Kind: kind, Subject: subject}, store.Verdict{})
		progress := store.Progress{FilingID: end.ID, Seq: 60, Stage: filing.Deregistered, EventKind: "ended", Actor: "bureau"}
		for range 2 { // the activity may run twice
			require.NoError(t, s.EndNumber(ctx, progress, kind, subject))
		}
		for number, f := range orders {
			got := numberOn(t, s, f)
			want := slices.Contains(left, number)
			require.Equal(t, want, got != "", "%s: number of %s", kind, number)
		}
		_, err = s.FilingOfOrder(ctx, orders["D1"].OrderID)
		require.ErrorIs(t, err, store.ErrNotFound, "the order can be filed again")
		fresh, err := s.OpenFiling(ctx, orders["D1"].OrderID)
		require.NoError(t, err)
		require.Equal(t, "D1/3", fresh.Ref())
	}
}
