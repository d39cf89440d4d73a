package bureau

import (
	"fmt"
	"slices"
)

// mark marks what other records can't do while this one is under review.
func (s *Server) mark(r *record, under bool) {
	switch r.Kind {
	case change:
		s.index.holders[r.ID].Changing = under
	case cancelAccess:
		if a := s.index.accesses[r.ID]; a != nil {
			a.Leaving = under
		}
	case dropHolder:
		s.index.holders[r.ID].Leaving = under
	case dropSite:
		s.index.sites[r.ID].Leaving = under
	}
}

// apply applies an approved record to the base.
func (s *Server) apply(r *record) {
	switch r.Kind {
	case newFiling:
		s.applyNewFiling(r)
	case newSite:
		h := s.holderNamed(r.Entry)
		for i, n := range r.Entry.all("Wz_xx") {
			w := s.addSite(h, n)
			if i == 0 {
				r.Number = w.Number
			}
		}
		h.Changed, r.Holder = s.stamp(), h.ID
	case newAccess:
		w := s.siteNamed(r.Entry)
		s.addAccess(w, r.Entry)
		w.Changed, w.holder.Changed = s.stamp(), s.stamp()
		r.Holder, r.Number = w.holder.ID, w.Number
	case change:
		s.applyChange(r)
	case cancelAccess:
		a := s.index.accesses[r.ID]
		w := a.site
		w.Accesses = slices.DeleteFunc(w.Accesses, func(x *access) bool { return x == a })
		delete(s.index.accesses, a.ID)
		w.Changed, w.holder.Changed = s.stamp(), s.stamp()
		r.Holder, r.Number = w.holder.ID, w.Number
	case dropHolder:
		h := s.index.holders[r.ID]
		s.bury(h)
		r.Number = h.Number
	case dropSite:
		w := s.index.sites[r.ID]
		s.burySite(w)
		r.Number = w.Number
	}
}

func (s *Server) applyNewFiling(r *record) {
	z := r.Entry.first("Zt_xx")
	at := s.stamp()
	number := s.nextNumber(r.Province)
	h := &holder{ID: s.nextID(), IspID: r.ID, Number: number, Password: passwordFor(number), Data: z, Filed: at,
		Changed: at}
	s.state.Holders = append(s.state.Holders, h)
	s.index.add(h)
	for _, n := range r.Entry.all("Wz_xx") {
		s.addSite(h, n)
	}
	r.Number, r.Holder = number, h.ID
}

func (s *Server) addSite(h *holder, n *node) *site {
	at := s.stamp()
	h.SitesEver++
	w := &site{
		ID: s.nextID(), IspID: n.number("IspWzid"), Number: fmt.Sprintf("%s-%d", h.Number, h.SitesEver),
		Data: n.without("Ym_xx", "Jr_xx"), Filed: at, Changed: at,
	}
	s.fillDomains(w, n)
	h.Sites = append(h.Sites, w)
	s.index.addSite(h, w)
	for _, a := range n.all("Jr_xx") {
		s.addAccess(w, a)
	}
	return w
}

func (s *Server) fillDomains(w *site, n *node) {
	w.Domains = nil
	for _, d := range n.all("Ym_xx") {
		w.Domains = append(w.Domains, domain{ID: s.idOf(d, "Ymid"), IspID: d.number("IspYmid"), Name: d.text("Ym")})
	}
}

// idOf is an element's own ID, or a new one.
func (s *Server) idOf(n *node, name string) int64 {
	if id := n.number(name); id != 0 {
		return id
	}
	return s.nextID()
}

func (s *Server) addAccess(w *site, n *node) {
	a := &access{ID: s.nextID(), IspID: n.number("IspJrid"), Provider: s.options.ISPID, site: w}
	s.fillAccess(a, n)
	w.Accesses = append(w.Accesses, a)
	s.index.accesses[a.ID] = a
}

func (s *Server) fillAccess(a *access, n *node) {
	a.Data, a.IPs = tree("Jr_xx", append(n.all("Wzfb"), n.all("Wzjrfs")...)...), nil
	for _, p := range n.all("Ip_xx") {
		a.IPs = append(a.IPs,
			ips{ID: s.idOf(p, "Ipid"), IspID: p.number("IspIpid"), From: p.number("Qsip"), To: p.number("Zzip")})
	}
}

// applyChange replaces the holder's data and, for each site in the record, its data, domains and accesses.
func (s *Server) applyChange(r *record) {
	h, at := s.index.holders[r.ID], s.stamp()
	s.index.dropPaper(h)
	h.Data = r.Entry.first("Zt_xx")
	s.index.holderByPaper[paper(h.Data)] = h
	for _, n := range r.Entry.all("Wz_xx") {
		w := s.index.sites[n.number("Wzid")]
		s.index.dropNames(w)
		w.Data, w.Changed = n.without("Ym_xx", "Jr_xx"), at
		s.fillDomains(w, n)
		for _, an := range n.all("Jr_xx") {
			s.fillAccess(s.index.accesses[an.number("Jrid")], an)
		}
		s.index.addSite(h, w)
	}
	h.Changed, r.Holder, r.Number = at, h.ID, h.Number
}

// bury deregisters a holder with everything below it.
func (s *Server) bury(h *holder) {
	for _, w := range h.Sites {
		s.burySite(w)
	}
	h.Dead = true
	s.index.dropPaper(h)
}

func (s *Server) burySite(w *site) {
	w.Dead = true
	s.index.dropNames(w)
}
