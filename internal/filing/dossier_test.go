package filing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

// A dossier is about the bureau, province and number of its kind's own part.
func TestWhomADossierIsFor(t *testing.T) {
	d := filing.Dossier{Holder: filing.Holder{Province: "310000"},
		OwnershipProof: filing.OwnershipProof{Number: "浙ICP备05000940号-1"},
		Subject:        filing.Subject{HolderNumber: "粤ICP备05000940号", SiteNumber: "粤ICP备05000940号-1"}}
	for kind, want := range map[filing.Kind]string{
		"": "310000 310000", filing.KindNew: "310000 310000", filing.KindNewSite: "330000 330000",
		filing.KindNewAccess: "330000 330000", filing.KindChange: "440000 310000", filing.KindCancelAccess: "440000 310000",
		filing.KindEndSite: "440000 310000", filing.KindEndHolder: "440000 310000", filing.KindRegister: "330000 310000",
	} {
		d.Kind = kind
		require.Equal(t, want, d.Bureau()+" "+d.Province(), kind)
	}
	d.Kind, d.Holder.Province = filing.KindEndSite, ""
	require.Equal(t, "440000", d.Province(), "an end has no holder's form")
	require.Equal(t, "粤ICP备05000940号-1", d.KnownNumber())
	d.Subject.SiteNumber = ""
	require.Equal(t, "粤ICP备05000940号", d.KnownNumber())
	d.Subject = filing.Subject{}
	require.Equal(t, "浙ICP备05000940号-1", d.KnownNumber())
}

func TestReferencesOfFilings(t *testing.T) {
	for serial, want := range map[int]string{0: "D1", 1: "D1", 2: "D1/2", 10: "D1/10"} {
		require.Equal(t, want, filing.Ref("D1", serial))
	}
}

// What the bureau doesn't have stays; another site's and another provider's data isn't taken.
func TestTakingKeepsWhatTheBureauLacks(t *testing.T) {
	d := filing.Dossier{Site: filingtest.Site("old.example.com", "192.0.2.1"),
		Subject: filing.Subject{HolderID: 1, SiteID: 2, AccessID: 3}}
	d.Take(filing.FiledHolder{HolderID: 9, Sites: []filing.FiledSite{{ID: 7, Name: "另一个"},
		{ID: 2, Name: "新名字", HomePage: "http://new.example.com", PreApprovals: []int{4}, Services: []int{5},
			Languages: []int{6}, Accesses: []filing.FiledAccess{{ID: 3}, {ID: 4, Places: []int{1}, Modes: []int{1}}}}}})
	require.Equal(t, filing.Site{Name: "新名字", HomePage: "http://new.example.com", Provider: "样例主机", AccessMode: 3,
		ServerPlace: 9, PreApprovals: []int{4}, Services: []int{5}, Languages: []int{6}}, d.Site)
	require.EqualValues(t, 9, d.Subject.HolderID)
	require.Empty(t, d.Subject.AddressIDs)
}

func TestLimitsOfDomains(t *testing.T) {
	label := strings.Repeat("a", 63)
	for text, want := range map[string]string{
		label + ".example.com": "", label + "a.example.com": "domain_invalid", "a-b.example.com": "", "a-.example.com": "domain_invalid",
		label + "." + strings.Repeat("a", 52) + ".example.com": "", label + "." + strings.Repeat("a", 53) + ".example.com": "domain_too_long",
		"*." + label + "." + strings.Repeat("a", 50) + ".example.com": "", "*." + label + "." + strings.Repeat("a", 51) + ".example.com": "domain_too_long",
		"example.com:80": "domain_has_url", "example.com/": "domain_has_url", "a.example.0x1": "domain_invalid", "a.example.12": "domain_invalid",
		"example": "domain_invalid", "[2001:db8::1]": "domain_has_url", "*": "domain_invalid", "*.com.cn": "domain_is_suffix",
	} {
		_, key := filing.NormaliseDomain(text)
		require.Equal(t, want, key, text)
	}
	for listed, hosts := range map[string]map[string]bool{
		"example.com":       {"example.com": true, "www.example.com": true, "a.example.com": false, "wwwexample.com": false},
		"*.example.com":     {"a.example.com": true, "a.b.example.com": true, "example.com": false, ".example.com": false},
		"www.example.com":   {"www.example.com": true, "example.com": false, "www.www.example.com": true},
		"*.www.example.com": {"www.example.com": false},
	} {
		for host, covered := range hosts {
			require.Equal(t, covered, filing.DomainCovers(listed, host), "%s %s", listed, host)
		}
	}
	for domain, shown := range map[string]string{"xn--fsq092h.xn--fiqs8s": "示例.中国", "*.xn--fsq092h.xn--fiqs8s": "*.示例.中国",
		"*.example.com": "*.example.com", "example.com": "example.com"} {
		require.Equal(t, shown, filing.DisplayDomain(domain))
	}
	require.Equal(t, []string{"a", "b", "c d", "e", "f", "g"}, filing.ParseLines(" a ,b;;c d\r\n\n e，f；g、"))
	require.Equal(t, []string{"a.b.example.com.cn", "b.example.com.cn", "example.com.cn"},
		filing.ListedAs("*.A.b.example.com.cn"))
	require.Equal(t, []string{"com.cn"}, filing.ListedAs("com.cn"), "no domain that anybody registers")
	require.Empty(t, filing.DomainKey(strings.Repeat("a", 129)))
	require.NotEmpty(t, filing.DomainKey(strings.Repeat("a", 128)))
	require.Empty(t, filing.DomainKey("a*.example.com"))
	require.Equal(t, "a~!", filing.DomainKey("a~!"), "the bureau's data is taken as it is")
}

