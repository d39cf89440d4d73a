package precheck_test

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/locale"
	"github.com/beian/beian/internal/precheck"
	"github.com/beian/beian/internal/rules"
)

func facts() precheck.Facts {
	d := filingtest.Dossier()
	d.Site.Name, d.Holder.Manager.Email, d.Site.Remark = "读书笔记", mailElsewhere, "个人读书笔记"
	return precheck.Facts{
		Dossier: d, Tables: filing.BuiltIn(), Domains: []string{"www.example.com"}, IPs: []string{"192.0.2.1-192.0.2.20"},
		Today: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC), Rules: lenient,
	}
}

// lenient has hardly any rules by province: these tests are about those that hold everywhere.
var lenient = &rules.Book{
	Rules:    []rules.Rule{{Province: "*", Subject: rules.Unit, Kind: "*", Name: rules.NonlocalUnit, Value: "no"}},
	Suffixes: map[string]rules.Suffix{"com": {Name: "com", Use: "any"}},
}

func company() precheck.Facts {
	f := facts()
	f.Dossier.Holder = filingtest.CompanyHolder()
	f.Dossier.Holder.Manager.Email = mailElsewhere
	f.Dossier.Site.Name = "样例网络科技"
	return f
}

// twoManagers is a company whose site has a manager of its own.
func twoManagers() precheck.Facts {
	f := company()
	f.Dossier.Site.OtherManager, f.Dossier.Site.Manager = true, filingtest.SiteManager()
	f.Dossier.Site.Manager.Email = "chen@mail.example.org"
	return f
}

const mailElsewhere = "lin.ceshi@mail.example.org"

func names(list []precheck.Finding) (rules []string) {
	for _, f := range list {
		rules = append(rules, f.Rule)
	}
	return rules
}

func TestRightDossiersPass(t *testing.T) {
	for _, book := range []*rules.Book{lenient, rules.BuiltIn(), nil} {
		f, unit, two := facts(), company(), twoManagers()
		f.Rules, unit.Rules, two.Rules = book, book, book
		require.Empty(t, precheck.Run(two))
		require.Empty(t, precheck.Run(f))
		require.Empty(t, precheck.Run(unit))
	}
}

