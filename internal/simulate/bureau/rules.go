package bureau

import (
	"cmp"
	"crypto/md5" //nolint:gosec // the interface's hash algorithm
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// verdict is a result code of section 3-5 with the bureau's opinion; the zero value has no objection.
type verdict struct {
	code    int
	opinion string
}

// when is a verdict if its rule is broken.
func when(broken bool, code int, opinion string) verdict {
	if !broken {
		return verdict{}
	}
	return verdict{code, opinion}
}

// first is the first objection to the elements of a list.
func first[T any](list []T, check func(T) verdict) (v verdict) {
	for i := 0; i < len(list) && v == (verdict{}); i++ {
		v = check(list[i])
	}
	return v
}

const unknown = "备案申请中的数据在备案信息库中不存在，请核实后再次报备"

// unfit finds characters and attachments that no record may have.
func (s *Server) unfit(r *record) (v verdict) {
	r.Entry.each(func(n *node) {
		if n.Name == "Fjnr" {
			if _, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.Text), "")); err != nil {
				v = verdict{5010, badPaper}
			}
			return
		}
		for _, r := range n.Text {
			if r == unicode.ReplacementChar || unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
				v = verdict{5008, "上报信息中存在非法字符，请核实后再次报备"}
			}
		}
	})
	if v == (verdict{}) && s.options.CheckPapers {
		return unfitPapers(r.Entry)
	}
	return v
}

// check applies the rules of a record's kind.
func (s *Server) check(r *record) verdict {
	switch r.Kind {
	case newFiling:
		return s.checkNewFiling(r.Entry)
	case newSite:
		return s.checkNewSite(r)
	case newAccess:
		return s.checkNewAccess(r)
	case change:
		return s.checkChange(r)
	case papers:
		return s.checkPapers(r.Entry)
	case taskResult:
		return when(s.index.holders[r.ID] == nil, 1016, unknown)
	case unfiledOutcome:
		return s.checkOutcome(r)
	}
	return s.checkDrop(r)
}

func (s *Server) checkNewFiling(n *node) verdict {
	z := n.first("Zt_xx")
	return cmp.Or(s.checkHolder(z),
		when(s.index.holderByPaper[paper(z)] != nil, 1003, "网站主办者冲突，请核实后再次报备"),
		s.checkNewSites(n.all("Wz_xx"), z.isPerson()))
}

// checkHolder checks a Zt_xx.
func (s *Server) checkHolder(z *node) verdict {
	province, documentType := z.text("Txdz/Shengid"), z.number("Zj/Zjlx")
	home := s.options.Province
	return cmp.Or(
		when(signOf(province) == "" || len(z.text("Txdz/Shiid")) != 6, 1019, "省市县代码错误"),
		when(home != "" && !strings.HasPrefix(province, home[:2]), 1045,
			"接入商只能到其所在省通信管理局系统进行ICP备案信息的报备"),
		when(!isCode("Dwxz_dms/Dwxz_xx", z.number("Dwxz")), 1014, "无效主办单位性质"),
		when(!isCode(documentTypes, documentType), 1008, "无效证件"),
		when(wrongResidentID(documentType, z.text("Zj/Zjhm")) ||
			wrongResidentID(z.number("Fzr/Fzr_zjlx"), z.text("Fzr/Fzr_zjhm")), 1015, "无效身份证号码，请核实后再次报备"),
		when(z.text("Fzr/Fzr_xm") == "", 1044, "主体负责人姓名不能为空"),
		when(len(z.text("Fzr/Fzr_sjhm")) != 11, 1011, "无效手机号码"),
		when(!strings.Contains(z.text("Fzr/Fzr_dzyj"), "@"), 1009, "无效邮箱"),
		when(!z.isPerson() && len(z.text("Fzr/Fzr_dhhm")) < 11, 1010, "无效办公电话"),
		s.checkBlackHolder(z))
}

// checkBlackHolder checks that a Zt_xx isn't on the blacklist.
func (s *Server) checkBlackHolder(z *node) verdict {
	return when(s.state.BlackHolders[paper(z)], 1065, "主体在黑名单中，请核实后再次报备")
}

// checkNewSites checks each Wz_xx of sites that aren't filed yet.
func (s *Server) checkNewSites(sites []*node, ofPerson bool) verdict {
	return first(sites, func(w *node) verdict { return cmp.Or(s.oneDomain(w), s.checkSite(w, nil, ofPerson)) })
}