// A site is filed with its registrable domain, which stands for the host names that the order lists below it.
func TestDomainsStandForTheirHostNames(t *testing.T) {
	listed := []string{"www.example.com", "*.example.com", "shop.example.net", "example.org"}
	require.Equal(t, []string{"example.com", "example.net", "example.org"}, filing.RegistrableOf(listed))
	require.Equal(t, []string{"http://x.example.com", "example.com"},
		filing.RegistrableOf([]string{"http://x.example.com", "example.com", "www.example.com"}), "mistakes are shown as typed")
	for filed, hosts := range map[string][]string{"example.com": {"www.example.com", "*.example.com"},
		"example.org": {"example.org"}, "example.cn": {"example.cn"}, "www.example.com": {"www.example.com"}} {
		require.Equal(t, hosts, filing.HostsOf([]string{filed}, listed), filed)
	}
	require.Equal(t, []string{"www.example.com", "*.example.com"},
		filing.HostsOf([]string{"example.com", "www.example.com"}, listed), "each once")
	s := filingtest.Site("example.com", "192.0.2.10")
	for home, right := range map[string]bool{"http://example.com/": true, "http://www.example.com/": true,
		"http://a.shop.example.com/": true, "http://example.net/": false, "http://xexample.com/": false} {
		s.HomePage = home
		require.Equal(t, right, s.Validate(filing.BuiltIn()).For("home_page") == nil, home)
	}
}

// A bureau is asked for ten names at most.
func TestAskedDomainsAreFew(t *testing.T) {
	var domains []string
	for i := range 10 {
		domains = append(domains, fmt.Sprintf("example%d.com", i))
	}
	require.Equal(t, domains, filing.AskedDomains(domains))
	require.Equal(t, domains, filing.AskedDomains(append(domains, "example.org")))
}

func TestADomainIsFiledUnderItsHolder(t *testing.T) {
	domain := []filing.DomainStatus{{Domain: "example.com", Status: filing.Status{Filed: true, SiteNumber: "S"}}}
	holder := filing.Status{Filed: true, HolderNumber: "H"}
	require.Equal(t, filing.AdviceNewAccess, filing.Advise(holder, domain).Reason, "the bureau doesn't name its holder")
	domain[0].HolderNumber = "H2"
	require.Equal(t, filing.AdviceOther, filing.Advise(holder, domain).Reason)
	require.Equal(t, filing.AdviceNewAccess, filing.Advise(filing.Status{HolderNumber: "H"}, domain).Reason)
}

func TestDaysInChina(t *testing.T) {
	day := filing.ChinaDayOf(time.Date(2026, 3, 1, 16, 0, 0, 0, time.UTC))
	require.Equal(t, "2026-03-02", day.String(), "midnight of the next day in China")
	require.Equal(t, "2026-03-01", filing.ChinaDayOf(time.Date(2026, 3, 1, 15, 59, 59, 0, time.UTC)).String())
	require.Equal(t, "2026-02-28", day.Add(-2).String())
	require.True(t, day.Before(day.Add(1)))
	require.False(t, day.Before(day))
	require.True(t, day.Begin().Equal(time.Date(2026, 3, 1, 16, 0, 0, 0, time.UTC)))
	begin := day.Begin()
	require.Equal(t, "2026-03-02", filing.AddWorkingDays(begin, 0).Format(time.DateOnly))
	require.Equal(t, "2026-03-09", filing.AddWorkingDays(begin, 5).Format(time.DateOnly), "a week with its weekend")
	require.Equal(t, 5, filing.WorkingDays(begin, begin.AddDate(0, 0, 7)))
	require.Equal(t, 20, filing.BureauDays)
}

