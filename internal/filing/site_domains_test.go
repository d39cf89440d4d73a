package filing_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

// A new site has one registrable domain, with any host names below it. A filed one loses domains, and gets no others.
func TestDomainsOfNewAndFiledSites(t *testing.T) {
	filed := map[string]int64{"example.com": 1, "example.net": 2}
	for _, c := range []struct {
		kind    filing.Kind
		domains string
		filed   map[string]int64
		key     string
	}{
		{filing.KindNew, "example.com www.example.com", nil, ""},
		{"", "example.com example.net", nil, "one_domain"},
		{filing.KindNewSite, "example.com www.example.net", nil, "one_domain"},
		{filing.KindNewAccess, "example.com example.net", nil, ""},
		{filing.KindChange, "example.net example.com", filed, ""},
		{filing.KindChange, "example.net", filed, ""},
		{filing.KindChange, "example.net example.org", filed, "domain_added"},
		{filing.KindChange, "example.net example.org", nil, ""},
		{filing.KindNew, "example.com example", nil, "domain_invalid"},
	} {
		d := filingtest.Dossier()
		d.Kind, d.Site.Domains, d.Subject.DomainIDs = c.kind, strings.Fields(c.domains), c.filed
		d.Site.HomePage = "http://" + d.Site.Domains[0] + "/"
		key := ""
		if p := d.ValidateSite(filing.BuiltIn()).For("domains"); p != nil {
			key = p.Key
		}
		require.Equal(t, c.key, key, "%s %s", c.kind, c.domains)
	}
}

// A text speaks of a site by its name in quotation marks, or by a domain or a host name below it.
func TestSiteQuotedInAText(t *testing.T) {
	s := filing.Site{Name: "样例商城", Domains: []string{"example.com", "xn--fsq092h.xn--fiqs8s"}}
	for text, quoted := range map[string]bool{
		"“样例商城”网站的名称冲突": true, "样例商城的名称冲突": false, "": false, "域名example.com已存在": true,
		"域名：EXAMPLE.COM。": true, "*.example.com、www.example.com": true, "notexample.com": false, "example.com.cn": false,
		"“示例.中国”在黑名单中": true, "“xn--fsq092h.xn--fiqs8s”在黑名单中": true,
	} {
		require.Equal(t, quoted, s.QuotedIn(text), text)
	}
	require.False(t, filing.Site{}.QuotedIn("“”"))
}
