package filing

import (
	"strings"
	"unicode/utf8"

	"github.com/beian/beian/internal/textnorm"
)

// OwnershipProof proves that an existing filing is the customer's (isp_verifybamm).
type OwnershipProof struct {
	// Number is the holder's (KindNewSite) or the site's (KindNewAccess).
	Number string `json:"number,omitempty"`
	// Password is 备案密码.
	Password string `json:"password,omitempty"`
}

// PasswordPolicy is whether a bureau asks for filing passwords. Most have abolished them since August 2020.
type PasswordPolicy string

// The policies.
const (
	// PasswordNone: it asks for none and would ignore one.
	PasswordNone PasswordPolicy = ""
	// PasswordPossible: the bureau isn't known yet, and some that the provider files with require one.
	PasswordPossible PasswordPolicy = "possible"
	// PasswordRequired: it works as in 2005.
	PasswordRequired PasswordPolicy = "required"
)

const (
	// maxProofPassword limits the input; the interface only transfers its hash.
	maxProofPassword = 128
	maxEndingNote    = 1000 // Zxlybz
)

// Normalise converts the number to its standard form; for a new site to the holder's, even if a site's was typed.
func (c *OwnershipProof) Normalise(kind Kind) {
	c.Number, c.Password = textnorm.Line(c.Number), strings.TrimSpace(textnorm.Clean(c.Password))
	if n, err := ParseNumber(c.Number); err == nil {
		c.Number = n.String()
		if kind.Spec().Claims == ClaimsHolder {
			c.Number = n.Holder()
		}
	}
}

// Validate checks a normalised proof. Only kinds that prove ownership need a number; where the bureau requires
// passwords, they and deregistering a holder need one (interface 4-1-1-2 to 4-1-1-5: ICPmm).
func (c OwnershipProof) Validate(kind Kind, policy PasswordPolicy) Problems {
	var p Problems
	if kind.ProvesOwnership() {
		n, err := ParseNumber(c.Number)
		switch {
		case c.Number == "":
			p.add("number", "required")
		case err != nil:
			p.add("number", "number_invalid")
		case kind.Spec().Claims == ClaimsSite && (n.Site == 0 || n.App != ""): // apps aren't filed through the interface
			p.add("number", "number_wants_site")
		}
	}
	switch {
	case c.Password == "" && kind.Spec().NeedsPassword && policy == PasswordRequired:
		p.add("password", "required")
	case len(c.Password) > maxProofPassword:
		p.add("password", "too_long", "max", maxProofPassword)
	default:
		p.characters("password", c.Password)
	}
	return p
}

// Normalise brings the note into its normal form.
func (e *Ending) Normalise() { e.Note = textnorm.Lines(e.Note) }

// Validate checks the reason for a deregistration.
func (e Ending) Validate(t Tables) Problems {
	var p Problems
	p.choice("reason", t.EndingReasons, e.Reason)
	if utf8.RuneCountInString(e.Note) > maxEndingNote {
		p.add("note", "too_long", "max", maxEndingNote)
	} else {
		p.characters("note", e.Note)
	}
	return p
}

// ValidateChange checks the rules for changes only: the holder stays in its province (1046), and document types end at
// 11 (upload-data.xsd, BGBA).
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
