package filing

// Bilingual is a text that is part of the data rather than the locale files.
type Bilingual struct {
	Chinese string `yaml:"zh"`
	English string `yaml:"en"`
}

// In is the text in a language of the panel.
func (b Bilingual) In(lang string) string {
	if lang == "en" {
		return b.English
	}
	return b.Chinese
}

// Code is a value of one of the bureau's code tables.
type Code struct {
	ID      int
	Name    string // Chinese, as shown in the forms
	English string
}

// In is the value's name in a language of the panel.
func (c Code) In(lang string) string { return Bilingual{c.Name, c.English}.In(lang) }

// The built-in edition of the code tables, as found in public integrations of the bureau's interface 3.0. Downloaded
// tables of the bureau (JCDM) take precedence.
var (
	// Natures are 单位性质 (Dwxz).
	Natures = []Code{
		{NatureArmy, "军队", "Army"}, {NatureGovernment, "政府机关", "Government body"},
		{NatureInstitution, "事业单位", "Public institution"},
		{NatureEnterprise, "企业", "Enterprise"}, {NaturePerson, "个人", "Individual"},
		{NatureAssociation, "社会团体", "Association"},
	}
	// DocumentTypes are 证件类型 (Zjlx).
	DocumentTypes = []Code{
		{DocumentBusinessLicence, "工商营业执照号码（统一社会信用代码）", "Business licence (unified social credit code)"},
		{DocumentResidentID, "居民身份证", "Resident ID card"},
		{DocumentInstitutionOrgCode, "组织机构代码证书（事业单位）", "Organisation code certificate (institution)"},
		{DocumentInstitutionLegalPerson, "事业法人证书", "Legal-person certificate (institution)"},
		{DocumentArmyCode, "军队代号", "Army code"},
		{DocumentAssociationLegalPerson, "社团法人证书", "Legal-person certificate (association)"},
		{DocumentPassport, "护照", "Passport"},
		{DocumentOfficerCard, "军官证", "Officer's card"},
		{DocumentGovernmentOrgCode, "组织机构代码证书（政府机关）", "Organisation code certificate (government)"},
		{DocumentAssociationOrgCode, "组织机构代码证书（社会团体）", "Organisation code certificate (association)"},
		{DocumentTaiwanPermit, "台湾居民来往大陆通行证", "Taiwan compatriot's travel permit"},
		{DocumentEnterpriseOrgCode, "组织机构代码证书（企业）", "Organisation code certificate (enterprise)"},
	}
	// AccessModes are 网站接入方式 (Jrfs).
	AccessModes = []Code{
		{1, "专线", "Dedicated line"}, {2, "主机托管", "Server hosting"}, {3, "虚拟主机", "Virtual host"}, {4, "其它", "Other"},
	}
	// ServerPlaces are 服务器放置地点 (Fbdd): the provinces in GB/T 2260's order.
	ServerPlaces = serverPlaces()
	// PreApprovals are 前置审批或专项审批内容 (Nrlx); choosing none means 其它.
	PreApprovals = []Code{
		{1, "新闻", "News"}, {2, "出版", "Publishing"}, {3, "教育", "Education"}, {4, "医疗保健", "Health care"},
		{5, "药品和医疗器械", "Drugs and medical devices"}, {6, "电子公告服务", "Electronic bulletin service"},
		{7, "文化", "Culture"}, {8, "广播电影电视节目", "Radio, film and television"},
	}
	// Languages are 网站语言类别 (Yylb).
	Languages = []Code{
		{1, "中文简体", "Simplified Chinese"}, {2, "中文繁体", "Traditional Chinese"}, {3, "英语", "English"}, {4, "日语", "Japanese"},
		{5, "法语", "French"}, {6, "韩语", "Korean"}, {7, "德语", "German"}, {8, "俄语", "Russian"}, {9, "其它", "Other"},
	}
	// Services are 网站服务内容 (Fwnr).
	Services = []Code{
		{1, "单位门户网站", "Organisation's own site"}, {2, "博客/个人空间", "Blog or personal space"}, {3, "论坛", "Forum"},
		{4, "网上商务", "Online business"}, {5, "信息资讯", "Information"}, {6, "下载服务", "Downloads"}, {7, "其它", "Other"},
	}
)

// Values of Natures that rules refer to.
const (
	NatureArmy        = 1
	NatureGovernment  = 2
	NatureInstitution = 3
	NatureEnterprise  = 4
	NaturePerson      = 5
	NatureAssociation = 6
)

// Values of Services and PreApprovals that rules refer to.
const (
	ServiceForum    = 3
	ContentBulletin = 6
)

// Values of DocumentTypes.
const (
	DocumentBusinessLicence        = 1
	DocumentResidentID             = 2
	DocumentInstitutionOrgCode     = 3
	DocumentInstitutionLegalPerson = 4
	DocumentArmyCode               = 5
	DocumentAssociationLegalPerson = 6
	DocumentPassport               = 7
	DocumentOfficerCard            = 8
	DocumentGovernmentOrgCode      = 9
	DocumentAssociationOrgCode     = 10
	DocumentTaiwanPermit           = 11
	DocumentEnterpriseOrgCode      = 12
)

// documentsOf lists the documents that identify a holder of a nature. Since 2015 all certificates of organisations
// carry the unified social credit code.
var documentsOf = map[int][]int{
	NatureArmy:        {DocumentArmyCode},
	NatureGovernment:  {DocumentGovernmentOrgCode},
	NatureInstitution: {DocumentInstitutionLegalPerson, DocumentInstitutionOrgCode},
	NatureEnterprise:  {DocumentBusinessLicence, DocumentEnterpriseOrgCode},
	NaturePerson:      {DocumentResidentID, DocumentPassport, DocumentOfficerCard, DocumentTaiwanPermit},
	NatureAssociation: {DocumentAssociationLegalPerson, DocumentAssociationOrgCode},
}

// personDocuments identify managers, who are always natural persons.
var personDocuments = documentsOf[NaturePerson]

// CodeByID finds a value in a code table.
func CodeByID(table []Code, id int) (Code, bool) {
	for _, c := range table {
		if c.ID == id {
			return c, true
		}
	}
	return Code{}, false
}

func serverPlaces() []Code {
	provinces := Provinces()
	places := make([]Code, len(provinces))
	for i, p := range provinces {
		places[i] = Code{ID: i + 1, Name: p.Name, English: provincePinyin[p.Code]}
	}
	return places
}

var provincePinyin = map[string]string{
	"110000": "Beijing", "120000": "Tianjin", "130000": "Hebei", "140000": "Shanxi", "150000": "Inner Mongolia",
	"210000": "Liaoning",
	"220000": "Jilin", "230000": "Heilongjiang", "310000": "Shanghai", "320000": "Jiangsu", "330000": "Zhejiang",
	"340000": "Anhui",
	"350000": "Fujian", "360000": "Jiangxi", "370000": "Shandong", "410000": "Henan", "420000": "Hubei", "430000": "Hunan",
	"440000": "Guangdong", "450000": "Guangxi", "460000": "Hainan", "500000": "Chongqing", "510000": "Sichuan",
	"520000": "Guizhou",
	"530000": "Yunnan", "540000": "Tibet", "610000": "Shaanxi", "620000": "Gansu", "630000": "Qinghai",
	"640000": "Ningxia", "650000": "Xinjiang",
}
