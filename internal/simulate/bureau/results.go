package bureau

import (
	"fmt"
	"slices"
	"strings"
)

// results is the ICP part with the verdicts of records: the data of filed ones (BASJ), what was deregistered
// (ZXSJ), and the verdicts themselves (BAJG).
func (s *Server) results(records []*record) string {
	var filed, dropped, reviews, faults strings.Builder
	var sent []int64
	for _, r := range records {
		if r.Code == codeApproved || r.Code == codeRefused {
			reviews.WriteString(s.review(r))
		} else {
			fmt.Fprintf(&faults, `<Jg_xx><Jgxx><Jgdm>%d</Jgdm><Dmms>%s</Dmms></Jgxx><Czlx>%d</Czlx>%s</Jg_xx>`, r.Code,
				escape(r.Opinion), r.wireKind(), el("Bs", r.Bs))
		}
		if r.Code != codeApproved {
			continue
		}
		switch r.Kind {
		case dropHolder:
			dropped.WriteString(deregistered(0, r.ID))
		case dropSite:
			dropped.WriteString(deregistered(1, r.ID))
		default:
			if h := s.index.holders[r.Holder]; h != nil && h.shows() && !slices.Contains(sent, h.ID) {
				sent = append(sent, h.ID)
				filed.WriteString(h.filed(s.options.Edition))
			}
		}
	}
	verdicts := faults.String()
	if reviews.Len() > 0 {
		verdicts += "<GJSHS>" + reviews.String() + "</GJSHS>"
	}
	return "<ICP>" + wrap("BASJ", filed.String()) + wrap("ZXSJ", dropped.String()) + wrap("BAJG", verdicts) + "</ICP>"
}

// wireKind is the Czlx in a result: download-data.xsd allows only 1 to 7, so results of papers have 1, and a Bs
// that no new filing has.
func (r *record) wireKind() int {
	if r.Kind > dropSite {
		return newFiling
	}
	return r.Kind
}

func (s *Server) review(r *record) string {
	var b strings.Builder
	passed := map[bool]int{true: 1}[r.Code == codeApproved]
	ids := r.Jlids
	if r.Code == codeRefused && r.RefusedSite != 0 {
		ids = []int64{r.RefusedSite}
	}
	for _, id := range ids {
		fmt.Fprintf(&b, `<Gjsh><Shsj>%s</Shsj>%s<Shjg>%d</Shjg><Czlx>%d</Czlx>%s</Gjsh>`, s.stamp(), el("Shyj", r.Opinion),
			passed, r.Kind, elID("Jlid", id))
	}
	return b.String()
}

func deregistered(kind int, id int64) string {
	return fmt.Sprintf("<Zxxx><Zxlb>%d</Zxlb><Jlid>%d</Jlid></Zxxx>", kind, id)
}

// shows reports whether a holder can be sent: the schema requires a site with an access.
func (h *holder) shows() bool {
	return !h.Dead && slices.ContainsFunc(h.Sites, func(w *site) bool { return !w.Dead })
}

// filed is a Baxx of BASJ and SJTB: the whole holder as in the base.
func (h *holder) filed(e Edition) string {
	certificate := el("Zslj", fmt.Sprintf("/certificates/%d/bazu.cert", h.certificateID())) + el("Zsxh", h.certificateID())
	if e == EditionToday {
		certificate = ""
	}
	return "<Baxx><Zt_xx>" + elID("IspZtid", h.IspID) + el("Ztid", h.ID) +
		h.Data.xml("Dwmc", "Dwxz", "Txdz", "Zj", "Fzr") + el("Baxh", h.Number) + el("Bbyhlx", 1) + h.Data.xml("Tzr") +
		el("Scbbsj", h.Filed) + el("Zjxgsj", h.Changed) +
		certificate + el("Shsj", h.Changed) + h.Data.xml("Bz") + "</Zt_xx>" + h.sitesXML(false) + "</Baxx>"
}

// xml is a Wz_xx; that of a task omits the provider's IDs and the number.
func (w *site) xml(ofTask bool) string {
	unless := func(omitted bool, element string) string {
		if omitted {
			return ""
		}
		return element
	}
	var b strings.Builder
	b.WriteString("<Wz_xx>" + unless(ofTask, elID("IspWzid", w.IspID)) + el("Wzid", w.ID) +
		w.Data.xml("Wzmc", "Nrlx", "Fwnr", "Yylb"))
	for _, d := range w.Domains {
		b.WriteString("<Ym_xx>" + unless(ofTask, elID("IspYmid", d.IspID)) + el("Ymid", d.ID) + el("Ym", d.Name) + "</Ym_xx>")
	}
	for _, a := range w.Accesses {
		b.WriteString("<Jr_xx>" + unless(ofTask, elID("IspJrid", a.IspID)) + el("Jrid", a.ID) +
			unless(ofTask, el("Ispid", a.Provider)) + a.Data.xml("Wzfb", "Wzjrfs"))
		for _, p := range a.IPs {
			b.WriteString("<Ip_xx>" + unless(ofTask, elID("IspIpid", p.IspID)) + el("Ipid", p.ID) + el("Qsip", p.From) +
				el("Zzip", p.To) + "</Ip_xx>")
		}
		b.WriteString(unless(!ofTask, el("Bbyhid", a.Provider)+el("Bbyhlx", 1)) + "</Jr_xx>")
	}
	return b.String() + w.Data.xml("Wz_Fzr", "Syurl", "Wz_Bz") + el("Scbbsj", w.Filed) + el("Zjxgsj", w.Changed) +
		unless(ofTask, el("Baxh", w.Number)) + "</Wz_xx>"
}

// task is a Baxx of HSRW: a filed holder to verify.
func (h *holder) task() string {
	return "<Baxx><Zt_xx>" + el("Ztid", h.ID) + h.Data.xml("Dwmc", "Dwxz", "Txdz", "Zj", "Fzr", "Tzr") + el("Bbyhlx", 1) +
		el("Scbbsj", h.Filed) + el("Zjxgsj", h.Changed) + h.Data.xml("Bz") + "</Zt_xx>" + h.sitesXML(true) + "</Baxx>"
}

func (h *holder) sitesXML(ofTask bool) string {
	var b strings.Builder
	for _, w := range h.Sites {
		if !w.Dead {
			b.WriteString(w.xml(ofTask))
		}
	}
	return b.String()
}
