package filing

import (
	"cmp"
	"slices"
)

// Kind is the kind of a filing; empty means KindNew.
type Kind string

// The kinds, by the interface's records (section 4-1-1).
const (
	// KindNew files a holder with its first site (新增备案, XZBA).
	KindNew Kind = "new"
	// KindNewSite files another site of a filed holder (新增网站, XZWZ).
	KindNewSite Kind = "new_site"
	// KindNewAccess files our access for a site filed with another provider (新增接入, XZJR).
	KindNewAccess Kind = "new_access"
	// KindChange changes holder, site or access (变更备案, BGBA).
	KindChange Kind = "change"
	// KindCancelAccess removes our access from a site (取消接入, ZXBA 2).
	KindCancelAccess Kind = "cancel_access"
	// KindEndHolder deregisters a holder with all its sites (注销主体, ZXBA 0).
	KindEndHolder Kind = "end_holder"
	// KindEndSite deregisters a site (注销网站, ZXBA 1).
	KindEndSite Kind = "end_site"
	// KindRegister records a number that the customer already has on an order (登记备案号). The bureau has no record of it.
	KindRegister Kind = "register"
)

// Withdrawable reports whether a customer may still withdraw a filing of this kind in a stage. Kinds without the
// bureau's involvement can be withdrawn until they are complete.
func (k Kind) Withdrawable(s Stage) bool {
	return s.Withdrawable() || k.Registers() && s == Installing
}

// KindSpec defines what a kind of filing means: all differences between kinds, except the format of the bureau's
// records (internal/bureau).
type KindSpec struct {
	Kind Kind
	// Name is what messages call it, in the middle of a sentence.
	Name Bilingual
	// Operation is Czlx (4-2-1-6); 0: the bureau has no record of it.
	Operation int
	// FollowsUp: it is about one of our completed filings, whose contact is already verified.
	FollowsUp bool
	// Registers: it only records an existing number. Nothing is submitted, and there is no verified contact.
	Registers bool
	// Claims is whose ownership must be proved by number and filing password.
	Claims Claimed
	// Ends is what it deregisters, if anything.
	Ends Ended
	// NeedsPassword: the filing password is required where the bureau's account asks for one.
	NeedsPassword bool
	// Forms are listed in the order in which they are filled in.
	Forms []FormSpec
	// review groups kinds that take a bureau the same time.
	review reviewGroup
}

// Claimed is what a kind requires proof of ownership of.
type Claimed string

// The values.
const (
	ClaimsNothing Claimed = ""
	ClaimsHolder  Claimed = "holder"
	ClaimsSite    Claimed = "site"
)

// Ended is what a kind ends.
type Ended string

// The values.
const (
	EndsNothing Ended = ""
	EndsAccess  Ended = "access"
	EndsSite    Ended = "site"
	EndsHolder  Ended = "holder"
)

type reviewGroup int

const (
	reviewsNew reviewGroup = iota
	reviewsChange
	reviewsEnd
)

// The forms of a dossier, by the name of their draft, page and texts.
const (
	FormHolder    = "holder"
	FormSite      = "site"
	FormOwnership = "ownership"
	FormEnding    = "ending"
	FormPapers    = "papers"
)

// FormSpec is a form of a kind.
type FormSpec struct {
	Name string
	// Fields are the fields that the kind uses; nil: all of them.
	Fields []string
}

var (
	wholeForms   = []FormSpec{{Name: FormHolder}, {Name: FormSite}, {Name: FormPapers}}
	passwordForm = FormSpec{FormOwnership, []string{"password"}}
	endForms     = []FormSpec{{Name: FormEnding}, passwordForm}
)

// KindSpecs has every kind, in the order of the choice.
var KindSpecs = []KindSpec{
	{Kind: KindNew, Name: Bilingual{"新增备案", "new filing"}, Operation: 1, Forms: wholeForms},
	{Kind: KindNewSite, Name: Bilingual{"新增网站", "new site"}, Operation: 2, Claims: ClaimsHolder, NeedsPassword: true,
		Forms: []FormSpec{
			{Name: FormOwnership},
			{FormHolder, []string{"manager_name", "manager_document_type", "manager_document_number",
				"manager_office_phone", "manager_mobile", "manager_email", "manager_emergency_phone"}},
			{Name: FormSite}, {Name: FormPapers},
		}},
	{Kind: KindNewAccess, Name: Bilingual{"新增接入", "new access"}, Operation: 3, Claims: ClaimsSite, NeedsPassword: true,
		Forms: []FormSpec{
			{Name: FormOwnership},
			{FormSite, []string{"home_page", "provider", "access_mode", "server_place", "domains", "ips"}},
			{Name: FormPapers},
		}},
	{Kind: KindChange, Name: Bilingual{"变更备案", "change"}, Operation: 4, FollowsUp: true, review: reviewsChange,
		Forms: append(slices.Clone(wholeForms), passwordForm)},
	{Kind: KindCancelAccess, Name: Bilingual{"取消接入", "cancellation of access"}, Operation: 5, FollowsUp: true,
		Ends: EndsAccess, review: reviewsEnd, Forms: endForms},
	{Kind: KindEndSite, Name: Bilingual{"注销网站", "deregistration of the site"}, Operation: 7, FollowsUp: true,
		Ends: EndsSite, review: reviewsEnd, Forms: endForms},
	{Kind: KindEndHolder, Name: Bilingual{"注销主体", "deregistration of the holder"}, Operation: 6, FollowsUp: true,
		Ends: EndsHolder, review: reviewsEnd, NeedsPassword: true, Forms: endForms},
	{Kind: KindRegister, Name: Bilingual{"登记备案号", "registration of a number"}, Registers: true, Forms: wholeForms},
}

