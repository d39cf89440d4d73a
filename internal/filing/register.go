package filing

import "github.com/beian/beian/internal/textnorm"

// Registration is the input of a customer who already has a number (登记备案号).
type Registration struct {
	Number   string
	HomePage string
}

// Dossier makes the normalised dossier of a registration for an order's domains, and its problems. The number is the
// holder's or the site's, 备 or 证, old style or new (interface 3.0, 1-3).
func (r Registration) Dossier(domains []string) (Dossier, Problems) {
	var p Problems
	d := Dossier{Kind: KindRegister, Site: Site{HomePage: r.HomePage, Domains: RegistrableOf(domains)},
		OwnershipProof: OwnershipProof{Number: textnorm.Line(r.Number)}}
	d.Site.Normalise()
	number, err := ParseNumber(d.OwnershipProof.Number)
	switch {
	case d.OwnershipProof.Number == "":
		p.add("number", "required")
	case err != nil:
		p.add("number", "number_invalid")
	default:
		d.OwnershipProof.Number = number.String()
	}
	p.homePage(d.Site)
	return d, p
}

// Comparison is the result of comparing a number with a bureau's data of an order's domains.
type Comparison string

// The results; the first two prevent the registration.
const (
	// AnotherNumber: a domain is filed under another number.
	AnotherNumber Comparison = "another"
	// NotFiled: no domain is filed.
	NotFiled Comparison = "not_filed"
	// SameNumber: a domain is filed under this number.
	SameNumber Comparison = "same"
	// NotCompared: the bureau couldn't be queried, or has no such numbers.
	NotCompared Comparison = "not_compared"
)

// CompareNumber compares a number with the issuing bureau's data of the domains; it returns the domain that decided the
// result, with its status. A holder's number matches each of the holder's sites. The bureau's query doesn't cover
// licences (证).
func CompareNumber(number Number, domains []DomainStatus) (Comparison, DomainStatus) {
	if number.Kind != "备" {
		return NotCompared, DomainStatus{}
	}
	outcome, about := NotFiled, DomainStatus{}
	for _, d := range domains {
		if !d.Filed {
			continue
		}
		if agrees(number, d.Status) {
			return SameNumber, d
		}
		if outcome == NotFiled {
			outcome, about = AnotherNumber, d
		}
	}
	return outcome, about
}

func agrees(number Number, s Status) bool {
	site, err := ParseNumber(s.SiteNumber)
	if err == nil && (number == site || number.Site == 0 && number.Holder() == site.Holder()) {
		return true
	}
	holder, err := ParseNumber(s.HolderNumber)
	return err == nil && number.Holder() == holder.Holder() && (number.Site == 0 || s.SiteNumber == "")
}

// Number is the status's number: the site's, or else the holder's.
func (s Status) Number() string { return PreferredNumber(s.SiteNumber, s.HolderNumber) }
