package rules_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/rules"
)

// A letter is asked for a manager who isn't the legal representative, where the province wants one for that manager. It
// must be there where the rule is sure and the form says who it is.
func TestWhoNeedsALetterOfAuthority(t *testing.T) {
	for name, c := range map[string]struct {
		province, answer string
		two              bool
		asked, must      bool
	}{
		"the representative is both":                {"310000", filing.Yes, false, false, false},
		"another person runs the site":              {"310000", filing.Yes, true, true, true},
		"another person runs it, one source":        {"120000", filing.Yes, true, true, false},
		"nobody said":                               {"310000", "", false, true, false},
		"nobody wants one":                          {"440000", filing.No, true, false, false},
		"the holder's manager, one source":          {"220000", filing.No, false, true, false},
		"the holder's manager is it":                {"220000", filing.Yes, true, false, false},
		"either in Jiangsu":                         {"320000", filing.No, false, true, true},
		"the site's own in Jiangsu":                 {"320000", filing.Yes, true, true, true},
		"where somebody else is taken for a letter": {"620000", filing.No, false, true, true},
		"where one source takes somebody else":      {"460000", filing.No, false, true, false},
	} {
		d := filingtest.Dossier()
		d.Holder = filingtest.CompanyHolder()
		if c.two {
			d = filingtest.TwoManagers(d)
		}
		d.Holder.Province, d.Holder.Manager.LegalRepresentative = c.province, c.answer
		asked, must := rules.BuiltIn().Papers(d, 1)(string(rules.LetterRequired))
		require.Equal(t, []bool{c.asked, c.must}, []bool{asked, must}, name)
	}
}

func TestWhoVerifiesEachKind(t *testing.T) {
	holder, site := filing.SMSHolderManager, filing.SMSSiteManager
	for kind, want := range map[filing.Kind][]filing.SMSRole{
		"": {holder, site}, filing.KindNew: {holder, site}, filing.KindNewSite: {holder, site},
		filing.KindNewAccess: {site}, filing.KindChange: {holder, site}, filing.KindEndHolder: {holder},
		filing.KindEndSite: {site}, filing.KindCancelAccess: nil,
	} {
		require.Equal(t, want, rules.BuiltIn().SMSRoles(kind), kind)
	}
	tries, resends, origins := rules.BuiltIn().SMSLimits(filing.KindNew)
	require.Equal(t, []int{5, 2, 2}, []int{tries, resends, len(origins)})
	book, err := rules.Load([]byte("sms\twho_verifies\tend_site\tholder_manager|site_manager\talways\tsure\tTX\t2026\n" +
		"sms\tresends_max\t*\t\t-\tsure\tTX\t2026\nsms\twrong_tries_max\t*\t\t3\tsure\tTX\t2026\n"))
	require.NoError(t, err)
	require.Equal(t, []filing.SMSRole{holder, site}, book.SMSRoles(filing.KindEndSite), "the provider's own file decides")
	tries, resends, origins = book.SMSLimits(filing.KindEndSite)
	require.Equal(t, []int{3, 0, 1}, []int{tries, resends, len(origins)})
}

// People read the sources' names and the titles of pages, not where a copy of them is.
func TestCreditsNameNoPaths(t *testing.T) {
	book := rules.BuiltIn()
	for source, want := range map[string][2]string{
		"HW kb/procedures/备案短信核验; TX 短信核验": {
			book.Sources[0].Chinese + "《备案短信核验》；腾讯云备案文档《短信核验》",
			book.Sources[0].English + ", “备案短信核验”; Tencent Cloud's filing documentation, “短信核验”"},
		"HW doc_0220; HW doc_0221": {book.Sources[0].Chinese, book.Sources[0].English},
		"HW kb/procedures/备案成功后咨询+备案注销咨询 doc_0037": {book.Sources[0].Chinese + "《备案成功后咨询、备案注销咨询》",
			book.Sources[0].English + ", “备案成功后咨询、备案注销咨询”"},
	} {
		o := rules.Origin{Source: source}
		require.Equal(t, want, [2]string{book.Credit(o, "zh"), book.Credit(o, "en")})
	}
	for _, r := range book.Rules {
		require.NotRegexp(t, `/|_|doc|kb`, book.Credit(r.Origin, "zh"), r.Source)
	}
}
