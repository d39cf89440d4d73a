package filing

import (
	"strings"

	"golang.org/x/net/idna"

	"github.com/beian/beian/internal/textnorm"
)

// FiledHolder is a holder with its sites in a bureau's data (interface 3.0: BASJ, SJTB, and the filing in a
// verification task, 4-2-1-1, 4-2-1-7). The IDs are the bureau's (Ztid, Wzid, Ymid, Jrid, Ipid) except those named
// Our….
type FiledHolder struct {
	HolderID int64 `json:"holder_id"`
	// OurHolderID is our ID if we filed it (IspZtid).
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

// FiledAccess is a provider's access for a site.
type FiledAccess struct {
	ID    int64 `json:"id"`
	OurID int64 `json:"our_id,omitempty"`
	// Provider is the access provider's number (Ispid); 0: not in the file.
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

// Status is the answer to a bureau's query about a domain or a holder (isp_querybeianstatus, 3-3-5). Numbers and the
// site's name are empty if it isn't filed; a holder has no site.
type Status struct {
	Filed        bool   `json:"filed"`
	SiteName     string `json:"site_name,omitempty"`
	HolderNumber string `json:"holder_number,omitempty"`
	SiteNumber   string `json:"site_number,omitempty"`
}

// NameKey converts a holder's name for comparison: the width of brackets, spaces and case don't matter.
func NameKey(name string) string {
	return strings.ToUpper(strings.Join(strings.Fields(textnorm.Line(name)), ""))
}

// DocumentNumberKey converts a document number for comparison.
func DocumentNumberKey(number string) string {
	return strings.ToUpper(textnorm.Code(number))
}

// DomainKey converts a domain for comparison, to lower case and A-labels. It is more lenient than NormaliseDomain,
// because it must accept the bureau's data as is. It returns "" if the text isn't a name at all.
func DomainKey(domain string) string {
	domain = strings.TrimSuffix(strings.ToLower(textnorm.Line(domain)), ".")
	name, wildcard := strings.CutPrefix(domain, "*.")
	ascii, err := idna.Punycode.ToASCII(name)
	if err != nil || ascii == "" || len(ascii) > maxDomainLength ||
		strings.ContainsFunc(ascii, func(r rune) bool { return r <= ' ' || r > '~' || r == '*' }) {
		return ""
	}
	if wildcard {
		return "*." + ascii
	}
	return ascii
}

// ListingsOf returns the listed domains that could cover a host (DomainCovers).
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
