package precheck_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/precheck"
	"github.com/beian/beian/internal/rules"
)

// inProvince is a person's or company's right dossier of a province, by the built-in rules. The number of its resident
// ID starts with the province's digits.
func inProvince(f precheck.Facts, province string) precheck.Facts {
	f.Rules, f.Dossier.Holder.Province = rules.BuiltIn(), province
	h := &f.Dossier.Holder
	if h.Nature == filing.NaturePerson {
		h.DocumentNumber = province[:2] + h.DocumentNumber[2:]
	} else {
		h.DocumentNumber = h.DocumentNumber[:2] + province[:2] + h.DocumentNumber[4:]
	}
	h.Manager.DocumentNumber = province[:2] + h.Manager.DocumentNumber[2:]
	return f
}

func personIn(province string) precheck.Facts  { return inProvince(facts(), province) }
func companyIn(province string) precheck.Facts { return inProvince(company(), province) }

// twoIn is a company whose site has a manager of its own.
func twoIn(province string) precheck.Facts {
	f := inProvince(twoManagers(), province)
	f.Dossier.Site.Manager.DocumentNumber = province[:2] + f.Dossier.Site.Manager.DocumentNumber[2:]
	return f
}

// answered is what the form says about whether the holder's manager is the legal representative.
func answered(answer string) func(*precheck.Facts) {
	return func(f *precheck.Facts) { f.Dossier.Holder.Manager.LegalRepresentative = answer }
}

const here = "310000"

// blocked and advised are the rules whose findings block, and that advise.
func sorted(f precheck.Facts) (blocked, advised []string) {
	for _, found := range precheck.Run(f) {
		if found.Blocking {
			blocked = append(blocked, found.Rule)
		} else {
			advised = append(advised, found.Rule)
		}
	}
	return blocked, advised
}

