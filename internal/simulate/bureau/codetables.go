package bureau

import (
	"fmt"
	"slices"
	"strings"
)

// codeTable is one table of JCDM; row i has the ID i+1.
type codeTable struct {
	list, row string
	// text is the element of a row's text: Mc, Nr or Ztmc.
	text string
	// extra returns a row's additional elements; valid says that rows have Sfyx.
	extra func(i int) string
	valid bool
	rows  []string
}

func (t codeTable) xml() string {
	var b strings.Builder
	b.WriteString("<" + t.list + ">")
	for i, text := range t.rows {
		b.WriteString("<" + t.row + ">" + el("Id", i+1) + el(t.text, text))
		if t.extra != nil {
			b.WriteString(t.extra(i))
		}
		if t.valid {
			b.WriteString(el("Sfyx", 1))
		}
		b.WriteString("</" + t.row + ">")
	}
	return b.String() + "</" + t.list + ">"
}

// flag is the code that the ministry computes with (Ysid): one bit per row.
func flag(i int) string { return el("Ysid", 1<<i) }

// natureOfDocument maps document types to the natures that they prove.
var natureOfDocument = []int{4, 5, 3, 3, 1, 6, 5, 1, 2, 6, 5, 4}

var codeTables = []codeTable{
	{"Dwfl_dms", "Dwfl_xx", "Mc", nil, true, []string{"基础电信企业", "接入服务企业", "其他"}},
	{"Dwxz_dms", "Dwxz_xx", "Mc", nil, true, []string{"军队", "政府机关", "事业单位", "企业", "个人", "社会团体"}},
	{"Yjfk_Wtfls", "Yjfk_Wtfl_xx", "Fl1", func(int) string { return el("Fl2", "其他") }, true, []string{"系统问题", "业务问题"}},
	{"Hyfl_dms", "Hyfl_xx", "Mc", func(i int) string { return el("Bm", string(rune('A'+i))) }, true,
		[]string{"农、林、牧、渔业", "采矿业", "制造业", "信息传输、软件和信息技术服务业"}},
	{"Xzjb_dms", "Xzjb_xx", "Mc", nil, true, []string{"部级", "省级", "市级", "县级"}},
	{"Zjlx_dms", "Zjlx_xx", "Mc", func(i int) string { return el("Dwflid", natureOfDocument[i]) }, true, []string{
		"工商营业执照", "居民身份证", "组织机构代码证书（事业单位）", "事业法人证书", "军队代号", "社团法人证书", "护照", "军官证",
		"组织机构代码证书（政府机关）", "组织机构代码证书（社会团体）", "台湾居民来往大陆通行证", "组织机构代码证书（企业）",
	}},
	{"Wzjylx_dms", "Wzjylx_xx", "Mc", func(i int) string { return flag(i) + el("Sfqzsp", 1) }, true, []string{
		"新闻", "出版", "教育", "医疗保健", "药品和医疗器械", "电子公告服务", "文化", "广播电影电视节目",
	}},
	{"Wzfwlx_dms", "Wzfwlx_xx", "Mc", flag, true, []string{
		"综合门户", "搜索引擎", "单位门户网站", "网络游戏", "网络广告", "电子邮箱", "即时通信", "博客/个人空间", "论坛/社区", "网上购物", "其他",
	}},
	{"Wzjrfs_dms", "Wzjrfs_xx", "Mc", flag, true, []string{"专线", "主机托管", "虚拟主机", "其他"}},
	{"Zxly_dms", "Zxly_xx", "Nr", nil, true, []string{"网站不再使用", "域名到期", "更换接入商", "主体注销", "资料有误", "其他"}},
	{"Wbacl_dms", "Wbacl_xx", "Ztmc", nil, false, []string{"未处理", "已停止接入", "已备案", "不属于本单位", "其他"}},
	{"Hsyj_dms", "Hsyj", "Mc", nil, true, []string{"信息真实", "信息不真实", "无法联系"}},
	{"Ymlx_dms", "Ymlx", "Mc", nil, true, []string{"国内域名", "国际域名", "中文域名"}},
	{"Fjwjgs_dms", "Fjwjgs", "Mc", nil, true, []string{"JPG", "JPEG", "PNG"}},
	{"Fjytlx_dms", "Fjzjlx", "Mc", func(i int) string { return el("Ssdxlx", []int{1, 1, 1, 2, 2}[i]) }, true, []string{
		"真实性核验单", "主办单位有效证件", "主体负责人有效证件", "网站负责人有效证件", "网站负责人现场采集照片",
	}},
	{"Yylb_dms", "Yylb", "Mc", nil, true, []string{"中文简体", "中文繁体", "英语", "日语", "韩语", "法语", "德语", "俄语", "其他"}},
}

