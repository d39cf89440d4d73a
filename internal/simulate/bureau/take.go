package bureau

import "strconv"

// takeICP takes every record of a data file's ICP part.
func (s *Server) takeICP(file *node, sequence int64) {
	icp := file.first("ICP")
	code, opinion := s.checkFile(file, icp)
	for _, path := range []string{"XZBA/Baxx", "XZWZ/Xzxx", "XZJR/Xzxx", "BGBA/Bgxx", "ZXBA/Zx_xx", "XZHYD/Fjxx",
		"HSJG/Hsjgxx", "WBACLJG/Clxx"} {
		for i, n := range icp.all(path) {
			r := newRecord(path, n, int64(i)+1)
			r.Sequence, r.At, r.Entry, r.Times = sequence, s.now(), n, 1
			s.take(r, code, opinion)
		}
	}
}

// checkFile checks what a data file, with the given part, says of itself.
func (s *Server) checkFile(file, part *node) (code int, opinion string) {
	switch {
	case file.version != "V.3.0":
		return 5004, "接口版本错误，当前接口版本为V.3.0"
	case part.number("Qqdwid") != s.options.ISPID:
		return 5003, "XML中请求单位Id和报备单位Id不一致，请核实后再次报备"
	}
	return 0, ""
}

func newRecord(path string, n *node, place int64) *record {
	r := &record{}
	switch path {
	case "XZBA/Baxx":
		r.Kind, r.ID, r.SiteName = newFiling, n.number("Zt_xx/IspZtid"), n.text("Wz_xx/Wzmc")
		r.Bs, r.Jlids, r.Province = n.text("Zt_xx/IspZtid"), []int64{r.ID}, n.text("Zt_xx/Txdz/Shengid")
	case "XZWZ/Xzxx":
		r.Kind, r.ID, r.SiteName = newSite, n.number("Wz_xx/IspWzid"), n.text("Wz_xx/Wzmc")
		r.Bs = n.text("Zt_xx/Ztbah") + n.text("Zt_xx/Ztid")
		for _, w := range n.all("Wz_xx") {
			r.Jlids = append(r.Jlids, w.number("IspWzid"))
		}
	case "XZJR/Xzxx":
		r.Kind, r.ID, r.Bs = newAccess, n.number("IspJrid"), n.text("Wz_xx/Wzbah")+n.text("Wz_xx/Wzid")
		r.Jlids = []int64{r.ID}
	case "BGBA/Bgxx":
		r.Kind, r.ID, r.SiteName = change, n.number("Zt_xx/Ztid"), n.text("Wz_xx/Wzmc")
		r.Bs, r.Jlids = n.text("Zt_xx/Ztid"), []int64{r.ID}
	case "ZXBA/Zx_xx":
		r.Kind, r.ID = dropKind(n.text("Zxlb")), n.number("Jlid")
		r.Bs, r.Jlids = n.text("Jlid"), []int64{r.ID}
	case "XZHYD/Fjxx":
		r.Kind, r.ID = papers, n.number("Fjssdx/Ssdxbs/Jlid")
		r.Bs = n.text("Fjssdx/Ssdxbs/Jlid") + n.text("Fjssdx/Ssdxbs/Baxh")
	case "HSJG/Hsjgxx":
		r.Kind, r.ID, r.Bs = taskResult, n.number("Baxx/Zt_xx/Ztid"), n.text("Baxx/Zt_xx/Ztid")
	case "WBACLJG/Clxx":
		r.Kind, r.ID, r.Bs = unfiledOutcome, place, n.text("Ym")
	}
	return r
}

func dropKind(zxlb string) int {
	switch zxlb {
	case "0":
		return dropHolder
	case "1":
		return dropSite
	}
	return cancelAccess
}

// take stores a record, and decides it at once if it breaks a rule.
func (s *Server) take(r *record, code int, opinion string) {
	s.changed()
	if s.again(r) {
		return
	}
	s.state.Records = append(s.state.Records, r)
	i := len(s.state.Records) - 1
	s.byKey[r.key()] = append(s.byKey[r.key()], i)
	if code == 0 {
		code, opinion = s.obey(r)
	}
	if code == 0 {
		code, opinion = s.unfit(r.Entry)
	}
	if code == 0 {
		code, opinion = s.check(r)
	}
	switch {
	case code != 0:
		r.Entry = nil // it holds no lock
		s.settle(i, code, opinion)
	case r.Kind == papers || r.Kind == taskResult || r.Kind == unfiledOutcome:
		s.store(i)
	default:
		s.mark(r, true)
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
