package filing

import (
	_ "embed"
	"iter"
	"strconv"
	"strings"
	"sync"
)

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

//go:embed data/codes.tsv
var codesTSV string

// The built-in edition of the code tables. Downloaded tables of the bureau (JCDM) take precedence.
var (
	// Natures are 单位性质 (Dwxz).
	Natures = builtInCodes("nature")
	// DocumentTypes are 证件类型 (Zjlx).
	DocumentTypes = builtInCodes("document_type")
	// AccessModes are 网站接入方式 (Jrfs).
	AccessModes = builtInCodes("access_mode")
	// ServerPlaces are 服务器放置地点 (Fbdd): the provinces in GB/T 2260's order.
	ServerPlaces = serverPlaces()
	// PreApprovals are 前置审批或专项审批内容 (Nrlx); choosing none means 其它.
	PreApprovals = builtInCodes("pre_approval")
	// Languages are 网站语言类别 (Yylb).
	Languages = builtInCodes("language")
	// Services are 网站服务内容 (Fwnr).
	Services = builtInCodes("service")
	// EndingReasons are 注销理由 (Zxly).
	EndingReasons = builtInCodes("ending_reason")
	// Outcomes are 未备案网站处理状态 (Wbacl).
	Outcomes = builtInCodes("outcome")
	// PaperFormats are 附件文件格式 (Fjwjgs), PaperUses 附件用途 (Fjytlx).
	PaperFormats, PaperUses = builtInCodes("paper_format"), builtInCodes("paper_use")
)

// codeRow is a line of the built-in tables.
type codeRow struct {
	table string
	Code  // ID 0: only the name is known
	// until is the year since which it isn't offered; empty: it is.
	until string
	// holders are whom a document identifies: natures by value or name, or "units".
	holders []string
}

// codeRows reads the built-in tables; a test checks the file's format.
var codeRows = sync.OnceValue(func() (list []codeRow) {
	for cells := range rows(codesTSV) {
		id, _ := strconv.Atoi(cells[1])
		r := codeRow{table: cells[0], Code: Code{id, cells[2], cells[3]}, until: cells[5]}
		if cells[6] != "" {
			r.holders = strings.Split(cells[6], ",")
		}
		list = append(list, r)
	}
	return list
})

// builtInCodes are the codes of a table that are offered.
func builtInCodes(table string) (codes []Code) {
	for _, r := range codeRows() {
		if r.table == table && r.ID != 0 && r.until == "" {
			codes = append(codes, r.Code)
		}
	}
	return codes
}

// EndedPreApprovals are contents that aren't offered any more; older filings show them.
func EndedPreApprovals() (codes []Code) {
	for _, r := range codeRows() {
		if r.table == "pre_approval" && r.until != "" {
			codes = append(codes, r.Code)
		}
	}
	return codes
}

// englishOf translates a value's name; empty if no built-in table has the name.
func englishOf(name string) string {
	for _, r := range codeRows() {
		if r.Name == name {
			return r.English
		}
	}
	return ""
}

// rows are the cells of a tab-separated file's lines, without its comments.
func rows(file string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(file) {
			if line[0] != '#' && !yield(strings.Split(strings.TrimRight(line, "\n"), "\t")) {
				return
			}
		}
	}
}

// Values of Natures that rules refer to.
const (
	NatureDefence     = 1
	NatureGovernment  = 2
	NatureInstitution = 3
	NatureEnterprise  = 4
	NaturePerson      = 5
	NatureAssociation = 6
)

// ServiceForum is the value of Services for forums.
const ServiceForum = 3

// Contents of PreApprovals that rules refer to, by name: their values changed, and the bureau's table may have others.
const (
	ContentNews      = "新闻"
	ContentPublish   = "出版"
	ContentMedicine  = "药品和医疗器械"
	ContentBulletin  = "电子公告服务"
	ContentCulture   = "文化"
	ContentBroadcast = "广播电影电视节目"
	ContentRides     = "网络预约车"
	ContentFinance   = "互联网金融"
	ContentTutoring  = "校外培训"
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
		places[i] = Code{ID: i + 1, Name: p.Name, English: PlaceNames(p.Code)[0]}
	}
	return places
}
