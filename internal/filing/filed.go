package filing

import (
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/width"
)

// FiledHolder is a holder with its sites as a bureau keeps them (interface 3.0:
// BASJ, SJTB, and the filing that a verification task names, 4-2-1-1, 4-2-1-7).
// The IDs are the bureau's (Ztid, Wzid, Ymid, Jrid, Ipid) but those named Our….
type FiledHolder struct {
	HolderID int64 `json:"holder_id"`
	// OurHolderID is ours where we filed it (IspZtid).
	OurHolderID     int64       `json:"our_holder_id,omitempty"`
	Number          string      `json:"number"`
	Holder          Holder      `json:"holder"`
	CertificatePath string      `json:"certificate_path,omitempty"`
	Sites           []FiledSite `json:"sites,omitempty"`
}

// FiledSite is one site of a filed holder.
type FiledSite struct {
	ID           int64         `json:"id"`
	OurID        int64         `json:"our_id,omitempty"`
	Number       string        `json:"number"`
	Name         string        `json:"name"`
	HomePage     string        `json:"home_page"`
	Manager      Manager       `json:"manager"`
	PreApprovals []int         `json:"pre_approvals,omitempty"`
	Services     []int         `json:"services,omitempty"`
	Languages    []int         `json:"languages,omitempty"`
	Domains      []FiledDomain `json:"domains,omitempty"`
	Accesses     []FiledAccess `json:"accesses,omitempty"`
}

// FiledDomain is a domain with the bureau's ID.
type FiledDomain struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// FiledAccess is a provider's access of a site.
type FiledAccess struct {
	ID    int64 `json:"id"`
	OurID int64 `json:"our_id,omitempty"`
	// Provider is the access provider's number (Ispid); 0 where the file doesn't say.
	Provider  int64        `json:"provider,omitempty"`
	Places    []int        `json:"places,omitempty"`
	Modes     []int        `json:"modes,omitempty"`
	Addresses []FiledRange `json:"addresses,omitempty"`
}

// FiledRange is a range of addresses with the bureau's ID.
type FiledRange struct {
	ID   int64  `json:"id"`
	From uint32 `json:"from"`
	To   uint32 `json:"to"`
}

// Status is what a bureau's query knows of a domain or a holder
// (isp_querybeianstatus, 3-3-5). Numbers and the site's name are empty when it
// isn't filed; a holder has no site's.
type Status struct {
	Filed        bool   `json:"filed"`
	SiteName     string `json:"site_name,omitempty"`
	HolderNumber string `json:"holder_number,omitempty"`
	SiteNumber   string `json:"site_number,omitempty"`
}

// NameKey is a holder's name for comparing: how wide its brackets are, spaces
// and capitals make no other holder.
func NameKey(name string) string {
	return strings.ToUpper(strings.Join(strings.Fields(width.Fold.String(name)), ""))
}

// DocumentNumberKey is a document's number for comparing.
func DocumentNumberKey(number string) string { return normaliseDocument(number) }

// DomainKey is a domain for comparing, in lower case and A-labels. It asks less
// than NormaliseDomain: what a bureau keeps is as it is. Empty when it is no
// name at all.
func DomainKey(domain string) string {
	domain = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(width.Fold.String(domain))), ".")
	name, wildcard := strings.CutPrefix(domain, "*.")
	ascii, err := idna.Punycode.ToASCII(name)
	if err != nil || ascii == "" || len(ascii) > maxDomainLength || strings.ContainsFunc(ascii, func(r rune) bool { return r <= ' ' || r > '~' || r == '*' }) {
		return ""
	}
	if wildcard {
		return "*." + ascii
	}
	return ascii
}

// ListingsOf are the listed domains that could stand for a host (DomainCovers).
func ListingsOf(host string) []string {
	var list []string
	for _, name := range ListedAs(host) {
		for _, listed := range []string{name, "*." + name} {
			if DomainCovers(listed, host) || listed == host {
				list = append(list, listed)
			}
		}
	}
	return list
}
