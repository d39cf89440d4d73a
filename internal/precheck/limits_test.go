package precheck_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/precheck"
)

// The first digits of a credit code by nature (GB 32100-2015, 4.2 and 4.3).
func TestCreditCodesOfEachNature(t *testing.T) {
	all := []string{"11", "13", "19", "12", "91", "92", "93", "51", "52", "53", "59", "31", "Y1"}
	for nature, right := range map[int][]string{
		filing.NatureGovernment: all[:3], filing.NatureInstitution: all[3:4], filing.NatureEnterprise: all[4:7],
		filing.NatureAssociation: all[7:11], filing.NatureDefence: all,
	} {
		for _, prefix := range all {
			f := company()
			f.Dossier.Holder.Nature, f.Dossier.Holder.DocumentNumber = nature, prefix+"310101MA1FP0000"+"H"
			list := precheck.Run(f)
			if slices.Contains(right, prefix) {
				require.Empty(t, list, "%d %s", nature, prefix)
				continue
			}
			require.Equal(t, []string{"usc_nature"}, names(list), "%d %s", nature, prefix)
			require.Equal(t, map[string]any{"prefix": prefix}, list[0].Args)
		}
	}
	f := company()
	f.Dossier.Holder.DocumentNumber = "31310101MA1FP0000" // no credit code
	require.Empty(t, precheck.Run(f))
}

// argsOf are the arguments of the only finding.
func argsOf(t *testing.T, f precheck.Facts, spoil func(*precheck.Facts)) map[string]any {
	t.Helper()
	spoil(&f)
	list := precheck.Run(f)
	require.Len(t, list, 1)
	return list[0].Args
}

// Texts name what they are about.
func TestFindingsNameWhatIsWrong(t *testing.T) {
	for want, spoil := range map[string]func(*precheck.Facts){
		"region 上海市":  func(f *precheck.Facts) { f.Dossier.Holder.Province = "330000" },
		"email a@b.c": func(f *precheck.Facts) { f.Dossier.Holder.Manager.Email = "a@b.c" },
		"host 例子.中国": func(f *precheck.Facts) {
			f.MailHost, f.Dossier.Holder.Manager.Email = precheck.MailNowhere, "lin@xn--fsqu00a.xn--fiqs8s"
		},
		"word 中华":         func(f *precheck.Facts) { f.Dossier.Site.Name = "中华读书笔记" },
		"word 俱乐部":        func(f *precheck.Facts) { f.Dossier.Site.Name = "读书俱乐部" },
		"word 杭州":         func(f *precheck.Facts) { f.Dossier.Site.Name = "杭州读书笔记" },
		"word 张家港市":       func(f *precheck.Facts) { f.Dossier.Site.Name = "张家港市散记" }, // not 张家港, which it contains
		"word 朝阳区":        func(f *precheck.Facts) { f.Dossier.Site.Name = "我的朝阳区读书会" },
		"word 嘉定":         func(f *precheck.Facts) { f.Dossier.Site.Name = "嘉定读书笔记" },
		"word 小说":         func(f *precheck.Facts) { f.Dossier.Site.Name = "网络小说笔记" },
		"word 电影":         func(f *precheck.Facts) { f.Dossier.Site.Remark = "分享电影和读书笔记" },
		"domain 示例.中国":    func(f *precheck.Facts) { f.BlackDomains = []string{"xn--fsq092h.xn--fiqs8s"} },
		"ip 198.51.100.1": func(f *precheck.Facts) { f.ForeignIPs = []string{"198.51.100.1"} },
		"offered 虚拟主机":    func(f *precheck.Facts) { f.AccessMode, f.Dossier.Site.AccessMode = 3, 1 },
		"offered 上海市":     func(f *precheck.Facts) { f.ServerPlace, f.Dossier.Site.ServerPlace = 9, 1 },
	} {
		var got string
		for name, value := range argsOf(t, facts(), spoil) {
			got = name + " " + value.(string)
		}
		require.Equal(t, want, got)
	}
	require.Equal(t, map[string]any{"ip": "198.51.100.1", "ips": "192.0.2.1-192.0.2.20"},
		argsOf(t, facts(), func(f *precheck.Facts) { f.Dossier.Site.IPs = []string{"192.0.2.10", "198.51.100.1"} }))
	addresses := []netip.Addr{netip.MustParseAddr("203.0.113.8"), netip.MustParseAddr("203.0.113.9")}
	require.Equal(t, map[string]any{"domain": "www.example.com", "addresses": "203.0.113.8、203.0.113.9"},
		argsOf(t, facts(), func(f *precheck.Facts) {
			f.Resolved = map[string]precheck.Resolution{"www.example.com": {Addresses: addresses}}
		}))
	forum := argsOf(t, facts(), func(f *precheck.Facts) { f.Dossier.Site.Services = []int{3} })
	service, _ := filing.CodeByID(filing.Services, filing.ServiceForum)
	require.Equal(t, map[string]any{"service": service.Name, "content": filing.ContentBulletin}, forum)
	content, _ := filing.CodeByID(filing.PreApprovals, 3)
	require.Equal(t, map[string]any{"content": content.Name}, argsOf(t, facts(), func(f *precheck.Facts) {
		f.Dossier.Site.PreApprovals, f.ApprovalPapers = []int{2, 3}, []int{2}
	}))
}

