package activities_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// filingsStub accepts a key once, as an Update's ID does, and repeats the first answer afterwards.
type filingsStub struct {
	db     *store.Store
	filing int64
	seq    int64 // the stuck event known to the filing's workflow
	err    error
	taken  map[string]int
}

func (f *filingsStub) ResumeStuck(_ context.Context, ref string, o activities.ResumeOrder) (bool, error) {
	if f.err != nil {
		return false, f.err
	}
	if f.taken[o.Key] > 0 {
		return true, nil
	}
	if o.StuckSeq != f.seq {
		return false, nil
	}
	f.taken[o.Key]++
	f.seq = 0
	return true, nil
}

func (f *filingsStub) advance(t *testing.T, seq int64, isStuck bool) {
	t.Helper()
	p := store.Progress{FilingID: f.filing, Seq: seq, Stage: filing.Verifying, Stuck: &isStuck, EventKind: "resumed",
		Actor: "system"}
	if isStuck {
		p.EventKind, p.StuckStep, p.StuckReason = "stuck", "send_sms", activities.ReasonOperator
	}
	require.NoError(t, f.db.Advance(t.Context(), p))
}

// bulkOf makes a job of one stuck filing.
func bulkOf(t *testing.T) (*activities.Bulk, *filingsStub, activities.BulkRef) {
	t.Helper()
	db, ctx := testdb.New(t), t.Context()
	_, err := db.ImportOrder(ctx,
		store.OrderImport{Number: "B1", Customer: "demo", Product: "p", Domains: []string{"www.example.com"}})
	require.NoError(t, err)
	user, err := db.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	order, err := db.OrderOf(ctx, user.ID, "B1")
	require.NoError(t, err)
	f, err := db.OpenFiling(ctx, order.ID)
	require.NoError(t, err)
	stub := &filingsStub{db: db, filing: f.ID, seq: 1, taken: map[string]int{}}
	stub.advance(t, 1, true)
	id, err := db.AddBulk(ctx, store.BulkJob{Token: "0123456789abcdef0123456789abcdef", Resolution: "retry", Rate: 5,
		CreatedBy: "support:a"}, store.StuckFilter{}, 1000)
	require.NoError(t, err)
	return &activities.Bulk{Store: db, Filings: stub}, stub, activities.BulkRef{JobID: id, FilingID: f.ID}
}

func outcomeOf(t *testing.T, a *activities.Bulk, r activities.BulkRef) store.BulkOutcome {
	t.Helper()
	_, outcome, err := a.Store.BulkItem(t.Context(), r.JobID, r.FilingID)
	require.NoError(t, err)
	return outcome
}

// If a worker dies after the filing was resumed and before that was recorded, the activity runs again, and the
// filing, stuck again by then, isn't resumed a second time.
func TestBulkRunAgainResumesOnce(t *testing.T) {
	a, stub, ref := bulkOf(t)
	taken, err := stub.ResumeStuck(t.Context(), "B1", activities.ResumeOrder{StuckSeq: 1, Key: "bulk/1/1"})
	require.NoError(t, err)
	require.True(t, taken)
	stub.advance(t, 2, false)
	stub.advance(t, 3, true)
	stub.seq = 3
	for range 2 {
		require.NoError(t, a.ResumeOne(t.Context(), ref))
	}
	require.Equal(t, map[string]int{"bulk/1/1": 1}, stub.taken)
	require.Equal(t, store.BulkResumed, outcomeOf(t, a, ref))
	require.EqualValues(t, 3, stub.seq, "the later stuck event is untouched")
}

// A filing that somebody resumed first has moved on, even if it is stuck again.
func TestBulkLeavesWhatMovedOn(t *testing.T) {
	for _, again := range []bool{false, true} {
		a, stub, ref := bulkOf(t)
		stub.advance(t, 2, false)
		stub.seq = 0
		if again {
			stub.advance(t, 3, true)
			stub.seq = 3
		}
		require.NoError(t, a.ResumeOne(t.Context(), ref))
		require.Equal(t, store.BulkMovedOn, outcomeOf(t, a, ref))
		require.Empty(t, stub.taken)
	}
}

// A failure has its reason, and can be retried.
func TestBulkFailuresHaveReasons(t *testing.T) {
	a, stub, ref := bulkOf(t)
	for _, c := range []struct {
		err  error
		want string
	}{
		{serviceerror.NewUnavailable("away"), activities.ReasonUnreachable}, {errors.New("?"), activities.ReasonInternal},
		{nil, activities.ReasonNotTaken},
	} {
		stub.err, stub.seq = c.err, 0 // stuck in its row, but its workflow doesn't know
		var app *temporal.ApplicationError
		require.ErrorAs(t, a.ResumeOne(t.Context(), ref), &app)
		require.Equal(t, c.want, app.Type())
		require.False(t, app.NonRetryable())
		require.Empty(t, outcomeOf(t, a, ref))
	}
	require.NoError(t, a.BulkGaveUp(t.Context(), activities.BulkVerdict{BulkRef: ref, Reason: activities.ReasonNotTaken}))
	require.Equal(t, store.BulkFailed, outcomeOf(t, a, ref))
	require.NoError(t, a.ResumeOne(t.Context(), ref), "it has a result")
}
