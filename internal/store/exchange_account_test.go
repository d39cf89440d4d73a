package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/testdb"
)

// A province's account decides about passwords; before the province is known, they are possible if any account wants
// them. Accounts no longer in the settings count for nothing.
func TestPasswordPolicyOfEachProvince(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	policies := func(want ...filing.PasswordPolicy) {
		t.Helper()
		for i, province := range []string{"", "310000", "330000", "630000"} {
			policy, err := s.PasswordPolicy(ctx, province)
			require.NoError(t, err)
			require.Equal(t, want[i], policy, province)
		}
	}
	const none, possible, required = filing.PasswordNone, filing.PasswordPossible, filing.PasswordRequired
	policies(none, none, none, none)
	others, err := s.EnsureAccount(ctx, "others")
	require.NoError(t, err)
	policies(none, none, none, none)
	require.NoError(t, s.SetFilingPassword(ctx, others, true))
	policies(required, required, required, required)
	two, err := s.EnsureAccount(ctx, "two", "310000", "330000")
	require.NoError(t, err)
	policies(possible, none, none, required)
	require.NoError(t, s.SetFilingPassword(ctx, others, false))
	require.NoError(t, s.SetFilingPassword(ctx, two, true))
	policies(possible, required, required, none)
	require.NoError(t, s.KeepAccounts(ctx, []int64{others}))
	policies(none, none, none, none)
}
