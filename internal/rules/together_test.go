package rules_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/rules"
)

func TestSitesTogether(t *testing.T) {
	d := filingtest.Dossier()
	require.Equal(t, 1, rules.SitesTogether(nil, d), "a person")
	d.Holder = filingtest.CompanyHolder()
	require.Equal(t, 10, rules.SitesTogether(nil, d), "a unit")
	d.Holder.Province = "430000"
	require.Equal(t, 1, rules.SitesTogether(nil, d), "Hunan takes one at a time")
	require.Zero(t, rules.SitesTogether(&rules.Book{}, d), "without rules, any number")
}
