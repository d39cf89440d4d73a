package precheck

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/beian/beian/internal/filing"
)

func domainBlacklisted(f Facts) []map[string]any {
	var list []map[string]any
	for _, d := range f.BlackDomains {
		list = append(list, found(true, "domain", filing.DisplayDomain(d))...)
	}
	return list
}

// domainNotOfOrder finds domains that aren't bound to the web space.
func domainNotOfOrder(f Facts) []map[string]any {
	var list []map[string]any
	for _, d := range f.Dossier.Site.Domains {
		bound := slices.ContainsFunc(f.Domains,
			func(listed string) bool { return listed == d || filing.DomainCovers(listed, d) })
		list = append(list, found(!bound, "domain", filing.DisplayDomain(d))...)
	}
	return list
}

func domainUnresolved(f Facts) []map[string]any {
	var list []map[string]any
	for _, d := range f.Dossier.Site.Domains {
		at, known := f.Resolved[d]
		list = append(list, found(known && (at.Missing || len(at.Addresses) == 0), "domain", filing.DisplayDomain(d))...)
	}
	return list
}

// domainElsewhere finds domains that resolve to none of the site's addresses.
func domainElsewhere(f Facts) []map[string]any {
	ours := ranges(f.Dossier.Site.IPs)
	var list []map[string]any
	for _, d := range f.Dossier.Site.Domains {
		addresses := f.Resolved[d].Addresses
		if len(addresses) == 0 || slices.ContainsFunc(addresses, func(a netip.Addr) bool { return within(ours, a, a) }) {
			continue
		}
		var seen []string
		for _, a := range addresses {
			seen = append(seen, a.String())
		}
		list = append(list, found(true, "domain", filing.DisplayDomain(d), "addresses", strings.Join(seen, "、"))...)
	}
	return list
}

// ipNotOfOrder finds addresses that aren't the order's: they would be refused (1063), or belong to another customer.
func ipNotOfOrder(f Facts) []map[string]any {
	order := ranges(f.IPs)
	if len(order) == 0 {
		return nil
	}
	var list []map[string]any
	for _, r := range ranges(f.Dossier.Site.IPs) {
		list = append(list, found(!within(order, r.From, r.To), "ip", r.String(), "ips", strings.Join(f.IPs, "、"))...)
	}
	return list
}

// ipNotOurs finds addresses that the provider hasn't reported: they would be refused (1063), whatever the order says.
func ipNotOurs(f Facts) []map[string]any {
	var list []map[string]any
	for _, ip := range f.ForeignIPs {
		list = append(list, found(true, "ip", ip)...)
	}
	return list
}

// accessModeOther: the customer chose another access mode than the provider offers.
func accessModeOther(f Facts) []map[string]any {
	return notOffered(f.Tables.AccessModes, f.Dossier.Site.AccessMode, f.AccessMode)
}

// serverPlaceOther: the customer chose another server location than the provider's.
func serverPlaceOther(f Facts) []map[string]any {
	return notOffered(f.Tables.ServerPlaces, f.Dossier.Site.ServerPlace, f.ServerPlace)
}

func notOffered(table []filing.Code, chosen, offered int) []map[string]any {
	is, known := filing.CodeByID(table, offered)
	return found(known && chosen != 0 && chosen != offered, "offered", is.Name)
}

func ranges(texts []string) []filing.IPRange {
	var list []filing.IPRange
	for _, t := range texts {
		if r, key := filing.ParseIPRange(t); key == "" {
			list = append(list, r)
		}
	}
	return list
}

func within(list []filing.IPRange, from, to netip.Addr) bool {
	return slices.ContainsFunc(list,
		func(r filing.IPRange) bool { return r.From.Compare(from) <= 0 && to.Compare(r.To) <= 0 })
}
