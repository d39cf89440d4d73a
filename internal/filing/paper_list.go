package filing

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// PaperUse is where a paper goes in a data file: Fjyt, of the holder or the site.
type PaperUse struct {
	// Purpose is a code in the built-in edition of PaperUses (Tables.PaperPurpose).
	Purpose int `yaml:"purpose"`
	// Of is "holder" or "site".
	Of string `yaml:"of"`
	// Same: only if the holder's and the site's manager are one person.
	Same bool `yaml:"same"`
}

// OfSite reports whether it is the site's attachment rather than the holder's.
func (u PaperUse) OfSite() bool { return u.Of == "site" }

// Values of Paper.Each and Paper.Print.
const (
	EachPreApproval = "pre_approval"
	PrintLetter     = "letter"
	PrintSheet      = "sheet"
)

// Paper is an entry in the list of papers (data/papers.yaml explains each part).
type Paper struct {
	Key              string     `yaml:"key"`
	Name             Bilingual  `yaml:"name"`
	Help             Bilingual  `yaml:"help"`
	Uses             []PaperUse `yaml:"uses"`
	Remark           string     `yaml:"remark"`
	Kinds            []Kind     `yaml:"kinds"`
	Required         []Kind     `yaml:"required"`
	Natures          []int      `yaml:"natures"`
	Documents        []int      `yaml:"documents"`
	ManagerDocuments []int      `yaml:"manager_documents"`
	SiteManager      bool       `yaml:"site_manager"`
	Outside          bool       `yaml:"outside"`
	Rule             string     `yaml:"rule"`
	Each             string     `yaml:"each"`
	Max              int        `yaml:"max"`
	MaxKB            int        `yaml:"max_kb"`
	MinLong          int        `yaml:"min_long"`
	MinShort         int        `yaml:"min_short"`
	Spot             bool       `yaml:"spot"`
	Print            string     `yaml:"print"`
}

// MaxBytes is a picture's maximum size: the interface counts base64, which is a third longer.
func (p Paper) MaxBytes() int { return p.MaxKB << 10 / 4 * 3 }

// NeededPaper is a paper that one dossier can have.
type NeededPaper struct {
	Paper
	// Item is the pre-approval content that it is for; 0: none.
	Item int
	// Must: the dossier can't be submitted without it.
	Must bool
}

// Field is the paper's name in forms: its key, with its pre-approval content.
func (p NeededPaper) Field() string {
	if p.Item == 0 {
		return p.Key
	}
	return p.Key + "." + strconv.Itoa(p.Item)
}

// ApprovalField is the name of an approval number's field (Qzsph).
func ApprovalField(content int) string { return "number." + strconv.Itoa(content) }

// maxApprovalNumber is the schema's limit (Qzsph).
const maxApprovalNumber = 512

// PaperProblems returns which papers a dossier lacks; has reports whether there is a picture of one. This is the only
// check that prevents submitting a dossier without its papers.
func PaperProblems(d Dossier, needed []NeededPaper, has func(NeededPaper) bool) Problems {
	var p Problems
	for _, n := range needed {
		if n.Must && !has(n) {
			p.add(n.Field(), "paper_missing")
		}
		if n.Each != EachPreApproval {
			continue
		}
		field, number := ApprovalField(n.Item), d.Site.ApprovalNumbers[n.Item]
		if number == "" && n.Must {
			p.add(field, "required")
		}
		if utf8.RuneCountInString(number) > maxApprovalNumber {
			p.add(field, "too_long", "max", maxApprovalNumber)
		}
		p.characters(field, number)
	}
	return p
}

// PaperList is the whole list, with the provinces' differences.
type PaperList struct {
	PaperChange `yaml:",inline"`
	Provinces   map[string]PaperChange `yaml:"provinces"`
}

// PaperChange replaces or adds papers by key, and removes others.
type PaperChange struct {
	Papers []Paper  `yaml:"papers"`
	Drop   []string `yaml:"drop"`
}

// onto applies a change to a list.
func (c PaperChange) onto(list []Paper) []Paper {
	list = slices.DeleteFunc(slices.Clone(list), func(p Paper) bool { return slices.Contains(c.Drop, p.Key) })
	for _, p := range c.Papers {
		if i := slices.IndexFunc(list, func(old Paper) bool { return old.Key == p.Key }); i >= 0 {
			list[i] = p
		} else {
			list = append(list, p)
		}
	}
	return list
}

// In returns a province's list; without changes, or for "", the common one.
func (l PaperList) In(province string) []Paper { return l.Provinces[province].onto(l.Papers) }

