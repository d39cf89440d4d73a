package filing_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
)

var today = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func TestDocumentNumbers(t *testing.T) {
	for _, c := range []struct {
		nature, document int
		number, key      string
	}{
		{filing.NaturePerson, filing.DocumentResidentID, "310101199003070035", ""},
		{filing.NaturePerson, filing.DocumentResidentID, "11010519491231002x", ""}, // the standard's own example
		{filing.NaturePerson, filing.DocumentResidentID, "310101199003070036", "resident_id_check_digit"},
		{filing.NaturePerson, filing.DocumentResidentID, "310101900307003", "resident_id_old"},
		{filing.NaturePerson, filing.DocumentResidentID, "3101011990", "resident_id_shape"},
		{filing.NaturePerson, filing.DocumentResidentID, "990101199003070035", "resident_id_region"},
		{filing.NaturePerson, filing.DocumentResidentID, "310101199013070035", "resident_id_birth"},
		{filing.NaturePerson, filing.DocumentResidentID, "310101209903070035", "resident_id_birth"},
		{filing.NaturePerson, filing.DocumentPassport, "E12345678", ""},
		{filing.NatureEnterprise, filing.DocumentBusinessLicence, "91310101MA1FP0000H", ""},
		{filing.NatureEnterprise, filing.DocumentBusinessLicence, "91310101MA1FP0000J", "usc_check_digit"},
		{filing.NatureEnterprise, filing.DocumentBusinessLicence, "91310101MA1FPO000H", "usc_characters"},
		{filing.NatureEnterprise, filing.DocumentBusinessLicence, "110108000000016", ""}, // GS 15-2006's example
		{filing.NatureEnterprise, filing.DocumentBusinessLicence, "110108000000017", "licence_check_digit"},
		{filing.NatureEnterprise, filing.DocumentBusinessLicence, "12345", "licence_length"},
		{filing.NatureEnterprise, filing.DocumentEnterpriseOrgCode, "D2143569-X", ""}, // GB 11714's example
		{filing.NatureEnterprise, filing.DocumentEnterpriseOrgCode, "D2143569-1", "org_code_check_digit"},
	} {
		h := filingtest.PersonHolder()
		h.Nature, h.DocumentType, h.DocumentNumber = c.nature, c.document, c.number
		h.Normalise()
		p := h.ValidateOn(today, filing.BuiltIn()).For("document_number")
		if c.key == "" {
			require.Nil(t, p, c.number)
		} else {
			require.NotNil(t, p, c.number)
			require.Equal(t, c.key, p.Key, c.number)
		}
	}
}

// Any single mistyped digit of a resident ID is detected.
func TestMistypedResidentID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		right := "310101199003070035"
		at := rapid.IntRange(0, 17).Draw(t, "at")
		digit := rapid.SampledFrom(strings.Split(strings.ReplaceAll("0123456789", right[at:at+1], ""), "")).Draw(t, "digit")
		h := filingtest.PersonHolder()
		h.DocumentNumber = right[:at] + digit + right[at+1:]
		require.NotNil(t, h.ValidateOn(today, filing.BuiltIn()).For("document_number"), h.DocumentNumber)
	})
}

func TestDomains(t *testing.T) {
	for text, want := range map[string]string{
		" WWW.Example.com. ": "www.example.com", "*.example.com": "*.example.com", "示例.中国": "xn--fsq092h.xn--fiqs8s",
		"ｅｘａｍｐｌｅ．ｃｏｍ": "example.com", "例子。公司。cn": "xn--fsqu00a.xn--55qx5d.cn",
		"github.io": "github.io", "shop.github.io": "shop.github.io", "*.myshopify.com": "*.myshopify.com",
		"blogspot.com": "blogspot.com", "s3.amazonaws.com": "s3.amazonaws.com",
	} {
		got, key := filing.NormaliseDomain(text)
		require.Empty(t, key, text)
		require.Equal(t, want, got)
	}
	for text, want := range map[string]string{
		"127.0.0.1": "domain_is_address", "localhost": "domain_invalid", "a..b": "domain_invalid", "0x7f.1": "domain_invalid",
		"http://example.com": "domain_has_url",
		"example.com/x":      "domain_has_url", "com.cn": "domain_is_suffix", "公司.cn": "domain_is_suffix", "co.uk": "domain_is_suffix", "www.*.com": "domain_invalid",
		"*.*.example.com": "domain_invalid", "": "domain_invalid",
		"-a.example.com": "domain_invalid", strings.Repeat("a.", 70) + "example.com": "domain_too_long",
		"example.nosuchtld": "domain_suffix_unknown",
	} {
		_, key := filing.NormaliseDomain(text)
		require.Equal(t, want, key, text)
	}
}

