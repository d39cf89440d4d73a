package precheck_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/precheck"
)

// rulesOf runs the pre-check on modified facts.
func rulesOf(f precheck.Facts, spoil func(*precheck.Facts)) []string {
	spoil(&f)
	return names(precheck.Run(f))
}

// What looks like a match but isn't.
func TestNearMisses(t *testing.T) {
	for name, spoil := range map[string]func(*precheck.Facts){
		"a permit of a Hong Kong resident": func(f *precheck.Facts) {
			f.Dossier.Holder.DocumentNumber = "810000199001010019"
			f.Dossier.Holder.Manager.DocumentNumber = "810000199001010019"
		},
		"a real mobile number":       func(f *precheck.Facts) { f.Dossier.Holder.Manager.Mobile = "13812345679" },
		"test at a public mail host": func(f *precheck.Facts) { f.Dossier.Holder.Manager.Email = "test@qq.com" },
		"a host of digits":           func(f *precheck.Facts) { f.Dossier.Holder.Manager.Email = "lin@163.com" },
		"mail that nobody could ask": func(f *precheck.Facts) { f.MailHost = precheck.MailUnknown },
		"a host that takes mail":     func(f *precheck.Facts) { f.MailHost = precheck.MailTaken },
		"a village":                  func(f *precheck.Facts) { f.Dossier.Holder.Address = "青山镇柳树村" },
		"a forum with its content": func(f *precheck.Facts) {
			f.Dossier.Site.Services, f.Dossier.Site.PreApprovals = []int{3}, []int{6}
		},
		"a remark that denies": func(f *precheck.Facts) {
			f.Dossier.Site.Remark = "个人读书笔记，不涉及新闻、影视、论坛等前置审批内容。"
		},
		"a provider without a place": func(f *precheck.Facts) {
			f.Dossier.Site.AccessMode, f.Dossier.Site.ServerPlace = 1, 1
		},
		"what the provider offers": func(f *precheck.Facts) {
			f.AccessMode, f.ServerPlace = f.Dossier.Site.AccessMode, f.Dossier.Site.ServerPlace
		},
		"nothing chosen yet":             func(f *precheck.Facts) { f.AccessMode, f.Dossier.Site.AccessMode = 3, 0 },
		"an own way to write an address": func(f *precheck.Facts) { f.Dossier.Holder.Address = "Building 3, Room 204" },
	} {
		require.Empty(t, rulesOf(facts(), spoil), name)
	}
}

// blocking has the rules whose findings keep a dossier from being submitted; any other rule only advises.
var blocking = []string{
	"holder_blacklisted", "usc_nature", "person_manager", "person_site_manager", "email_placeholder", "address_placeholder",
	"site_name_short", "site_name_latin", "site_name_person", "site_name_state", "site_name_trade", "site_name_region",
	"approval_paper_missing", "domain_blacklisted", "domain_expired", "ip_not_of_order", "ip_not_ours",
}

// fixedAt are the form and field of each rule's findings.
var fixedAt = map[string]string{
	"holder_blacklisted": "holder.document_number", "usc_nature": "holder.nature",
	"mobile_shared": "site.manager_mobile", "email_shared": "site.manager_email",
	"person_site_manager": "site.manager_other", "domain_expired": "site.domains",
	"resident_id_region": "holder.province", "person_minor": "holder.document_number",
	"person_manager": "holder.manager_name", "mobile_unreal": "holder.manager_mobile",
	"office_phone_unreal": "holder.manager_office_phone", "email_placeholder": "holder.manager_email",
	"email_unreal": "holder.manager_email", "email_on_site": "holder.manager_email", "address_vague": "holder.address",
	"address_placeholder": "holder.address", "site_name_short": "site.name", "site_name_latin": "site.name",
	"site_name_person": "site.name", "site_name_state": "site.name", "site_name_trade": "site.name",
	"site_name_region": "site.name", "site_name_place": "site.name", "site_name_unrelated": "site.name",
	"content_needs_approval": "site.pre_approvals", "service_needs_approval": "site.pre_approvals",
	"remark_needs_approval": "site.pre_approvals", "approval_paper_missing": "site.pre_approvals",
	"domain_blacklisted": "site.domains", "domain_not_of_order": "site.domains", "domain_unresolved": "site.domains",
	"domain_elsewhere": "site.domains", "ip_not_of_order": "site.ips", "ip_not_ours": "site.ips",
	"access_mode_other": "site.access_mode", "server_place_other": "site.server_place",
}

