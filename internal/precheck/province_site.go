package precheck

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/rules"
)

// wordsShown bounds how many words of one name are found.
const wordsShown = 3

// refusedReasons are the reasons for which bureaus refuse a name; other words may be approved, explained or overlooked.
var refusedReasons = []string{"state", "sensitive"}

// siteNameWord finds words that the province doesn't like in names. What the rules for names found isn't repeated.
func siteNameWord(f Facts) []hit {
	h, name := f.Dossier.Holder, f.Dossier.Site.Name
	switch h.Nature {
	case filing.NatureGovernment, filing.NatureDefence, filing.NatureInstitution:
		return nil
	}
	said := []string{approvalWord(name, nil)}
	for _, m := range slices.Concat(siteNameState(f), siteNameTrade(f)) {
		said = append(said, m["word"].(string))
	}
	var hits []hit
	for _, w := range f.Rules.WordsFor(rules.CaseOf(f.Dossier)) {
		isForm := strings.HasPrefix(w.Word, "<")
		if isForm && w.Word != "<any_latin>" || !isForm && !strings.Contains(name, w.Word) ||
			w.Word == "<any_latin>" && !strings.ContainsFunc(name, isLatin) ||
			slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, w.Word) }) ||
			f.unit() && strings.Contains(h.Name, w.Word) { // an organisation's own name may contain it
			continue
		}
		if w.Reason == "state" && !strings.HasPrefix(name, w.Word) || len(hits) == wordsShown {
			continue
		}
		said = append(said, w.Word)
		hits = append(hits, hit{args: map[string]any{"word": w.Word, "reason": w.Reason},
			origins: []rules.Origin{w.Origin}, refuses: slices.Contains(refusedReasons, w.Reason)})
	}
	return hits
}

func isLatin(r rune) bool { return r < unicode.MaxASCII && unicode.IsLetter(r) }

func siteNameHan(f Facts) []hit {
	r, ruled := f.one(rules.SiteNameMinHan)
	n := 0
	for _, c := range f.Dossier.Site.Name {
		if unicode.Is(unicode.Han, c) {
			n++
		}
	}
	return by(r, ruled && n > 0 && n < r.Number(), "min", r.Number())
}

// declares matches a remark that says what the site doesn't have.
var declares = regexp.MustCompile(`声明|不涉及|不含|不包含|没有`)

// remarkWanted: a person's remark says what the site is about, in some provinces also what it doesn't have.
func remarkWanted(f Facts) (hits []hit) {
	remark := f.Dossier.Site.Remark
	if r, ruled := f.one(rules.SiteRemarkRequired); ruled && remark == "" {
		hits = append(hits, by(r, !strings.HasPrefix(r.Value, ">=") || f.sites() >= r.Number())...)
	}
	for _, name := range []rules.Name{rules.PersonalDeclaration, rules.PreApprovalDeclaration} {
		r, ruled := f.one(name)
		hits = append(hits, by(r, ruled && !declares.MatchString(remark))...)
	}
	return hits
}

// services are the names of the chosen services, by the bureau's table.
func services(f Facts) (names []string) {
	for _, id := range f.Dossier.Site.Services {
		s, _ := filing.CodeByID(f.Tables.Services, id)
		names = append(names, strings.ReplaceAll(s.Name, "其它", "其他"))
	}
	return names
}

func serviceNotTaken(f Facts) (hits []hit) {
	for _, name := range []rules.Name{rules.PersonContent, rules.ServiceNotAllowed} {
		r, ruled := f.one(name)
		if !ruled {
			continue
		}
		for _, part := range r.Parts() {
			hits = append(hits, refused(r, slices.Contains(services(f), part), "service", part)...)
		}
	}
	return hits
}

func serviceDefault(f Facts) []hit {
	r, ruled := f.one(rules.ServiceDefault)
	chosen := services(f)
	return by(r, ruled && len(chosen) > 0 && !slices.Contains(chosen, r.Value), "service", r.Value)
}