// Each content has its words; with its approval, or in a remark that denies it, they are all right. What needs no
// approval any more has none.
func TestWordsOfEachContent(t *testing.T) {
	for content, words := range map[int][]string{
		1: {"新闻", "时政"}, 2: {"出版", "期刊", "电子书", "小说"}, 5: {"药品", "药店", "药房"},
		9: {"游戏", "动漫", "音乐", "演出"}, 10: {"影视", "电影", "视频", "电视", "直播", "广播"},
		11: {"网约车", "打车", "顺风车"}, 13: {"网贷", "众筹", "贷款", "理财"}, 14: {"校外培训", "课外辅导", "补习", "网校"},
	} {
		for _, word := range words {
			remarked := func(text string, chosen ...int) []string {
				return rulesOf(facts(), func(f *precheck.Facts) {
					f.Dossier.Site.Remark, f.Dossier.Site.PreApprovals = text, chosen
				})
			}
			require.Equal(t, []string{"remark_needs_approval"}, remarked("分享"+word), word)
			require.Equal(t, []string{"remark_needs_approval"}, remarked("分享"+word, 3), word)
			require.Empty(t, remarked("分享"+word, content), word)
			for _, no := range []string{"不涉及", "不含", "不包含", "不提供", "不做", "没有", "无"} {
				require.Empty(t, remarked(no+word), no+word)
				for _, end := range []string{"，", "。", "；", ",", ";", "."} {
					require.Equal(t, []string{"remark_needs_approval"}, remarked(no+"广告"+end+word), no+end+word)
				}
			}
		}
	}
	for _, ended := range []string{"学校", "大学", "医院", "保健", "论坛", "BBS"} {
		require.Empty(t, rulesOf(facts(), func(f *precheck.Facts) { f.Dossier.Site.Remark = "分享" + ended }), ended)
	}
	music := func(table []filing.Code, id int) []string {
		return rulesOf(facts(), func(f *precheck.Facts) {
			f.Tables.PreApprovals, f.Dossier.Site.Remark, f.Dossier.Site.PreApprovals = table, "分享音乐", []int{id}
		})
	}
	require.Empty(t, music([]filing.Code{{ID: 77, Name: "文化"}}, 77), "the bureau's table has it by another value")
	require.Empty(t, music(filing.PreApprovals, 7), "chosen before the values changed")
	require.NotEmpty(t, music([]filing.Code{{ID: 9, Name: "样例"}}, 9))
	require.Equal(t, []string{"content_needs_approval"}, rulesOf(facts(), func(f *precheck.Facts) {
		f.Dossier.Site.Name, f.Dossier.Site.Remark = "网络小说笔记", "小说"
	}), "the remark doesn't repeat what the name showed")
}

func TestNamesNearTheirLimits(t *testing.T) {
	named := func(f precheck.Facts, name string) []string {
		return rulesOf(f, func(f *precheck.Facts) { f.Dossier.Site.Name = name })
	}
	require.Empty(t, named(facts(), ""), "the form asks for it")
	require.Equal(t, []string{"site_name_short"}, named(facts(), "笔"))
	require.Equal(t, []string{"site_name_short"}, named(facts(), "笔记"))
	require.Empty(t, named(facts(), "读笔记"))
	require.Empty(t, named(facts(), "blog 笔"), "one Chinese character is enough")
	require.Equal(t, []string{"site_name_unrelated"}, named(company(), "读书笔记"))
	require.Empty(t, named(company(), "读书样例"), "its last two characters")
	require.Empty(t, named(company(), "样例读书"), "its first two")
	for _, common := range []string{"读书公司", "读书网站", "读书有限"} {
		require.Equal(t, []string{"site_name_unrelated"}, named(company(), common), "what any name has")
	}
	f := company()
	f.Dossier.Holder.Name = ""
	require.Empty(t, named(f, "读书笔记"), "nothing to compare with")
	f = company()
	f.Dossier.Holder.Name = "中国样例协会"
	require.Empty(t, named(f, "中国样例"), "its own name")
	require.Contains(t, named(f, "中华样例"), "site_name_state")
	for nature, refused := range map[int]bool{filing.NatureGovernment: false, filing.NatureDefence: false,
		filing.NatureInstitution: false, filing.NatureAssociation: true, filing.NatureEnterprise: true} {
		f := company()
		f.Dossier.Holder.Nature, f.Dossier.Holder.DocumentNumber = nature, "x"
		require.Equal(t, refused, slices.Contains(named(f, "全国样例"), "site_name_state"), nature)
	}
	require.Empty(t, named(company(), "样例俱乐部"), "an organisation may have a trade")
}

