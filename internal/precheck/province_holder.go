package precheck

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/rules"
)

// uscRegion compares the region of registration with the holder's province. It advises: an organisation that moved may
// keep its number.
func uscRegion(f Facts) []hit {
	h := f.Dossier.Holder
	r, ruled := f.one(rules.NonlocalUnit)
	region := registeredIn(h)
	if !ruled || r.Value != "no" || region == "" || len(h.Province) != 6 {
		return nil
	}
	name := filing.RegionName(region + "0000")
	return by(r, name != "" && region != h.Province[:2], "region", name)
}

// nonlocal is the other province of a person's resident ID; empty if there is none.
func nonlocal(f Facts) string {
	if !f.person() {
		return ""
	}
	return elsewhere(residentID(f), f.Dossier.Holder.Province)
}

// personNonlocal: some provinces take persons of their own only.
func personNonlocal(f Facts) []hit {
	r, ruled := f.one(rules.PersonNonlocal)
	region := nonlocal(f)
	return refused(r, ruled && r.Value == "no" && region != "", "region", region)
}

// personNonlocalProof: others take persons from elsewhere with a paper, which the list of papers wants where the rule
// is sure.
func personNonlocalProof(f Facts) []hit {
	region := nonlocal(f)
	var hits []hit
	for _, r := range f.Rules.PaperRules(f.Dossier, f.sites(), rules.PersonNonlocal) {
		if r.Name == rules.PersonNonlocal {
			hits = append(hits, by(r, region != "" && !slices.Contains(f.Papers, "residence"), "region", region)...)
			continue
		}
		for i := range hits {
			hits[i].because, hits[i].origins = append(hits[i].because, r), append(hits[i].origins, r.Origin)
		}
	}
	return hits
}

func personForeign(f Facts) []hit {
	r, ruled := f.one(rules.PersonForeign)
	is := ruled && f.person() && f.Dossier.Holder.DocumentType == filing.DocumentPassport
	if r.Value == "no" {
		return refused(r, is)
	}
	return by(r, is)
}

func holderAge(f Facts) []hit {
	if !f.person() {
		return nil
	}
	return ageHits(f, residentID(f), false)
}

func managerAge(f Facts) (hits []hit) {
	if !f.unit() {
		return nil
	}
	two := f.Dossier.TwoManagers()
	hits = managerAgeHits(f, f.Dossier.Holder.Manager, !two)
	if two {
		hits = append(hits, onSiteForm(managerAgeHits(f, f.Dossier.Site.Manager, true))...)
	}
	return hits
}

func managerAgeHits(f Facts, m filing.Manager, ofSite bool) []hit {
	if m.DocumentType != filing.DocumentResidentID {
		return nil
	}
	return ageHits(f, m.DocumentNumber, ofSite)
}

// ageHits compares the age of an ID's bearer with the province's rule; some let nobody past an age manage a site.
func ageHits(f Facts, id string, managesSite bool) (hits []hit) {
	years, known := ageOf(id, f.Today)
	if !known {
		return nil
	}
	for _, r := range f.Rules.For(rules.CaseOf(f.Dossier), rules.MinAge) {
		age := r.Age()
		most := age.MostWoman
		if id[16]%2 == 1 { // the 17th digit is odd for men (GB 11643-1999, 3.4)
			most = age.MostMan
		}
		switch {
		case years < age.Refused, managesSite && most > 0 && years > most:
			hits = append(hits, refused(r, true, "age", years)...)
		case years < age.Free:
			hits = append(hits, by(r, true, "age", years)...)
		}
	}
	return hits
}

// managerLegalRep reminds that in most provinces an organisation's manager is its legal representative, while the form
// doesn't say who it is.
func managerLegalRep(f Facts) (hits []hit) {
	if !f.unit() || f.Dossier.Holder.Manager.LegalRepresentative != "" {
		return nil
	}
	for _, r := range f.Rules.For(rules.CaseOf(f.Dossier), rules.ManagerLegalRep) {
		hits = append(hits, by(r, r.Value == "yes" || r.Value == "yes_or_letter")...)
	}
	return hits
}

// managerNotLegalRep: somebody else is refused, or has a letter where the province takes one.
func managerNotLegalRep(f Facts) (hits []hit) {
	if !f.unit() || f.Dossier.Holder.Manager.LegalRepresentative != filing.No {
		return nil
	}
	for _, r := range f.Rules.For(rules.CaseOf(f.Dossier), rules.ManagerLegalRep) {
		if r.Value == "yes" {
			hits = append(hits, refused(r, true)...)
			continue
		}
		hits = append(hits, by(r, !slices.Contains(f.Papers, "authorisation"))...)
	}
	return hits
}

func managerForeign(f Facts) []hit {
	r, ruled := f.one(rules.ManagerForeignLegalRep)
	m := f.Dossier.Holder.Manager
	return by(r, ruled && f.unit() && m.LegalRepresentative != filing.No && m.DocumentType != 0 &&
		m.DocumentType != filing.DocumentResidentID)
}

