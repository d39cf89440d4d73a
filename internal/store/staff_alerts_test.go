package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// troubles is a store with a clock, in which filings get stuck and unstuck.
type troubles struct {
	t   *testing.T
	s   *store.Store
	now time.Time
	seq map[int64]int64
}

func newTroubles(t *testing.T) *troubles {
	w := &troubles{t: t, s: testdb.New(t), now: time.Now(), seq: map[int64]int64{}}
	w.s.SetClock(func() time.Time { return w.now })
	return w
}

func (w *troubles) stuck(f store.Filing, step, reason string) {
	w.t.Helper()
	yes := step != ""
	w.seq[f.ID]++
	require.NoError(w.t, w.s.Advance(w.t.Context(), store.Progress{FilingID: f.ID, Seq: 10 + w.seq[f.ID], Stuck: &yes,
		StuckStep: step, StuckReason: reason, EventKind: "stuck", Actor: "system"}))
}

func (w *troubles) pending() []int64 {
	w.t.Helper()
	ids, err := w.s.PendingStaffAlerts(w.t.Context(), 99)
	require.NoError(w.t, err)
	return ids
}

// alert sends all pending alerts and returns how many there were.
func (w *troubles) alert() int {
	w.t.Helper()
	ids := w.pending()
	for _, id := range ids {
		require.NoError(w.t, w.s.StaffAlertMailed(w.t.Context(), id))
		require.NoError(w.t, w.s.StaffAlertPosted(w.t.Context(), id))
	}
	return len(ids)
}

// A cause makes an alert with its first filing, and again only after a quiet period; each cause separately.
func TestACauseAlertsOnceUntilItWasClear(t *testing.T) {
	w := newTroubles(t)
	a, b := contacted(t, w.s, "A"), contacted(t, w.s, "B")
	w.stuck(a, "send_sms", "operator")
	w.stuck(b, "send_sms", "operator")
	require.Equal(t, 1, w.alert())
	alert, err := w.s.StaffAlert(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, []string{store.AlertStuck, "send_sms", "operator", "A"},
		[]string{alert.Kind, alert.Step, alert.Reason, alert.Order.String})
	w.stuck(a, "send_mail", "operator")
	require.Equal(t, 1, w.alert(), "another step")

	w.now = w.now.Add(2 * store.DefaultAlertQuietPeriod)
	w.stuck(a, "send_sms", "operator")
	require.Zero(t, w.alert(), "the other was stuck all the time")
	w.stuck(a, "", "")
	w.stuck(b, "", "")
	w.now = w.now.Add(store.DefaultAlertQuietPeriod - time.Minute)
	w.stuck(a, "send_sms", "operator")
	require.Zero(t, w.alert(), "it flutters")
	w.stuck(a, "", "")
	w.now = w.now.Add(store.DefaultAlertQuietPeriod)
	w.stuck(b, "send_sms", "operator")
	require.Equal(t, 1, w.alert(), "clear for so long: it is a new trouble")
	w.stuck(a, "send_sms", "operator")
	require.Zero(t, w.alert())
	id, err := w.s.PendingStuckAlert(t.Context(), store.Cause{Step: "send_sms", Reason: "operator"})
	require.NoError(t, err)
	require.Zero(t, id)
}

// An alert is done when both mail and webhook have gone out.
func TestAStaffAlertGoesOutByMailAndWebhook(t *testing.T) {
	w := newTroubles(t)
	w.stuck(contacted(t, w.s, "A"), "send_sms", "operator")
	id := w.pending()[0]
	require.NoError(t, w.s.StaffAlertPosted(t.Context(), id))
	require.Equal(t, []int64{id}, w.pending())
	require.NoError(t, w.s.StaffAlertMailed(t.Context(), id))
	require.Empty(t, w.pending())
}

