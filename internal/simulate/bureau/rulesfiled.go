package bureau

import (
	"cmp"
	"slices"
)

// The rules of records about what is filed.

const (
	wrongPassword = "ICP备案密码错误，请核实后再次报备"
	notYours      = "您试图操作的不是您接入的备案，这种操作是非法的，请核实后再次报备"
)

// standing returns why nothing can be done to a holder.
func (h *holder) standing() verdict {
	switch {
	case h == nil:
		return verdict{1016, unknown}
	case h.Dead:
		return verdict{1049, "主体已注销，您的请求被拒绝"}
	case h.Leaving:
		return verdict{1027, "注销主体冲突，无需重复提交该主体的注销申请"}
	}
	return verdict{}
}

func (w *site) standing() verdict {
	if w == nil {
		return verdict{1016, unknown}
	}
	if v := w.holder.standing(); v != (verdict{}) {
		return v
	}
	switch {
	case w.Dead:
		return verdict{1050, "网站已注销，您的请求被拒绝"}
	case w.Leaving:
		return verdict{1030, "注销网站冲突，无需重复提交该网站的注销申请"}
	}
	return verdict{}
}

// holderNamed finds the holder of a new site.
func (s *Server) holderNamed(n *node) *holder {
	if number := n.text("Zt_xx/Ztbah"); number != "" {
		return s.index.holderByNumber[number]
	}
	return s.index.holders[n.number("Zt_xx/Ztid")]
}

// siteNamed finds the site of a new access.
func (s *Server) siteNamed(n *node) *site {
	if number := n.text("Wz_xx/Wzbah"); number != "" {
		return s.index.siteByNumber[number]
	}
	return s.index.sites[n.number("Wz_xx/Wzid")]
}

func (s *Server) checkNewSite(r *record) verdict {
	h := s.holderNamed(r.Entry)
	if v := h.standing(); v != (verdict{}) {
		return v
	}
	return cmp.Or(when(!s.rightPassword(h, r.Entry.text("ICPmm")), 1018, wrongPassword), s.checkBlackHolder(h.Data),
		s.checkNewSites(r.Entry.all("Wz_xx"), h.Data.isPerson()))
}

func (s *Server) checkNewAccess(r *record) verdict {
	w := s.siteNamed(r.Entry)
	if v := w.standing(); v != (verdict{}) {
		return v
	}
	r.SiteName = w.name()
	return cmp.Or(when(!s.rightPassword(w.holder, r.Entry.text("ICPmm")), 1018, wrongPassword),
		when(w.ours(s.options.ISPID), 1038, "该接入已经报备，无需重复报备"),
		first(w.Domains, func(d domain) verdict { return s.checkBlack(w.name(), d.Name) }),
		s.checkAccess(r.Entry))
}

func (s *Server) checkChange(r *record) verdict {
	n := r.Entry
	z, h := n.first("Zt_xx"), s.index.holders[n.number("Zt_xx/Ztid")]
	if v := h.standing(); v != (verdict{}) {
		return v
	}
	province, filed := z.text("Txdz/Shengid"), s.index.holderByPaper[paper(z)]
	return cmp.Or(when(z.text("Baxh") != h.Number, 1016, unknown),
		s.mayTouch(h, h.ours(s.options.ISPID), n),
		when(h.Changing, 1017, "备案变更中，审核通过后可再次申请变更"),
		when(s.options.MaxChanges > 0 && s.changesToday(r) > s.options.MaxChanges, 1051,
			"同一个接入商对同一个主体变更备案申请超过最大数，请稍后再试"),
		when(signOf(province) != "" && province[:2] != h.Data.text("Txdz/Shengid")[:2], 1046,
			"变更备案时不能改变主体所在省，如果需要修改，请先申请注销主体，然后重新报备"),
		s.checkHolder(z), when(filed != nil && filed != h, 1003, "网站主办者冲突，请核实后再次报备"),
		first(n.all("Wz_xx"), func(w *node) verdict { return s.checkChangedSite(h, w, z.isPerson()) }))
}

func (s *Server) checkChangedSite(h *holder, n *node, ofPerson bool) verdict {
	w := s.index.sites[n.number("Wzid")]
	if w != nil && w.holder != h {
		w = nil
	}
	if v := w.standing(); v != (verdict{}) {
		return v
	}
	return cmp.Or(when(n.text("Baxh") != w.Number, 1016, unknown), when(!w.ours(s.options.ISPID), 1048, notYours),
		first(n.all("Jr_xx"), func(n *node) verdict {
			a := s.index.accesses[n.number("Jrid")]
			known := a != nil && a.site == w
			return cmp.Or(when(!known, 1016, unknown), when(known && a.Provider != s.options.ISPID, 1048, notYours))
		}),
		s.fewerDomains(n, w), s.checkSite(n, w, ofPerson))
}

func (s *Server) checkDrop(r *record) (v verdict) {
	n := r.Entry
	if reason := n.number("Zxly"); reason < 1 || reason > 10 {
		return verdict{1026, "注销理由代码错误，请核实后再次报备"}
	}
	switch r.Kind {
	case dropHolder:
		h := s.index.holders[r.ID]
		if v := h.standing(); v != (verdict{}) {
			return v
		}
		siteLeaves := slices.ContainsFunc(h.Sites, func(w *site) bool { return w.Leaving && !w.Dead })
		return cmp.Or(when(siteLeaves, 1043, "网站正在注销中，不允许注销主体"),
			when(!s.rightPassword(h, n.text("ICPmm")), 1018, wrongPassword), s.mayTouch(h, h.ours(s.options.ISPID), n))
	case dropSite:
		w := s.index.sites[r.ID]
		if v = w.standing(); v.code == 1027 {
			return verdict{1042, "主体正在注销中，不允许注销网站"}
		} else if v != (verdict{}) {
			return v
		}
		r.SiteName = w.name()
		return s.mayTouch(w.holder, w.ours(s.options.ISPID), n)
	}
	a := s.index.accesses[r.ID]
	if a == nil {
		return verdict{1016, unknown}
	}
	if v := a.site.standing(); v != (verdict{}) {
		return v
	}
	r.SiteName = a.site.name()
	return cmp.Or(when(a.Provider != s.options.ISPID, 1047, "只能取消本接入商的接入信息，请核实后再次报备"),
		when(a.Leaving, 1032, "接入商已经对该网站提出取消接入请求，无需重复提交"),
		when(len(a.site.Accesses) == 1, 1025, "该网站只有一个接入，不能取消该接入"),
		s.mayTouch(a.site.holder, true, n))
}

// mayTouch checks that a filed part is the provider's, and the filing password if there is one.
func (s *Server) mayTouch(h *holder, ours bool, n *node) verdict {
	password := n.text("ICPmm")
	return cmp.Or(when(!ours, 1048, notYours), when(password != "" && !s.rightPassword(h, password), 1018, wrongPassword))
}

func (s *Server) checkPapers(n *node) verdict {
	id, number := n.number("Fjssdx/Ssdxbs/Jlid"), n.text("Fjssdx/Ssdxbs/Baxh")
	return when(id != 0 && s.index.holders[id] == nil && s.index.sites[id] == nil ||
		number != "" && s.holderOf(number) == nil, 1016, unknown)
}

func (s *Server) checkOutcome(r *record) verdict {
	outcome, pushed := s.state.Unfiled[plainDomain(r.Bs)]
	return cmp.Or(when(!pushed, 5005, "企业上报的未备案网站处理结果中的网站不属于该企业，请核实后再次报备"),
		when(outcome != "", 5006, "该未备案网站的处理结果已经上报，无需重复上报"))
}