func TestPeopleComeOfAge(t *testing.T) {
	minor := func(day string) []string {
		return rulesOf(facts(), func(f *precheck.Facts) {
			f.Today, _ = time.Parse(time.DateOnly, day)
		})
	}
	require.Equal(t, []string{"person_minor"}, minor("2008-03-06"), "born on 1990-03-07")
	require.Empty(t, minor("2008-03-07"))
}

func TestPermitsShowNoProvince(t *testing.T) {
	for prefix, found := range map[string]bool{"81": false, "82": false, "83": false, "33": true, "99": false} {
		list := rulesOf(facts(), func(f *precheck.Facts) {
			id := prefix + "0101199003070035"
			f.Dossier.Holder.DocumentNumber, f.Dossier.Holder.Manager.DocumentNumber = id, id
		})
		require.Equal(t, found, slices.Contains(list, "resident_id_region"), prefix)
	}
	for name, spoil := range map[string]func(*filing.Holder){
		"another document":  func(h *filing.Holder) { h.DocumentType = filing.DocumentPassport },
		"a short number":    func(h *filing.Holder) { h.DocumentNumber = h.DocumentNumber[:17] },
		"no province given": func(h *filing.Holder) { h.Province = "" },
	} {
		f := facts()
		f.Dossier.Holder.Province = "330000"
		spoil(&f.Dossier.Holder)
		f.Dossier.Holder.Manager.DocumentNumber = f.Dossier.Holder.DocumentNumber
		f.Dossier.Holder.Manager.DocumentType = f.Dossier.Holder.DocumentType
		require.Empty(t, precheck.Run(f), name)
	}
	f := company()
	f.Dossier.Holder.Province = ""
	require.Empty(t, precheck.Run(f))
}

func TestPeopleManageTheirOwnSites(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*filing.Manager)
		found bool
	}{
		"another number":            {func(m *filing.Manager) { m.DocumentNumber = "310101199003070043" }, true},
		"another kind of document":  {func(m *filing.Manager) { m.DocumentType, m.DocumentNumber = 7, "E12345678" }, false},
		"the same number, as typed": {func(*filing.Manager) {}, false},
	} {
		list := rulesOf(facts(), func(f *precheck.Facts) { c.spoil(&f.Dossier.Holder.Manager) })
		require.Equal(t, c.found, slices.Contains(list, "person_manager"), name)
	}
}

// Numbers typed to get past a form, and real ones that are near them.
func TestUnrealNumbers(t *testing.T) {
	for digits, unreal := range map[string]bool{
		"13911111111": true, "13911111112": false, "13901234567": true, "13912345678": true, "13934567890": true,
		"13900123456": false, "13998765432": true, "13909876543": true, "13987654321": true, "13976543210": true,
		"13998765431": false, "13912121212": true, "13912121213": false, "13921212112": false, "13910101010": true,
	} {
		list := rulesOf(facts(), func(f *precheck.Facts) { f.Dossier.Holder.Manager.Mobile = digits })
		require.Equal(t, unreal, slices.Contains(list, "mobile_unreal"), digits)
	}
	for phone, unreal := range map[string]bool{
		"0571-1111111": true, "0571-1234567": true, "0571-111111": false, "0571-1212121": false, "021-12121212": true,
		"021-55550123-11111111": false, "1111111": false, "": false,
	} {
		list := rulesOf(facts(), func(f *precheck.Facts) { f.Dossier.Holder.Manager.OfficePhone = phone })
		require.Equal(t, unreal, slices.Contains(list, "office_phone_unreal"), phone)
	}
}

