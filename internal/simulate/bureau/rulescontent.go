package bureau

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"
)

// checkContent checks a Wz_xx apart from domains and accesses.
func (s *Server) checkContent(w *node, same *site, ofPerson bool) verdict {
	filed := s.index.siteByName[w.text("Wzmc")]
	return cmp.Or(
		when(!inTable("Wzjylx_dms", w.all("Nrlx/Nrlx_xx/Nrlx_id")), 1033,
			"无效的前置或专项审批内容类型，请核实后再次报备"),
		when(!inTable("Wzfwlx_dms", w.all("Fwnr/Fwnr_id")), 1034, "无效网站服务内容，请核实后再次报备"),
		when(!inTable("Yylb_dms", w.all("Yylb/Yylb_id")), 1066, "网站语言类别错误，请核实后再次报备"),
		when(len(w.text("Wz_Fzr/Fzr_sjhm")) != 11 || !strings.Contains(w.text("Wz_Fzr/Fzr_dzyj"), "@"), 1007,
			"无效联系方式，请核实后再次报备"),
		when(wrongResidentID(w.number("Wz_Fzr/Fzr_zjlx"), w.text("Wz_Fzr/Fzr_zjhm")), 1015,
			"无效身份证号码，请核实后再次报备"),
		when(!ofPerson && w.text("Wz_Fzr/Fzr_dhhm") == "", 1031, "网站负责人办公电话不能为空，请核实后再次报备"),
		when(s.options.UniqueSiteNames && filed != nil && filed != same, 1020, "网站名称冲突，请核实后再次报备"),
		checkRepeated(w.all("Jr_xx")))
}

// checkRepeated finds accesses with the same addresses.
func checkRepeated(accesses []*node) verdict {
	seen := map[string]bool{}
	for _, a := range accesses {
		key := ""
		for _, p := range a.all("Ip_xx") {
			key += p.text("Qsip") + "-" + p.text("Zzip") + " "
		}
		if seen[key] {
			return verdict{1029, "同一个网站不允许有相同的接入，请核实后再次报备"}
		}
		seen[key] = true
	}
	return verdict{}
}

// inTable reports whether all values are in a code table.
func inTable(list string, values []*node) bool {
	rows := int64(len(codeTables.first(list).Kids))
	return !slices.ContainsFunc(values, func(v *node) bool { return v.value() < 1 || v.value() > rows })
}

// isPerson reports whether a Zt_xx is a natural person's.
func (n *node) isPerson() bool { return n.number("Dwxz") == 5 }

// isDomain checks a domain's form; Chinese names and a leading "*." are allowed.
func isDomain(name string) bool {
	labels := strings.Split(strings.TrimPrefix(plainDomain(name), "*."), ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsFunc(l,
			func(r rune) bool { return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			return false
		}
	}
	return len(labels) > 1
}

// wrongResidentID checks the check character of a resident ID number (GB 11643).
func wrongResidentID(documentType int64, number string) bool {
	if documentType != 2 {
		return false
	}
	if len(number) != 18 {
		return true
	}
	sum, weight := 0, 1
	for i := 16; i >= 0; i-- {
		if number[i] < '0' || number[i] > '9' {
			return true
		}
		weight = weight * 2 % 11
		sum += int(number[i]-'0') * weight
	}
	return "10X98765432"[sum%11] != strings.ToUpper(number)[17]
}

// changesToday counts a holder's changes in the 24 hours up to this one.
func (s *Server) changesToday(r *record) (n int) {
	for _, i := range s.byKey[r.key()] {
		known := s.state.Records[i]
		if !known.Forgotten && r.At.Sub(known.At) < 24*time.Hour {
			n++
		}
		if known == r {
			break
		}
	}
	return n
}
