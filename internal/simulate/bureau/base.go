package bureau

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// The bureau's base: holders, their sites, the sites' accesses.

type holder struct {
	ID int64 `json:"id"` // Ztid
	// IspID is the provider's IspZtid; 0 for holders filed elsewhere.
	IspID    int64   `json:"isp_id,omitempty"`
	Number   string  `json:"number"`
	Password string  `json:"password"`
	Data     *node   `json:"data"` // Zt_xx
	Sites    []*site `json:"sites"`
	// SitesEver counts the site numbers issued.
	SitesEver int    `json:"sites_ever"`
	Filed     string `json:"filed"`
	Changed   string `json:"changed"`
	Dead      bool   `json:"dead,omitempty"`
	// Changing and Leaving mean that a change or a deregistration is under review.
	Changing bool `json:"changing,omitempty"`
	Leaving  bool `json:"leaving,omitempty"`
}

type site struct {
	ID       int64     `json:"id"` // Wzid
	IspID    int64     `json:"isp_id,omitempty"`
	Number   string    `json:"number"`
	Data     *node     `json:"data"` // Wz_xx without domains and accesses
	Domains  []domain  `json:"domains"`
	Accesses []*access `json:"accesses"`
	Filed    string    `json:"filed"`
	Changed  string    `json:"changed"`
	Dead     bool      `json:"dead,omitempty"`
	Leaving  bool      `json:"leaving,omitempty"`
	holder   *holder
}

type domain struct {
	ID    int64  `json:"id"` // Ymid
	IspID int64  `json:"isp_id,omitempty"`
	Name  string `json:"name"`
}

type access struct {
	ID       int64 `json:"id"` // Jrid
	IspID    int64 `json:"isp_id,omitempty"`
	Provider int64 `json:"provider"` // Ispid
	Data     *node `json:"data"`     // Wzfb and Wzjrfs
	IPs      []ips `json:"ips"`
	Leaving  bool  `json:"leaving,omitempty"`
	site     *site
}

type ips struct {
	ID    int64 `json:"id"` // Ipid
	IspID int64 `json:"isp_id,omitempty"`
	From  int64 `json:"from"`
	To    int64 `json:"to"`
}

// index finds everything in the base; it is rebuilt from the state.
type index struct {
	holders        map[int64]*holder
	sites          map[int64]*site
	accesses       map[int64]*access
	holderByNumber map[string]*holder
	siteByNumber   map[string]*site
	holderByPaper  map[string]*holder // not deregistered
	siteByDomain   map[string]*site   // not deregistered
	siteByHome     map[string]*site   // not deregistered
	siteByName     map[string]*site   // not deregistered
	holderByIsp    map[int64]*holder
}

func newIndex(holders []*holder) index {
	x := index{
		map[int64]*holder{}, map[int64]*site{}, map[int64]*access{}, map[string]*holder{}, map[string]*site{},
		map[string]*holder{}, map[string]*site{}, map[string]*site{}, map[string]*site{}, map[int64]*holder{},
	}
	for _, h := range holders {
		x.add(h)
	}
	return x
}

func (x *index) add(h *holder) {
	x.holders[h.ID], x.holderByNumber[h.Number] = h, h
	if h.IspID != 0 {
		x.holderByIsp[h.IspID] = h
	}
	if !h.Dead {
		x.holderByPaper[paper(h.Data)] = h
	}
	for _, w := range h.Sites {
		x.addSite(h, w)
	}
}

func (x *index) addSite(h *holder, w *site) {
	w.holder = h
	x.sites[w.ID], x.siteByNumber[w.Number] = w, w
	for _, a := range w.Accesses {
		a.site = w
		x.accesses[a.ID] = a
	}
	if !w.Dead && !h.Dead {
		for _, d := range w.Domains {
			x.siteByDomain[plainDomain(d.Name)] = w
		}
		x.siteByHome[homePage(w.Data)], x.siteByName[w.name()] = w, w
	}
}

// dropNames frees a site's domains, home page and name.
func (x *index) dropNames(w *site) {
	for _, d := range w.Domains {
		drop(x.siteByDomain, plainDomain(d.Name), w)
	}
	drop(x.siteByHome, homePage(w.Data), w)
	drop(x.siteByName, w.name(), w)
}

func drop[T any](m map[string]*T, key string, owner *T) {
	if m[key] == owner {
		delete(m, key)
	}
}

// homePage is a site's home page as a key.
func homePage(wz *node) string {
	return strings.TrimSuffix(
		strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(wz.text("Syurl")), "https://"), "http://"), "/")
}

func (x *index) dropPaper(h *holder) {
	drop(x.holderByPaper, paper(h.Data), h)
}

// paper is a holder's document as a key.
func paper(zt *node) string { return paperKey(zt.number("Zj/Zjlx"), zt.text("Zj/Zjhm")) }

func paperKey(kind int64, number string) string {
	return fmt.Sprintf("%d/%s", kind, strings.ToUpper(strings.TrimSpace(number)))
}

func plainDomain(name string) string {
	return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(name)), ".")
}

// ours reports whether the provider has an access to one of the holder's sites.
func (h *holder) ours(provider int64) bool {
	return slices.ContainsFunc(h.Sites, func(w *site) bool { return !w.Dead && w.ours(provider) })
}

func (w *site) ours(provider int64) bool {
	return slices.ContainsFunc(w.Accesses, func(a *access) bool { return a.Provider == provider })
}

func (w *site) name() string { return w.Data.text("Wzmc") }

// passwordFor derives a filing password from its number, so that tests can compute it.
func passwordFor(number string) string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	sum := sha256.Sum256([]byte("filing password " + number))
	password := make([]byte, 8)
	for i := range password {
		password[i] = letters[int(sum[i])%len(letters)]
	}
	return string(password)
}

// PasswordOf is the filing password of a holder's or site's number; empty if it isn't filed.
func (s *Server) PasswordOf(number string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.holderOf(number); h != nil {
		return h.Password
	}
	return ""
}

// NumberOf is the number of the site that has a domain; empty if none is filed with it.
func (s *Server) NumberOf(domain string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.index.siteByDomain[plainDomain(domain)]; w != nil {
		return w.Number
	}
	return ""
}

// holderOf finds a holder that isn't deregistered, by its own or a site's number.
func (s *Server) holderOf(number string) *holder {
	h := s.index.holderByNumber[number]
	if w := s.index.siteByNumber[number]; w != nil && !w.Dead {
		h = w.holder
	}
	if h == nil || h.Dead {
		return nil
	}
	return h
}