func TestUnrealContacts(t *testing.T) {
	for _, mobile := range []string{"13800000000", "13812345678", "13887654321", "13812121212", "13711111111"} {
		require.Equal(t, []string{"mobile_unreal"},
			rulesOf(facts(), func(f *precheck.Facts) { f.Dossier.Holder.Manager.Mobile = mobile }), mobile)
	}
	for _, email := range []string{"a@b.c", "test@test.com", "abc@abc.com", "1234@xxx.com", "123@123.cn"} {
		require.Contains(t, rulesOf(facts(), func(f *precheck.Facts) { f.Dossier.Holder.Manager.Email = email }),
			"email_placeholder", email)
	}
	for _, address := range []string{"12345", "……", "哈哈哈哈", "测试地址"} {
		require.Equal(t, []string{"address_placeholder"},
			rulesOf(facts(), func(f *precheck.Facts) { f.Dossier.Holder.Address = address }), address)
	}
}

// An old licence starts with the region that registered it.
func TestTheRegionOfAnOldLicence(t *testing.T) {
	old := func(number string) func(*precheck.Facts) {
		return func(f *precheck.Facts) {
			f.Dossier.Holder.DocumentType, f.Dossier.Holder.DocumentNumber = filing.DocumentBusinessLicence, number
		}
	}
	require.Empty(t, rulesOf(company(), old("310115000000015")))
	require.Equal(t, []string{"usc_region"}, rulesOf(company(), old("330115000000015")))
	require.Empty(t, rulesOf(company(), old("100000000000015")), "registered with the state's own authorities")
	require.Empty(t, rulesOf(company(), old("990115000000015")), "no region that anybody knows")
	association := func(f *precheck.Facts) {
		old("330115000000015")(f)
		f.Dossier.Holder.Nature, f.Dossier.Holder.DocumentType = filing.NatureAssociation,
			filing.DocumentAssociationLegalPerson
	}
	require.Empty(t, rulesOf(company(), association), "another document's number shows no region")
}

func TestNamesOfPlaces(t *testing.T) {
	named := func(name string) []string {
		return rulesOf(facts(), func(f *precheck.Facts) { f.Dossier.Site.Name = name })
	}
	for _, name := range []string{
		"昆山美食日记", "义乌生活随笔", "延边风光摄影", "西双版纳游记", "张家港散记", "我爱都江堰", "恩施的山水", "走进石河子", "河南老家", "海南日记", "西安往事", "长沙味道",
		"朝阳区读书会", "和平县老家故事", "喀什游记", "伊犁的春天", "阿坝的秋天", "黔东南手艺", "凉山的孩子",
	} {
		require.Equal(t, []string{"site_name_region"}, named(name), name)
	}
	for _, name := range []string{"走进义乌", "朝阳读书笔记", "嘉定读书笔记", "大理的风花雪月", "东方红读书", "江山如画集", "浦东散步", "新城区散步"} {
		require.Equal(t, []string{"site_name_place"}, named(name), name)
	}
	for _, name := range []string{
		"和平鸽摄影", "新华字典爱好", "长安十二时辰笔记", "友谊地久天长", "前进的脚步", "向阳花园艺", "平安喜乐日记", "长寿饮食笔记", "温泉爱好者", "同心圆手工", "资源整理笔记",
		"凤凰花开的日子", "牡丹画集", "和平湖畔的早晨", "房东台账模板", "白云深处有人家", "青山绿水摄影", "南山南吉他", "西湖醋鱼做法", "高原上的花", "比如世界", "我的江山旧事",
		"学而时习之", "一盏灯塔", "芙蓉花下", "兴隆的小店", "龙门阵", "石林散人", "宁静的午后",
	} {
		require.Empty(t, named(name), name)
	}
	require.Empty(t, rulesOf(company(), func(f *precheck.Facts) { f.Dossier.Site.Name = "昆山样例网络科技" }), "a unit may")
}