// Names below a company's domain (github.io) are listed up to that domain, which belongs to somebody, too.
func TestListedAs(t *testing.T) {
	for domain, want := range map[string][]string{
		"www.shop.example.com.cn": {"www.shop.example.com.cn", "shop.example.com.cn", "example.com.cn"},
		"a.shop.github.io":        {"a.shop.github.io", "shop.github.io", "github.io"},
		"example.com":             {"example.com"}, "com": {"com"}, "*.example.com": {"example.com"},
	} {
		require.Equal(t, want, filing.ListedAs(domain), domain)
	}
}

func TestIPRanges(t *testing.T) {
	for text, want := range map[string]string{"192.0.2.1": "192.0.2.1", "192.0.2.1 - 192.0.2.9": "192.0.2.1-192.0.2.9",
		"192.0.2.1－192.0.2.2": "192.0.2.1-192.0.2.2"} {
		r, key := filing.ParseIPRange(text)
		require.Empty(t, key, text)
		require.Equal(t, want, r.String())
	}
	for text, want := range map[string]string{
		"": "ip_invalid", "300.1.1.1": "ip_invalid", "2001:db8::1": "ipv6_not_carried", "127.0.0.1": "ip_not_usable",
		"192.0.2.9-192.0.2.1": "ip_range_backwards",
		"1.0.0.1-9.0.0.1":     "ip_range_too_big", "224.0.0.1": "ip_not_usable", "192.0.2.1-": "ip_invalid",
	} {
		_, key := filing.ParseIPRange(text)
		require.Equal(t, want, key, text)
	}
	r, _ := filing.ParseIPRange("192.168.1.10-192.168.1.30")
	from, to := r.Numbers()
	require.EqualValues(t, 3232235786, from)
	require.EqualValues(t, 3232235806, to)
}

func TestNumbers(t *testing.T) {
	for text, want := range map[string]string{"沪ICP备05000940号": "沪ICP备05000940号",
		"沪icp备 2023012345号－1": "沪ICP备2023012345号-1", "京ＩＣＰ证030173号": "京ICP证030173号"} {
		n, err := filing.ParseNumber(text)
		require.NoError(t, err, text)
		require.Equal(t, want, n.String())
	}
	for _, text := range []string{"", "ICP备05000940号", "某ICP备05000940号", "沪ICP备05000940号-0", "沪ICP备号", "沪ICP备05000940"} {
		_, err := filing.ParseNumber(text)
		require.ErrorIs(t, err, filing.ErrNumber, text)
	}
}

func TestHomePageMustBeAmongTheDomains(t *testing.T) {
	s := filingtest.Site("example.com", "192.0.2.1")
	for home, key := range map[string]string{"http://www.example.com/": "", "example.com": "",
		"http://other.com/": "home_page_not_in_domains", "ftp://example.com": "home_page_invalid", "": "required"} {
		s.HomePage = home
		s.Normalise()
		p := s.Validate(filing.BuiltIn()).For("home_page")
		if key == "" {
			require.Nil(t, p, home)
		} else {
			require.NotNil(t, p, home)
			require.Equal(t, key, p.Key, home)
		}
	}
}