// Five hundred filings that get stuck at once, on several connections, make one alert; so do those that get unstuck and
// stuck again.
func TestManyStuckAtOnceAreOneAlert(t *testing.T) {
	w := newTroubles(t)
	const n = 500
	first := contacted(t, w.s, "F")
	_, err := w.s.DB().ExecContext(t.Context(), `
		INSERT INTO filings (order_id, stage, stage_since, created_at, serial, superseded)
		SELECT ?, 'verifying', NOW(6), NOW(6), n + 1, TRUE FROM (
			WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) SELECT n
			FROM numbers) all_of_them`, first.OrderID, n)
	require.NoError(t, err)
	var ids []int64
	rows, err := w.s.DB().QueryContext(t.Context(), `SELECT id FROM filings`)
	require.NoError(t, err)
	for rows.Next() {
		var id int64
		require.NoError(t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(t, rows.Err())
	require.Len(t, ids, n+1)
	all := func(seq int64, step, reason string) {
		t.Helper()
		yes := step != ""
		group, ctx := errgroup.WithContext(t.Context())
		group.SetLimit(16)
		for _, id := range ids {
			group.Go(func() error {
				return w.s.Advance(ctx, store.Progress{FilingID: id, Seq: seq, Stuck: &yes, StuckStep: step, StuckReason: reason,
					EventKind: "stuck", Actor: "system", Detail: fmt.Sprint(seq)})
			})
		}
		require.NoError(t, group.Wait())
	}
	all(20, "send_sms", "operator")
	require.Equal(t, 1, w.alert())
	all(21, "", "")
	w.now = w.now.Add(store.DefaultAlertQuietPeriod)
	all(22, "send_sms", "operator")
	require.Equal(t, 1, w.alert(), "the last one to be resolved cleared it")
}

// A stopped exchange makes one alert per stop.
func TestAStopAlertsOnce(t *testing.T) {
	w, ctx := newTroubles(t), t.Context()
	id, err := w.s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	for i, want := range []int{1, 1} {
		for range 3 {
			_, err = w.s.StopAccount(ctx, id, 5)
			require.NoError(t, err)
		}
		alert, err := w.s.StaffAlert(ctx, w.pending()[0])
		require.NoError(t, err)
		require.Equal(t, "a", alert.Account.String)
		require.EqualValues(t, 5, alert.Code.Int64)
		require.Equal(t, want, w.alert(), "stop %d", i)
		require.NoError(t, w.s.StartAccount(ctx, id, "support:a"))
	}
	require.Zero(t, w.alert())
	_, kinds, err := w.s.PendingTaskMails(ctx)
	require.NoError(t, err)
	require.Empty(t, kinds)
}

// However many alerts wait for a webhook that is down, a new stop comes first; alerts that are over or old are dropped.
func TestPendingAlertsGoOutNewestFirst(t *testing.T) {
	w, ctx := newTroubles(t), t.Context()
	w.s.LiftQuotas() // all contacts are the same person
	account, err := w.s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	for i := range 25 {
		w.now = w.now.Add(time.Minute)
		w.stuck(contacted(t, w.s, fmt.Sprintf("A%d", i)), fmt.Sprintf("step_%d", i), "operator")
	}
	over := contacted(t, w.s, "OVER")
	w.stuck(over, "send_sms", "operator")
	w.stuck(over, "", "")
	require.Len(t, w.pending(), 26, "it may flutter")
	w.now = w.now.Add(store.DefaultAlertQuietPeriod)
	require.Len(t, w.pending(), 25)
	none, err := w.s.PendingStopAlert(ctx, account)
	require.NoError(t, err)
	require.Zero(t, none)
	_, err = w.s.StopAccount(ctx, account, 5)
	require.NoError(t, err)
	stop, err := w.s.PendingStopAlert(ctx, account)
	require.NoError(t, err)
	require.NotZero(t, stop)
	ids, err := w.s.PendingStaffAlerts(ctx, 20)
	require.NoError(t, err)
	require.Len(t, ids, 20)
	require.Equal(t, stop, ids[0])
	require.NoError(t, w.s.StartAccount(ctx, account, "support:a"))
	require.NotContains(t, w.pending(), stop)
	w.now = w.now.Add(15 * 24 * time.Hour)
	require.Empty(t, w.pending())
}
