package precheck

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/rules"
)

func holderBlacklisted(f Facts) []map[string]any { return found(f.BlackHolder) }

// uscPrefixes are the first digits of a unified social credit code by nature: registering authority and class (GB
// 32100-2015, 4.2 and 4.3).
var uscPrefixes = map[int][]string{
	filing.NatureGovernment: {"11", "13", "19"}, filing.NatureInstitution: {"12"},
	filing.NatureEnterprise:  {"91", "92", "93"},
	filing.NatureAssociation: {"51", "52", "53", "59"},
}

const uscLength = 18

// uscOf is the holder's unified social credit code; empty if it has none.
func uscOf(h filing.Holder) string {
	if h.Nature == filing.NaturePerson || len(h.DocumentNumber) != uscLength {
		return ""
	}
	return h.DocumentNumber
}

func uscNature(f Facts) []map[string]any {
	h := f.Dossier.Holder
	usc, prefixes := uscOf(h), uscPrefixes[h.Nature]
	return found(usc != "" && prefixes != nil && !slices.ContainsFunc(prefixes,
		func(p string) bool { return strings.HasPrefix(usc, p) }), "prefix", usc[:min(len(usc), 2)])
}

// oldLicenceLength is that of business licences before October 2015, which start with the six digits of the registering
// authority's region (GS 15-2006, 4.1).
const oldLicenceLength = 15

// registeredIn is the first two digits of the region where an organisation was registered: digits 3 to 8 of the credit
// code, digits 1 to 6 of an old licence. Empty if there are none, or if a national authority registered it (10).
func registeredIn(h filing.Holder) string {
	usc, region := uscOf(h), ""
	switch {
	case usc != "":
		region = usc[2:4]
	case h.DocumentType == filing.DocumentBusinessLicence && len(h.DocumentNumber) == oldLicenceLength:
		region = h.DocumentNumber[:2]
	}
	if region == "10" {
		return ""
	}
	return region
}

func residentID(f Facts) string {
	h := f.Dossier.Holder
	if h.DocumentType != filing.DocumentResidentID || len(h.DocumentNumber) != 18 || len(h.Province) != 6 {
		return ""
	}
	return h.DocumentNumber
}

// residencePermits are the prefixes of residence permits of Hong Kong, Macao and Taiwan residents, which don't show a
// province (国办发〔2018〕81号).
var residencePermits = []string{"81", "82", "83"}

// residentIDRegion is a hint where nobody knows whether the province takes people from elsewhere.
func residentIDRegion(f Facts) []map[string]any {
	if _, ruled := f.one(rules.PersonNonlocal); ruled {
		return nil
	}
	region := elsewhere(residentID(f), f.Dossier.Holder.Province)
	return found(region != "", "region", region)
}

// elsewhere is the province of a resident ID if it isn't the given one; empty if it is, or if the ID doesn't tell.
func elsewhere(id, province string) string {
	if len(id) != 18 || len(province) != 6 || id[:2] == province[:2] || slices.Contains(residencePermits, id[:2]) {
		return ""
	}
	return filing.RegionName(id[:2] + "0000")
}

const fullAge = 18

// personMinor is a hint where nobody knows the province's own age.
func personMinor(f Facts) []map[string]any {
	if _, ruled := f.one(rules.MinAge); ruled {
		return nil
	}
	age, known := ageOf(residentID(f), f.Today)
	return found(known && age < fullAge)
}

// ageOf is the age of the bearer of a resident ID, in years.
func ageOf(id string, today time.Time) (years int, known bool) {
	if len(id) != 18 {
		return 0, false
	}
	born, err := time.Parse("20060102", id[6:14])
	if err != nil {
		return 0, false
	}
	years = today.Year() - born.Year()
	if born.AddDate(years, 0, 0).After(today) {
		years--
	}
	return years, true
}

// personManager: an individual manages their own site.
func personManager(f Facts) []map[string]any {
	h := f.Dossier.Holder
	return found(h.Nature == filing.NaturePerson && (h.Manager.Name != h.Name ||
		h.Manager.DocumentType == h.DocumentType && h.Manager.DocumentNumber != h.DocumentNumber))
}