// Each rule finds its problem, and only that one; it blocks or advises, and shows it at its field.
func TestEachRule(t *testing.T) {
	address := netip.MustParseAddr("203.0.113.9")
	cases := map[string]func(*precheck.Facts){
		"holder_blacklisted": func(f *precheck.Facts) { f.BlackHolder = true },
		"usc_nature": func(f *precheck.Facts) {
			*f = company()
			f.Dossier.Holder.Nature = filing.NatureGovernment
		},
		"resident_id_region":     func(f *precheck.Facts) { f.Dossier.Holder.Province = "330000" },
		"person_minor":           func(f *precheck.Facts) { f.Today = time.Date(2008, 3, 6, 0, 0, 0, 0, time.UTC) },
		"person_manager":         func(f *precheck.Facts) { f.Dossier.Holder.Manager.Name = "别人" },
		"mobile_unreal":          func(f *precheck.Facts) { f.Dossier.Holder.Manager.Mobile = "13800000000" },
		"office_phone_unreal":    func(f *precheck.Facts) { f.Dossier.Holder.Manager.OfficePhone = "021-12345678" },
		"email_placeholder":      func(f *precheck.Facts) { f.Dossier.Holder.Manager.Email = "test@test.org.cn" },
		"email_unreal":           func(f *precheck.Facts) { f.MailHost = precheck.MailNowhere },
		"address_placeholder":    func(f *precheck.Facts) { f.Dossier.Holder.Address = "12345678" },
		"site_name_place":        func(f *precheck.Facts) { f.Dossier.Site.Name = "嘉定读书笔记" },
		"service_needs_approval": func(f *precheck.Facts) { f.Dossier.Site.Services = []int{2, 3} },
		"remark_needs_approval":  func(f *precheck.Facts) { f.Dossier.Site.Remark = "分享电影和读书笔记" },
		"ip_not_ours":            func(f *precheck.Facts) { f.ForeignIPs = []string{"192.0.2.1"} },
		"access_mode_other":      func(f *precheck.Facts) { f.AccessMode, f.Dossier.Site.AccessMode = 3, 1 },
		"server_place_other":     func(f *precheck.Facts) { f.ServerPlace, f.Dossier.Site.ServerPlace = 9, 1 },
		"email_on_site":          func(f *precheck.Facts) { f.Dossier.Holder.Manager.Email = "me@www.example.com" },
		"address_vague":          func(f *precheck.Facts) { f.Dossier.Holder.Address = "市中心附近的地方" },
		"site_name_short":        func(f *precheck.Facts) { f.Dossier.Site.Name = "笔记" },
		"site_name_latin":        func(f *precheck.Facts) { f.Dossier.Site.Name = "dushubiji2026" },
		"site_name_person":       func(f *precheck.Facts) { f.Dossier.Site.Name = f.Dossier.Holder.Name },
		"site_name_state":        func(f *precheck.Facts) { f.Dossier.Site.Name = "中华读书笔记" },
		"site_name_trade":        func(f *precheck.Facts) { f.Dossier.Site.Name = "读书俱乐部" },
		"site_name_region":       func(f *precheck.Facts) { f.Dossier.Site.Name = "杭州读书笔记" },
		"site_name_unrelated":    func(f *precheck.Facts) { f.Dossier.Holder = company().Dossier.Holder },
		"content_needs_approval": func(f *precheck.Facts) { f.Dossier.Site.Name = "网络小说笔记" },
		"approval_paper_missing": func(f *precheck.Facts) {
			f.Dossier.Site.PreApprovals, f.ApprovalPapers = []int{2, 3}, []int{2}
		},
		"domain_blacklisted":  func(f *precheck.Facts) { f.BlackDomains = []string{"www.example.com"} },
		"domain_not_of_order": func(f *precheck.Facts) { f.Domains = []string{"www.example.net"} },
		"domain_unresolved": func(f *precheck.Facts) {
			f.Dossier.Kind = filing.KindChange
			f.Resolved = map[string]precheck.Resolution{"www.example.com": {Missing: true}}
		},
		"person_site_manager": func(f *precheck.Facts) {
			f.Dossier.Site.OtherManager, f.Dossier.Site.Manager = true, filingtest.SiteManager()
			f.Dossier.Site.Manager.Email = "chen@mail.example.org"
		},
		"mobile_shared": func(f *precheck.Facts) {
			*f = twoManagers()
			f.Dossier.Site.Manager.Mobile = f.Dossier.Holder.Manager.Mobile
		},
		"email_shared": func(f *precheck.Facts) {
			*f = twoManagers()
			f.Dossier.Site.Manager.Email = strings.ToUpper(mailElsewhere)
		},
		"domain_expired": func(f *precheck.Facts) {
			f.Registered = map[string]precheck.Registration{"www.example.com": {Known: true, Registrant: "Lin", Expires: f.Today}}
		},
		"domain_elsewhere": func(f *precheck.Facts) {
			f.Resolved = map[string]precheck.Resolution{"www.example.com": {Addresses: []netip.Addr{address}}}
		},
		"ip_not_of_order": func(f *precheck.Facts) { f.IPs = []string{"192.0.2.77"} },
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(fixedAt)), precheck.FixedNames())
	for _, rule := range precheck.FixedNames() {
		t.Run(rule, func(t *testing.T) {
			spoil := cases[rule]
			require.NotNil(t, spoil, "no case for this rule")
			f := facts()
			spoil(&f)
			list := precheck.Run(f)
			require.Equal(t, []string{rule}, names(list))
			require.Equal(t, slices.Contains(blocking, rule), list[0].Blocking, "blocking")
			require.Equal(t, fixedAt[rule], list[0].Form+"."+list[0].Field)
		})
	}
}

func TestKindsHaveTheRulesOfTheirForms(t *testing.T) {
	f := facts()
	f.Dossier = filing.Dossier{Kind: filing.KindNewAccess,
		Site: filing.Site{Domains: []string{"www.example.com"}, IPs: []string{"198.51.100.1"}}}
	require.Equal(t, []string{"ip_not_of_order"}, names(precheck.Run(f)))
	f = facts()
	f.Dossier.Kind, f.Dossier.Holder.Manager.Email, f.Dossier.Site.Name = filing.KindChange, "me@www.example.com", "笔记"
	require.Equal(t, []string{"site_name_short"}, names(precheck.Run(f)), "the domain of what is changed is open already")
	f.Dossier = filing.Dossier{Kind: filing.KindEndSite}
	f.BlackHolder = true
	require.Empty(t, precheck.Run(f), "what ends isn't checked")
}

func TestBlockingComesFirst(t *testing.T) {
	f := facts()
	f.Dossier.Holder.Address = "市中心附近的地方"
	f.Dossier.Site.Name = "笔记"
	list := precheck.Run(f)
	require.True(t, list[0].Blocking)
	require.False(t, list[len(list)-1].Blocking)
	require.Equal(t, map[string]any{"min": 3}, list[0].Args)
}

func TestEveryRuleHasItsTexts(t *testing.T) {
	b, err := locale.New()
	require.NoError(t, err)
	for _, lang := range locale.Languages {
		for _, rule := range precheck.Names() {
			require.True(t, b.For(lang).Has("precheck."+rule), "%s: precheck.%s", lang, rule)
		}
		for _, rule := range precheck.FixedNames() {
			require.True(t, b.For(lang).Has("precheck_source."+rule), "%s: precheck_source.%s", lang, rule)
		}
	}
}
