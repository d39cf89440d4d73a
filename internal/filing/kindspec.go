package filing

import "slices"

// KindSpec is what a kind of filing means. What differs between kinds, but for the format of
// the bureau's records (internal/bureau), stands here.
type KindSpec struct {
	Kind Kind
	// Operation is Czlx (4-2-1-6); 0: it is no record of the bureau's.
	Operation int
	// FollowsUp: it is about a filing of ours that is done, whose contact was verified then.
	FollowsUp bool
	// Registers: it only notes a number that is there already. Nothing is submitted, and
	// there is no verified contact.
	Registers bool
	// Claims is what must be proved, by number and filing password, to be the customer's.
	Claims Claimed
	// Ends is what it takes away instead of making it.
	Ends Ended
	// NeedsPassword: the filing password must be given.
	NeedsPassword bool
	// NeedsCertificate: an approval isn't complete without the bureau's certificate.
	NeedsCertificate bool
	// Forms are asked in this order.
	Forms []FormSpec
	// review is the group of kinds over which a bureau takes as long.
	review reviewGroup
}

// Claimed is what a kind claims.
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

// The forms that make a dossier, by the name of their draft, their page and their texts.
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
	// Fields are those that the kind has of the form; nil is all of them.
	Fields []string
}

var (
	wholeForms   = []FormSpec{{Name: FormHolder}, {Name: FormSite}, {Name: FormPapers}}
	passwordForm = FormSpec{FormOwnership, []string{"password"}}
	endForms     = []FormSpec{{Name: FormEnding}, passwordForm}
)

// KindSpecs has every kind, in the order in which people choose among them.
var KindSpecs = []KindSpec{
	{Kind: KindNew, Operation: 1, NeedsCertificate: true, Forms: wholeForms},
	{Kind: KindNewSite, Operation: 2, Claims: ClaimsHolder, NeedsPassword: true, Forms: []FormSpec{
		{Name: FormOwnership},
		{FormHolder, []string{"manager_name", "manager_document_type", "manager_document_number", "manager_office_phone", "manager_mobile", "manager_email"}},
		{Name: FormSite}, {Name: FormPapers},
	}},
	{Kind: KindNewAccess, Operation: 3, Claims: ClaimsSite, NeedsPassword: true, Forms: []FormSpec{
		{Name: FormOwnership}, {FormSite, []string{"home_page", "provider", "access_mode", "server_place", "domains", "ips"}}, {Name: FormPapers},
	}},
	{Kind: KindChange, Operation: 4, FollowsUp: true, review: reviewsChange, Forms: append(slices.Clone(wholeForms), passwordForm)},
	{Kind: KindCancelAccess, Operation: 5, FollowsUp: true, Ends: EndsAccess, review: reviewsEnd, Forms: endForms},
	{Kind: KindEndSite, Operation: 7, FollowsUp: true, Ends: EndsSite, review: reviewsEnd, Forms: endForms},
	{Kind: KindEndHolder, Operation: 6, FollowsUp: true, Ends: EndsHolder, review: reviewsEnd, NeedsPassword: true, Forms: endForms},
	{Kind: KindRegister, Registers: true, Forms: wholeForms},
}

// Beginnings are the kinds with which an order's filing can begin, FollowUps
// those that can follow one that is done.
var (
	Beginnings = kindsWhere(func(s KindSpec) bool { return !s.FollowsUp && !s.Registers })
	FollowUps  = kindsWhere(func(s KindSpec) bool { return s.FollowsUp })
	// ReviewedKinds is a kind of each group over which bureaus take as long.
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

// OrNew is the kind, or KindNew where none is chosen.
func (k Kind) OrNew() Kind {
	if k == "" {
		return KindNew
	}
	return k
}

// Spec is what the kind means; an unknown one's is empty.
func (k Kind) Spec() KindSpec {
	for _, s := range KindSpecs {
		if s.Kind == k.OrNew() {
			return s
		}
	}
	return KindSpec{}
}

// Operation is the kind's Czlx; 0 for an unknown one.
func (k Kind) Operation() int { return k.Spec().Operation }

// Ends tells whether the kind takes a filing away instead of making one.
func (k Kind) Ends() bool { return k.Spec().Ends != EndsNothing }

// FollowsUp tells whether the kind is about a filing of ours that is done.
func (k Kind) FollowsUp() bool { return k.Spec().FollowsUp }

// ProvesOwnership tells whether the kind must prove that an existing filing is the customer's.
func (k Kind) ProvesOwnership() bool { return k.Spec().Claims != ClaimsNothing }

// Registers tells whether the kind only notes a number that is there already.
func (k Kind) Registers() bool { return k.Spec().Registers }

// ReviewedAlike are the operations that a bureau takes as long over as over the kind's:
// what is filed anew, changes, and what ends.
func (k Kind) ReviewedAlike() (operations []int) {
	for _, s := range KindSpecs {
		if s.Operation != 0 && s.review == k.Spec().review {
			operations = append(operations, s.Operation)
		}
	}
	return operations
}

// Forms are the names of the kind's forms, in the order in which they are filled.
func (k Kind) Forms() []string {
	var names []string
	for _, f := range k.Spec().Forms {
		names = append(names, f.Name)
	}
	return names
}

// Asks tells whether the kind has a field of a form.
func (k Kind) Asks(form, field string) bool {
	return slices.ContainsFunc(k.Spec().Forms, func(f FormSpec) bool {
		return f.Name == form && (f.Fields == nil || slices.Contains(f.Fields, field))
	})
}
