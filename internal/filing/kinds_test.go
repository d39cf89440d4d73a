package filing_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
)

func TestKindsMeanWhatTheirSpecsSay(t *testing.T) {
	require.Subset(t, filing.Beginnings, []filing.Kind{filing.KindNew, filing.KindNewSite, filing.KindNewAccess})
	require.Subset(t, filing.FollowUps, []filing.Kind{filing.KindChange, filing.KindCancelAccess, filing.KindEndSite})
	for _, kind := range slices.Concat(filing.Beginnings, filing.FollowUps) {
		require.Equal(t, slices.Contains(filing.FollowUps, kind), kind.FollowsUp(), kind)
		require.False(t, kind.Registers(), kind)
	}
	require.Equal(t, []filing.Kind{filing.KindNew, filing.KindChange, filing.KindCancelAccess}, filing.ReviewedKinds)
	seen := map[int]filing.Kind{}
	for _, s := range filing.KindSpecs {
		require.Equal(t, s.Kind, s.Kind.Spec().Kind)
		require.Equal(t, s.Registers, s.Operation == 0, s.Kind)
		require.NotContains(t, seen, s.Operation, s.Kind)
		seen[s.Operation] = s.Kind
		if !s.Registers {
			require.Equal(t, s.Kind, filing.KindOfOperation(s.Operation))
		}
		require.Equal(t, s.Ends != filing.EndsNothing, s.Kind.Asks(filing.FormEnding, "reason"), "why it ends: %s", s.Kind)
		if s.NeedsPassword {
			require.True(t, s.Kind.Asks(filing.FormOwnership, "password"), s.Kind)
		}
		if s.Kind.ProvesOwnership() {
			require.True(t, s.Kind.Asks(filing.FormOwnership, "number"), s.Kind)
		}
		if !s.Registers {
			require.Contains(t, s.Kind.ReviewedAlike(), s.Operation)
		}
	}
	require.Equal(t, filing.KindNew.Operation(), filing.Kind("").Operation(), "none is chosen yet")
	require.Zero(t, filing.Kind("unknown").Operation())
	require.Subset(t, filing.KindEndSite.ReviewedAlike(), []int{5, 6, 7})
	require.NotContains(t, filing.KindEndSite.ReviewedAlike(), 4)
	require.Equal(t, []string{filing.FormOwnership, filing.FormSite, filing.FormPapers}, filing.KindNewAccess.Forms())
	require.False(t, filing.KindNewAccess.Asks(filing.FormSite, "name"))
}