func TestUnitNumbers(t *testing.T) {
	for text, want := range map[string]int64{"7": 7, " １２ ": 12, "0": 0, "-1": 0, "x": 0, "9223372036854775807": 1<<63 - 1} {
		require.Equal(t, want, filing.UnitNumber(text), text)
	}
}

func TestMobilesAreNormalised(t *testing.T) {
	for text, want := range map[string]string{"+86 139 0000-1234": "13900001234", "0086(139)00001234": "13900001234",
		"8613900001234": "13900001234", "１３９００００１２３４": "13900001234", "861390000123": "861390000123"} {
		require.Equal(t, want, filing.NormaliseMobile(text), text)
	}
	h := filing.Holder{Name: " 张三 ", DocumentNumber: "11010519491231 002x", Manager: filing.Manager{
		OfficePhone: "（021） 5555 0123", Mobile: "139 00001234", Email: " a@b.cd ", DocumentNumber: "e 12345"}}
	h.Normalise()
	require.Equal(t, filing.Holder{Name: "张三", DocumentNumber: "11010519491231002X", Manager: filing.Manager{
		OfficePhone: "021-55550123", Mobile: "13900001234", Email: "a@b.cd", DocumentNumber: "E12345"}}, h)
	require.Empty(t, filing.ValidateContactAddress("13900001234", "a@b.cd"))
	require.Equal(t, map[string]string{"mobile": "mobile_invalid", "email": "email_invalid"},
		keys(filing.ValidateContactAddress("1", "a")))
}

func TestCorrectRegionsOnly(t *testing.T) {
	require.Empty(t, filing.Cities("310100"))
	require.Empty(t, filing.Counties("310000"))
	require.Empty(t, filing.Counties("310101"))
	require.NotEmpty(t, filing.Counties("310100"))
	signs := map[string]bool{}
	for _, p := range filing.Provinces() {
		sign := filing.ProvinceSign(p.Code)
		require.False(t, signs[sign], sign)
		signs[sign] = true
		require.Equal(t, p.Code, filing.ProvinceOfNumber(sign))
	}
	for sign, code := range map[string]string{"川": "510000", "甘": "620000", "云": "530000", "贵": "520000"} {
		require.Equal(t, code, filing.ProvinceOfNumber(sign))
	}
}

func TestTheBureausNamesOfPapersWin(t *testing.T) {
	require.Equal(t, 1, filing.Tables{}.JPEGFormat(), "the built-in edition's, without any")
	require.Equal(t, 8, filing.Tables{PaperFormats: []filing.Code{{ID: 8, Name: "*.JPEG"}}}.JPEGFormat())
	unnamed := filing.Tables{PaperUses: []filing.Code{{ID: 3, Name: ""}}}
	require.Equal(t, 99, unnamed.PaperPurpose(99), "a purpose that no edition has")
	require.Equal(t, 76_800, filing.Paper{MaxKB: 100}.MaxBytes(), "100 KB in base64")
	require.Equal(t, "x", filing.NeededPaper{Paper: filing.Paper{Key: "x"}}.Field())
	require.Equal(t, "x.3", filing.NeededPaper{Paper: filing.Paper{Key: "x"}, Item: 3}.Field())
	require.True(t, filing.PaperUse{Of: "site"}.OfSite())
	require.False(t, filing.PaperUse{Of: "holder"}.OfSite())
}

func TestNumbersOfOneHolderAreWrittenBriefly(t *testing.T) {
	for want, numbers := range map[string][]string{
		"": nil, "沪ICP备2026000001号-1": {"沪ICP备2026000001号-1"},
		"沪ICP备2026000001号-1、-12":                   {"沪ICP备2026000001号-1", "沪ICP备2026000001号-12"},
		"沪ICP备2026000001号-1、京ICP备2026000001号-2、-3": {"沪ICP备2026000001号-1", "京ICP备2026000001号-2", "京ICP备2026000001号-3"},
		"沪ICP备2026000001号、x":                       {"沪ICP备2026000001号", "x"}} {
		require.Equal(t, want, filing.JoinNumbers(numbers))
	}
}
