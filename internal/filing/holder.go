package filing

import (
	"time"
	"unicode/utf8"

	"github.com/beian/beian/internal/textnorm"
)

// Holder is 备案主体信息: who is responsible for the site.
type Holder struct {
	// Name is 主办单位名称: a person's name or the full name on the licence.
	Name string `json:"name"`
	// Nature is 主办单位性质, a value of Natures.
	Nature int `json:"nature"`
	// DocumentType is 证件类型, a value of DocumentTypes.
	DocumentType   int    `json:"document_type"`
	DocumentNumber string `json:"document_number"`
	// DocumentAddress is 证件住所, the address printed on the document.
	DocumentAddress string `json:"document_address"`
	// Superior is 上级单位名称或投资者.
	Superior string `json:"superior"`
	// Province, City and County are GB/T 2260 codes; County is empty if the city has none (东莞, 中山, 儋州 …).
	Province string `json:"province"`
	City     string `json:"city"`
	County   string `json:"county"`
	// Address is the part of 通信地址 below the county.
	Address string `json:"address"`
	// Manager is 主体负责人, and 网站负责人 too unless the site has one of its own (Dossier.SiteManager).
	Manager Manager `json:"manager"`
}

const (
	maxHolderName     = 255 // Dwmc
	maxSuperior       = 255 // Tzr
	maxAddress        = 1024
	maxDocumentNumber = 128 // Fzr_zjhm; Zjhm takes 255
	// minAddress is the shortest plausible address below a county.
	minAddress = 4
)

// Normalise brings what was typed into its normal form.
func (h *Holder) Normalise() {
	for _, s := range []*string{&h.Name, &h.DocumentAddress, &h.Superior, &h.Address} {
		*s = textnorm.Line(*s)
	}
	for _, s := range []*string{&h.Province, &h.City, &h.County} {
		*s = textnorm.Code(*s)
	}
	h.DocumentNumber = DocumentNumberKey(h.DocumentNumber)
	h.Manager.Normalise()
}

// Validate checks a normalised holder, as of today.
func (h Holder) Validate(t Tables) Problems { return h.ValidateOn(time.Now(), t) }

// ValidateOn checks a holder as of a day.
func (h Holder) ValidateOn(today time.Time, t Tables) Problems {
	var p Problems
	p.text("name", h.Name, true, maxHolderName)
	p.choice("nature", t.Natures, h.Nature)
	switch {
	case !containsCode(t.DocumentTypes, h.DocumentType):
		p.add("document_type", "choose")
	case h.Nature != 0 && !containsCode(t.DocumentsFor(h.Nature), h.DocumentType):
		p.add("document_type", "document_not_for_nature")
	}
	p.document("document_number", h.DocumentType, h.DocumentNumber, today)
	p.text("document_address", h.DocumentAddress, true, maxAddress)
	p.text("superior", h.Superior, true, maxSuperior)
	if field, key := t.Regions.problem(h.Province, h.City, h.County); key != "" {
		p.add(field, key)
	}
	p.text("address", h.Address, true, maxAddress)
	if n := utf8.RuneCountInString(h.Address); n > 0 && n < minAddress {
		p.add("address", "address_short", "min", minAddress)
	}
	p.manager(h.Manager, h.Nature, today, t)
	if h.Nature != 0 && h.Nature != NaturePerson && h.Manager.LegalRepresentative == "" {
		p.add("manager_legal_representative", "choose")
	}
	return p
}

func (p *Problems) document(field string, documentType int, number string, today time.Time) {
	switch {
	case number == "":
		p.add(field, "required")
	case len(number) > maxDocumentNumber:
		p.add(field, "too_long", "max", maxDocumentNumber)
	case documentType != 0:
		if key := documentProblem(documentType, number, today); key != "" {
			p.add(field, key)
		} else {
			p.characters(field, number)
		}
	}
}
