package filing_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

func TestOwnershipProofs(t *testing.T) {
	site := "沪icp备2023012345号－1"
	const required = filing.PasswordRequired
	c := filing.OwnershipProof{Number: site, Password: "p"}
	c.Normalise(filing.KindNewSite)
	require.Equal(t, "沪ICP备2023012345号", c.Number, "a new site joins the holder")
	require.Empty(t, c.Validate(filing.KindNewSite, required))
	require.Equal(t, "number_wants_site", c.Validate(filing.KindNewAccess, required).For("number").Key)
	c = filing.OwnershipProof{Number: site}
	c.Normalise(filing.KindNewAccess)
	require.Equal(t, "沪ICP备2023012345号-1", c.Number)
	require.Equal(t, "required", c.Validate(filing.KindNewAccess, required).For("password").Key)
	require.Equal(t, "number_invalid",
		filing.OwnershipProof{Number: "2023", Password: "p"}.Validate(filing.KindNewSite, required).For("number").Key)
	require.Equal(t, "required", filing.OwnershipProof{}.Validate(filing.KindEndHolder, required).For("password").Key,
		"only with the password")
	require.Empty(t, filing.OwnershipProof{}.Validate(filing.KindEndSite, required))
	require.Empty(t, filing.OwnershipProof{}.Validate(filing.KindChange, required))
	require.Equal(t, "choose", filing.Ending{Reason: 99}.Validate(filing.BuiltIn()).For("reason").Key)
	require.Empty(t, filing.Ending{Reason: 1}.Validate(filing.BuiltIn()))
}

// Where a bureau has abolished filing passwords nobody is asked for one, and no form is left with nothing to fill in.
func TestPasswordsAreAskedForWhereTheBureauRequiresThem(t *testing.T) {
	for _, s := range filing.KindSpecs {
		d := filing.Dossier{Kind: s.Kind, OwnershipProof: filing.OwnershipProof{Number: "沪ICP备2023012345号-1"}}
		require.False(t, d.Asks(filing.FormOwnership, "password"), s.Kind)
		require.Equal(t, s.Kind.ProvesOwnership() || s.Registers, slices.Contains(d.Forms(), filing.FormOwnership) || s.Registers,
			"only with a number to give: %s", s.Kind)
		require.Empty(t, d.OwnershipProof.Validate(s.Kind, filing.PasswordNone), s.Kind)
		require.Empty(t, d.OwnershipProof.Validate(s.Kind, filing.PasswordPossible), s.Kind)
		for _, policy := range []filing.PasswordPolicy{filing.PasswordPossible, filing.PasswordRequired} {
			d.PasswordPolicy = policy
			require.Equal(t, s.Kind.Forms(), d.Forms(), s.Kind)
			require.Equal(t, s.Kind.Asks(filing.FormOwnership, "password"), d.Asks(filing.FormOwnership, "password"), s.Kind)
		}
		given := filing.Dossier{Kind: s.Kind, OwnershipProof: filing.OwnershipProof{Password: "p"}}
		require.Equal(t, s.Kind.Forms(), given.Forms(), "one that was given is shown: %s", s.Kind)
	}
}

func TestAdvice(t *testing.T) {
	holder := filing.Status{Filed: true, HolderNumber: "沪ICP备2023000001号"}
	domain := func(holder string) []filing.DomainStatus {
		d := filing.DomainStatus{Domain: "example.com"}
		if holder != "" {
			d.Status = filing.Status{Filed: true, HolderNumber: holder, SiteNumber: holder + "-1"}
		}
		return []filing.DomainStatus{{Domain: "www.example.com"}, d}
	}
	for name, c := range map[string]struct {
		holder  filing.Status
		domains []filing.DomainStatus
		want    filing.Advice
	}{
		"nothing is filed": {filing.Status{}, domain(""), filing.Advice{Kind: filing.KindNew, Reason: filing.AdviceNew}},
		"the holder is filed": {holder, domain(""),
			filing.Advice{Kind: filing.KindNewSite, Reason: filing.AdviceNewSite, Number: holder.HolderNumber}},
		"the site is filed": {holder, domain(holder.HolderNumber), filing.Advice{
			Kind: filing.KindNewAccess, Reason: filing.AdviceNewAccess, Number: holder.HolderNumber + "-1",
			Domain: "example.com"}},
		"the site is filed, the document isn't": {filing.Status{}, domain(holder.HolderNumber), filing.Advice{
			Kind: filing.KindNewAccess, Reason: filing.AdviceNewAccess, Number: holder.HolderNumber + "-1",
			Domain: "example.com"}},
		"the site is another's": {holder, domain("沪ICP备2023000002号"), filing.Advice{
			Reason: filing.AdviceOther, Number: "沪ICP备2023000002号-1", Domain: "example.com"}},
	} {
		require.Equal(t, c.want, filing.Advise(c.holder, c.domains), name)
	}
	require.Equal(t, []string{"www.example.com", "example.com", "a.example.net", "example.net"},
		filing.AskedDomains([]string{"www.example.com", "*.example.com", "a.example.net"}))
}

func TestChangeTakesWhatTheBureauKeeps(t *testing.T) {
	d := filing.Dossier{Kind: filing.KindChange, Site: filingtest.Site("old.example.com", "192.0.2.1"),
		Subject: filing.Subject{SiteID: 2, AccessID: 3}}
	d.Take(filing.FiledHolder{HolderID: 1, Number: "沪ICP备2023000001号", Holder: filingtest.CompanyHolder(),
		Sites: []filing.FiledSite{
			{ID: 9, Name: "另一个网站"},
			{ID: 2, Number: "沪ICP备2023000001号-2", Name: "新名字", Domains: []filing.FiledDomain{{ID: 21, Name: "new.example.com"}},
				Accesses: []filing.FiledAccess{
					{ID: 8, Modes: []int{1}}, {ID: 3, Places: []int{5}, Modes: []int{2},
						Addresses: []filing.FiledRange{{ID: 31, From: 3221225994, To: 3221225996}}},
				}},
		}})
	require.Equal(t, filingtest.CompanyHolder(), d.Holder)
	require.Equal(t, []string{"new.example.com"}, d.Site.Domains)
	require.Equal(t, []string{"192.0.2.10-192.0.2.12"}, d.Site.IPs)
	require.Equal(t, 5, d.Site.ServerPlace)
	require.Equal(t, 2, d.Site.AccessMode)
	require.Equal(t, filing.Subject{
		HolderID: 1, HolderNumber: "沪ICP备2023000001号", SiteID: 2, SiteNumber: "沪ICP备2023000001号-2", AccessID: 3,
		DomainIDs: map[string]int64{"new.example.com": 21}, AddressIDs: map[string]int64{"192.0.2.10-192.0.2.12": 31},
	}, d.Subject)
	require.Equal(t, "province_fixed", filing.Holder{Province: "330000"}.ValidateChange(d.Holder).For("province").Key)
}
