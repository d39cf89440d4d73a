package precheck

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/beian/beian/internal/filing"
)

func holderBlacklisted(f Facts) []map[string]any { return found(f.BlackHolder) }

// uscPrefixes are the first digits of a unified social credit code by nature:
// registering authority and class (GB 32100-2015, 4.2 and 4.3).
var uscPrefixes = map[int][]string{
	filing.NatureGovernment: {"11", "13", "19"}, filing.NatureInstitution: {"12"}, filing.NatureEnterprise: {"91", "92", "93"},
	filing.NatureAssociation: {"51", "52", "53", "59"},
}

const uscLength = 18

// uscOf is the holder's unified social credit code; empty where it has none.
func uscOf(h filing.Holder) string {
	if h.Nature == filing.NaturePerson || len(h.DocumentNumber) != uscLength {
		return ""
	}
	return h.DocumentNumber
}

func uscNature(f Facts) []map[string]any {
	h := f.Dossier.Holder
	usc, prefixes := uscOf(h), uscPrefixes[h.Nature]
	return found(usc != "" && prefixes != nil && !slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(usc, p) }), "prefix", usc[:min(len(usc), 2)])
}

// uscRegion compares the code's region (digits 3 to 8) with the holder's
// province; 10 stands for units registered with the state's own authorities.
func uscRegion(f Facts) []map[string]any {
	h := f.Dossier.Holder
	usc := uscOf(h)
	if usc == "" || usc[2:4] == "10" || len(h.Province) != 6 {
		return nil
	}
	return found(usc[2:4] != h.Province[:2], "region", filing.RegionName(usc[2:4]+"0000"))
}

func residentID(f Facts) string {
	h := f.Dossier.Holder
	if h.DocumentType != filing.DocumentResidentID || len(h.DocumentNumber) != 18 || len(h.Province) != 6 {
		return ""
	}
	return h.DocumentNumber
}

func residentIDRegion(f Facts) []map[string]any {
	id := residentID(f)
	if id == "" {
		return nil
	}
	region := filing.RegionName(id[:2] + "0000")
	return found(region != "" && id[:2] != f.Dossier.Holder.Province[:2], "region", region)
}

const fullAge = 18

func personMinor(f Facts) []map[string]any {
	id := residentID(f)
	if id == "" {
		return nil
	}
	born, err := time.Parse("20060102", id[6:14])
	return found(err == nil && born.AddDate(fullAge, 0, 0).After(f.Today))
}

// personManager: a person's site is managed by that person.
func personManager(f Facts) []map[string]any {
	h := f.Dossier.Holder
	return found(h.Nature == filing.NaturePerson && (h.Manager.Name != h.Name ||
		h.Manager.DocumentType == h.DocumentType && h.Manager.DocumentNumber != h.DocumentNumber))
}

// unreal tells of numbers that somebody typed to get past a form.
func unreal(digits string) bool {
	const tail = 8
	if len(digits) < tail-1 {
		return false
	}
	end := digits[max(0, len(digits)-tail):]
	return strings.Count(end, end[:1]) == len(end) || strings.Contains("01234567890", end) || strings.Contains("09876543210", end)
}

func mobileUnreal(f Facts) []map[string]any { return found(unreal(f.Dossier.Holder.Manager.Mobile)) }

func officePhoneUnreal(f Facts) []map[string]any {
	parts := strings.Split(f.Dossier.Holder.Manager.OfficePhone, "-")
	return found(len(parts) > 1 && unreal(parts[1]))
}

// emailOnSite: mail at the domain that isn't open yet may not arrive.
func emailOnSite(f Facts) []map[string]any {
	_, host, ok := strings.Cut(f.Dossier.Holder.Manager.Email, "@")
	if !ok {
		return nil
	}
	of := filing.ListedAs(host)
	for _, d := range f.Dossier.Site.Domains {
		names := filing.ListedAs(d)
		if names[len(names)-1] == of[len(of)-1] {
			return found(true, "domain", filing.DisplayDomain(d))
		}
	}
	return nil
}

// placed is a sign that an address names a house: a number, or what villages have.
var placed = regexp.MustCompile(`[0-9０-９一二三四五六七八九十]|号|室|村|组|队|栋|幢|座|楼`)

func addressVague(f Facts) []map[string]any {
	a := f.Dossier.Holder.Address
	return found(a != "" && !placed.MatchString(a))
}
