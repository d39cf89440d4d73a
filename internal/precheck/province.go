package precheck

import (
	"slices"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/rules"
)

// provinceRule checks for a problem that the data of internal/rules decides about.
type provinceRule struct {
	name, form, field string
	check             func(Facts) []hit
}

// hit is a finding of a provinceRule.
type hit struct {
	// form is where it is corrected if that isn't the rule's own form: the managers' fields are on two of them.
	form    string
	args    map[string]any
	because []rules.Rule
	origins []rules.Origin
	// refuses: bureaus refuse for it, so it blocks if the rule is sure.
	refuses bool
}

// sure reports whether everything that the finding follows from is sure.
func (h hit) sure() bool {
	return len(h.origins) > 0 &&
		!slices.ContainsFunc(h.origins, func(o rules.Origin) bool { return o.Certainty != rules.Sure })
}

// provinceRules lists the rules in the order of display, grouped by form.
var provinceRules = []provinceRule{
	{"usc_region", holderForm, "province", uscRegion},
	{"person_nonlocal", holderForm, "province", personNonlocal},
	{"person_nonlocal_proof", holderForm, "province", personNonlocalProof},
	{"person_foreign", holderForm, "document_type", personForeign},
	{"holder_age", holderForm, "document_number", holderAge},
	{"manager_age", holderForm, "manager_document_number", managerAge},
	{"manager_legal_rep", holderForm, "manager_legal_representative", managerLegalRep},
	{"manager_not_legal_rep", holderForm, "manager_legal_representative", managerNotLegalRep},
	{"manager_foreign", holderForm, "manager_document_type", managerForeign},
	{"manager_nonlocal", holderForm, "manager_document_number", managerNonlocal},
	{"manager_change", holderForm, "manager_name", managerChange},
	{"numbers_shared", holderForm, "manager_emergency_phone", numbersShared},
	{"emergency_phone", holderForm, "manager_emergency_phone", emergencyPhone},
	{"address_house", holderForm, "address", addressHouse},
	{"address_shixiaqu", holderForm, "county", addressShixiaqu},
	{"address_city", holderForm, "document_address", addressCity},

	{"site_name_word", siteForm, "name", siteNameWord},
	{"site_name_han", siteForm, "name", siteNameHan},
	{"remark_wanted", siteForm, "remark", remarkWanted},
	{"service_not_taken", siteForm, "services", serviceNotTaken},
	{"service_default", siteForm, "services", serviceDefault},
	{"site_open", siteForm, "domains", siteOpen},
	{"filed_site", siteForm, "domains", filedSite},
	{"empty_holder", siteForm, "domains", emptyHolder},
	{"sites_at_once", siteForm, "domains", sitesAtOnce},
	{"sites_total", siteForm, "domains", sitesTotal},
	{"papers_wanted", siteForm, "domains", papersWanted},
	{"suffix_unapproved", siteForm, "domains", suffixUnapproved},
	{"suffix_use", siteForm, "domains", suffixUse},
	{"domain_stem", siteForm, "domains", domainStem},
	{"domain_expiry", siteForm, "domains", domainExpiry},
	{"domain_ask", siteForm, "domains", domainAsk},
	{"registrant_differs", siteForm, "domains", registrantDiffers},
	{"domain_address", siteForm, "domains", domainAddress},
	{"one_ip", siteForm, "ips", oneIP},
	{"managers_same", siteForm, "manager_other", managersSame},
}

// one is the rule of a name that holds for the dossier.
func (f Facts) one(name rules.Name) (rules.Rule, bool) {
	return f.Rules.One(rules.CaseOf(f.Dossier), name)
}

// sites are how many sites the holder has with this submission.
func (f Facts) sites() int { return len(f.FiledSites) + max(f.Sites, 1) }

func (f Facts) person() bool { return f.Dossier.Holder.Nature == filing.NaturePerson }
func (f Facts) unit() bool   { return f.Dossier.Holder.Nature != 0 && !f.person() }

// by returns one finding that follows from a rule, if the condition holds.
func by(r rules.Rule, is bool, args ...any) []hit {
	var hits []hit
	for _, m := range found(is, args...) {
		hits = append(hits, hit{args: m, because: []rules.Rule{r}, origins: []rules.Origin{r.Origin}})
	}
	return hits
}

// onSiteForm moves hits to the same field of the site's own manager.
func onSiteForm(hits []hit) []hit {
	for i := range hits {
		hits[i].form = siteForm
	}
	return hits
}

// refused is by for what bureaus refuse.
func refused(r rules.Rule, is bool, args ...any) []hit {
	hits := by(r, is, args...)
	for i := range hits {
		hits[i].refuses = true
	}
	return hits
}