// siteOpen: an unfiled domain that opens a page. It advises, because what answers may be a registrar's page.
func siteOpen(f Facts) (hits []hit) {
	r, ruled := f.one(rules.SiteClosed)
	for _, d := range f.Opens {
		hits = append(hits, by(r, ruled && r.Value == "yes" && f.Dossier.Kind.StaysClosed(),
			"domain", filing.DisplayDomain(d))...)
	}
	return hits
}

// filedSite: the bureau looks at the holder's other sites while it reviews one.
func filedSite(f Facts) (hits []hit) {
	r, ruled := f.one(rules.FiledSitesState)
	if !ruled {
		return nil
	}
	for _, s := range f.FiledSites {
		wrong := !s.Open && strings.HasPrefix(r.Value, "open") ||
			s.Open && strings.Contains(r.Value, "number") && !s.Shows ||
			s.Open && strings.Contains(r.Value, "link") && !s.Links
		hits = append(hits, by(r, s.Looked && wrong, "domain", filing.DisplayDomain(s.Domain), "number", s.Number)...)
	}
	return hits
}

// emptyHolder: a holder without sites is deregistered first in most provinces.
func emptyHolder(f Facts) []hit {
	r, ruled := f.one(rules.EmptyHolderCanAddSite)
	empty := f.Dossier.Kind == filing.KindNewSite && f.FiledSites != nil && len(f.FiledSites) == 0
	return by(r, ruled && r.Value == "no" && empty)
}

func sitesAtOnce(f Facts) []hit {
	r, ruled := f.one(rules.SitesAtOnce)
	if !ruled {
		return nil
	}
	most, n := r.AtOnce(len(f.FiledSites)), max(f.Sites, 1)
	return refused(r, most > 0 && n > most, "n", n, "most", most)
}

func sitesTotal(f Facts) []hit {
	r, ruled := f.one(rules.SitesTotalMax)
	return refused(r, ruled && f.Dossier.Kind.StaysClosed() && f.sites() > r.Number(), "n", f.sites(), "most", r.Number())
}

// papersWanted reminds of papers that depend on how many sites and domains there are.
func papersWanted(f Facts) (hits []hit) {
	for _, asked := range []struct {
		name  rules.Name
		paper string
	}{{rules.PlanDocument, "plan"}, {rules.StatementRequired, "domains_statement"}} {
		for _, r := range f.Rules.PaperRules(f.Dossier, f.sites(), asked.name) {
			hits = append(hits, by(r, !slices.Contains(f.Papers, asked.paper))...)
		}
	}
	if r, ruled := f.one(rules.DomainCertRequired); ruled && !slices.Contains(f.Papers, "domain_certificate") {
		n := len(f.Dossier.Site.Domains)
		hits = append(hits, by(r, r.Value == "yes" || r.From() > 0 && n >= r.From())...)
	}
	return hits
}

// domainHits collects what a check finds in each domain of the site.
func domainHits(f Facts, check func(domain string) []hit) (hits []hit) {
	for _, d := range f.Dossier.Site.Domains {
		hits = append(hits, check(strings.TrimPrefix(d, "*."))...)
	}
	return hits
}

// suffixUnapproved: the ministry's list, and Beijing's own. Our list isn't complete, so a suffix that it doesn't have
// only advises.
func suffixUnapproved(f Facts) []hit {
	beijing, ruled := f.one(rules.DomainSuffixList)
	return domainHits(f, func(d string) []hit {
		s, known := f.Rules.SuffixOf(d)
		suffix := d[strings.LastIndex(d, ".")+1:]
		args := map[string]any{"domain": filing.DisplayDomain(d), "suffix": filing.DisplayDomain(suffix)}
		switch {
		case !known:
			return []hit{{args: args, origins: []rules.Origin{rules.SuffixList}}}
		case !s.Approved():
			return []hit{{args: args, origins: []rules.Origin{s.Origin}, refuses: true}}
		case ruled && s.Beijing == "no":
			return by(beijing, true, "domain", args["domain"], "suffix", args["suffix"])
		}
		return nil
	})
}