func TestSitesMailIsClosed(t *testing.T) {
	for email, found := range map[string]bool{"me@www.example.com": true, "me@a.www.example.com": true,
		"me@example.com": true, "me@notexample.com": false, "me@example.org": false, "": false, "me": false} {
		list := rulesOf(facts(), func(f *precheck.Facts) { f.Dossier.Holder.Manager.Email = email })
		require.Equal(t, found, slices.Contains(list, "email_on_site"), email)
	}
}

// Addresses and domains against what the order has, at the ends of its ranges.
func TestAddressesAtTheEnds(t *testing.T) {
	for text, found := range map[string]bool{
		"192.0.2.1": false, "192.0.2.20": false, "192.0.2.0": true, "192.0.2.21": true, "192.0.2.1-192.0.2.20": false,
		"192.0.2.1-192.0.2.21": true, "192.0.2.0-192.0.2.20": true, "nonsense": false,
	} {
		list := rulesOf(facts(), func(f *precheck.Facts) { f.Dossier.Site.IPs = []string{text} })
		require.Equal(t, found, slices.Contains(list, "ip_not_of_order"), text)
	}
	require.Empty(t, rulesOf(facts(), func(f *precheck.Facts) { f.IPs = nil }), "the order has none")
	resolved := func(r precheck.Resolution) []string {
		return rulesOf(facts(), func(f *precheck.Facts) {
			f.Dossier.Kind = filing.KindChange
			f.Resolved = map[string]precheck.Resolution{"www.example.com": r}
		})
	}
	here, there := netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("192.0.2.11")
	require.Empty(t, resolved(precheck.Resolution{Addresses: []netip.Addr{here}}))
	require.Empty(t, resolved(precheck.Resolution{Addresses: []netip.Addr{there, here}}), "one of them is enough")
	require.Empty(t, resolved(precheck.Resolution{Addresses: []netip.Addr{here, there}}))
	require.Equal(t, []string{"domain_elsewhere"}, resolved(precheck.Resolution{Addresses: []netip.Addr{there}}))
	require.Equal(t, []string{"domain_unresolved"}, resolved(precheck.Resolution{}))
	below := facts()
	below.Dossier.Site.Domains = []string{"example.com"}
	below.Resolved = map[string]precheck.Resolution{"www.example.com": {Addresses: []netip.Addr{there}}}
	require.Equal(t, "www.example.com", precheck.Run(below)[0].Args["domain"], "a host name that the domain covers")
	for listed, found := range map[string]bool{"*.example.com": false, "example.com": false, "a.example.com": true} {
		list := rulesOf(facts(), func(f *precheck.Facts) { f.Domains = []string{listed} })
		require.Equal(t, found, slices.Contains(list, "domain_not_of_order"), listed)
	}
	require.Empty(t, rulesOf(facts(), func(f *precheck.Facts) { f.AccessMode, f.ServerPlace = 99, 99 }), "unknown ones")
	require.Empty(t, rulesOf(facts(), func(f *precheck.Facts) { f.ServerPlace, f.Dossier.Site.ServerPlace = 9, 0 }))
	require.Empty(t, rulesOf(facts(), func(f *precheck.Facts) {
		f.Dossier.Site.PreApprovals, f.ApprovalPapers = []int{2}, nil
	}), "the provider wants no papers")
}

// Districts whose full names are words only get a hint, and only at the start.
func TestGenericDistricts(t *testing.T) {
	for _, name := range []string{"东城区", "西城区", "上城区", "老城区", "新城区", "新市区", "西市区", "城中区", "城东区", "城西区", "城北区", "市中区", "市南区", "市北区",
		"站前区", "古城区", "山城区", "平城区", "港口区", "海港区", "工农区", "城关区", "中山区", "回民区"} {
		named := func(name string) []string {
			return rulesOf(facts(), func(f *precheck.Facts) { f.Dossier.Site.Name = name })
		}
		require.Equal(t, []string{"site_name_place"}, named(name+"散步"), name)
		require.NotContains(t, named("我的"+name), "site_name_region", name)
	}
}

func TestAddressesThatNobodyHas(t *testing.T) {
	for address, rule := range map[string]string{"": "", "甲甲甲甲": "address_placeholder", "通信地址": "address_placeholder",
		"详细地址": "address_placeholder", "测试地址": "address_placeholder", "a": "address_placeholder", "地址如上": "address_vague"} {
		list := rulesOf(facts(), func(f *precheck.Facts) { f.Dossier.Holder.Address = address })
		if rule == "" {
			require.Empty(t, list)
		} else {
			require.Equal(t, []string{rule}, list, address)
		}
	}
}
