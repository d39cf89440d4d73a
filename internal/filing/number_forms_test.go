package filing_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

func TestEveryFormOfNumbersIsReadEverywhere(t *testing.T) {
	for _, c := range filingtest.Numbers() {
		n, err := filing.ParseNumber(c.Text)
		require.NoError(t, err, c.Text)
		require.Equal(t, c.Want, n.String())
		require.Equal(t, c.Holder, n.Holder())
		require.Equal(t, c.Want, filing.StandardNumber(c.Text))
		require.True(t, filing.LooksLikeNumber(c.Text), c.Text)

		d, problems := filing.Registration{Number: c.Text, HomePage: "http://example.com/"}.Dossier([]string{"example.com"})
		require.Empty(t, problems, c.Text)
		require.Equal(t, c.Want, d.OwnershipProof.Number)

		proof := filing.OwnershipProof{Number: c.Text, Password: "secret"}
		proof.Normalise(filing.KindNewSite)
		require.Equal(t, c.Holder, proof.Number, "a new site is added to the holder")
		require.Empty(t, proof.Validate(filing.KindNewSite, filing.PasswordNone), c.Text)
		proof = filing.OwnershipProof{Number: c.Text, Password: "secret"}
		proof.Normalise(filing.KindNewAccess)
		problem := proof.Validate(filing.KindNewAccess, filing.PasswordNone).For("number")
		if n.Site > 0 && n.App == "" {
			require.Nil(t, problem, c.Text)
		} else { // the interface files no accesses of apps
			require.Equal(t, "number_wants_site", problem.Key, c.Text)
		}

		issued, about := filing.Issued{SiteNumber: c.Text}, filingtest.Dossier()
		if n.Site == 0 {
			issued = filing.Issued{HolderNumber: c.Text}
		}
		about.Holder.Province = n.Province()
		if n.Sign == "" {
			about.Holder.Province = "310000"
		}
		issued.Normalise()
		require.Equal(t, c.Holder, issued.HolderNumber)
		if problem := issued.Validate(about).For("site_number"); n.App != "" {
			require.Equal(t, "filing_number_of_site", problem.Key, "no website gets an app's number")
		} else {
			require.Empty(t, issued.Validate(about), c.Text)
		}

		gbk, err := simplifiedchinese.GB18030.NewEncoder().String("\x01" + c.Text + "\n2026")
		require.NoError(t, err)
		for _, certificate := range []string{"\x01" + c.Text + "\xff", gbk} {
			require.Equal(t, []string{c.Holder}, filing.NumbersIn([]byte(certificate)), "%q", certificate)
			require.Empty(t, n.OtherNumberIn([]byte(certificate)))
		}
		found, _ := filing.CompareNumber(n, []filing.DomainStatus{{Domain: "example.com",
			Status: filing.Status{Filed: true, HolderNumber: c.Holder, SiteNumber: c.Text}}})
		if n.Kind == "备" {
			require.Equal(t, filing.SameNumber, found, c.Text)
		} else {
			require.Equal(t, filing.NotCompared, found, "the bureau's query has no licences")
		}
	}
	require.Equal(t, "D20260001", filing.StandardNumber(" d2026 0001"), "no number, but comparable")
	require.Empty(t, filing.StandardNumber(""))
}
