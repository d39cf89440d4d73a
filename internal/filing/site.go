package filing

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/beian/beian/internal/textnorm"
)

// Site is 备案网站信息.
type Site struct {
	Name string `json:"name"`
	// HomePage is 网站首页网址; its host is one of Domains.
	HomePage string `json:"home_page"`
	// Provider is 所属接入服务提供者: the company that runs this product, never typed.
	Provider string `json:"provider"`
	// AccessMode is 网站接入方式, a value of AccessModes.
	AccessMode int `json:"access_mode"`
	// ServerPlace is 服务器放置地点, a value of ServerPlaces.
	ServerPlace int `json:"server_place"`
	// IPOnly is 是否仅能通过 IP 访问.
	IPOnly bool `json:"ip_only"`
	// Domains are normalised: lower case, A-labels, at most one leading "*.".
	Domains []string `json:"domains"`
	// DynamicIP is 是否动态 IP.
	DynamicIP bool `json:"dynamic_ip"`
	// IPs are IPv4 addresses or ranges "a-b". Interface 3.0 represents addresses as 32-bit numbers, so it can't file
	// IPv6.
	IPs []string `json:"ips"`
	// PreApprovals are 前置审批 contents, values of PreApprovals; empty: 其它/none.
	PreApprovals []int `json:"pre_approvals"`
	// ApprovalNumbers are the numbers of the approvals (前置审批号, Qzsph), by content.
	ApprovalNumbers map[int]string `json:"approval_numbers,omitempty"`
	// Languages are 网站语言类别, values of Languages.
	Languages []int `json:"languages"`
	// Services are 网站服务内容, values of Services.
	Services []int  `json:"services"`
	Remark   string `json:"remark"`
	// OtherManager: the site's manager (网站负责人) isn't the holder's but Manager, who is empty otherwise.
	OtherManager bool    `json:"other_manager,omitempty"`
	Manager      Manager `json:"manager,omitzero"`
}

const (
	maxSiteName = 512 // Wzmc
	minHomePage = 4   // Syurl
	maxHomePage = 255 // Syurl
	// maxDomains and maxIPs limit one site: an order with more is a mistake.
	maxDomains = 100
	maxIPs     = 100
)

// Normalise brings what was typed into its normal form; invalid addresses of any kind stay as typed for Validate to
// report.
func (s *Site) Normalise() {
	s.Name, s.Remark, s.HomePage = textnorm.Line(s.Name), textnorm.Lines(s.Remark), normaliseURL(s.HomePage)
	for i, d := range s.Domains {
		if domain, key := NormaliseDomain(d); key == "" {
			s.Domains[i] = domain
		}
	}
	s.Domains = unique(s.Domains)
	for i, t := range s.IPs {
		if r, key := ParseIPRange(t); key == "" {
			s.IPs[i] = r.String()
		}
	}
	s.IPs = unique(s.IPs)
	s.Manager.Normalise()
	if s.Manager.LegalRepresentative = ""; !s.OtherManager {
		s.Manager = Manager{}
	}
}

// normaliseURL adds a scheme if there is none, and converts the host to lower case and A-labels.
func normaliseURL(text string) string {
	text = strings.ReplaceAll(textnorm.Line(text), "。", ".")
	if text != "" && !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return text
	}
	host, key := NormaliseDomain(u.Hostname())
	if key != "" {
		return text
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	u.Host = host
	return u.String()
}