// Each rule by province finds its problem, at its field, with its sources; it blocks only where the rule is sure and
// bureaus refuse.
func TestRulesByProvince(t *testing.T) {
	for _, c := range []struct {
		name, rule, at string
		f              precheck.Facts
		spoil          func(*precheck.Facts)
		blocks         bool
	}{
		{"registered elsewhere", "usc_region", "holder.province", companyIn(here),
			func(f *precheck.Facts) { f.Dossier.Holder.DocumentNumber = "91330101MA1FP0000H" }, false},
		{"from elsewhere, refused", "person_nonlocal", "holder.province", personIn("140000"),
			func(f *precheck.Facts) { f.Dossier.Holder.DocumentNumber = "310101199003070035"; same(f) }, true},
		{"from elsewhere, one source", "person_nonlocal", "holder.province", personIn("450000"),
			func(f *precheck.Facts) { f.Dossier.Holder.DocumentNumber = "310101199003070035"; same(f) }, false},
		{"from elsewhere, with a permit", "person_nonlocal_proof", "holder.province", personIn(here),
			func(f *precheck.Facts) { f.Dossier.Holder.DocumentNumber = "330101199003070035"; same(f) }, false},
		{"a foreigner", "person_foreign", "holder.document_type", personIn("130000"),
			func(f *precheck.Facts) {
				f.Dossier.Holder.DocumentType, f.Dossier.Holder.DocumentNumber = 7, "E12345678"
			}, false},
		{"a minor where it is sure", "holder_age", "holder.document_number", personIn("330000"),
			func(f *precheck.Facts) { f.Today = day(2008, 3, 6); f.Dossier.Site.Services = []int{7} }, true},
		{"a minor, one source", "holder_age", "holder.document_number", personIn(here),
			func(f *precheck.Facts) { f.Today = day(2008, 3, 6) }, false},
		{"sixteen with proof", "holder_age", "holder.document_number", personIn("440000"),
			func(f *precheck.Facts) { f.Today = day(2006, 3, 7); f.Dossier.Site.Services = []int{7} }, false},
		{"a young manager", "manager_age", "holder.manager_document_number", companyIn("430000"),
			func(f *precheck.Facts) { f.Today = day(2008, 3, 6); f.Papers = []string{"domain_certificate"} }, true},
		{"a manager past retirement", "manager_age", "holder.manager_document_number", companyIn("120000"),
			func(f *precheck.Facts) { f.Today = day(2051, 3, 7); f.Dossier.Site.Name = "样例网络科技" }, false},
		{"not the legal representative", "manager_not_legal_rep", "holder.manager_legal_representative", companyIn(here),
			answered(filing.No), true},
		{"not the legal representative, one source", "manager_not_legal_rep", "holder.manager_legal_representative",
			companyIn("530000"), answered(filing.No), false},
		{"nobody asked who it is", "manager_legal_rep", "holder.manager_legal_representative", companyIn(here), answered(""),
			false},
		{"not the legal representative, with a letter", "manager_not_legal_rep", "holder.manager_legal_representative",
			companyIn("220000"), answered(filing.No), false},
		{"a foreign manager", "manager_foreign", "holder.manager_document_type", companyIn(here),
			func(f *precheck.Facts) {
				f.Dossier.Holder.Manager.DocumentType, f.Dossier.Holder.Manager.DocumentNumber = 7, "E12345678"
			}, false},
		{"a manager from elsewhere", "manager_nonlocal", "holder.manager_document_number", companyIn("140000"),
			func(f *precheck.Facts) { f.Dossier.Holder.Manager.DocumentNumber = "310101199003070035" }, false},
		{"another manager than the filed one", "manager_change", "holder.manager_name", companyIn("430000"),
			func(f *precheck.Facts) {
				f.Dossier.Kind, f.Filed = filing.KindChange, f.Dossier
				f.Filed.Holder.Manager.Name = "前任"
			}, false},
		{"two managers where one is wanted", "managers_same", "site.manager_other", twoIn("320000"),
			func(f *precheck.Facts) { answered(filing.No)(f); f.Papers = []string{"domain_certificate"} }, true},
		{"two managers where one source wants one", "managers_same", "site.manager_other", twoIn("340000"), answered(filing.No),
			false},
		{"one manager where one source wants two", "managers_same", "site.manager_other", companyIn("120000"),
			func(*precheck.Facts) {}, false},
		{"an old site's manager", "manager_age", "site.manager_document_number", twoIn("120000"),
			func(f *precheck.Facts) { f.Dossier.Site.Manager.DocumentNumber = "120101195003070035" }, false},
		{"a site's manager from elsewhere", "manager_nonlocal", "site.manager_document_number", twoIn("360000"),
			func(f *precheck.Facts) { f.Dossier.Site.Manager.DocumentNumber = "310101198505120042" }, false},
		{"too few numbers", "numbers_shared", "holder.manager_emergency_phone", companyIn("500000"),
			func(f *precheck.Facts) { f.Dossier.Holder.Manager.EmergencyPhone = "13900001234" }, false},
		{"two numbers of two people in Beijing", "numbers_shared", "holder.manager_emergency_phone", twoIn("110000"),
			func(f *precheck.Facts) {
				f.Dossier.Holder.Manager.EmergencyPhone, f.Dossier.Site.Manager.EmergencyPhone = "13800005678", "13900001234"
			}, false},
		{"an emergency phone that is the manager's", "emergency_phone", "holder.manager_emergency_phone", personIn(here),
			func(f *precheck.Facts) { f.Dossier.Holder.Manager.EmergencyPhone = "13900001234" }, false},
		{"an emergency phone that is the other manager's", "emergency_phone", "site.manager_emergency_phone", twoIn(here),
			func(f *precheck.Facts) { f.Dossier.Site.Manager.EmergencyPhone = "13900001234" }, false},
		{"no emergency phone", "emergency_phone", "holder.manager_emergency_phone", personIn("110000"),
			func(f *precheck.Facts) {
				f.Dossier.Holder.Manager.EmergencyPhone = ""
				f.Dossier.Site.Services = []int{7}
			}, false},
		{"no house", "address_house", "holder.address", personIn(here),
			func(f *precheck.Facts) { f.Dossier.Holder.Address = "样例小区东座" }, false},
		{"a document of another city", "address_city", "holder.document_address", companyIn("410000"),
			func(f *precheck.Facts) {
				f.Dossier.Holder.City, f.Dossier.Holder.DocumentAddress = "410100", "河南省洛阳市样例路 1 号"
			}, false},
		{"a document of another province", "address_city", "holder.document_address", companyIn("530000"),
			func(f *precheck.Facts) { f.Dossier.Holder.DocumentAddress = "贵州省贵阳市样例路 1 号" }, false},
		{"a word for the state", "site_name_word", "site.name", personIn(here),
			func(f *precheck.Facts) { f.Dossier.Site.Name = "人民生活笔记" }, true},
		{"a vague word", "site_name_word", "site.name", personIn(here),
			func(f *precheck.Facts) { f.Dossier.Site.Name = "读书爱好者" }, false},
		{"a word of Beijing", "site_name_word", "site.name", personIn("110000"),
			func(f *precheck.Facts) {
				f.Dossier.Site.Name = "读书售后笔记"
				f.Dossier.Site.Services = []int{7}
			}, false},
		{"letters in Chongqing", "site_name_word", "site.name", companyIn("500000"),
			func(f *precheck.Facts) { f.Dossier.Site.Name = "样例网络科技ABC" }, false},
		{"few Chinese characters", "site_name_han", "site.name", companyIn("120000"),
			func(f *precheck.Facts) { f.Dossier.Site.Name = "样例 ABC" }, false},
		{"no remark", "remark_wanted", "site.remark", personIn(here),
			func(f *precheck.Facts) { f.Dossier.Site.Remark = "" }, false},
		{"no declaration", "remark_wanted", "site.remark", personIn("120000"), func(*precheck.Facts) {}, false},
		{"a service that isn't taken", "service_not_taken", "site.services", personIn("360000"), func(*precheck.Facts) {}, true},
		{"a service that isn't taken, one source", "service_not_taken", "site.services", personIn("110000"),
			func(*precheck.Facts) {}, false},
		{"other where it isn't taken", "service_not_taken", "site.services", companyIn("230000"),
			func(f *precheck.Facts) { f.Dossier.Site.Services = []int{7} }, false},
		{"another service than the usual", "service_default", "site.services", personIn("420000"),
			func(f *precheck.Facts) { f.Dossier.Site.Services = []int{7} }, false},
		{"an open site", "site_open", "site.domains", personIn(here),
			func(f *precheck.Facts) { f.Opens = []string{"www.example.com"} }, false},
		{"a filed site that is down", "filed_site", "site.domains", companyIn("510000"),
			func(f *precheck.Facts) { f.FiledSites = []precheck.FiledSite{{Domain: "a.com", Looked: true}} }, false},
		{"a filed site without its number", "filed_site", "site.domains", companyIn("460000"),
			func(f *precheck.Facts) {
				f.FiledSites = []precheck.FiledSite{{Domain: "a.com", Looked: true, Open: true}}
			}, false},
		{"a filed site without a link", "filed_site", "site.domains", companyIn("450000"),
			func(f *precheck.Facts) {
				f.FiledSites = []precheck.FiledSite{{Domain: "a.com", Looked: true, Open: true, Shows: true}}
			}, false},
		{"too many at once", "sites_at_once", "site.domains", companyIn("430000"),
			func(f *precheck.Facts) { f.Sites, f.Papers = 2, []string{"domain_certificate"} }, true},
		{"too many at once, one source", "sites_at_once", "site.domains", companyIn(here),
			func(f *precheck.Facts) { f.Sites = 11 }, false},
		{"too many in all", "sites_total", "site.domains", personIn("610000"),
			func(f *precheck.Facts) {
				f.FiledSites, f.Dossier.Site.Services = make([]precheck.FiledSite, 5), []int{7}
			}, true},
		{"domain certificates", "papers_wanted", "site.domains", companyIn("430000"), func(*precheck.Facts) {}, false},
		{"an unknown suffix", "suffix_unapproved", "site.domains", personIn(here),
			func(f *precheck.Facts) { f.Dossier.Site.Domains = []string{"example.aero"}; f.Domains = nil }, false},
		{"a suffix that Beijing doesn't take", "suffix_unapproved", "site.domains", companyIn("110000"),
			func(f *precheck.Facts) { f.Dossier.Site.Domains = []string{"example.asia"} }, false},
		{"a government's suffix", "suffix_use", "site.domains", companyIn(here),
			func(f *precheck.Facts) { f.Dossier.Site.Domains = []string{"example.gov.cn"} }, false},
		{"a stem for the state", "domain_stem", "site.domains", companyIn("110000"),
			func(f *precheck.Facts) {
				domain, _ := filing.NormaliseDomain("中国样例.com")
				f.Dossier.Site.Domains = []string{domain}
			}, false},
		{"expires soon where it is sure", "domain_expiry", "site.domains", personIn(here), registered(day(2027, 2, 24), "林测试"), true},
		{"expires soon, one source", "domain_expiry", "site.domains", personIn("350000"), registered(day(2027, 2, 24), "林测试"),
			false},
		{"a registry that doesn't tell", "domain_ask", "site.domains", personIn(here),
			func(f *precheck.Facts) { f.Registered = map[string]precheck.Registration{"www.example.com": {}} }, false},
		{"somebody else's domain", "registrant_differs", "site.domains", personIn(here), registered(day(2030, 1, 1), "别人"), false},
		{"the legal representative's where only the unit may", "registrant_differs", "site.domains", companyIn("640000"),
			registered(day(2030, 1, 1), "林测试"), false},
		{"a manager's who isn't the legal representative", "registrant_differs", "site.domains", companyIn("460000"),
			func(f *precheck.Facts) {
				answered(filing.No)(f)
				registered(day(2030, 1, 1), "林测试")(f)
				f.Dossier.Site.Services = []int{7}
			}, false},
		{"a domain that leads elsewhere", "domain_address", "site.domains", companyIn("330000"),
			func(f *precheck.Facts) {
				f.Resolved = map[string]precheck.Resolution{
					"www.example.com": {Addresses: []netip.Addr{netip.MustParseAddr("203.0.113.9")}}}
			}, false},
		{"two addresses", "one_ip", "site.ips", companyIn("120000"),
			func(f *precheck.Facts) { f.Dossier.Site.IPs = []string{"192.0.2.10", "192.0.2.11"} }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.spoil(&c.f)
			list := precheck.Run(c.f)
			i := slices.IndexFunc(list, func(f precheck.Finding) bool { return f.Rule == c.rule })
			require.GreaterOrEqual(t, i, 0, "found only %v", names(list))
			require.Equal(t, c.blocks, list[i].Blocking, "blocking")
			require.Equal(t, c.at, list[i].Form+"."+list[i].Field)
			require.NotEmpty(t, list[i].Origins, "no source")
			for _, other := range list {
				require.True(t, other.Rule == c.rule || !other.Blocking, "%s blocks too", other.Rule)
			}
		})
	}
}

