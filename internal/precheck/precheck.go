// Package precheck is 预审: rules that predict a refusal before a dossier is submitted. They evaluate facts that the
// caller gathered and do no I/O. A new rule is one small function in the list below, with its texts in the locale files
// ("precheck.RULE" says what is wrong and what would be right, "precheck_source.RULE" where the rule comes from). Rules
// that vary by province come from internal/rules, with their sources; they block only where they are sure.
package precheck

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/rules"
)

// Facts are the input of the rules.
type Facts struct {
	Dossier filing.Dossier
	Tables  filing.Tables
	// Filed is what a change starts from; empty for other kinds.
	Filed filing.Dossier
	// Domains and IPs are the order's.
	Domains, IPs []string
	// Resolved is what Hosts resolve to; those that couldn't be looked up are missing.
	Resolved map[string]Resolution
	// ForeignIPs are the site's ranges that are in none of the provider's reported blocks; none if it reported no
	// blocks.
	ForeignIPs []string
	// AccessMode and ServerPlace are the provider's; 0: unknown.
	AccessMode, ServerPlace int
	// MailHost and SiteMailHost say whether the host of the managers' mail addresses accepts mail: the holder's, and the
	// site's own one.
	MailHost, SiteMailHost MailHost
	// BlackDomains are the site's blacklisted domains, BlackHolder whether the holder is blacklisted.
	BlackDomains []string
	BlackHolder  bool
	// ApprovalPapers are the pre-approval contents whose paper was uploaded; nil if the provider doesn't require
	// papers.
	ApprovalPapers []int
	Today          time.Time

	// Rules are the rules by province; nil: the built-in ones.
	Rules *rules.Book
	// Sites is how many sites are submitted together; 0: one.
	Sites int
	// FiledSites are the holder's filed sites; nil: we don't know them.
	FiledSites []FiledSite
	// Registered are the registrations of the site's domains that were looked up.
	Registered map[string]Registration
	// Opens has those of Hosts that open a page now.
	Opens []string
	// Papers are the keys of the papers that were uploaded.
	Papers []string
}

// Hosts are the host names that the site will serve.
func (f Facts) Hosts() []string { return filing.HostsOf(f.Dossier.Site.Domains, f.Domains) }

// FiledSite is a filed site of the holder, and what was seen when it was last looked at.
type FiledSite struct {
	// Domain and Number name it.
	Domain, Number string
	// Looked: it was looked at. Open: it opens; Shows: its page shows the number, Links: linked.
	Looked, Open, Shows, Links bool
}

// Registration is what the registry says about a domain.
type Registration struct {
	// Known: the registry answered.
	Known bool
	// Registrant is empty if the registry doesn't tell it.
	Registrant string
	// Expires is zero if the registry doesn't tell it.
	Expires time.Time
}

// Resolution is what a domain resolves to.
type Resolution struct {
	// Missing: the name doesn't exist.
	Missing   bool
	Addresses []netip.Addr
}

// MailHost is the DNS result for a mail address's host.
type MailHost int

// The zero value is a host that couldn't be looked up.
const (
	MailUnknown MailHost = iota
	MailTaken
	// MailNowhere: the host doesn't exist or accepts no mail.
	MailNowhere
)

// Finding is something that the bureau would or might refuse.
type Finding struct {
	// Rule is the key of its texts.
	Rule string
	// Blocking: it would be refused, so it can't be submitted.
	Blocking bool
	// Form and Field are where to fix it.
	Form, Field string
	// Args fill the text's placeholders.
	Args map[string]any
	// Because are the rules by province that it follows from, Origins their sources and those of words and suffixes;
	// none: the rule's own text tells its source.
	Because []rules.Rule
	Origins []rules.Origin
}

// rule checks for one problem; it finds nothing if it can't tell.
type rule struct {
	name     string
	blocking bool
	form     string
	field    string
	// check returns the arguments of each finding.
	check func(Facts) []map[string]any
}

// Forms of a dossier.
const (
	holderForm = filing.FormHolder
	siteForm   = filing.FormSite
)

