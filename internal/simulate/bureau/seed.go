package bureau

import (
	"cmp"
	"fmt"
	"slices"
)

// otherProvider owns the accesses of filings made elsewhere.
const otherProvider = 990001

// SeedFiling is a site filed through another provider.
type SeedFiling struct {
	HolderName     string
	Nature         int
	DocumentType   int
	DocumentNumber string
	// Province is the six-digit code; empty means Options.Province, or else 310000.
	Province string
	// Number and SiteNumber are generated if empty; Password is derived from Number.
	Number, Password     string
	SiteNumber, SiteName string
	Domains              []string
	HomePage             string
}

// Seed puts a filing into the base, as if made by another provider. A known Number gets another site, unless it
// has that site.
func (s *Server) Seed(f SeedFiling) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seed(f)
	s.saveLogged()
}

func (s *Server) seed(f SeedFiling) {
	at := s.stamp()
	province := cmp.Or(f.Province, s.options.Province, "310000")
	h := s.index.holderByNumber[f.Number]
	if h == nil {
		number := f.Number
		if number == "" {
			number = s.nextNumber(province)
		}
		h = &holder{ID: s.nextID(), Number: number, Password: cmp.Or(f.Password, passwordFor(number)),
			Data: f.holderData(province), Filed: at, Changed: at}
		s.state.Holders = append(s.state.Holders, h)
		s.index.add(h)
	} else if w := s.index.siteByNumber[f.SiteNumber]; f.SiteNumber == "" || w != nil {
		return
	}
	w := &site{ID: s.nextID(), Number: f.SiteNumber, Data: f.siteData(), Filed: at, Changed: at}
	h.SitesEver++
	if w.Number == "" {
		w.Number = fmt.Sprintf("%s-%d", h.Number, h.SitesEver)
	}
	for _, name := range f.domains() {
		w.Domains = append(w.Domains, domain{ID: s.nextID(), Name: name})
	}
	data := tree("Jr_xx", tree("Wzfb", leaf("Fbdd", 1)), tree("Wzjrfs", leaf("Jrfs", 2)))
	// 203.0.113.1
	w.Accesses = []*access{
		{ID: s.nextID(), Provider: otherProvider, Data: data, IPs: []ips{{ID: s.nextID(), From: 3405803777, To: 3405803777}}}}
	h.Sites = append(h.Sites, w)
	s.index.addSite(h, w)
	s.changed()
}

// ChangeMobile gives the manager of a filed site another mobile number, as if changed through another provider.
func (s *Server) ChangeMobile(siteNumber, mobile string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.index.siteByNumber[siteNumber]
	if w == nil || w.Dead {
		return fmt.Errorf("no site %q", siteNumber)
	}
	w.Data.first("Wz_Fzr/Fzr_sjhm").Text, w.Changed = mobile, s.stamp()
	s.changed()
	return s.save()
}

func (f SeedFiling) domains() []string {
	if len(f.Domains) > 0 {
		return slices.Clone(f.Domains)
	}
	return []string{"seeded.example"}
}

func (f SeedFiling) holderData(province string) *node {
	return tree("Zt_xx", leaf("Dwmc", cmp.Or(f.HolderName, "样例主办者")), leaf("Dwxz", cmp.Or(f.Nature, 4)),
		tree("Txdz", leaf("Shengid", province), leaf("Shiid", province[:2]+"0100"), leaf("Xxdz", "样例路1号")),
		tree("Zj", leaf("Zjlx", cmp.Or(f.DocumentType, 1)), leaf("Zjhm", f.DocumentNumber), leaf("Zjzs", "样例路1号")),
		manager("Fzr"))
}

func (f SeedFiling) siteData() *node {
	n := tree("Wz_xx", leaf("Wzmc", cmp.Or(f.SiteName, "样例网站")), tree("Fwnr", leaf("Fwnr_id", 1)),
		tree("Yylb", leaf("Yylb_id", 1)), manager("Wz_Fzr"))
	n.Kids = append(n.Kids, leaf("Syurl", cmp.Or(f.HomePage, f.domains()[0])))
	return n
}

func manager(name string) *node {
	return tree(name, leaf("Fzr_xm", "样例人"), leaf("Fzr_dhhm", "021-55550100"), leaf("Fzr_sjhm", "13900000000"),
		leaf("Fzr_dzyj", "sample@example.com"))
}

func tree(name string, kids ...*node) *node { return &node{Name: name, Kids: kids} }

func leaf(name string, value any) *node { return &node{Name: name, Text: fmt.Sprint(value)} }