func same(f *precheck.Facts) {
	f.Dossier.Holder.Manager.DocumentNumber = f.Dossier.Holder.DocumentNumber
}

func day(year, month, date int) time.Time {
	return time.Date(year, time.Month(month), date, 0, 0, 0, 0, time.UTC)
}

func registered(expires time.Time, who string) func(*precheck.Facts) {
	return func(f *precheck.Facts) {
		f.Registered = map[string]precheck.Registration{"www.example.com": {Known: true, Expires: expires, Registrant: who}}
	}
}

// What looks like a problem but isn't, by the rules of the province.
func TestProvincesThatTakeIt(t *testing.T) {
	for name, c := range map[string]struct {
		f     precheck.Facts
		spoil func(*precheck.Facts)
		rule  string
	}{
		"a person from elsewhere in Tianjin": {personIn("120000"), func(f *precheck.Facts) {
			f.Dossier.Holder.DocumentNumber = "310101199003070035"
			same(f)
		}, "person_nonlocal"},
		"a person from Hong Kong in Shanxi": {personIn("140000"), func(f *precheck.Facts) {
			f.Dossier.Holder.DocumentNumber = "810000199003070035"
			same(f)
		}, "person_nonlocal"},
		"a permit that is uploaded": {personIn(here), func(f *precheck.Facts) {
			f.Dossier.Holder.DocumentNumber, f.Papers = "330101199003070035", []string{"residence"}
			same(f)
		}, "person_nonlocal_proof"},
		"eighteen today":             {personIn("330000"), func(f *precheck.Facts) { f.Today = day(2008, 3, 7) }, "holder_age"},
		"sixty, and a man":           {companyIn("120000"), func(f *precheck.Facts) { f.Today = day(2050, 3, 7) }, "manager_age"},
		"an open site that is filed": {personIn(here), func(f *precheck.Facts) { f.Dossier.Kind, f.Opens = filing.KindChange, []string{"www.example.com"} }, "site_open"},
		"no DNS record yet": {personIn(here), func(f *precheck.Facts) {
			f.Resolved = map[string]precheck.Resolution{"www.example.com": {Missing: true}}
		}, "domain_unresolved"},
		"a filed site that nobody looked at": {companyIn("510000"), func(f *precheck.Facts) { f.FiledSites = make([]precheck.FiledSite, 1) },
			"filed_site"},
		"a closed site where only open ones show": {companyIn("460000"), func(f *precheck.Facts) {
			f.FiledSites = []precheck.FiledSite{{Looked: true}}
		}, "filed_site"},
		"one site in Hunan":           {companyIn("430000"), func(f *precheck.Facts) { f.Sites = 1 }, "sites_at_once"},
		"the thirtieth in Shaanxi":    {companyIn("610000"), func(f *precheck.Facts) { f.FiledSites = make([]precheck.FiledSite, 29) }, "sites_total"},
		"a domain for three months":   {personIn(here), registered(day(2027, 2, 25), "林测试"), "domain_expiry"},
		"a legal rep's domain":        {companyIn(here), registered(day(2030, 1, 1), "林测试"), "registrant_differs"},
		"a name in Latin letters":     {personIn(here), registered(day(2030, 1, 1), "Lin Ceshi"), "registrant_differs"},
		"a registry that tells":       {personIn(here), registered(day(2030, 1, 1), "林测试"), "domain_ask"},
		"a state word in the middle":  {personIn(here), func(f *precheck.Facts) { f.Dossier.Site.Name = "读书与人民" }, "site_name_word"},
		"a company that is called so": {companyIn("120000"), func(f *precheck.Facts) { f.Dossier.Site.Name = "样例网络" }, "site_name_word"},
		"a government body": {companyIn(here), func(f *precheck.Facts) {
			f.Dossier.Holder.Nature, f.Dossier.Site.Name = filing.NatureGovernment, "人民生活"
		}, "site_name_word"},
		"a suffix that isn't on Beijing's list elsewhere": {companyIn(here), func(f *precheck.Facts) {
			f.Dossier.Site.Domains = []string{"example.asia"}
		}, "suffix_unapproved"},
	} {
		c.spoil(&c.f)
		blocked, advised := sorted(c.f)
		require.NotContains(t, append(blocked, advised...), c.rule, name)
	}
}

