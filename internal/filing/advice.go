package filing

import "strings"

// maxAsked bounds how many domains a bureau is asked about for one filing.
const maxAsked = 10

// Advice is which kind of filing applies, and why.
type Advice struct {
	// Kind is empty when only the customer can tell.
	Kind Kind
	// Reason is a key of the locale files below "advice.".
	Reason string
	// Number is what the filing would be added to: a holder's for a new site, a
	// site's for a new access; or whose domain it is.
	Number string
	// Domain is the filed one that the reason is about.
	Domain string
}

// The reasons of an advice.
const (
	// AdviceNew: neither holder nor domain is filed.
	AdviceNew = "new"
	// AdviceNewSite: the holder is filed, the domain isn't.
	AdviceNewSite = "new_site"
	// AdviceNewAccess: the domain is filed, with this holder or with one whose
	// document wasn't given.
	AdviceNewAccess = "new_access"
	// AdviceOther: the domain is filed by another holder.
	AdviceOther = "other_holder"
)

// DomainStatus is what a bureau knows of a domain.
type DomainStatus struct {
	Domain string
	Status
}

// Advise tells which kind of filing applies to a holder and the domains of an
// order, from what the bureau knows of them.
func Advise(holder Status, domains []DomainStatus) Advice {
	for _, d := range domains {
		if !d.Filed {
			continue
		}
		if holder.Filed && d.HolderNumber != "" && d.HolderNumber != holder.HolderNumber {
			return Advice{Reason: AdviceOther, Number: d.SiteNumber, Domain: d.Domain}
		}
		return Advice{Kind: KindNewAccess, Reason: AdviceNewAccess, Number: d.SiteNumber, Domain: d.Domain}
	}
	if holder.Filed {
		return Advice{Kind: KindNewSite, Reason: AdviceNewSite, Number: holder.HolderNumber}
	}
	return Advice{Kind: KindNew, Reason: AdviceNew}
}

// AskedDomains are the names under which a bureau could have filed an order's
// domains: each as it is, and what it is below.
func AskedDomains(domains []string) []string {
	var list []string
	for _, d := range domains {
		list = append(list, ListedAs(strings.TrimPrefix(d, "*."))...)
	}
	if list = unique(list); len(list) > maxAsked {
		list = list[:maxAsked]
	}
	return list
}

// Take puts what a bureau keeps over a dossier that follows a filing up: the
// holder, the subject's site and its access, and the IDs of domains and
// addresses. What it doesn't know stays.
func (d *Dossier) Take(f FiledHolder) {
	d.Holder = f.Holder
	d.Subject.HolderID, d.Subject.HolderNumber = f.HolderID, f.Number
	for _, s := range f.Sites {
		if s.ID != d.Subject.SiteID {
			continue
		}
		d.Subject.SiteNumber, d.Subject.DomainIDs = s.Number, map[string]int64{}
		d.Site.Name, d.Site.HomePage, d.Site.PreApprovals, d.Site.Services, d.Site.Languages = s.Name, s.HomePage, s.PreApprovals, s.Services, s.Languages
		d.Site.Domains = nil
		for _, domain := range s.Domains {
			d.Site.Domains = append(d.Site.Domains, domain.Name)
			d.Subject.DomainIDs[domain.Name] = domain.ID
		}
		for _, a := range s.Accesses {
			if a.ID == d.Subject.AccessID {
				d.takeAccess(a)
			}
		}
	}
}

func (d *Dossier) takeAccess(a FiledAccess) {
	d.Site.IPs, d.Subject.AddressIDs = nil, map[string]int64{}
	for _, r := range a.Addresses {
		text := RangeOf(r.From, r.To).String()
		d.Site.IPs = append(d.Site.IPs, text)
		d.Subject.AddressIDs[text] = r.ID
	}
	if len(a.Places) > 0 {
		d.Site.ServerPlace = a.Places[0]
	}
	if len(a.Modes) > 0 {
		d.Site.AccessMode = a.Modes[0]
	}
}
