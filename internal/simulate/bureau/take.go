package bureau

import "strconv"

// takeICP takes every record of a data file's ICP part.
func (s *Server) takeICP(file *node, sequence int64) {
	icp := file.first("ICP")
	v := s.checkFile(file, icp)
	for _, entries := range recordEntries {
		for i, n := range icp.all(entries.path) {
			r := &record{Kind: entries.kind, ID: n.number(entries.id), SiteName: n.text(entries.siteName), Sequence: sequence,
				At: s.now(), Entry: n, Times: 1}
			r.describe(n, int64(i)+1)
			for _, path := range entries.bs {
				r.Bs += n.text(path)
			}
			s.take(r, v)
		}
	}
}

// recordEntries are the records of a data file: their elements, and where these have a record's ID, site name and Bs.
var recordEntries = []struct {
	path         string
	kind         int
	id, siteName string
	bs           []string
}{
	{"XZBA/Baxx", newFiling, "Zt_xx/IspZtid", "Wz_xx/Wzmc", []string{"Zt_xx/IspZtid"}},
	{"XZWZ/Xzxx", newSite, "Wz_xx/IspWzid", "Wz_xx/Wzmc", []string{"Zt_xx/Ztbah", "Zt_xx/Ztid"}},
	{"XZJR/Xzxx", newAccess, "IspJrid", "", []string{"Wz_xx/Wzbah", "Wz_xx/Wzid"}},
	{"BGBA/Bgxx", change, "Zt_xx/Ztid", "Wz_xx/Wzmc", []string{"Zt_xx/Ztid"}},
	{"ZXBA/Zx_xx", cancelAccess, "Jlid", "", []string{"Jlid"}},
	{"XZHYD/Fjxx", papers, "Fjssdx/Ssdxbs/Jlid", "", []string{"Fjssdx/Ssdxbs/Jlid", "Fjssdx/Ssdxbs/Baxh"}},
	{"HSJG/Hsjgxx", taskResult, "Baxx/Zt_xx/Ztid", "", []string{"Baxx/Zt_xx/Ztid"}},
	{"WBACLJG/Clxx", unfiledOutcome, "", "", []string{"Ym"}},
}

// describe sets what is particular to a record's kind; place is the entry's in its section.
func (r *record) describe(n *node, place int64) {
	if r.Kind <= dropSite {
		r.Jlids = []int64{r.ID}
	}
	switch zxlb := n.text("Zxlb"); {
	case r.Kind == newFiling:
		r.Province = n.text("Zt_xx/Txdz/Shengid")
	case r.Kind == newSite:
		r.Jlids = nil
		for _, w := range n.all("Wz_xx") {
			r.Jlids = append(r.Jlids, w.number("IspWzid"))
		}
	case r.Kind == unfiledOutcome:
		r.ID = place
	case r.Kind == cancelAccess && zxlb == "0":
		r.Kind = dropHolder
	case r.Kind == cancelAccess && zxlb == "1":
		r.Kind = dropSite
	}
}

// checkFile checks what a data file, with the given part, says of itself.
func (s *Server) checkFile(file, part *node) verdict {
	switch {
	case file.version != "V.3.0":
		return verdict{5004, "接口版本错误，当前接口版本为V.3.0"}
	case part.number("Qqdwid") != s.options.ISPID:
		return verdict{5003, "XML中请求单位Id和报备单位Id不一致，请核实后再次报备"}
	}
	return verdict{}
}

// take stores a record, and decides it at once if it breaks a rule.
func (s *Server) take(r *record, v verdict) {
	s.changed()
	if s.again(r) {
		return
	}
	s.state.Records = append(s.state.Records, r)
	i := len(s.state.Records) - 1
	s.byKey[r.key()] = append(s.byKey[r.key()], i)
	for _, check := range []func(*record) verdict{s.obey, s.unfit, s.check} {
		if v == (verdict{}) {
			v = check(r)
		}
	}
	switch {
	case v != (verdict{}):
		r.Entry = nil // it holds no lock
		s.settle(i, v.code, v.opinion)
	case r.Kind == papers || r.Kind == taskResult || r.Kind == unfiledOutcome:
		s.store(i)
	default:
		s.mark(r, true)
		s.awaitVerification(r)
		s.pending = append(s.pending, i)
	}
}

// again recognises a repeated record: one of a forgotten file, one under review, or a new filing that is already
// filed. A new site or access that is already filed runs into the rules instead.
func (s *Server) again(r *record) bool {
	for _, i := range s.byKey[r.key()] {
		known := s.state.Records[i]
		if known.Forgotten && (r.Kind <= newAccess || known.Sequence == r.Sequence) {
			known.Forgotten, known.Times = false, 1
			if known.Code == 0 {
				s.pending = append(s.pending, i)
				known.At = r.At
			}
			return true
		}
		stands := known.Code == 0 && r.Kind <= newAccess || known.Code == codeApproved && r.Kind == newFiling &&
			!s.gone(known)
		if stands {
			known.Times++
			return true
		}
	}
	return false
}

// gone reports whether the holder of an approved record has been deregistered since.
func (s *Server) gone(r *record) bool {
	h := s.index.holders[r.Holder]
	return h != nil && h.Dead
}

// store keeps what needs no review. Papers are answered with 1060; the others, for which the interface has no
// answer, not at all.
func (s *Server) store(i int) {
	r := s.state.Records[i]
	switch r.Kind {
	case unfiledOutcome:
		s.state.Unfiled[plainDomain(r.Bs)] = "已处理：" + strconv.FormatInt(r.Entry.number("Cljg"), 10)
	case papers:
		s.state.Papers = append(s.state.Papers, r.Entry.without("Fjnr"))
		s.settle(i, 1060, "核验单信息成功入库")
		return
	default:
		s.state.Papers = append(s.state.Papers, r.Entry)
	}
	r.Code, r.Entry = codeApproved, nil
	s.changed()
}