// Three different numbers over the four places of two managers are enough in Beijing; one manager has two.
func TestNumbersOfManagers(t *testing.T) {
	for _, c := range []struct {
		f                             precheck.Facts
		mobile, phone, others, second string
		enough                        bool
	}{
		{twoIn("110000"), "1", "2", "3", "4", true},
		{twoIn("110000"), "1", "2", "3", "1", true},
		{twoIn("110000"), "1", "2", "2", "1", false},
		{twoIn("420000"), "1", "2", "3", "1", false},
		{companyIn("110000"), "1", "2", "", "", true},
		{companyIn("110000"), "1", "1", "", "", false},
	} {
		d := &c.f.Dossier
		d.Holder.Manager.Mobile, d.Holder.Manager.EmergencyPhone = c.mobile, c.phone
		d.Site.Manager.Mobile, d.Site.Manager.EmergencyPhone = c.others, c.second
		require.Equal(t, c.enough, !slices.Contains(names(precheck.Run(c.f)), "numbers_shared"), "%+v", c)
	}
}

// A letter that is uploaded is all that such a province wants, but doesn't help where it must be the representative.
func TestLettersOfAuthority(t *testing.T) {
	for province, found := range map[string]bool{"220000": false, here: true} {
		f := companyIn(province)
		answered(filing.No)(&f)
		require.Contains(t, names(precheck.Run(f)), "manager_not_legal_rep")
		f.Papers = append(f.Papers, "authorisation")
		require.Equal(t, found, slices.Contains(names(precheck.Run(f)), "manager_not_legal_rep"), province)
	}
}