// personSiteManager: the same, for a site that names a manager of its own.
func personSiteManager(f Facts) []map[string]any {
	h, m := f.Dossier.Holder, f.Dossier.SiteManager()
	return found(h.Nature == filing.NaturePerson && f.Dossier.Site.OtherManager &&
		(m.Name != h.Name || m.DocumentType == h.DocumentType && m.DocumentNumber != h.DocumentNumber))
}

// ofHolders checks the holder's manager, ofSites the site's if it has one of its own.
func ofHolders(check func(Facts, filing.Manager) []map[string]any) func(Facts) []map[string]any {
	return func(f Facts) []map[string]any { return check(f, f.Dossier.Holder.Manager) }
}

func ofSites(check func(Facts, filing.Manager) []map[string]any) func(Facts) []map[string]any {
	return func(f Facts) []map[string]any {
		if !f.Dossier.Site.OtherManager {
			return nil
		}
		return check(f, f.Dossier.Site.Manager)
	}
}

// unreal detects numbers typed to get past a form: all the same digit, consecutive digits, or two alternating digits.
func unreal(digits string) bool {
	const tail = 8
	if len(digits) < tail-1 {
		return false
	}
	end := digits[max(0, len(digits)-tail):]
	return strings.Count(end, end[:1]) == len(end) || strings.Contains("01234567890", end) ||
		strings.Contains("09876543210", end) ||
		len(end) == tail && strings.Repeat(end[:2], tail/2) == end
}

func mobileUnreal(_ Facts, m filing.Manager) []map[string]any { return found(unreal(m.Mobile)) }

func officePhoneUnreal(_ Facts, m filing.Manager) []map[string]any {
	parts := strings.Split(m.OfficePhone, "-")
	return found(len(parts) > 1 && unreal(parts[1]))
}

var (
	// typedNames and typedHosts are what people type to avoid giving an address.
	typedNames = regexp.MustCompile(
		`(?i)^(test\d*|ceshi\d*|abcd?|abc123|asdf?|aaa+|qwe(rty)?|xxx+|none|null|123|1234+|111+|no-?reply)$`)
	typedHosts = regexp.MustCompile(
		`(?i)^(b\.c|a\.b|test\.(com|cn|net)|abc\.com|xxx+\.com|aaa+\.com|123\.com|domain\.com|email\.com)$`)
)

// emailPlaceholder detects filler addresses. The name alone isn't enough at hosts where anybody may have it:
// test@qq.com is somebody's.
func emailPlaceholder(_ Facts, m filing.Manager) []map[string]any {
	email := m.Email
	name, host, ok := strings.Cut(email, "@")
	if !ok {
		return nil
	}
	first, _, _ := strings.Cut(host, ".")
	return found(typedHosts.MatchString(host) || typedNames.MatchString(name) &&
		strings.EqualFold(name, first), "email", email)
}

// emailUnreal: no mail can arrive at a host without DNS records.
func emailUnreal(f Facts, m filing.Manager) []map[string]any {
	_, host, _ := strings.Cut(m.Email, "@")
	at := f.MailHost
	if m != f.Dossier.Holder.Manager {
		at = f.SiteMailHost
	}
	return found(at == MailNowhere, "host", filing.DisplayDomain(host))
}

// emailOnSite: mail may not arrive at a domain that isn't open yet.
func emailOnSite(f Facts, m filing.Manager) []map[string]any {
	_, host, ok := strings.Cut(m.Email, "@")
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

// placed matches a sign that an address names a house: a number, or a word used in villages.
var placed = regexp.MustCompile(`[0-9０-９一二三四五六七八九十]|号|室|村|组|队|栋|幢|座|楼`)

func addressVague(f Facts) []map[string]any {
	a := f.Dossier.Holder.Address
	return found(a != "" && !placed.MatchString(a) && !typedAddress(a))
}

// addressPlaceholder detects filler.
func addressPlaceholder(f Facts) []map[string]any {
	return found(typedAddress(f.Dossier.Holder.Address))
}

// typedAddress detects an address without any character of a place's name, or with one character repeated.
func typedAddress(a string) bool {
	if a == "" {
		return false
	}
	first, _ := utf8.DecodeRuneInString(a)
	return !strings.ContainsFunc(a, unicode.IsLetter) || strings.Trim(a, string(first)) == "" ||
		slices.Contains([]string{"测试地址", "通信地址", "详细地址"}, a)
}
