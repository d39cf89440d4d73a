package filing

import "strconv"

// Ref is a filing's reference, used by its workflow: the order's number, followed by the ordinal from the second filing
// on.
func Ref(orderNumber string, serial int) string {
	if serial <= 1 {
		return orderNumber
	}
	return orderNumber + "/" + strconv.Itoa(serial)
}

// Subject identifies an existing filing at the bureau, in order to change or end it. The IDs are the bureau's (Ztid,
// Wzid, Jrid, Ymid, Ipid).
type Subject struct {
	HolderID     int64            `json:"holder_id,omitempty"`
	HolderNumber string           `json:"holder_number,omitempty"`
	SiteID       int64            `json:"site_id,omitempty"`
	SiteNumber   string           `json:"site_number,omitempty"`
	AccessID     int64            `json:"access_id,omitempty"`
	DomainIDs    map[string]int64 `json:"domain_ids,omitempty"`
	// AddressIDs are by range, in the format of IPRange.String.
	AddressIDs map[string]int64 `json:"address_ids,omitempty"`
}

// Number is the site's, or else the holder's.
func (s Subject) Number() string { return PreferredNumber(s.SiteNumber, s.HolderNumber) }

// Ending is why a filing ends.
type Ending struct {
	// Reason is 注销理由, a value of EndingReasons.
	Reason int    `json:"reason,omitempty"`
	Note   string `json:"note,omitempty"`
}

// Bureau is the province whose bureau reviews the dossier, as a GB/T 2260 code: the holder's, or that of the number the
// dossier is about. Empty if unknown.
func (d Dossier) Bureau() string {
	switch spec := d.Kind.Spec(); {
	case spec.FollowsUp:
		return ProvinceOfNumber(d.Subject.HolderNumber)
	case spec.Claims == ClaimsNothing && !spec.Registers:
		return d.Holder.Province
	}
	return ProvinceOfNumber(d.OwnershipProof.Number)
}
