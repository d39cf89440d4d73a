package filing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

func TestSamplesAreRight(t *testing.T) {
	c := filingtest.Contact()
	c.Normalise()
	require.Empty(t, c.Validate())
	for _, h := range []filing.Holder{filingtest.PersonHolder(), filingtest.CompanyHolder()} {
		h.Normalise()
		require.Empty(t, h.Validate(filing.BuiltIn()))
	}
	s := filingtest.Site("www.example.com", "192.0.2.1-192.0.2.9")
	s.Normalise()
	require.Empty(t, s.Validate(filing.BuiltIn()))
}