// AskedPapers tells whether a rule of the dossier's province asks for its paper, and whether the dossier can't be
// submitted without it. Papers that name no rule don't depend on one.
type AskedPapers func(rule string) (asked, must bool)

// Needed lists the papers that a dossier can have, in the list's order; asks is nil: no rule asks for any.
func (l PaperList) Needed(d Dossier, asks AskedPapers) []NeededPaper {
	kind := d.Kind.OrNew()
	nature, document := d.Holder.Nature, d.Holder.DocumentType
	two := d.TwoManagers()
	if !kind.Asks(FormHolder, "nature") {
		nature, document = 0, 0
	}
	if _, known := CodeByID(Natures, nature); !known && nature != 0 {
		nature = NatureEnterprise // whatever it is, it's no person
	}
	has := func(list []int, n int) bool { return len(list) == 0 || slices.Contains(list, n) }
	shows := func(list []int, document int) bool {
		return has(list, document) && (document != 0 || len(list) == 0) || OwnDocument(document) && slices.Contains(list, 0)
	}
	var needed []NeededPaper
	for _, p := range l.In(d.Province()) {
		if !slices.Contains(p.Kinds, kind) || !has(p.Natures, nature) || !shows(p.Documents, document) ||
			!shows(p.ManagerDocuments, d.managerShown(p).DocumentType) || p.Outside && !d.fromOutside() ||
			p.SiteManager && !two || two && kind == KindNewSite && len(p.ManagerDocuments) > 0 && !p.SiteManager {
			continue // a new site's record has no manager but the site's
		}
		if two {
			p.Uses = slices.DeleteFunc(slices.Clone(p.Uses), func(u PaperUse) bool { return u.Same })
		}
		must := slices.Contains(p.Required, kind)
		if p.Rule != "" {
			if asks == nil {
				continue
			}
			asked, sure := asks(p.Rule)
			if !asked {
				continue
			}
			must = must && sure
		}
		if p.Each != EachPreApproval {
			needed = append(needed, NeededPaper{Paper: p, Must: must})
			continue
		}
		for _, content := range d.Site.PreApprovals {
			needed = append(needed, NeededPaper{Paper: p, Item: content, Must: must})
		}
	}
	return needed
}

// managerShown is the manager whose document a paper shows.
func (d Dossier) managerShown(p Paper) Manager {
	if p.SiteManager {
		return d.SiteManager()
	}
	return d.Holder.Manager
}

// fromOutside reports whether the holder's resident ID is from another province than the dossier's. Residence permits
// of Hong Kong, Macao and Taiwan residents, which start with 81, 82 and 83, have no province.
func (d Dossier) fromOutside() bool {
	h, province := d.Holder, d.Province()
	if h.DocumentType != DocumentResidentID || len(h.DocumentNumber) != 18 || len(province) != 6 ||
		hmtPrefix[h.DocumentNumber[:2]] {
		return false
	}
	return h.DocumentNumber[:2] != province[:2]
}

// Province is the dossier's province: the holder's, or that of the number whose ownership it proves.
func (d Dossier) Province() string {
	switch {
	case d.Kind.ProvesOwnership():
		return ProvinceOfNumber(d.OwnershipProof.Number)
	case d.Holder.Province == "":
		return ProvinceOfNumber(d.Subject.HolderNumber)
	}
	return d.Holder.Province
}

//go:embed data/papers.yaml
var papersFile []byte

// BuiltInPapers is the list used if no setting names another; a test checks its format.
var BuiltInPapers = sync.OnceValue(func() PaperList {
	list, err := ParsePapers(papersFile, nil)
	if err != nil {
		panic("data/papers.yaml: " + err.Error())
	}
	return list
})

// LoadPapers applies a provider's own list to the built-in one.
func LoadPapers(own []byte) (PaperList, error) { return ParsePapers(papersFile, own) }

// PaperPurpose is the bureau's code (Fjyt) for a purpose of the built-in edition, since the bureau's table may number
// the same purposes differently.
func (t Tables) PaperPurpose(purpose int) int {
	known, _ := CodeByID(PaperUses, purpose)
	for _, c := range t.PaperUses {
		if known.Name != "" && c.Name == known.Name {
			return c.ID
		}
	}
	return purpose
}

// JPEGFormat is the bureau's code (Fjwjgs) for the pictures that we submit.
func (t Tables) JPEGFormat() int {
	for _, c := range t.PaperFormats {
		if n := strings.ToUpper(strings.Trim(c.Name, " .*")); n == "JPG" || n == "JPEG" {
			return c.ID
		}
	}
	return 1 // JPG in the built-in edition
}
