package filing

import "strings"

// maxAsked limits for how many domains of one filing we query a bureau.
const maxAsked = 10

// Advice is which kind of filing applies, and why.
type Advice struct {
	// Kind is empty if only the customer can decide.
	Kind Kind
	// Reason is a key of the locale files below "kind_advice.".
	Reason string
	// Number is the number that the filing would be added to (a holder's for a new site, a site's for a new access), or
	// the number that has the domain.
	Number string
	// Domain is the filed domain that the reason is about.
	Domain string
}

// The reasons of an advice.
const (
	// AdviceNew: neither holder nor domain is filed.
	AdviceNew = "new"
	// AdviceNewSite: the holder is filed, the domain isn't.
	AdviceNewSite = "new_site"
	// AdviceNewAccess: the domain is filed, under this holder or under one whose document wasn't given.
	AdviceNewAccess = "new_access"
	// AdviceOther: the domain is filed under another holder.
	AdviceOther = "other_holder"
)

// DomainStatus is a bureau's status of a domain.
type DomainStatus struct {
	Domain string
	Status
}

// Advise suggests the kind of filing for a holder and an order's domains, based on the bureau's data.
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

// AskedDomains returns the names under which a bureau could have filed an order's domains: each domain and its parents.
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

// Take overwrites a follow-up's dossier with the bureau's data: the holder, the subject's site and its access, and the
// IDs of domains and addresses. Values that the bureau doesn't have stay.
func (d *Dossier) Take(f FiledHolder) {
	before := d.Holder.Manager
	d.Holder = f.Holder
	d.Holder.Manager = before
	d.Subject.HolderID, d.Subject.HolderNumber = f.HolderID, f.Number
	var site Manager
	for _, s := range f.Sites {
		if s.ID != d.Subject.SiteID {
			continue
		}
		site = s.Manager
		d.Subject.SiteNumber, d.Subject.DomainIDs = s.Number, map[string]int64{}
		d.Site.Name, d.Site.HomePage, d.Site.PreApprovals, d.Site.Services, d.Site.Languages = s.Name, s.HomePage,
			s.PreApprovals, s.Services, s.Languages
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
	d.takeManagers(f.Holder.Manager, site)
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
