package workflows_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	stand "github.com/beian/beian/internal/simulate/bureau"
)

// Against a bureau that fails at random, the records' decisions equal the bureau's own: nothing is submitted
// twice, and no number is skipped.
func TestDecisionsEqualTheBureausTruth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c := newCounterpart(t)
		names := map[string]int{"违规": 1020}
		c.with(stand.Options{
			RefuseSiteNames: names, Random: &stand.RandomFaults{Seed: rapid.Uint64().Draw(r, "seed"), Rate: 0.3},
		})
		for range rapid.IntRange(1, 3).Draw(r, "rounds") {
			for range rapid.IntRange(0, 3).Draw(r, "filings") {
				c.add(t, rapid.SampledFrom([]string{"读书笔记", "违规网站", "样例网站"}).Draw(r, "name"))
			}
			c.exchange()
		}
		for range 60 {
			if len(c.decisions()) == c.made {
				break
			}
			c.exchange()
		}
		ours := c.decisions()
		truth := c.stand.Load().Truth()
		require.Len(r, truth, c.made, "every record reached the bureau")
		require.Len(r, ours, c.made, "and every decision came back")
		for key, times := range c.stand.Load().AcceptedKeys() {
			require.Equal(r, 1, times, key)
		}
		for _, record := range truth {
			filingID, err := c.db.FilingOfRecord(t.Context(), record.RecordID)
			require.NoError(r, err)
			require.Equal(r, record.Code, ours[fmt.Sprintf("D%d", filingID)], "record %d", record.RecordID)
		}
		accounts, err := c.db.Accounts(t.Context())
		require.NoError(r, err)
		require.Equal(r, c.stand.Load().Sequence(), accounts[0].LastSequence)
	})
}