func TestContactRules(t *testing.T) {
	c := filingtest.Contact()
	c.Mobile, c.UserName, c.Name = "+86 139-0000-1234", "名 字!", "笑😀"
	c.Normalise()
	p := c.Validate()
	require.Nil(t, p.For("mobile"))
	require.Equal(t, "user_name_characters", p.For("user_name").Key)
	require.Equal(t, "not_gbk", p.For("name").Key)
	for password, key := range map[string]string{"": "required", "abc": "password_short", "12345678": "password_digits",
		"SomeName": "password_is_user_name", "good-one-1": ""} {
		p := filing.ValidatePassword(password, password, "somename").For("password")
		if key == "" {
			require.Nil(t, p)
		} else {
			require.Equal(t, key, p.Key, password)
		}
	}
	require.NotNil(t, filing.ValidatePassword("good-one-1", "good-one-2", "x").For("password_again"))
}

func TestRegions(t *testing.T) {
	require.Len(t, filing.Provinces(), 31)
	for _, p := range filing.Provinces() {
		require.NotEmpty(t, filing.ProvinceSign(p.Code), p.Name)
	}
	h := filingtest.PersonHolder()
	h.City = "320100"
	require.Equal(t, "region_not_inside", h.ValidateOn(today, filing.BuiltIn()).For("city").Key)
	h.Province, h.City, h.County = "440000", "441900", ""
	require.Nil(t, h.ValidateOn(today, filing.BuiltIn()).For("county"), "东莞 has no counties")
}

// listedCodes are the ranges of section 3-5 of the interface.
var listedCodes = [][2]int{{1001, 1068}, {1999, 1999}, {2001, 2056}, {2998, 2999}, {3001, 3037}, {3998, 3999},
	{5001, 5011}, {5999, 5999}}

func TestEveryListedResultCodeIsExplained(t *testing.T) {
	for _, r := range listedCodes {
		for code := r[0]; code <= r[1]; code++ {
			explained(t, code)
		}
	}
	unknown, known := filing.RefusalByCode(4711)
	require.False(t, known)
	require.True(t, unknown.Staff, "staff look into unknown codes")
}

func explained(t *testing.T, code int) {
	t.Helper()
	r, ok := filing.RefusalByCode(code)
	require.True(t, ok, code)
	require.NotEmpty(t, r.Chinese, code)
	require.NotEmpty(t, r.English, code)
	require.False(t, r.Staff && r.Done, code)
	require.Equal(t, r.Form == "", r.Field == "", code)
	if r.Field != "" {
		require.False(t, r.Staff, "what stands at a field is the customer's: %d", code)
	}
}

// The ranges above match the ministry's text, if it is available.
func TestTheMinistrysListIsCovered(t *testing.T) {
	text, err := os.ReadFile("../../../shared/bureau-spec/interface-v3.0.txt")
	if err != nil {
		t.Skip("skipped: the ministry's specification is not next to the project (../shared/bureau-spec)")
	}
	codes := regexp.MustCompile(`(?m)^\|[^|]*\|([1235]\d{3}) +\|`).FindAllSubmatch(text, -1)
	require.Greater(t, len(codes), 150)
	for _, c := range codes {
		code, err := strconv.Atoi(string(c[1]))
		require.NoError(t, err)
		explained(t, code)
	}
}

func FuzzParseIPRange(f *testing.F) {
	f.Add("192.0.2.1-192.0.2.9")
	f.Fuzz(func(t *testing.T, text string) {
		if r, key := filing.ParseIPRange(text); key == "" {
			if again, key := filing.ParseIPRange(r.String()); key != "" || again != r {
				t.Fatalf("%q: not stable", text)
			}
		}
	})
}

func FuzzNormaliseDomain(f *testing.F) {
	f.Add("*.示例.中国")
	f.Fuzz(func(t *testing.T, text string) {
		if d, key := filing.NormaliseDomain(text); key == "" {
			if again, key := filing.NormaliseDomain(d); key != "" || again != d {
				t.Fatalf("%q: %q is not stable (%s)", text, d, key)
			}
		}
	})
}
