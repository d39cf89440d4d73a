package filing

import "strconv"

// Kind is what a filing asks of the bureau; empty is KindNew, as filings before
// there were kinds.
type Kind string

// The kinds, by the interface's records (section 4-1-1).
const (
	// KindNew files a holder with its first site (新增备案, XZBA).
	KindNew Kind = "new"
	// KindNewSite files another site of a holder that is filed (新增网站, XZWZ).
	KindNewSite Kind = "new_site"
	// KindNewAccess files our access for a site that is filed with another
	// provider (新增接入, XZJR).
	KindNewAccess Kind = "new_access"
	// KindChange changes holder, site or access (变更备案, BGBA).
	KindChange Kind = "change"
	// KindCancelAccess takes our access from a site (取消接入, ZXBA 2).
	KindCancelAccess Kind = "cancel_access"
	// KindEndHolder deregisters a holder with all its sites (注销主体, ZXBA 0).
	KindEndHolder Kind = "end_holder"
	// KindEndSite deregisters a site (注销网站, ZXBA 1).
	KindEndSite Kind = "end_site"
	// KindRegister puts a number on an order that the customer got elsewhere
	// (登记备案号): no record of the bureau's.
	KindRegister Kind = "register"
)

// operations are the values of Czlx (4-2-1-6).
var operations = map[Kind]int{
	"": 1, KindNew: 1, KindNewSite: 2, KindNewAccess: 3, KindChange: 4, KindCancelAccess: 5, KindEndHolder: 6, KindEndSite: 7,
}

// Operation is the kind's Czlx; 0 for an unknown one.
func (k Kind) Operation() int { return operations[k] }

// ReviewedAlike are the operations that a bureau takes as long over as over the kind's:
// what is filed anew, changes, and what ends.
func (k Kind) ReviewedAlike() []int {
	switch {
	case k.Ends():
		return []int{operations[KindCancelAccess], operations[KindEndHolder], operations[KindEndSite]}
	case k == KindChange:
		return []int{operations[KindChange]}
	}
	return []int{operations[KindNew], operations[KindNewSite], operations[KindNewAccess]}
}

// Ends tells whether the kind takes a filing away instead of making one.
func (k Kind) Ends() bool { return k == KindCancelAccess || k == KindEndHolder || k == KindEndSite }

// FollowsUp tells whether the kind is about a filing of ours that is done: its
// contact was verified then.
func (k Kind) FollowsUp() bool { return k == KindChange || k.Ends() }

// Claims tells whether the kind must prove, by number and filing password, that
// an existing filing is the customer's.
func (k Kind) Claims() bool { return k == KindNewSite || k == KindNewAccess }

// Registers tells whether the kind only notes a number that is there already:
// nothing is handed in, and there is no verified contact.
func (k Kind) Registers() bool { return k == KindRegister }

// Withdrawable tells whether a customer may still withdraw a filing of the kind
// in a stage. What the bureau has no part in can be until it is done.
func (k Kind) Withdrawable(s Stage) bool {
	return s.Withdrawable() || k.Registers() && s == Installing
}

// Beginnings are the kinds with which an order's filing can begin, FollowUps
// those that can follow one that is done.
var (
	Beginnings = []Kind{KindNew, KindNewSite, KindNewAccess}
	FollowUps  = []Kind{KindChange, KindCancelAccess, KindEndSite, KindEndHolder}
)

// Ref is how an order's filing is called, for its workflow: by the order's
// number, and from the second one on by the how-manieth it is.
func Ref(orderNumber string, serial int) string {
	if serial <= 1 {
		return orderNumber
	}
	return orderNumber + "/" + strconv.Itoa(serial)
}

// Claim proves that an existing filing is the customer's (isp_verifybamm).
type Claim struct {
	// Number is the holder's (KindNewSite) or the site's (KindNewAccess).
	Number string `json:"number,omitempty"`
	// Password is 备案密码.
	Password string `json:"password,omitempty"`
}

// Subject is what the bureau knows a filing by, once it is filed: needed to
// change or end it. The IDs are the bureau's (Ztid, Wzid, Jrid, Ymid, Ipid).
type Subject struct {
	HolderID     int64            `json:"holder_id,omitempty"`
	HolderNumber string           `json:"holder_number,omitempty"`
	SiteID       int64            `json:"site_id,omitempty"`
	SiteNumber   string           `json:"site_number,omitempty"`
	AccessID     int64            `json:"access_id,omitempty"`
	DomainIDs    map[string]int64 `json:"domain_ids,omitempty"`
	// AddressIDs by range, as IPRange.String writes it.
	AddressIDs map[string]int64 `json:"address_ids,omitempty"`
}

// Number is the site's, or the holder's.
func (s Subject) Number() string { return PreferredNumber(s.SiteNumber, s.HolderNumber) }

// Ending is why a filing ends.
type Ending struct {
	// Reason is 注销理由, a value of EndingReasons.
	Reason int    `json:"reason,omitempty"`
	Note   string `json:"note,omitempty"`
}

// EndingReasons are 注销理由 (Zxly), the built-in edition.
var EndingReasons = []Code{
	{1, "网站不再使用", "The site is no longer used"}, {2, "域名到期或转让", "The domain expired or changed hands"},
	{3, "更换接入服务提供者", "Moving to another provider"}, {4, "主体注销", "The holder ceased to be"},
	{5, "备案资料有误", "The filing's data are wrong"}, {6, "其他", "Other"},
}

// Bureau is the province whose bureau a dossier goes to, as a code of GB/T 2260:
// the holder's, or that of the number that it is about. Empty when it can't be
// told.
func (d Dossier) Bureau() string {
	number := d.Claim.Number
	switch d.Kind {
	case KindNew, "":
		return d.Holder.Province
	case KindChange, KindCancelAccess, KindEndHolder, KindEndSite:
		number = d.Subject.HolderNumber
	}
	return ProvinceOfNumber(number)
}
