package filing

import (
	_ "embed"
	"iter"
	"strconv"
	"strings"
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

// builtInCodes reads a table; a test checks the file's format.
func builtInCodes(table string) (codes []Code) {
	for cells := range rows(codesTSV) {
		if cells[0] == table {
			id, _ := strconv.Atoi(cells[1])
			codes = append(codes, Code{id, cells[2], cells[3]})
		}
	}
	return codes
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
