package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// byHand is a manual account with a record of an order's filing.
func byHand(t *testing.T, s *store.Store, order string) (account int64, record store.ManualRecord) {
	t.Helper()
	ctx := t.Context()
	account, err := s.EnsureAccount(ctx, "by hand")
	require.NoError(t, err)
	require.NoError(t, s.SetDriver(ctx, account, store.DriverManual))
	_, f := opened(t, s, order, "demo")
	require.NoError(t,
		s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Preparing, EventKind: "verified", Actor: "test"}))
	revision, err := s.SaveDossier(ctx, f.ID, filingtest.Dossier())
	require.NoError(t, err)
	require.NoError(t, s.Advance(ctx, store.Progress{FilingID: f.ID, Seq: 2, Stage: filing.Submitting, Revision: revision,
		EventKind: "submitting", Actor: "test"}))
	for range 2 {
		require.NoError(t,
			s.QueueRecord(ctx, store.NewRecord{AccountID: account, FilingID: f.ID, Revision: revision, Operation: 1}))
	}
	list, err := s.ManualRecords(ctx, store.ManualFilter{AccountID: account}, 100)
	require.NoError(t, err)
	require.NotEmpty(t, list)
	return account, list[len(list)-1]
}

func submitTasks(t *testing.T, s *store.Store) (n int) {
	t.Helper()
	tasks, err := s.OpenTasks(t.Context(), 0, 100)
	require.NoError(t, err)
	for _, task := range tasks {
		if task.Kind == "submit" {
			n++
		}
	}
	return n
}

// signalled are the unsent signals, by name.
func signalled(t *testing.T, s *store.Store) map[string]map[string]any {
	t.Helper()
	list, err := s.UnsentSignals(t.Context(), 0, 100)
	require.NoError(t, err)
	found := map[string]map[string]any{}
	for _, signal := range list {
		var payload map[string]any
		require.NoError(t, json.Unmarshal([]byte(signal.Payload), &payload))
		found[signal.Name] = payload
	}
	return found
}

var issued = filing.Issued{HolderNumber: "沪ICP备2026000001号", SiteNumber: "沪ICP备2026000001号-1",
	Password: "bureau-password", Certificate: []byte("certificate")}

func TestDossierIsSubmittedAndApprovedByHand(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, r := byHand(t, s, "D1")
	require.NoError(t, s.SetSMSVerificationHours(ctx, account, 24))
	require.Equal(t, "D1", r.OrderNumber)
	require.False(t, r.SubmittedAt.Valid)
	require.Equal(t, 1, submitTasks(t, s), "there is one task, however many wait")
	_, second := byHand(t, s, "D2")
	require.Equal(t, 1, submitTasks(t, s))

	require.ErrorIs(t, s.DecideByHand(ctx, r.ID, store.ManualDecision{Actor: "support:a", Approved: true, Issued: issued}),
		store.ErrConflict, "not submitted yet")
	require.Empty(t, signalled(t, s))
	require.NoError(t, s.SubmitByHand(ctx, r.ID, "support:a"))
	require.Equal(t, map[string]any{"filing": float64(r.FilingID), "revision": 1.0, "check_hours": 24.0,
		"actor": "support:a"}, signalled(t, s)[store.SignalAccepted])
	require.ErrorIs(t, s.SubmitByHand(ctx, r.ID, "support:b"), store.ErrConflict)
	require.Equal(t, 1, submitTasks(t, s), "another waits")
	require.NoError(t, s.SubmitByHand(ctx, second.ID, "support:a"))
	require.Zero(t, submitTasks(t, s))

	waiting, err := s.ManualRecords(ctx, store.ManualFilter{Submitted: true, After: r.ID}, 10)
	require.NoError(t, err)
	require.Len(t, waiting, 1)
	require.Equal(t, second.ID, waiting[0].ID, "a page begins after its key")

	require.NoError(t,
		s.DecideByHand(ctx, r.ID, store.ManualDecision{Actor: `support:"b"`, Approved: true, Issued: issued}))
	require.Equal(t, map[string]any{"filing": float64(r.FilingID), "revision": 1.0, "approved": true, "code": 1001.0,
		"actor": `support:"b"`}, signalled(t, s)[store.SignalDecided])
	require.ErrorIs(t, s.DecideByHand(ctx, r.ID, store.ManualDecision{Actor: "support:c", Opinion: "no"}),
		store.ErrConflict)
	d, err := s.LatestDecision(ctx, r.FilingID)
	require.NoError(t, err)
	require.True(t, d.Approved)
	require.Equal(t, "沪ICP备2026000001号-1", d.Number())
	require.Equal(t, issued.Password, d.Password)
	require.Equal(t, issued.Certificate, d.Certificate)
	require.Equal(t, `support:"b"`, d.DecidedBy)
	r, err = s.ManualRecord(ctx, r.ID)
	require.NoError(t, err)
	require.True(t, r.Decided)
	require.Equal(t, "support:a", r.SubmittedBy)
	dump, err := s.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, issued.Password)
}