// codeTables is JCDM with every table.
func (s *Server) codeTables() string {
	var b strings.Builder
	b.WriteString("<JCDM><Bbdwlb>")
	for i, id := range []int64{s.options.ISPID, otherProvider} {
		b.WriteString("<Bbdw>" + el("Id", id) + el("Dwmc", []string{"样例接入服务有限公司", "另一接入服务有限公司"}[i]) + el("Dwfl", 2) +
			el("Shengid", s.province()) + el("Sfyx", 1) + "</Bbdw>")
	}
	b.WriteString("</Bbdwlb><Jcdm_xx>")
	for _, t := range codeTables {
		b.WriteString(t.xml())
	}
	b.WriteString("<Qy_dms>")
	for _, r := range regions {
		b.WriteString("<Qy_xx>" + el("Id", r.code) + el("Mc", r.name) + el("Lx", r.level) + el("Sfyx", r.valid()) +
			"</Qy_xx>")
	}
	b.WriteString("</Qy_dms><Gj_dms>")
	for i, code := range sortedKeys(signs) {
		b.WriteString("<Gj_dm_xx>" + el("Id", i+1) + el("Ysid", 1<<i) + el("Bm", code) + el("Mc", signs[code]+"通信管理局") +
			el("Shengid", code+"0000") + el("Shengjc", signs[code]) + el("Sfyx", 1) + "</Gj_dm_xx>")
	}
	return b.String() + "</Gj_dms></Jcdm_xx></JCDM>"
}

type region struct {
	code, level int
	name        string
	ended       bool
}

func (r region) valid() int {
	if r.ended {
		return 0
	}
	return 1
}

// regions are all provinces, and the cities and counties of two of them. Unlike GB/T 2260, Shanghai has one new
// county and one that no longer exists.
var regions = slices.Concat(provinces(),
	[]region{{code: 110100, level: 2, name: "市辖区"}},
	counties(
		"110101东城区 110102西城区 110105朝阳区 110106丰台区 110107石景山区 110108海淀区 110109门头沟区 110111房山区 110112通州区 110113顺义区 110114昌平区 110115大兴区 110116怀柔区 110117平谷区 110118密云区 110119延庆区"),
	[]region{{code: 310100, level: 2, name: "市辖区"}},
	counties(
		"310101黄浦区 310104徐汇区 310105长宁区 310106静安区 310107普陀区 310109虹口区 310110杨浦区 310112闵行区 310113宝山区 310114嘉定区 310115浦东新区 310116金山区 310117松江区 310118青浦区 310120奉贤区 310190样例新区"),
	[]region{{code: 310151, level: 3, name: "崇明区", ended: true}})

func counties(text string) []region {
	names := strings.Fields(text)
	list := make([]region, len(names))
	for i, n := range names {
		_, _ = fmt.Sscanf(n[:6], "%d", &list[i].code) // from the text above
		list[i].level, list[i].name = 3, n[6:]
	}
	return list
}

func provinces() []region {
	names :=
		strings.Fields(
			"11北京市 12天津市 13河北省 14山西省 15内蒙古自治区 21辽宁省 22吉林省 23黑龙江省 31上海市 32江苏省 33浙江省 34安徽省 35福建省 36江西省 37山东省 41河南省 42湖北省 43湖南省 44广东省 45广西壮族自治区 46海南省 50重庆市 51四川省 52贵州省 53云南省 54西藏自治区 61陕西省 62甘肃省 63青海省 64宁夏回族自治区 65新疆维吾尔自治区")
	list := make([]region, len(names))
	for i, n := range names {
		_, _ = fmt.Sscanf(n[:2], "%d", &list[i].code) // from the text above
		list[i].code, list[i].level, list[i].name = list[i].code*10000, 1, n[2:]
	}
	return list
}
