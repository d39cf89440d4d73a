package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/beian/beian/activities"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// A claim is true if the database has just what it says.
func TestClaimsAreLookedUp(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, f, _ := filed(t, s)
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivity(&activities.Filing{Store: s})
	holds := func(fact activities.Fact) (is bool) {
		t.Helper()
		fact.FilingID += f.ID
		value, err := env.ExecuteActivity((&activities.Filing{}).IsTrue, fact)
		require.NoError(t, err)
		require.NoError(t, value.Get(&is))
		return is
	}
	require.True(t, holds(activities.Fact{Claim: activities.ClaimContact, Number: 1}))
	require.False(t, holds(activities.Fact{Claim: activities.ClaimContact, Number: 2}))
	require.False(t, holds(activities.Fact{Claim: activities.ClaimContact, Number: 1, FilingID: 1}), "no such filing")

	require.False(t, holds(activities.Fact{Claim: activities.ClaimVerified}))
	_, err := s.DB().ExecContext(ctx, `UPDATE verifications SET verified_at = requested_at WHERE filing_id = ?`, f.ID)
	require.NoError(t, err)
	require.True(t, holds(activities.Fact{Claim: activities.ClaimVerified}))

	require.False(t, holds(activities.Fact{Claim: activities.ClaimSubmitted, Number: 1}))
	require.False(t, holds(activities.Fact{Claim: activities.ClaimPassed, Number: 1}))
	_, err = s.DB().ExecContext(ctx, `INSERT INTO vettings (filing_id, revision, round, reviewer_id, taken_at, leased_until,
		verdict, decided_at) SELECT ?, 1, 1, id, NOW(6), NOW(6), 'passed', NOW(6) FROM users LIMIT 1`, f.ID)
	require.NoError(t, err)
	require.True(t, holds(activities.Fact{Claim: activities.ClaimPassed, Number: 1}))
	require.False(t, holds(activities.Fact{Claim: activities.ClaimPassed, Number: 2}))
	require.False(t, holds(activities.Fact{Claim: activities.ClaimSentBack, Number: 1}))

	for revision, name := range []string{"甲", "甲", "乙"} {
		_, err := s.DB().ExecContext(ctx, `UPDATE filings SET stage = 'correcting', revision = ? WHERE id = ?`, revision, f.ID)
		require.NoError(t, err)
		d := filingtest.Dossier()
		d.Site.Name = name
		_, err = s.SaveDossier(ctx, f.ID, d)
		require.NoError(t, err)
	}
	for number, unchanged := range map[int]bool{1: false, 2: true, 3: false} {
		require.True(t, holds(activities.Fact{Claim: activities.ClaimSubmitted, Number: number}))
		require.Equal(t, unchanged,
			holds(activities.Fact{Claim: activities.ClaimSubmitted, Number: number, Unchanged: true}), number)
	}
	require.False(t, holds(activities.Fact{Claim: activities.ClaimSubmitted, Number: 1, Kind: filing.KindChange}))

	decided := map[string]any{"filing": f.ID, "revision": 1, "approved": true, "code": 0}
	said := func(change string, value any) activities.Fact {
		told := map[string]any{}
		for key, was := range decided {
			told[key] = was
		}
		if change != "" {
			told[change] = value
		}
		return activities.Fact{Claim: activities.ClaimSignalled, Signal: store.SignalDecided, Content: told}
	}
	require.True(t, holds(said("", nil)))
	require.False(t, holds(said("revision", 2)))
	require.False(t, holds(said("approved", false)))
	require.False(t, holds(said("actor", filing.ActorOwnCheck)))
	other := said("", nil)
	other.Signal = store.SignalAccepted
	require.False(t, holds(other))
	other.Signal = "site-check"
	require.False(t, holds(other))
	require.False(t, holds(activities.Fact{Claim: "anything"}))
}
