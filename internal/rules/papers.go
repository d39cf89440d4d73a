package rules

import (
	"slices"

	"github.com/beian/beian/internal/filing"
)

// paperRules are the rules that ask for a paper, by the paper's rule in the list of papers, and whom each asks.
var paperRules = map[Name]func(d filing.Dossier, sites int, r Rule) bool{
	PersonNonlocal: func(_ filing.Dossier, _ int, r Rule) bool {
		return slices.Contains([]string{"permit", "permit_or_student_card", "proof"}, r.Value)
	},
	LetterRequired: func(d filing.Dossier, _ int, r Rule) bool {
		return slices.ContainsFunc(r.authorised(), func(role filing.SMSRole) bool {
			return d.ManagerIsLegalRepresentative(role) != filing.Yes
		})
	},
	PlanDocument:        func(_ filing.Dossier, sites int, r Rule) bool { return sites >= r.From() },
	StatementRequired:   func(d filing.Dossier, _ int, r Rule) bool { return len(d.Site.Domains) >= r.From() },
	BureauPromise:       func(filing.Dossier, int, Rule) bool { return true },
	PartyBuildingLetter: func(filing.Dossier, int, Rule) bool { return true },
	AfterSchool:         func(filing.Dossier, int, Rule) bool { return true },
	RenameLetter:        func(filing.Dossier, int, Rule) bool { return true },
	GovSiteApproval: func(d filing.Dossier, _ int, r Rule) bool {
		return slices.Contains([]int{filing.NatureGovernment, filing.NatureInstitution}, d.Holder.Nature)
	},
}

// authorised are the managers who need a letter if they aren't the legal representative. Where a rule takes somebody
// else as the holder's manager, it is for a letter, too.
func (r Rule) authorised() []filing.SMSRole {
	switch r.Value {
	case "holder_manager", "yes_or_letter", "yes_or_shareholder", "institution_or_letter":
		return []filing.SMSRole{filing.SMSHolderManager}
	case "site_manager":
		return []filing.SMSRole{filing.SMSSiteManager}
	case "both_managers":
		return []filing.SMSRole{filing.SMSHolderManager, filing.SMSSiteManager}
	}
	return nil
}

// certain reports whether the forms tell that a rule asks the dossier for its paper.
func (r Rule) certain(d filing.Dossier) bool {
	if r.Name == LetterRequired || r.Name == ManagerLegalRep {
		return slices.ContainsFunc(r.authorised(), func(role filing.SMSRole) bool {
			return d.ManagerIsLegalRepresentative(role) == filing.No
		})
	}
	return slices.Contains(certainPapers, r.Name)
}

// certainPapers are the papers that a dossier can't do without where the rule is sure: whom they concern is known from
// the forms. (So it is of a letter of authority.) Others depend on something that no form asks, or on a form that our
// staff hand out.
var certainPapers = []Name{PersonNonlocal, PartyBuildingLetter, GovSiteApproval}

// PaperNames are the rules that ask for a paper.
func PaperNames() []Name {
	var list []Name
	for name := range paperRules {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

// Papers tells which papers of the list that depend on a rule are asked of a dossier: none, one that may be added, or
// one that must. Sites are the holder's, filed ones counted.
func (b *Book) Papers(d filing.Dossier, sites int) filing.AskedPapers {
	return func(rule string) (asked, must bool) {
		for _, r := range b.PaperRules(d, sites, Name(rule)) {
			asked, must = true, must || r.Certainty == Sure && r.certain(d)
		}
		return asked, must
	}
}

// PaperRules are the rules that ask a dossier for a paper, with those that say what it must be like.
func (b *Book) PaperRules(d filing.Dossier, sites int, name Name) []Rule {
	c := CaseOf(d)
	asks := func(r Rule) bool { return paperRules[name] != nil && paperRules[name](d, sites, r) }
	held := slices.DeleteFunc(slices.Clone(b.For(c, name)), func(r Rule) bool { return !asks(r) })
	if name == LetterRequired {
		for _, r := range b.For(c, ManagerLegalRep) {
			if r.certain(d) {
				held = append(held, r)
			}
		}
	}
	if name == PersonNonlocal && len(held) > 0 {
		permits := b.For(c, ResidencePermit)
		if slices.ContainsFunc(permits, func(r Rule) bool { return r.Value == "none" }) {
			return nil
		}
		held = append(held, permits...)
	}
	return held
}