// oneDomain checks that a new site names one domain, the registrable one: today's rule (工信管函〔2019〕633号). Without a
// list of suffixes, it recognises only the host names that people add.
func (s *Server) oneDomain(w *node) verdict {
	if s.options.Edition != EditionToday {
		return verdict{}
	}
	names := w.all("Ym_xx/Ym")
	below := slices.ContainsFunc(names, func(n *node) bool {
		return strings.HasPrefix(plainDomain(n.Text), "www.") || strings.HasPrefix(plainDomain(n.Text), "*.")
	})
	return when(len(names) != 1 || below, 1004, "一个网站只能备案一个域名，不含www和“*.”，请核实后再次报备")
}

// fewerDomains checks that a change leaves a site only domains that it has: today, a site may only lose some.
func (s *Server) fewerDomains(n *node, w *site) verdict {
	added := slices.ContainsFunc(n.all("Ym_xx/Ym"), func(d *node) bool {
		return s.index.siteByDomain[plainDomain(d.Text)] != w
	})
	return when(s.options.Edition == EditionToday && added, 1004, "网站的域名只能减少，不能增加或更换，请核实后再次报备")
}

// checkSite checks a Wz_xx; same is the filed site that it changes, ofPerson says that the holder is a person.
func (s *Server) checkSite(w *node, same *site, ofPerson bool) verdict {
	home := s.index.siteByHome[homePage(w)]
	return cmp.Or(s.checkContent(w, same, ofPerson), first(w.all("Jr_xx"), s.checkAccess),
		first(w.all("Ym_xx"), func(d *node) verdict {
			name := d.text("Ym")
			filed := s.index.siteByDomain[plainDomain(name)]
			return cmp.Or(when(!isDomain(name), 1004, "无效域名，请核实后再次报备"), s.checkBlack(w.text("Wzmc"), name),
				when(filed != nil && filed != same, 1005, "域名冲突，该域名在备案信息库中已存在，请核实后再次报备"))
		}),
		when(home != nil && home != same && homePage(w) != "", 1021,
			"网站首页地址冲突，在备案信息库中已存在该首页地址，请核实后再次报备"),
		checkHome(w))
}

// checkBlack checks that a site's domain isn't blacklisted.
func (s *Server) checkBlack(siteName, domain string) verdict {
	return when(s.state.BlackDomains[plainDomain(domain)], 1064,
		"“"+siteName+"”网站的“"+domain+"”在黑名单中，请核实后再次报备")
}

// checkHome requires the home page's host to be among the domains.
func checkHome(w *node) verdict {
	home, err := url.Parse(w.text("Syurl"))
	if err != nil || home.Hostname() == "" || home.Scheme != "http" && home.Scheme != "https" {
		return verdict{1022, "网站首页地址格式错误，请核实后再次报备"}
	}
	covered := slices.ContainsFunc(w.all("Ym_xx"), func(n *node) bool {
		d, host := n.text("Ym"), home.Hostname()
		return host == d || strings.HasSuffix(host, "."+strings.TrimPrefix(d, "*."))
	})
	return when(!covered, 1041, "网站首页URL中必须包含域名中的其中一项")
}

// checkAccess checks a Jr_xx, or a new access, which has the same elements.
func (s *Server) checkAccess(a *node) verdict {
	modes := a.all("Wzjrfs/Jrfs")
	if slices.ContainsFunc(modes, func(m *node) bool { return m.value() < 1 || m.value() > 4 }) {
		return verdict{1035, "无效网站接入方式"}
	}
	if len(a.all("Wzfb/Fbdd")) == 0 {
		return verdict{1036, "无效服务器放置地点"}
	}
	if len(modes) == 0 {
		return verdict{1035, "无效网站接入方式"}
	}
	ranges := a.all("Ip_xx")
	for i, p := range ranges {
		from, to := p.number("Qsip"), p.number("Zzip")
		if from < 1 || to > 1<<32-1 || from > to {
			return verdict{1006, "无效IP，请核实后再次报备"}
		}
		for _, other := range ranges[:i] {
			if from <= other.number("Zzip") && other.number("Qsip") <= to {
				return verdict{1024, "备案信息中的IP地址冲突，请核实后再次报备"}
			}
		}
		if !s.reported(from, to) {
			return verdict{1063, "ICP备案接入信息中所使用的IP地址与你单位IP地址备案中报备的IP信息不一致，请核实后再次提交"}
		}
	}
	return verdict{}
}

// rightPassword compares an ICPmm: the hexadecimal MD5 of the filing password, which today means nothing any more.
func (s *Server) rightPassword(h *holder, icpmm string) bool {
	if s.options.Edition == EditionToday {
		return true
	}
	sum := md5.Sum([]byte(h.Password)) //nolint:gosec // see above
	return strings.EqualFold(icpmm, hex.EncodeToString(sum[:]))
}