// fixedRules lists the rules that hold everywhere, in the order of display, grouped by form.
var fixedRules = []rule{
	{"holder_blacklisted", true, holderForm, "document_number", holderBlacklisted},
	{"usc_nature", true, holderForm, "nature", uscNature},
	{"resident_id_region", false, holderForm, "province", residentIDRegion},
	{"person_minor", false, holderForm, "document_number", personMinor},
	{"person_manager", true, holderForm, "manager_name", personManager},
	{"mobile_unreal", false, holderForm, "manager_mobile", ofHolders(mobileUnreal)},
	{"office_phone_unreal", false, holderForm, "manager_office_phone", ofHolders(officePhoneUnreal)},
	{"email_placeholder", true, holderForm, "manager_email", ofHolders(emailPlaceholder)},
	{"email_unreal", false, holderForm, "manager_email", ofHolders(emailUnreal)},
	{"email_on_site", false, holderForm, "manager_email", ofHolders(emailOnSite)},
	{"address_vague", false, holderForm, "address", addressVague},
	{"address_placeholder", true, holderForm, "address", addressPlaceholder},

	{"site_name_short", true, siteForm, "name", siteNameShort},
	{"site_name_latin", true, siteForm, "name", siteNameLatin},
	{"site_name_person", true, siteForm, "name", siteNamePerson},
	{"site_name_state", true, siteForm, "name", siteNameState},
	{"site_name_trade", true, siteForm, "name", siteNameTrade},
	{"site_name_region", true, siteForm, "name", siteNameRegion},
	{"site_name_place", false, siteForm, "name", siteNamePlace},
	{"site_name_unrelated", false, siteForm, "name", siteNameUnrelated},
	{"content_needs_approval", false, siteForm, "pre_approvals", contentNeedsApproval},
	{"service_needs_approval", false, siteForm, "pre_approvals", serviceNeedsApproval},
	{"remark_needs_approval", false, siteForm, "pre_approvals", remarkNeedsApproval},
	{"approval_paper_missing", true, siteForm, "pre_approvals", approvalPaperMissing},

	{"domain_blacklisted", true, siteForm, "domains", domainBlacklisted},
	{"domain_expired", true, siteForm, "domains", domainExpired},
	{"domain_not_of_order", false, siteForm, "domains", domainNotOfOrder},
	{"domain_unresolved", false, siteForm, "domains", domainUnresolved},
	{"domain_elsewhere", false, siteForm, "domains", domainElsewhere},
	{"ip_not_of_order", true, siteForm, "ips", ipNotOfOrder},
	{"ip_not_ours", true, siteForm, "ips", ipNotOurs},
	{"access_mode_other", false, siteForm, "access_mode", accessModeOther},
	{"server_place_other", false, siteForm, "server_place", serverPlaceOther},

	{"person_site_manager", true, siteForm, "manager_other", personSiteManager},
	{"mobile_shared", false, siteForm, "manager_mobile", mobileShared},
	{"email_shared", false, siteForm, "manager_email", emailShared},
	{"mobile_unreal", false, siteForm, "manager_mobile", ofSites(mobileUnreal)},
	{"office_phone_unreal", false, siteForm, "manager_office_phone", ofSites(officePhoneUnreal)},
	{"email_placeholder", true, siteForm, "manager_email", ofSites(emailPlaceholder)},
	{"email_unreal", false, siteForm, "manager_email", ofSites(emailUnreal)},
	{"email_on_site", false, siteForm, "manager_email", ofSites(emailOnSite)},
}

// applies reports whether a kind of filing submits what a rule checks; other data isn't checked.
func applies(kind filing.Kind, r rule) bool {
	switch {
	case kind == filing.KindChange && r.name == "email_on_site": // its domains are already filed and open
		return false
	case r.name == "domain_unresolved" && kind.StaysClosed(): // as it should be
		return false
	}
	return !kind.Registers() && kind.Asks(r.form, r.field)
}

// Run returns the findings of all rules, blocking ones first.
func Run(f Facts) []Finding {
	if f.Rules == nil {
		f.Rules = rules.BuiltIn()
	}
	var list []Finding
	for _, r := range fixedRules {
		if !applies(f.Dossier.Kind, r) {
			continue
		}
		for _, args := range r.check(f) {
			list = append(list, Finding{Rule: r.name, Blocking: r.blocking, Form: r.form, Field: r.field, Args: args})
		}
	}
	for _, r := range provinceRules {
		if f.Dossier.Kind.Registers() || !f.Dossier.Kind.Asks(r.form, r.field) {
			continue
		}
		for _, h := range r.check(f) {
			list = append(list, Finding{Rule: r.name, Blocking: h.refuses && h.sure(), Form: cmp.Or(h.form, r.form),
				Field: r.field, Args: h.args, Because: h.because, Origins: h.origins})
		}
	}
	rank := map[string]int{holderForm: 1, siteForm: 2}
	slices.SortStableFunc(list, func(a, b Finding) int {
		if a.Blocking != b.Blocking {
			return map[bool]int{true: -1, false: 1}[a.Blocking]
		}
		return rank[a.Form] - rank[b.Form]
	})
	return list
}

// FixedNames lists the rules that hold everywhere, and tell their source in the locale files.
func FixedNames() (names []string) {
	for _, r := range fixedRules {
		if !slices.Contains(names, r.name) { // one about both managers is listed twice
			names = append(names, r.name)
		}
	}
	return names
}

// Names lists every rule, for the test that each has its texts.
func Names() []string {
	names := FixedNames()
	for _, r := range provinceRules {
		names = append(names, r.name)
	}
	return names
}

// each collects what a check finds in the elements of a list.
func each[T any](list []T, check func(T) []map[string]any) (all []map[string]any) {
	for _, element := range list {
		all = append(all, check(element)...)
	}
	return all
}

// found returns one finding if the condition holds.
func found(is bool, args ...any) []map[string]any {
	if !is {
		return nil
	}
	m := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i].(string)] = args[i+1]
	}
	return []map[string]any{m}
}
