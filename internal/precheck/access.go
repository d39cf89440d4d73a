package precheck

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/rules"
)

func domainBlacklisted(f Facts) []map[string]any {
	return each(f.BlackDomains,
		func(d string) []map[string]any { return found(true, "domain", filing.DisplayDomain(d)) })
}

// domainNotOfOrder finds domains that aren't bound to the web space, nor have a host name that is.
func domainNotOfOrder(f Facts) []map[string]any {
	return each(f.Dossier.Site.Domains, func(d string) []map[string]any {
		bound := slices.ContainsFunc(f.Domains,
			func(listed string) bool {
				return listed == d || filing.DomainCovers(listed, d) || filing.RegistrableDomain(listed) == d
			})
		return found(!bound, "domain", filing.DisplayDomain(d))
	})
}

// domainExpired finds domains whose registration has ended by the registry's word.
func domainExpired(f Facts) []map[string]any {
	return each(f.Dossier.Site.Domains, func(d string) []map[string]any {
		expires := f.Registered[d].Expires
		return found(!expires.IsZero() && !expires.After(f.Today), "domain", filing.DisplayDomain(d),
			"day", expires.Format(time.DateOnly))
	})
}

func domainUnresolved(f Facts) []map[string]any {
	return each(f.Hosts(), func(d string) []map[string]any {
		at, known := f.Resolved[d]
		return found(known && (at.Missing || len(at.Addresses) == 0), "domain", filing.DisplayDomain(d))
	})
}

// domainElsewhere finds domains that resolve to none of the site's addresses, where no province's rule is about it.
func domainElsewhere(f Facts) []map[string]any {
	if _, ruled := f.one(rules.IPEqualsResolve); ruled {
		return nil
	}
	return elsewhereResolved(f)
}

func elsewhereResolved(f Facts) []map[string]any {
	ours := ranges(f.Dossier.Site.IPs)
	return each(f.Hosts(), func(d string) []map[string]any {
		var seen []string
		here := false
		for _, a := range f.Resolved[d].Addresses {
			seen, here = append(seen, a.String()), here || within(ours, a, a)
		}
		return found(len(seen) > 0 && !here, "domain", filing.DisplayDomain(d), "addresses", strings.Join(seen, "、"))
	})
}

// ipNotOfOrder finds addresses that aren't the order's: they would be refused (1063), or belong to another customer.
func ipNotOfOrder(f Facts) []map[string]any {
	order := ranges(f.IPs)
	if len(order) == 0 {
		return nil
	}
	return each(ranges(f.Dossier.Site.IPs), func(r filing.IPRange) []map[string]any {
		return found(!within(order, r.From, r.To), "ip", r.String(), "ips", strings.Join(f.IPs, "、"))
	})
}

// ipNotOurs finds addresses that the provider hasn't reported: they would be refused (1063), whatever the order says.
func ipNotOurs(f Facts) []map[string]any {
	return each(f.ForeignIPs, func(ip string) []map[string]any { return found(true, "ip", ip) })
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
