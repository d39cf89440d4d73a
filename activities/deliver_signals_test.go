package activities_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// executions answers signals: some executions can't take theirs.
type executions struct {
	client.Client
	errors map[string]error
	heard  []string
}

func (e *executions) SignalWorkflow(_ context.Context, id, _, _ string, arg any) error {
	if err := e.errors[id]; err != nil {
		return err
	}
	e.heard = append(e.heard, fmt.Sprintf("%s %s", id, arg.(activities.Addressed[json.RawMessage]).Name))
	return nil
}

// An execution that can't take its signal holds up no other filing's, and every failure is reported; a server that is
// away ends the run.
func TestBadExecutionsHoldUpNoOtherSignals(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	for n := range 5 {
		number := fmt.Sprintf("D%d", n)
		_, err := s.ImportOrder(ctx, store.OrderImport{Number: number, Customer: "demo", Product: "p"})
		require.NoError(t, err)
		user, err := s.UserByLogin(ctx, "demo")
		require.NoError(t, err)
		order, err := s.OrderOf(ctx, user.ID, number)
		require.NoError(t, err)
		f, err := s.OpenFiling(ctx, order.ID)
		require.NoError(t, err)
		_, err = s.DB().ExecContext(ctx, `INSERT INTO signals (signal_key, filing_id, name, payload, created_at)
			VALUES (?, ?, 'decided', '{}', NOW(6))`, number, f.ID)
		require.NoError(t, err)
	}
	e := &executions{errors: map[string]error{
		"filing/D0": serviceerror.NewInvalidArgument("too many signals"),
		"filing/D1": serviceerror.NewNotFound("it has ended"),
		"filing/D2": serviceerror.NewInvalidArgument("its history is too large"),
	}}
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	effects := &activities.Bureau{Store: s, Temporal: e, FilingWorkflowID: func(ref string) string { return "filing/" + ref }}
	env.RegisterActivity(effects)
	deliver := func() error {
		_, err := env.ExecuteActivity(effects.DeliverSignals, activities.AccountRef{AccountID: 1})
		return err
	}
	err := deliver()
	require.ErrorContains(t, err, "too many signals")
	require.ErrorContains(t, err, "its history is too large")
	require.Equal(t, []string{"filing/D3 decided", "filing/D4 decided"}, e.heard)
	unsent := func() int {
		left, err := s.UnsentSignals(ctx, 0, 10)
		require.NoError(t, err)
		return len(left)
	}
	require.Equal(t, 2, unsent(), "D1 needs none, and those that failed are sent again")

	e.errors = map[string]error{"filing/D0": serviceerror.NewUnavailable("away"), "filing/D2": nil}
	require.ErrorContains(t, deliver(), "away")
	require.Len(t, e.heard, 2)
	e.errors = nil
	require.NoError(t, deliver())
	require.Equal(t, []string{"filing/D0 decided", "filing/D2 decided"}, e.heard[2:])
	require.Zero(t, unsent())
}
