package filing

import (
	"strings"
	"unicode/utf8"
)

const (
	// maxProofPassword keeps what is typed within reason; the interface carries its hash.
	maxProofPassword = 128
	maxEndingNote    = 1000 // Zxlybz
)

// Normalise writes the number as it is written; for a new site it is the
// holder's, also where a site's was typed.
func (c *OwnershipProof) Normalise(kind Kind) {
	c.Number = tidy(c.Number)
	if n, err := ParseNumber(c.Number); err == nil {
		c.Number = n.String()
		if kind.Spec().Claims == ClaimsHolder {
			c.Number = n.Holder()
		}
	}
}

// Validate checks a claim that was normalised. Only kinds that claim need a
// number; a password is needed by those, and to end a holder (interface 4-1-1-2
// to 4-1-1-5: ICPmm).
func (c OwnershipProof) Validate(kind Kind) Problems {
	var p Problems
	if kind.ProvesOwnership() {
		n, err := ParseNumber(c.Number)
		switch {
		case c.Number == "":
			p.add("number", "required")
		case err != nil:
			p.add("number", "number_invalid")
		case kind.Spec().Claims == ClaimsSite && n.Site == 0:
			p.add("number", "number_wants_site")
		}
	}
	switch {
	case c.Password == "" && kind.Spec().NeedsPassword:
		p.add("password", "required")
	case len(c.Password) > maxProofPassword:
		p.add("password", "too_long", "max", maxProofPassword)
	default:
		p.gbk("password", c.Password)
	}
	return p
}

// Normalise trims what was typed.
func (e *Ending) Normalise() { e.Note = strings.TrimSpace(tidy(e.Note)) }

// Validate checks why a filing ends.
func (e Ending) Validate(t Tables) Problems {
	var p Problems
	p.choice("reason", t.EndingReasons, e.Reason)
	if utf8.RuneCountInString(e.Note) > maxEndingNote {
		p.add("note", "too_long", "max", maxEndingNote)
	} else {
		p.gbk("note", e.Note)
	}
	return p
}

// ValidateChange checks what only a change of a filing must keep to: the holder
// stays in its province (1046), and the record's document types end at 11
// (upload-data.xsd, BGBA).
func (h Holder) ValidateChange(before Holder) Problems {
	var p Problems
	if before.Province != "" && h.Province != before.Province {
		p.add("province", "province_fixed")
	}
	if h.DocumentType == DocumentEnterpriseOrgCode {
		p.add("document_type", "document_not_in_changes")
	}
	return p
}
