package filing_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

func TestIssuedNumbersFitTheirDossier(t *testing.T) {
	certificate := []byte("certificate")
	for _, c := range []struct {
		name       string
		issued     filing.Issued
		kind       filing.Kind
		field, key string
	}{
		{"both", filing.Issued{HolderNumber: "沪ICP备2026000001号", SiteNumber: "沪icp备2026000001号－1", Certificate: certificate},
			"", "", ""},
		{"the holder's follows", filing.Issued{SiteNumber: "沪ICP备2026000001号-1", Certificate: certificate}, "", "", ""},
		{"no number", filing.Issued{Certificate: certificate}, "", "site_number", "required"},
		{"not a number", filing.Issued{SiteNumber: "2026000001", Certificate: certificate}, "", "site_number",
			"filing_number"},
		{"a holder's as a site's", filing.Issued{SiteNumber: "沪ICP备2026000001号", Certificate: certificate}, "", "site_number",
			"filing_number_of_site"},
		{"a site's as a holder's", filing.Issued{HolderNumber: "沪ICP备2026000001号-1", Certificate: certificate}, "",
			"holder_number", "filing_number_of_holder"},
		{"of another province", filing.Issued{SiteNumber: "浙ICP备2026000001号-1", Certificate: certificate}, "", "site_number",
			"filing_number_province"},
		{"that differ", filing.Issued{HolderNumber: "沪ICP备2026000001号", SiteNumber: "沪ICP备2026000002号-1",
			Certificate: certificate}, "", "site_number", "numbers_differ"},
		{"no certificate", filing.Issued{SiteNumber: "沪ICP备2026000001号-1"}, "", "", ""},
		{"an empty one", filing.Issued{SiteNumber: "沪ICP备2026000001号-1", Certificate: []byte{}}, "", "certificate",
			"certificate_empty"},
		{"a big one", filing.Issued{SiteNumber: "沪ICP备2026000001号-1",
			Certificate: bytes.Repeat([]byte("x"), filing.MaxCertificate+1)}, "", "certificate", "certificate_big"},
		{"the biggest", filing.Issued{SiteNumber: "沪ICP备2026000001号-1",
			Certificate: bytes.Repeat([]byte("x"), 1<<20)}, "", "", ""},
		{"none for another site", filing.Issued{SiteNumber: "沪ICP备05000940号-2"}, filing.KindNewSite, "", ""},
		{"another holder's site", filing.Issued{SiteNumber: "沪ICP备05000941号-2"}, filing.KindNewSite, "site_number",
			"filing_number_other"},
		{"an end needs nothing", filing.Issued{}, filing.KindEndSite, "", ""},
	} {
		d := filingtest.Dossier()
		d.Kind = c.kind
		if c.kind == filing.KindNewSite {
			d.OwnershipProof.Number = "沪ICP备05000940号"
		}
		c.issued.Normalise()
		problems := c.issued.Validate(d)
		if c.key == "" {
			require.Empty(t, problems, c.name)
			continue
		}
		require.NotNil(t, problems.For(c.field), c.name)
		require.Equal(t, c.key, problems.For(c.field).Key, c.name)
	}
	i := filing.Issued{SiteNumber: "沪ICP备2026000001号-1"}
	i.Normalise()
	require.Equal(t, "沪ICP备2026000001号", i.HolderNumber)
}

func TestSecondSignsAreTheirProvinces(t *testing.T) {
	for text, province := range map[string]string{"沪ICP备05000940号": "310000", "蜀ICP备05000940号": "510000",
		"川ICP备05000940号": "510000", "贵ICP备05000940号-1": "520000"} {
		n, err := filing.ParseNumber(text)
		require.NoError(t, err, text)
		require.Equal(t, province, n.Province(), text)
	}
}
