package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// The list filters by the SQL state, the pages show the Go state; both agree.
func TestOrdersShowWhoseTurnItIs(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, f := opened(t, s, "D1", "demo")
	for _, stage := range filing.Stages {
		for _, attention := range append([]filing.Attention{""}, filing.Attentions...) {
			for _, step := range []string{"", "check_site"} {
				_, err := s.DB().ExecContext(ctx, `UPDATE filings SET stage = ?, attention = ?, stuck_step = ?
					WHERE id = ?`, stage, attention, step, f.ID)
				require.NoError(t, err)
				require.NoError(t, s.ShowState(ctx, f.OrderID))
				var state filing.OrderState
				require.NoError(t, s.DB().QueryRowContext(ctx, `SELECT filing_state FROM orders
					WHERE id = ?`, f.OrderID).Scan(&state))
				require.Equal(t, filing.StateOf(stage, attention, step != ""), state, "%s, %q, stuck %q", stage, attention, step)
			}
		}
	}
}

// Getting stuck takes the turn from the customer, getting unstuck returns it.
func TestStuckFilingIsNotTheCustomersTurn(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	order, f := opened(t, s, "D1", "demo")
	seq := f.Seq
	for _, c := range []struct {
		stuck bool
		want  filing.OrderState
	}{{true, filing.OrderUnderWay}, {false, filing.OrderYours}} {
		seq++
		p := store.Progress{FilingID: f.ID, Seq: seq, Stuck: &c.stuck, EventKind: "k"}
		if c.stuck {
			p.StuckStep, p.StuckReason = "send_sms", "internal"
		}
		require.NoError(t, s.Advance(ctx, p))
		page, err := s.OrdersOf(ctx, order.CustomerID, store.OrderFilter{State: c.want}, store.Cursor{}, 10)
		require.NoError(t, err)
		require.Len(t, page.Rows, 1)
	}
}