// Beginnings are the kinds of an order's first filing, FollowUps those that can follow a completed one.
var (
	Beginnings = kindsWhere(func(s KindSpec) bool { return !s.FollowsUp && !s.Registers })
	FollowUps  = kindsWhere(func(s KindSpec) bool { return s.FollowsUp })
	// ReviewedKinds has one kind of each review group.
	ReviewedKinds = kindsWhere(func(s KindSpec) bool {
		first := slices.IndexFunc(KindSpecs, func(o KindSpec) bool { return o.review == s.review })
		return KindSpecs[first].Kind == s.Kind
	})
)

func kindsWhere(fits func(KindSpec) bool) (kinds []Kind) {
	for _, s := range KindSpecs {
		if fits(s) {
			kinds = append(kinds, s.Kind)
		}
	}
	return kinds
}

// OrNew is the kind, or KindNew if none is chosen.
func (k Kind) OrNew() Kind {
	return cmp.Or(k, KindNew)
}

// Spec returns the kind's definition; empty for an unknown kind.
func (k Kind) Spec() KindSpec {
	if i := slices.IndexFunc(KindSpecs, func(s KindSpec) bool { return s.Kind == k.OrNew() }); i >= 0 {
		return KindSpecs[i]
	}
	return KindSpec{}
}

// KindOfOperation is the kind with a Czlx; empty for an unknown one.
func KindOfOperation(czlx int) Kind {
	for _, s := range KindSpecs {
		if s.Operation == czlx && czlx != 0 {
			return s.Kind
		}
	}
	return ""
}

// StaysClosed reports whether the kind's site may not open before the approval: it isn't filed anywhere yet.
func (k Kind) StaysClosed() bool { return k.OrNew() == KindNew || k == KindNewSite }

// Operation is the kind's Czlx; 0 for an unknown one.
func (k Kind) Operation() int { return k.Spec().Operation }

// Ends reports whether the kind deregisters something.
func (k Kind) Ends() bool { return k.Spec().Ends != EndsNothing }

// FollowsUp reports whether the kind is about one of our completed filings.
func (k Kind) FollowsUp() bool { return k.Spec().FollowsUp }

// ProvesOwnership reports whether the kind requires proof of ownership.
func (k Kind) ProvesOwnership() bool { return k.Spec().Claims != ClaimsNothing }

// Registers reports whether the kind only records an existing number.
func (k Kind) Registers() bool { return k.Spec().Registers }

// ReviewedAlike are the operations in the kind's review group: new filings, changes, or deregistrations.
func (k Kind) ReviewedAlike() (operations []int) {
	for _, s := range KindSpecs {
		if s.Operation != 0 && s.review == k.Spec().review {
			operations = append(operations, s.Operation)
		}
	}
	return operations
}

// Forms lists the kind's forms in the order in which they are filled in.
func (k Kind) Forms() []string {
	var names []string
	for _, f := range k.Spec().Forms {
		names = append(names, f.Name)
	}
	return names
}

// Forms lists the dossier's forms in the order in which they are filled in: those of its kind that ask for something.
func (d Dossier) Forms() []string {
	return slices.DeleteFunc(d.Kind.Forms(), func(form string) bool {
		return form == FormHolder && (d.Companion || d.HolderKnown) ||
			form == FormOwnership && (d.HolderKnown || !d.Asks(form, "number")) && !d.Asks(form, "password")
	})
}

// Asks reports whether the dossier uses a field of a form: the filing password only where its bureau wants one, or if
// one was given, and a site's own manager only if there is one.
func (d Dossier) Asks(form, field string) bool {
	switch {
	case form == FormSite && isManagerField(field) && !d.Site.OtherManager,
		form == FormHolder && field == legalRepresentative && d.Holder.Nature == NaturePerson:
		return false
	}
	return d.Offers(form, field)
}

// Offers reports whether the form's page has a field, which the dossier uses or not, depending on others of the form. A
// person manages the own site, and a new site has one manager, whom the holder's form asks for.
func (d Dossier) Offers(form, field string) bool {
	switch {
	case (d.Companion || d.HolderKnown) && form == FormHolder,
		form == FormOwnership && field == "password" && d.PasswordPolicy == PasswordNone &&
			d.OwnershipProof.Password == "",
		form == FormSite && (isManagerField(field) || field == managerOther) && !d.Site.OtherManager &&
			(d.Kind == KindNewSite || d.Holder.Nature == NaturePerson):
		return false
	}
	return d.Kind.Asks(form, field)
}

// Asks reports whether the kind uses a field of a form. Whether a dossier of it does can depend on its bureau.
func (k Kind) Asks(form, field string) bool {
	return slices.ContainsFunc(k.Spec().Forms, func(f FormSpec) bool {
		return f.Name == form && (f.Fields == nil || slices.Contains(f.Fields, field))
	})
}