// suffixUse: suffixes that are meant for some bodies, and bodies that use only some.
func suffixUse(f Facts) []hit {
	government := f.Dossier.Holder.Nature == filing.NatureGovernment
	gov, ruled := f.one(rules.GovDomainSuffix)
	return domainHits(f, func(d string) []hit {
		s, known := f.Rules.SuffixOf(d)
		if known && s.Use == "government" && f.Dossier.Holder.Nature != 0 && !government {
			return []hit{{args: map[string]any{"domain": filing.DisplayDomain(d)}, origins: []rules.Origin{s.Origin}}}
		}
		return by(gov, ruled && government && strings.Contains(gov.Value, "government") && s.Use != "government",
			"domain", filing.DisplayDomain(d))
	})
}

// domainStem finds words in a domain that only some may use.
func domainStem(f Facts) []hit {
	r, ruled := f.one(rules.DomainStemWords)
	if !ruled {
		return nil
	}
	return domainHits(f, func(d string) []hit {
		registered := filing.ListedAs(d)
		stem, _, _ := strings.Cut(filing.DisplayDomain(registered[len(registered)-1]), ".")
		for _, word := range r.Parts() {
			word, _, _ = strings.Cut(word, "xxx")
			if strings.HasPrefix(stem, word) || word == "game" && strings.Contains(stem, word) {
				return by(r, true, "domain", filing.DisplayDomain(d), "word", word)
			}
		}
		return nil
	})
}

// domainExpiry: the domain is valid, but not long enough.
func domainExpiry(f Facts) []hit {
	r, ruled := f.one(rules.DomainValidity)
	return domainHits(f, func(d string) []hit {
		expires := f.Registered[d].Expires
		soon := expires.After(f.Today) && expires.Before(f.Today.AddDate(0, r.Number(), 0))
		return refused(r, ruled && soon, "domain", filing.DisplayDomain(d), "day", expires.Format(time.DateOnly))
	})
}

// domainAsk: the registry was asked and doesn't tell, so the customer looks.
func domainAsk(f Facts) []hit {
	var because []rules.Rule
	var origins []rules.Origin
	for _, name := range []rules.Name{rules.DomainValidity, rules.OwnerMustBeHolder} {
		if r, ruled := f.one(name); ruled {
			because, origins = append(because, r), append(origins, r.Origin)
		}
	}
	return domainHits(f, func(d string) []hit {
		at, asked := f.Registered[d]
		if !asked || at.Known && !at.Expires.IsZero() && at.Registrant != "" || len(because) == 0 {
			return nil
		}
		return []hit{{args: map[string]any{"domain": filing.DisplayDomain(d)}, because: because, origins: origins}}
	})
}

// registrantDiffers compares the registrant with the holder, and where the rule says so with the legal representative,
// whom we know only if that is the holder's manager. Registries write names in their own ways, so it advises.
func registrantDiffers(f Facts) []hit {
	h := f.Dossier.Holder
	r, ruled := f.one(rules.OwnerMustBeHolder)
	representative := h.Manager.LegalRepresentative != filing.No && (!ruled || strings.Contains(r.Value, "legal_rep"))
	return domainHits(f, func(d string) []hit {
		who := f.Registered[d].Registrant
		if who == "" || !strings.ContainsFunc(who, func(c rune) bool { return unicode.Is(unicode.Han, c) }) ||
			who == h.Name || who == h.Manager.Name && representative {
			return nil
		}
		if !ruled {
			return []hit{{args: map[string]any{"domain": filing.DisplayDomain(d)},
				origins: []rules.Origin{rules.RegistrantIsHolder}}}
		}
		return by(r, true, "domain", filing.DisplayDomain(d))
	})
}

// domainAddress: where the province compares, a domain may not lead elsewhere.
func domainAddress(f Facts) (hits []hit) {
	r, ruled := f.one(rules.IPEqualsResolve)
	if !ruled {
		return nil
	}
	for _, m := range elsewhereResolved(f) {
		hits = append(hits, by(r, true, "domain", m["domain"], "addresses", m["addresses"])...)
	}
	return hits
}

func oneIP(f Facts) []hit {
	r, ruled := f.one(rules.OneIPPerSite)
	return by(r, ruled && len(f.Dossier.Site.IPs) > 1)
}