// What is wrong with the site's own manager is shown at that manager's fields.
func TestTheSitesOwnManagerIsChecked(t *testing.T) {
	for rule, spoil := range map[string]func(*filing.Manager, *precheck.Facts){
		"mobile_unreal":       func(m *filing.Manager, _ *precheck.Facts) { m.Mobile = "13800000000" },
		"office_phone_unreal": func(m *filing.Manager, _ *precheck.Facts) { m.OfficePhone = "021-12345678" },
		"email_placeholder":   func(m *filing.Manager, _ *precheck.Facts) { m.Email = "test@test.org.cn" },
		"email_unreal":        func(_ *filing.Manager, f *precheck.Facts) { f.SiteMailHost = precheck.MailNowhere },
		"email_on_site":       func(m *filing.Manager, _ *precheck.Facts) { m.Email = "me@www.example.com" },
	} {
		f := twoManagers()
		spoil(&f.Dossier.Site.Manager, &f)
		list := precheck.Run(f)
		require.Equal(t, []string{rule}, names(list))
		require.Equal(t, "site", list[0].Form)
		f.Dossier.Site.OtherManager = false
		require.Empty(t, precheck.Run(f), "%s: nobody's", rule)
	}
}

// A provider's file changes what blocks.
func TestTheProvidersRulesDecide(t *testing.T) {
	f := personIn(here)
	f.Dossier.Site.Domains = []string{"example.icu"}
	_, advised := sorted(f)
	require.NotContains(t, advised, "suffix_unapproved")
	book, err := rules.Load([]byte("suffix\ticu\tno\tno\tsure\tTX\t2026\nrule\t310000\tperson\t*\tmin_age\t40\tsure\tTX\t2026\n"))
	require.NoError(t, err)
	f.Rules = book
	blocked, _ := sorted(f)
	require.ElementsMatch(t, []string{"suffix_unapproved", "holder_age"}, blocked)
	list := precheck.Run(f)
	require.True(t, list[0].Origins[0].Own)
}

func TestAnEmptyHolderAddsNoSite(t *testing.T) {
	f := personIn("130000")
	f.Dossier.Kind, f.FiledSites = filing.KindNewSite, []precheck.FiledSite{}
	f.Dossier.OwnershipProof.Number = "冀ICP备2023012345号"
	require.Contains(t, names(precheck.Run(f)), "empty_holder")
	f.Dossier.OwnershipProof.Number = "沪ICP备2023012345号"
	require.NotContains(t, names(precheck.Run(f)), "empty_holder", "Shanghai lets it")
	f.Dossier.OwnershipProof.Number, f.FiledSites = "冀ICP备2023012345号", nil
	require.NotContains(t, names(precheck.Run(f)), "empty_holder", "nobody knows")
}

// A bureau's table may have the county that stands for all districts.
func TestCountiesThatStandForAll(t *testing.T) {
	f := personIn("330000")
	tables := filing.BuiltIn()
	tables.Regions = filing.RegionEdition([]filing.Region{{Code: "330101", Name: "市辖区"}}, nil)
	f.Tables, f.Dossier.Holder.City, f.Dossier.Holder.County = tables, "330100", "330101"
	_, advised := sorted(f)
	require.Contains(t, advised, "address_shixiaqu")
}
