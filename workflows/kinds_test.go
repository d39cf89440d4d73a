package workflows_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/bureau"
	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	stand "github.com/beian/beian/internal/simulate/bureau"
)

// code runs exchanges until a filing is decided, and returns the code.
func (c *counterpart) code(t *testing.T, filingID int64) int {
	t.Helper()
	for range 5 {
		c.exchange()
		if d, err := c.db.LatestDecision(t.Context(), filingID); err == nil {
			return d.Code
		}
	}
	require.Fail(t, "not decided")
	return 0
}

// Records of every kind go to the bureau, and their results find their filings.
func TestEveryKindFindsItsResult(t *testing.T) {
	c := newCounterpart(t)
	c.with(stand.Options{})
	seed(t, c.stand.Load())
	site := func(kind filing.Kind, domain string, proof filing.OwnershipProof) filing.Dossier {
		d := filing.Dossier{Kind: kind, Holder: filingtest.CompanyHolder(), Site: filingtest.Site(domain, "192.0.2.10"),
			OwnershipProof: proof}
		d.Site.Name = "样例 " + domain
		return d
	}
	holder, password := "沪ICP备05000940号", "right"

	wrong := c.addDossier(t,
		site(filing.KindNewSite, "a.example.com", filing.OwnershipProof{Number: holder, Password: "wrong"}))
	require.Equal(t, 1018, c.code(t, wrong), "a wrong filing password")
	added := c.addDossier(t,
		site(filing.KindNewSite, "a.example.com", filing.OwnershipProof{Number: holder, Password: password}))
	second := c.addDossier(t,
		site(filing.KindNewSite, "b.example.com", filing.OwnershipProof{Number: holder, Password: password}))
	require.Equal(t, bureau.CodeApproved, c.code(t, added))
	d, err := c.db.LatestDecision(t.Context(), added)
	require.NoError(t, err)
	require.Equal(t, holder+"-2", d.Number())
	require.Equal(t, bureau.CodeApproved, c.code(t, second), "two sites of one holder, one after the other")
	d, err = c.db.LatestDecision(t.Context(), second)
	require.NoError(t, err)
	require.Equal(t, holder+"-3", d.Number())

	access := c.addDossier(t,
		site(filing.KindNewAccess, "filed.example.net", filing.OwnershipProof{Number: holder + "-1", Password: password}))
	require.Equal(t, bureau.CodeApproved, c.code(t, access))
	d, err = c.db.LatestDecision(t.Context(), access)
	require.NoError(t, err)
	require.Equal(t, holder+"-1", d.Number())
	require.NotZero(t, d.AccessID)

	own := c.addDossier(t,
		filing.Dossier{Holder: filingtest.PersonHolder(), Site: filingtest.Site("own.example.com", "192.0.2.10")})
	require.Equal(t, bureau.CodeApproved, c.code(t, own))
	d, err = c.db.LatestDecision(t.Context(), own)
	require.NoError(t, err)
	subject := filing.Subject{HolderID: d.HolderID, HolderNumber: d.HolderNumber, SiteID: d.SiteID,
		SiteNumber: d.SiteNumber, AccessID: d.AccessID}
	changed := filing.Dossier{Kind: filing.KindChange, Holder: filingtest.PersonHolder(),
		Site: filingtest.Site("own.example.com", "192.0.2.11"), Subject: subject}
	changed.Site.Domains = append(changed.Site.Domains, "more.example.com")
	require.Equal(t, bureau.CodeApproved, c.code(t, c.addDossier(t, changed)))
	require.Equal(t, 1025,
		c.code(t, c.addDossier(t, filing.Dossier{Kind: filing.KindCancelAccess, Subject: subject,
			Ending: filing.Ending{Reason: 3}})), "the only access")
	require.Equal(t, 1026,
		c.code(t, c.addDossier(t,
			filing.Dossier{Kind: filing.KindEndSite, Subject: subject, Ending: filing.Ending{Reason: 99}})), "an unknown reason")
	require.Equal(t, bureau.CodeApproved, c.code(t,
		c.addDossier(t, filing.Dossier{Kind: filing.KindEndSite, Subject: subject, Ending: filing.Ending{Reason: 1}})))
	other := filing.Dossier{Holder: filingtest.PersonHolder(), Site: filingtest.Site("other.example.com", "192.0.2.10")}
	other.Holder.DocumentType, other.Holder.DocumentNumber = filing.DocumentPassport, "P12345678"
	holderToEnd := c.addDossier(t, other)
	require.Equal(t, bureau.CodeApproved, c.code(t, holderToEnd))
	d, err = c.db.LatestDecision(t.Context(), holderToEnd)
	require.NoError(t, err)
	end := filing.Dossier{
		Kind: filing.KindEndHolder, Ending: filing.Ending{Reason: 4},
		OwnershipProof: filing.OwnershipProof{Password: c.stand.Load().PasswordOf(d.HolderNumber)},
		Subject:        filing.Subject{HolderID: d.HolderID, HolderNumber: d.HolderNumber},
	}
	require.Equal(t, bureau.CodeApproved, c.code(t, c.addDossier(t, end)))
	for key, times := range c.stand.Load().AcceptedKeys() {
		require.LessOrEqual(t, times, 2, key) // refused and resubmitted under the bureau's own ID
	}
}