func TestRefusalByHandNamesItsFields(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, r := byHand(t, s, "D1")
	require.NoError(t, s.SubmitByHand(ctx, r.ID, "support:a"))
	require.NoError(t, s.DecideByHand(ctx, r.ID, store.ManualDecision{Actor: "support:a", Opinion: "林测试的证件不清楚",
		Fields: []string{"holder.document_number", "site.name"}}))
	d, err := s.LatestDecision(ctx, r.FilingID)
	require.NoError(t, err)
	require.False(t, d.Approved)
	require.Equal(t, 1002, d.Code)
	require.Equal(t, "林测试的证件不清楚", d.Opinion)
	require.Equal(t, []string{"holder.document_number", "site.name"}, d.Fields)
	require.Equal(t, false, signalled(t, s)[store.SignalDecided]["approved"])
	dump, err := s.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, "林测试")
}

// If many submit at once, one succeeds, and the record shows what that one submitted.
func TestPressedAtOnceByMany(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, r := byHand(t, s, "D1")
	all := func(act func(actor string, n int) error) (winner string) {
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for n := range errs {
			wg.Go(func() { errs[n] = act(fmt.Sprintf("support:%d", n), n) })
		}
		wg.Wait()
		for n, err := range errs {
			if err == nil {
				require.Empty(t, winner, "only one")
				winner = fmt.Sprintf("support:%d", n)
				continue
			}
			require.True(t, errors.Is(err, store.ErrConflict), err)
		}
		return winner
	}
	winner := all(func(actor string, _ int) error { return s.SubmitByHand(ctx, r.ID, actor) })
	r, err := s.ManualRecord(ctx, r.ID)
	require.NoError(t, err)
	require.Equal(t, winner, r.SubmittedBy)
	winner = all(func(actor string, n int) error {
		return s.DecideByHand(ctx, r.ID,
			store.ManualDecision{Actor: actor, Approved: n%2 == 0, Issued: issued, Opinion: "no"})
	})
	d, err := s.LatestDecision(ctx, r.FilingID)
	require.NoError(t, err)
	require.Equal(t, winner, d.DecidedBy)
	require.Equal(t, winner, signalled(t, s)[store.SignalDecided]["actor"])
	require.Equal(t, d.Approved, d.Opinion == "", "nothing of the others' is left")
}

// A deregistration is approved without a number.
func TestEndIsApprovedByTheClick(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, r := byHand(t, s, "D1")
	_, err := s.DB().ExecContext(ctx, `UPDATE records SET operation = 7 WHERE id = ?`, r.ID)
	require.NoError(t, err)
	require.NoError(t, s.SubmitByHand(ctx, r.ID, "support:a"))
	require.NoError(t, s.DecideByHand(ctx, r.ID, store.ManualDecision{Actor: "support:a", Approved: true}))
	require.Equal(t, true, signalled(t, s)[store.SignalDecided]["approved"])
}

// A manual account gets an interface: records submitted by hand aren't sent again and still get their result by hand;
// the others are sent.
func TestWhatWasSubmittedByHandIsNeverSent(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	account, submitted := byHand(t, s, "D1")
	_, waiting := byHand(t, s, "D2")
	require.NoError(t, s.SubmitByHand(ctx, submitted.ID, "support:a"))
	require.NoError(t, s.SetDriver(ctx, account, store.DriverInterface))
	var packed []int64
	_, err := s.PackNext(ctx, account, 10,
		store.Builders{Filings: func(_ int64, records []store.WaitingRecord) ([]byte, map[int64]int, error) {
			for _, r := range records {
				packed = append(packed, r.ID)
			}
			return []byte("file"), nil, nil
		}})
	require.NoError(t, err)
	require.Equal(t, []int64{waiting.ID}, packed)
	require.ErrorIs(t, s.SubmitByHand(ctx, waiting.ID, "support:a"), store.ErrNotFound, "it goes by the interface")
	require.NoError(t,
		s.DecideByHand(ctx, submitted.ID, store.ManualDecision{Actor: "support:a", Approved: true, Issued: issued}))

	// And back: the record is in a file that the bureau may or may not have.
	require.NoError(t, s.SetDriver(ctx, account, store.DriverManual))
	r, err := s.ManualRecord(ctx, waiting.ID)
	require.NoError(t, err)
	require.EqualValues(t, 1, r.Sequence.Int64)
	require.NoError(t, s.UploadAccepted(ctx, account, 1))
	r, err = s.ManualRecord(ctx, waiting.ID)
	require.NoError(t, err)
	require.True(t, r.SubmittedAt.Valid, "the file was accepted: only the result is missing")
	require.NoError(t, s.DecideByHand(ctx, waiting.ID, store.ManualDecision{Actor: "support:a", Opinion: "no"}))
}