// managerNonlocal looks at the managers whom the rule is about: its value names one of them, or else both.
func managerNonlocal(f Facts) (hits []hit) {
	r, ruled := f.one(rules.ManagerNonlocal)
	if !ruled || !f.unit() {
		return nil
	}
	one := func(m filing.Manager) []hit {
		if m.DocumentType != filing.DocumentResidentID {
			return nil
		}
		region := elsewhere(m.DocumentNumber, f.Dossier.Holder.Province)
		return by(r, region != "", "region", region)
	}
	two := f.Dossier.TwoManagers()
	if !two || !strings.HasPrefix(r.Value, "site_manager") {
		hits = one(f.Dossier.Holder.Manager)
	}
	if two && !strings.HasPrefix(r.Value, "legal_rep") {
		hits = append(hits, onSiteForm(one(f.Dossier.Site.Manager))...)
	}
	return hits
}

// managerChange: a new manager of an organisation wants more than a changed form in some provinces.
func managerChange(f Facts) []hit {
	r, ruled := f.one(rules.ManagerChange)
	was, is := f.Filed.Holder.Manager, f.Dossier.Holder.Manager
	another := was.Name != "" && (was.Name != is.Name ||
		filing.DocumentNumberKey(was.DocumentNumber) != filing.DocumentNumberKey(is.DocumentNumber))
	return by(r, ruled && f.unit() && another)
}

// managersSame: some provinces want one person, one wanted two.
func managersSame(f Facts) []hit {
	if !f.unit() {
		return nil
	}
	two := f.Dossier.TwoManagers()
	same, ruled := f.one(rules.SameManager)
	hits := refused(same, ruled && two && f.Dossier.Holder.Manager.LegalRepresentative == filing.No)
	differ, ruled := f.one(rules.ManagersMustDiffer)
	return append(hits, by(differ, ruled && !two)...)
}

// mobileShared: two people have two mobiles, for the bureau calls both.
func mobileShared(f Facts) []map[string]any {
	holders, sites := f.Dossier.Holder.Manager.Mobile, f.Dossier.Site.Manager.Mobile
	return found(f.Dossier.TwoManagers() && sites != "" && sites == holders)
}

func emailShared(f Facts) []map[string]any {
	holders, sites := f.Dossier.Holder.Manager.Email, f.Dossier.Site.Manager.Email
	return found(f.Dossier.TwoManagers() && sites != "" && strings.EqualFold(sites, holders))
}

// managers are the people in the forms: the holder's manager, and the site's own one.
func (f Facts) managers() []filing.Manager {
	list := []filing.Manager{f.Dossier.Holder.Manager}
	if f.Dossier.Site.OtherManager {
		list = append(list, f.Dossier.Site.Manager)
	}
	return list
}

// numbersShared counts the different numbers among mobiles and emergency phones.
func numbersShared(f Facts) []hit {
	r, ruled := f.one(rules.DistinctMobiles)
	if !ruled {
		return nil
	}
	numbers := map[string]bool{}
	for _, m := range f.managers() {
		numbers[m.Mobile], numbers[m.EmergencyPhone] = true, true
	}
	delete(numbers, "")
	want, two := r.Numbers()
	if f.Dossier.TwoManagers() {
		want = two
	}
	return by(r, len(numbers) < want, "n", len(numbers), "want", want)
}

// emergencyPhone: each manager has one, and in some provinces it is nobody's mobile.
func emergencyPhone(f Facts) (hits []hit) {
	r, ruled := f.one(rules.EmergencyPhone)
	if !ruled {
		return nil
	}
	mobiles := map[string]bool{}
	for _, m := range f.managers() {
		mobiles[m.Mobile] = !strings.HasPrefix(r.Value, "required")
	}
	for i, m := range f.managers() {
		found := by(r, m.EmergencyPhone == "" || mobiles[m.EmergencyPhone])
		if i > 0 {
			found = onSiteForm(found)
		}
		hits = append(hits, found...)
	}
	return hits
}

// house matches a number in an address.
var house = regexp.MustCompile(`[0-9０-９一二三四五六七八九十]`)

// addressHouse: the address names no house. What addressVague finds isn't repeated.
func addressHouse(f Facts) []hit {
	r, ruled := f.one(rules.AddressHouseNumber)
	a := f.Dossier.Holder.Address
	return by(r, ruled && a != "" && !house.MatchString(a) && len(addressVague(f)) == 0 && !typedAddress(a))
}

// addressShixiaqu: a county that is called 市辖区 stands for all districts.
func addressShixiaqu(f Facts) []hit {
	r, ruled := f.one(rules.AddressNoShixiaqu)
	return refused(r, ruled && f.Tables.Regions.Name(f.Dossier.Holder.County) == "市辖区")
}

// addressCity compares the address on the document with the holder's city, by the names of cities in it.
func addressCity(f Facts) []hit {
	h := f.Dossier.Holder
	if !f.unit() || len(h.Province) != 6 {
		return nil
	}
	if r, ruled := f.one(rules.AddressDocumentLocal); ruled {
		for _, p := range f.Tables.Regions.Provinces() {
			if short := class.ReplaceAllString(p.Name, ""); p.Code != h.Province && strings.HasPrefix(h.DocumentAddress, short) {
				return by(r, true, "city", p.Name)
			}
		}
	}
	r, ruled := f.one(rules.AddressInDocumentCity)
	own := f.Tables.Regions.Name(h.City)
	if !ruled || own == "" || strings.Contains(h.DocumentAddress, class.ReplaceAllString(own, "")) {
		return nil
	}
	for _, c := range f.Tables.Regions.Cities(h.Province) {
		full := c.Name
		if c.Code != h.City && utf8.RuneCountInString(full) > 2 && strings.Contains(h.DocumentAddress, full) {
			return by(r, true, "city", full)
		}
	}
	return nil
}
