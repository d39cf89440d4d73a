package filing

import (
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"github.com/beian/beian/internal/textnorm"
)

// maxDomainLength is the interface's limit (Ym, maxLength 128).
const maxDomainLength = 128

// NormaliseDomain converts a domain as typed to lower case and A-labels, keeping a leading "*.". The key is a
// problem's, or "" if the domain is valid.
func NormaliseDomain(text string) (domain, key string) {
	text = strings.ReplaceAll(strings.ToLower(textnorm.Address(text)), "。", ".")
	text = strings.TrimSuffix(text, ".")
	name, wildcard := strings.CutPrefix(text, "*.")
	if strings.ContainsAny(name, "/:") {
		return "", "domain_has_url"
	}
	// idna.Lookup accepts addresses, empty labels and single labels, so check for them here.
	if _, err := netip.ParseAddr(name); err == nil {
		return "", "domain_is_address"
	}
	ascii, err := idna.Lookup.ToASCII(name)
	if err != nil || !properLabels(ascii) {
		return "", "domain_invalid"
	}
	suffix, known := icannSuffix(ascii)
	if !known {
		return "", "domain_suffix_unknown"
	}
	if suffix == ascii {
		return "", "domain_is_suffix"
	}
	if wildcard {
		ascii = "*." + ascii
	}
	if len(ascii) > maxDomainLength {
		return "", "domain_too_long"
	}
	return ascii, ""
}

// icannSuffix is the suffix below which registries register a domain; known is false if there is no such top-level
// domain. The list's private part is of companies that register names below their own domains (github.io): those are
// domains like others, which somebody may file.
func icannSuffix(domain string) (suffix string, known bool) {
	for {
		suffix, icann := publicsuffix.PublicSuffix(domain)
		if icann || !strings.Contains(suffix, ".") {
			return suffix, icann
		}
		_, domain, _ = strings.Cut(suffix, ".")
	}
}

// properLabels reports whether a name has at least two labels, none of them empty, and doesn't end in a number.
func properLabels(name string) bool {
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.HasPrefix(l, "-") || strings.HasSuffix(l, "-") {
			return false
		}
	}
	last := labels[len(labels)-1]
	return len(labels) > 1 && strings.Trim(last, "0123456789") != "" && !strings.HasPrefix(last, "0x")
}

// DisplayDomain converts A-labels to Unicode.
func DisplayDomain(domain string) string {
	name, wildcard := strings.CutPrefix(domain, "*.")
	shown, err := idna.Display.ToUnicode(name)
	if err != nil {
		return domain
	}
	if wildcard {
		return "*." + shown
	}
	return shown
}

// ParseLines splits input with one entry per line; it also accepts commas, semicolons and empty lines.
func ParseLines(text string) []string {
	fields := strings.FieldsFunc(textnorm.Clean(text), func(r rune) bool { return strings.ContainsRune("\r\n,;，；、", r) })
	lines := fields[:0]
	for _, f := range fields {
		if f = strings.TrimSpace(f); f != "" {
			lines = append(lines, f)
		}
	}
	return lines
}

// ListedAs returns the names under which a list could contain a domain: itself and its parents down to the registered
// domain.
func ListedAs(domain string) []string {
	domain = strings.TrimPrefix(strings.ToLower(domain), "*.")
	names := []string{domain}
	suffix, _ := icannSuffix(domain)
	host, found := strings.CutSuffix(domain, "."+suffix)
	if !found { // only a suffix
		return names
	}
	registered := host[strings.LastIndex(host, ".")+1:] + "." + suffix
	for domain != registered {
		_, rest, found := strings.Cut(domain, ".")
		if !found {
			break
		}
		domain = rest
		names = append(names, domain)
	}
	return names
}

// RegistrableDomain is the domain below which a host name lies that somebody can register: what a filing names.
func RegistrableDomain(host string) string {
	names := ListedAs(host)
	return names[len(names)-1]
}

// HostsOf are the host names that filed domains stand for: those below each that the order lists, which it covers, or
// the domain itself.
func HostsOf(filed, listed []string) (hosts []string) {
	for _, d := range filed {
		below := slices.DeleteFunc(slices.Clone(listed), func(host string) bool { return RegistrableDomain(host) != d })
		if len(below) == 0 {
			below = []string{d}
		}
		hosts = append(hosts, below...)
	}
	return unique(hosts)
}

// RegistrableOf are the registrable domains of host names. What isn't a host name stays as it is.
func RegistrableOf(hosts []string) []string {
	domains := slices.Clone(hosts)
	for i, host := range hosts {
		if _, key := NormaliseDomain(host); key == "" {
			domains[i] = RegistrableDomain(host)
		}
	}
	return unique(domains)
}

// SiteHosts are the host names of a site.
type SiteHosts struct {
	// Domain is the registrable domain.
	Domain string
	Hosts  []string
}

// SitesOf groups host names by site, in their order. A site has exactly one registrable domain (工信管函〔2019〕633号).
func SitesOf(hosts []string) (list []SiteHosts) {
	for _, host := range hosts {
		domain := RegistrableDomain(host)
		i := slices.IndexFunc(list, func(s SiteHosts) bool { return s.Domain == domain })
		if i < 0 {
			i, list = len(list), append(list, SiteHosts{Domain: domain})
		}
		list[i].Hosts = append(list[i].Hosts, host)
	}
	return list
}
