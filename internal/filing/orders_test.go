package filing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
)

func TestPoliceNumbersAreRead(t *testing.T) {
	for _, text := range []string{
		"沪公网安备31010102000001号", " 沪公网安备 31010102000001 号 ", "沪公网安备３１０１０１０２０００００１号", "沪公网安备31010102000001",
	} {
		n, err := filing.ParsePoliceNumber(text)
		require.NoError(t, err, text)
		require.Equal(t, "沪公网安备31010102000001号", n.String())
	}
	for _, text := range []string{"川公网安备51010402000001号", "蜀公网安备51010402000001号", "甘公网安备62010202000001号"} {
		_, err := filing.ParsePoliceNumber(text)
		require.NoError(t, err, text)
	}
	for text, key := range map[string]string{
		"": "required", "  ": "required", "沪公网安备3101010200001号": "police_invalid", "沪公网安备310101020000011号": "police_invalid",
		"港公网安备31010102000001号": "police_invalid", "沪ICP备2023012345号": "police_invalid", "31010102000001": "police_invalid",
		"京公网安备31010102000001号": "police_province", "沪公网安备11010102000001号": "police_province",
	} {
		_, problems := filing.ValidatePoliceNumber(text)
		require.Len(t, problems, 1, text)
		require.Equal(t, filing.Problem{Field: "number", Key: key}, problems[0], text)
	}
}

func TestRegistrationsAreChecked(t *testing.T) {
	domains := []string{"www.example.com", "example.com"}
	d, problems := filing.Registration{Number: " 沪icp备05000940号－1 ", HomePage: "www.example.com"}.Dossier(domains)
	require.Empty(t, problems)
	require.Equal(t, "沪ICP备05000940号-1", d.OwnershipProof.Number)
	require.Equal(t, "http://www.example.com", d.Site.HomePage)
	require.Equal(t, []string{"example.com"}, d.Site.Domains)
	require.Equal(t, filing.KindRegister, d.Kind)
	for number, key := range map[string]string{"": "required", "2023012345": "number_invalid", "沪ICP备号": "number_invalid",
		"沪ICP备2023012345号-0": "number_invalid"} {
		_, problems := filing.Registration{Number: number, HomePage: "http://example.com/"}.Dossier(domains)
		require.Equal(t, filing.Problems{{Field: "number", Key: key}}, problems, number)
	}
	_, problems = filing.Registration{Number: "京ICP证030173号", HomePage: "http://example.org/"}.Dossier(domains)
	require.Equal(t, filing.Problems{{Field: "home_page", Key: "home_page_not_in_domains"}}, problems,
		"a licence's number is one too")
}

func TestNumbersAreCompared(t *testing.T) {
	status := func(domain, holder, site string) filing.DomainStatus {
		return filing.DomainStatus{Domain: domain,
			Status: filing.Status{Filed: holder != "" || site != "", HolderNumber: holder, SiteNumber: site}}
	}
	none, ours := status("www.example.com", "", ""), status("example.com", "沪ICP备2020000123号", "沪ICP备2020000123号-1")
	other := status("example.net", "沪ICP备2020000999号", "沪ICP备2020000999号-1")
	for _, c := range []struct {
		number  string
		domains []filing.DomainStatus
		want    filing.Comparison
		about   string
	}{
		{"沪ICP备2020000123号-1", []filing.DomainStatus{none, ours}, filing.SameNumber, "example.com"},
		{"沪ICP备2020000123号", []filing.DomainStatus{ours}, filing.SameNumber, "example.com"},
		{"沪ICP备2020000123号-2", []filing.DomainStatus{ours}, filing.AnotherNumber, "example.com"},
		{"沪ICP备2020000124号-1", []filing.DomainStatus{none, ours}, filing.AnotherNumber, "example.com"},
		{"沪ICP备2020000123号-1", []filing.DomainStatus{other, ours}, filing.SameNumber, "example.com"},
		{"沪ICP备2020000123号-1", []filing.DomainStatus{none}, filing.NotFiled, ""},
		{"沪ICP备2020000123号-1", []filing.DomainStatus{status("example.com", "沪ICP备2020000123号", "")}, filing.SameNumber,
			"example.com"},
		{"沪ICP证030173号", []filing.DomainStatus{ours}, filing.NotCompared, ""},
	} {
		n, err := filing.ParseNumber(c.number)
		require.NoError(t, err)
		got, about := filing.CompareNumber(n, c.domains)
		require.Equal(t, c.want, got, c.number)
		require.Equal(t, c.about, about.Domain)
	}
}

func TestSearchedDomains(t *testing.T) {
	require.Subset(t, filing.SearchedDomains(" WWW.例子.中国。"),
		[]string{"www.xn--fsqu00a.xn--fiqs8s", "xn--fsqu00a.xn--fiqs8s", "*.xn--fsqu00a.xn--fiqs8s"})
	require.Contains(t, filing.SearchedDomains("example.com"), "www.example.com")
	require.Contains(t, filing.SearchedDomains(" https://www.example.com/index.html"), "example.com")
	require.Contains(t, filing.SearchedDomains(" example.com /"), "example.com")
	require.NotContains(t, filing.SearchedDomains("a.b.example.com"), "*.com")
	require.Empty(t, filing.SearchedDomains("D20260001"))
}

func TestRegisteringIsNoRecordOfTheBureaus(t *testing.T) {
	k := filing.KindRegister
	require.Zero(t, k.Operation())
	require.False(t, k.FollowsUp() || k.Ends() || k.ProvesOwnership())
	require.NotContains(t, filing.Beginnings, k)
	require.NotContains(t, filing.FollowUps, k)
	require.True(t, k.Withdrawable(filing.Installing))
	require.False(t, k.Withdrawable(filing.Filed))
	require.False(t, filing.KindNew.Withdrawable(filing.Installing))
}
