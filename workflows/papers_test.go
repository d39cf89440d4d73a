package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	stand "github.com/beian/beian/internal/simulate/bureau"
)

// After a loss, a record is recognised with its papers in the bureau's newest file, even if papers were replaced
// since. A paper that can't be opened is refused.
func TestPapersAreSubmittedOnceAndRecognised(t *testing.T) {
	c := newCounterpart(t)
	c.with(stand.Options{ReviewAfter: -1, CheckPapers: true})
	paper := filingtest.Picture(640, 400, 1)
	holder := func(number string) filing.Dossier {
		d := filingtest.Dossier()
		d.Holder.DocumentType, d.Holder.DocumentNumber = filing.DocumentPassport, number
		d.Site = filingtest.Site(number+".example.com", "192.0.2.10")
		return d
	}
	c.addDossier(t, holder("P1111111"), paper)
	c.exchange()
	c.addDossier(t, holder("P2222222"), paper, filingtest.Picture(640, 400, 2))
	c.exchange()
	require.EqualValues(t, 2, c.stand.Load().Sequence())
	c.lose(t, 1)
	c.addDossier(t, holder("P3333333"), []byte("no picture"))
	c.addDossier(t, holder("P4444444"))
	for range 3 {
		c.exchange()
	}
	accepted := c.stand.Load().Accepted()
	require.Len(t, accepted, 4)
	for id, times := range accepted {
		require.Equal(t, 1, times, "record %d", id)
	}
	require.Equal(t, map[string]int{"D3": 5010, "D4": 5010}, c.decisions(), "no picture, and no paper at all")
}