func unique(list []string) []string {
	var kept []string
	for _, s := range list {
		if s != "" && !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// Validate checks a normalised site, without its manager (Dossier.ValidateSite).
func (s Site) Validate(t Tables) Problems {
	var p Problems
	p.text("name", s.Name, true, maxSiteName)
	if _, key := NormaliseDomain(s.Name); s.Name != "" && (key == "" || strings.Trim(s.Name, "0123456789") == "") {
		p.add("name", "site_name_not_a_name")
	}
	lines(&p, "domains", s.Domains, maxDomains, NormaliseDomain)
	p.homePage(s)
	lines(&p, "ips", s.IPs, maxIPs, ParseIPRange)
	p.choice("access_mode", t.AccessModes, s.AccessMode)
	p.choice("server_place", t.ServerPlaces, s.ServerPlace)
	p.choices("pre_approvals", t.PreApprovals, s.PreApprovals, false)
	p.choices("languages", t.Languages, s.Languages, true)
	p.choices("services", t.Services, s.Services, true)
	p.text("remark", s.Remark, false, maxRemark)
	return p
}

// siteDomains checks that a new site has one registrable domain, and that a filed one only loses domains
// (工信管函〔2019〕633号). What the bureau has is unknown of sites that were filed by hand.
func (p *Problems) siteDomains(d Dossier) {
	if d.Kind.StaysClosed() && len(SitesOf(d.Site.Domains)) > 1 {
		p.add("domains", "one_domain")
	}
	if d.Kind != KindChange || len(d.Subject.DomainIDs) == 0 {
		return
	}
	for i, domain := range d.Site.Domains {
		if _, filed := d.Subject.DomainIDs[domain]; !filed {
			p.add("domains", "domain_added", "line", i+1)
		}
	}
}

// lines checks a list with one entry per line.
func lines[T any](p *Problems, field string, list []string, most int, parse func(string) (T, string)) {
	switch {
	case len(list) == 0:
		p.add(field, "required")
	case len(list) > most:
		p.add(field, "too_many", "max", most)
	}
	for i, text := range list {
		if _, key := parse(text); key != "" {
			p.add(field, key, "line", i+1)
		}
	}
}

// homePage checks that its host is one of the domains (result code 1041).
func (p *Problems) homePage(s Site) {
	if s.HomePage == "" {
		p.add("home_page", "required")
		return
	}
	u, err := url.Parse(s.HomePage)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil ||
		len(s.HomePage) < minHomePage || len(s.HomePage) > maxHomePage {
		p.add("home_page", "home_page_invalid")
		return
	}
	host, key := NormaliseDomain(u.Hostname())
	if key != "" {
		p.add("home_page", "home_page_invalid")
		return
	}
	covers := func(d string) bool { return DomainCovers(d, host) || RegistrableDomain(host) == d }
	if !slices.ContainsFunc(s.Domains, covers) {
		p.add("home_page", "home_page_not_in_domains")
	}
	p.characters("home_page", s.HomePage)
}

// DomainCovers reports whether a listed domain, which may start with "*.", covers a host. A listed domain also covers
// its www host.
func DomainCovers(domain, host string) bool {
	if suffix, wildcard := strings.CutPrefix(domain, "*"); wildcard {
		return strings.HasSuffix(host, suffix) && len(host) > len(suffix)
	}
	return host == domain || host == "www."+domain
}

// QuotedIn reports whether a text speaks of the site: by its name in quotation marks, or by one of its domains.
func (s Site) QuotedIn(text string) bool {
	if s.Name != "" && strings.Contains(text, "“"+s.Name+"”") {
		return true
	}
	hosts := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return r != '.' && r != '-' && r != '*' && !unicode.IsLetter(r) && !unicode.IsDigit(r) || unicode.Is(unicode.Han, r)
	})
	return slices.ContainsFunc(s.Domains, func(d string) bool {
		return slices.ContainsFunc(hosts, func(host string) bool { return host == d || strings.HasSuffix(host, "."+d) }) ||
			strings.Contains(text, "“"+DisplayDomain(d)+"”")
	})
}

func (p *Problems) choice(field string, table []Code, id int) {
	if !containsCode(table, id) {
		p.add(field, "choose")
	}
}

func (p *Problems) choices(field string, table []Code, ids []int, required bool) {
	if required && len(ids) == 0 || slices.ContainsFunc(ids, func(id int) bool { return !containsCode(table, id) }) {
		p.add(field, "choose")
	}
}

func containsCode(table []Code, id int) bool {
	_, ok := CodeByID(table, id)
	return ok
}
