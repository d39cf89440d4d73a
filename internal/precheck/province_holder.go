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

func managerAge(f Facts) []hit {
	m := f.Dossier.Holder.Manager
	if !f.unit() || m.DocumentType != filing.DocumentResidentID {
		return nil
	}
	return ageHits(f, m.DocumentNumber, true)
}

// ageHits compares the age of an ID's bearer with the province's rule.
func ageHits(f Facts, id string, manager bool) (hits []hit) {
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
		case years < age.Refused, manager && most > 0 && years > most:
			hits = append(hits, refused(r, true, "age", years)...)
		case years < age.Free:
			hits = append(hits, by(r, true, "age", years)...)
		}
	}
	return hits
}

// managerLegalRep: in most provinces an organisation's manager is its legal representative. While no form asks, it is a
// reminder.
func managerLegalRep(f Facts) (hits []hit) {
	if !f.unit() || f.LegalRepresentative == Yes {
		return nil
	}
	for _, r := range f.Rules.For(rules.CaseOf(f.Dossier), rules.ManagerLegalRep) {
		if f.LegalRepresentative == No && r.Value == "yes" {
			hits = append(hits, refused(r, true)...)
			continue
		}
		hits = append(hits, by(r, f.LegalRepresentative == No || r.Value == "yes" || r.Value == "yes_or_letter")...)
	}
	return hits
}

func managerForeign(f Facts) []hit {
	r, ruled := f.one(rules.ManagerForeignLegalRep)
	kind := f.Dossier.Holder.Manager.DocumentType
	return by(r, ruled && f.unit() && kind != 0 && kind != filing.DocumentResidentID)
}

func managerNonlocal(f Facts) []hit {
	r, ruled := f.one(rules.ManagerNonlocal)
	h := f.Dossier.Holder
	if !ruled || !f.unit() || h.Manager.DocumentType != filing.DocumentResidentID {
		return nil
	}
	region := elsewhere(h.Manager.DocumentNumber, h.Province)
	return by(r, region != "", "region", region)
}

// twoManagers reports whether the site has a manager of its own who is somebody else.
func (f Facts) twoManagers() bool {
	return f.SiteManager != nil && f.SiteManager.DocumentNumber != f.Dossier.Holder.Manager.DocumentNumber
}

// managersSame: some provinces want one person, one wanted two.
func managersSame(f Facts) []hit {
	if f.SiteManager == nil || !f.unit() {
		return nil
	}
	same, ruled := f.one(rules.SameManager)
	hits := refused(same, ruled && f.twoManagers() && f.LegalRepresentative == No)
	differ, ruled := f.one(rules.ManagersMustDiffer)
	return append(hits, by(differ, ruled && !f.twoManagers())...)
}

// mobileShared: two people have two mobiles, for the bureau calls both.
func mobileShared(f Facts) []map[string]any {
	return found(f.twoManagers() && f.SiteManager.Mobile != "" && f.SiteManager.Mobile == f.Dossier.Holder.Manager.Mobile)
}

func emailShared(f Facts) []map[string]any {
	return found(f.twoManagers() && f.SiteManager.Email != "" &&
		strings.EqualFold(f.SiteManager.Email, f.Dossier.Holder.Manager.Email))
}

// mobiles are the mobiles of the managers.
func (f Facts) mobiles() []string {
	list := []string{f.Dossier.Holder.Manager.Mobile}
	if f.SiteManager != nil {
		list = append(list, f.SiteManager.Mobile)
	}
	return list
}

// numbersShared counts the different numbers among mobiles and emergency phones.
func numbersShared(f Facts) []hit {
	r, ruled := f.one(rules.DistinctMobiles)
	if !ruled || f.EmergencyPhones == nil {
		return nil
	}
	numbers := append(f.mobiles(), f.EmergencyPhones...)
	slices.Sort(numbers)
	numbers = slices.DeleteFunc(slices.Compact(numbers), func(n string) bool { return n == "" })
	want, two := r.Numbers()
	if f.twoManagers() {
		want = two
	}
	return by(r, len(numbers) < want, "n", len(numbers), "want", want)
}

// emergencyPhone: it must be there, and in some provinces be nobody's mobile.
func emergencyPhone(f Facts) []hit {
	r, ruled := f.one(rules.EmergencyPhone)
	if !ruled || f.EmergencyPhones == nil {
		return nil
	}
	missing := len(f.EmergencyPhones) == 0 || slices.Contains(f.EmergencyPhones, "")
	shared := !strings.HasPrefix(r.Value, "required") &&
		slices.ContainsFunc(f.mobiles(), func(m string) bool { return m != "" && slices.Contains(f.EmergencyPhones, m) })
	return by(r, missing || shared)
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
