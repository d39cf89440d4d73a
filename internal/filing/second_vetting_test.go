package filing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
)

func TestSecondVettingIsByKindAndNature(t *testing.T) {
	c, err := filing.ParseSecondVetting([]string{" end_holder", "new", "5", ""})
	require.NoError(t, err)
	require.True(t, c.Requires(filing.KindEndHolder, 0))
	require.True(t, c.Requires("", 1), "without a kind it is a new one")
	require.True(t, c.Requires(filing.KindChange, 5))
	require.False(t, c.Requires(filing.KindChange, 4))
	require.False(t, c.Requires(filing.KindEndSite, 0))
	require.False(t, filing.SecondVetting{}.Requires(filing.KindNew, 5), "none, unless it is asked for")
	for _, wrong := range []string{"register", "end-holder", "-1", "0"} {
		_, err := filing.ParseSecondVetting([]string{wrong})
		require.ErrorContains(t, err, "end_holder", wrong)
	}
}
