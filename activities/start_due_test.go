package activities_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// What waited for a contact is started in the step that shows it verified; a crash in between only repeats that.
func TestCompanionsStartWithTheContact(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, err := s.ImportOrder(ctx, store.OrderImport{Number: "D1", Customer: "demo", Product: "p",
		Domains: []string{"a.com", "b.com", "c.com"}})
	require.NoError(t, err)
	order, err := s.OrderByNumber(ctx, "D1")
	require.NoError(t, err)
	sites, err := s.SitesOf(ctx, order.ID)
	require.NoError(t, err)
	filings, err := s.OpenSites(ctx, order.ID, sites[0].ID, sites[1].ID, sites[2].ID)
	require.NoError(t, err)
	_, err = s.RegisterContact(ctx, order.CustomerID, filings[0].ID, filingtest.Contact(), "hash")
	require.NoError(t, err)

	var started []int64
	died := errors.New("the worker was killed")
	a := &activities.Filing{Store: s, Start: func(_ context.Context, f store.Filing) error {
		started = append(started, f.ID)
		if len(started) == 2 {
			return died // it may have started
		}
		return nil
	}}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(a)
	step := activities.Progress{FilingID: filings[0].ID, Seq: 1, Stage: filing.Preparing, EventKind: filing.EventVerified}
	_, err = env.ExecuteActivity(a.Advance, step)
	require.ErrorContains(t, err, died.Error())
	_, err = env.ExecuteActivity(a.Advance, step) // Temporal retries it
	require.NoError(t, err)
	require.Equal(t, []int64{filings[1].ID, filings[2].ID, filings[2].ID}, started)
	due, err := s.DueFilings(ctx, 0, 10)
	require.NoError(t, err)
	require.Empty(t, due)
}

// What a filing has submitted while it waited is queued when its holder has a number, by the next exchange. Where the
// bureau requires a filing password, its customer is asked for it first, unless staff recorded it with the number.
func TestWaitingSiteIsQueuedWithTheHoldersNumber(t *testing.T) {
	for name, c := range map[string]struct {
		required bool
		password string
		asked    bool
	}{"today": {}, "2005": {required: true, asked: true}, "2005, password recorded": {required: true, password: "secret-1"}} {
		t.Run(name, func(t *testing.T) { waitingSiteIsQueued(t, c.required, c.password, c.asked) })
	}
}

func waitingSiteIsQueued(t *testing.T, required bool, password string, asked bool) {
	t.Helper()
	s, ctx := testdb.New(t), t.Context()
	account, err := s.EnsureAccount(ctx, "a")
	require.NoError(t, err)
	require.NoError(t, s.SetFilingPassword(ctx, account, required))
	_, err = s.ImportOrder(ctx, store.OrderImport{Number: "D1", Customer: "demo", Product: "p",
		Domains: []string{"a.com", "b.com"}})
	require.NoError(t, err)
	order, err := s.OrderByNumber(ctx, "D1")
	require.NoError(t, err)
	sites, err := s.SitesOf(ctx, order.ID)
	require.NoError(t, err)
	filings, err := s.OpenSites(ctx, order.ID, sites[0].ID, sites[1].ID)
	require.NoError(t, err)
	_, err = s.RegisterContact(ctx, order.CustomerID, filings[0].ID, filingtest.Contact(), "hash")
	require.NoError(t, err)
	a := &activities.Filing{Store: s, Start: func(context.Context, store.Filing) error { return nil }}
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(a)
	d := filingtest.Dossier() // of a person, who files one site at a time
	for i, f := range filings {
		d.Site.Domains = []string{sites[i].Domain}
		_, err = env.ExecuteActivity(a.Advance, activities.Progress{FilingID: f.ID, Seq: 1, Stage: filing.Preparing,
			EventKind: filing.EventVerified})
		require.NoError(t, err)
		revision, err := s.SaveDossier(ctx, f.ID, d)
		require.NoError(t, err)
		_, err = env.ExecuteActivity(a.Advance, activities.Progress{FilingID: f.ID, Seq: 2, Stage: filing.Submitting,
			Revision: revision, EventKind: filing.EventSubmitting})
		require.NoError(t, err)
		_, err = env.ExecuteActivity(a.QueueRecord, activities.RecordRef{FilingID: f.ID, Revision: revision})
		require.NoError(t, err)
	}
	queued := func(i int) (id int64, operation int) {
		t.Helper()
		_ = s.DB().QueryRowContext(ctx, `SELECT id, operation FROM records WHERE filing_id = ?`,
			filings[i].ID).Scan(&id, &operation)
		return id, operation
	}
	record, operation := queued(0)
	require.Equal(t, 1, operation)
	waiting, _ := queued(1)
	require.Zero(t, waiting)
	require.NoError(t, s.SetDriver(ctx, account, store.DriverManual))
	require.NoError(t, s.SubmitByHand(ctx, record, "support:a"))
	require.NoError(t, s.DecideByHand(ctx, record, store.ManualDecision{Actor: "support:a", Approved: true,
		Issued: filing.Issued{HolderNumber: "沪ICP备2026000001号", SiteNumber: "沪ICP备2026000001号-1", Password: password}}))
	// The exchange dies here; the next one goes on.
	b := &activities.Bureau{Store: s, Filings: a}
	for range 2 {
		signals, err := s.UnsentSignals(ctx, 0, 10)
		require.NoError(t, err)
		for _, signal := range signals {
			require.NoError(t, s.SignalSent(ctx, signal.ID))
		}
		require.NoError(t, b.DeliverSignals(ctx, activities.AccountRef{AccountID: account}))
	}
	_, operation = queued(1)
	require.Equal(t, filing.KindNewSite.Operation(), operation)
	decision, err := s.LatestDecision(ctx, filings[1].ID)
	if !asked {
		require.ErrorIs(t, err, store.ErrNotFound)
		d, err := s.Dossier(ctx, filings[1].ID, 1)
		require.NoError(t, err)
		require.Equal(t, password, d.OwnershipProof.Password)
		return
	}
	require.NoError(t, err)
	require.True(t, decision.Ours(), "no bureau has seen it")
	require.Equal(t, []string{"ownership.password"}, decision.Fields)
	records, err := s.ManualRecords(ctx, store.ManualFilter{}, 10)
	require.NoError(t, err)
	require.Empty(t, records, "nothing to hand in yet")
}
