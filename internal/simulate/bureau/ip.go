package bureau

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// The IP part of the interface: address blocks reported, changed and deleted.

// address is a reported block.
type address struct {
	ID    int64  `json:"id"`
	IspID int64  `json:"isp_id"`
	Kind  string `json:"kind"` // the result's element: Lyjg, Fpjg, Gbjs, Zdip
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	// Sequence is the file that added it; Forgotten means that the fault "gap" lost that file, so that it may come
	// again.
	Sequence  int64 `json:"sequence"`
	Forgotten bool  `json:"forgotten,omitempty"`
}

// same reports whether an added block is a forgotten one that comes again.
func (a *address) same(n *node, kind string) bool {
	return a.Forgotten && a.Kind == kind && a.IspID == n.number("IspId") && a.From == n.number("Qsip") &&
		a.To == n.number("Zzip")
}

// addressParts pairs the records of UploadData/IP with their results, in the results' order in download-data.xsd.
var addressParts = []struct{ result, add, change, drop string }{
	{"Lyjg", "XZBA/Xzly/Ly", "XGBA/Xgly/Ly_xx", "SCBA/Scly/Ly"},
	{"Fpjg", "XZBA/Xzfp/Fpsy", "XGBA/Xgfp/Fpsy", "SCBA/Scfp/Fpsy"},
	{"Gbjs", "XZBA/Xzgbjs/Jsxx", "XGBA/Xggbjs/Jsxx", "SCBA/Scgbjs/Jsxx"},
	{"Zdip", "XZBA/Zdip/Zdxx", "XGBA/XgZd/Zdxx", "SCBA/Sczd/Zdxx"},
}

// takeIP answers an IP file at once with one parcel of results.
func (s *Server) takeIP(file *node) {
	in := file.first("IP")
	v := s.checkFile(file, in)
	var b strings.Builder
	for _, part := range addressParts {
		for czlx, path := range []string{part.add, part.change, part.drop} {
			for _, n := range in.all(path) {
				b.WriteString(s.takeAddress(n, part.result, czlx+1, v))
			}
		}
	}
	if b.Len() > 0 {
		s.post("<IP><BAJG>" + b.String() + "</BAJG></IP>")
	}
}

func (s *Server) takeAddress(n *node, kind string, czlx int, v verdict) string {
	if v == (verdict{}) {
		if v = (verdict{s.queued(), commandedOpinion}); v.code == 0 || v.code == codeAddressDone {
			v = s.checkAddress(n, kind, czlx)
		}
	}
	id, ispID := n.number("Id"), n.number("IspId")
	if v == (verdict{}) {
		v = verdict{codeAddressDone, "IP备案操作成功"}
		id = s.applyAddress(n, kind, czlx)
	}
	return fmt.Sprintf("<%s><Jgxx><Jgdm>%d</Jgdm><Dmms>%s</Dmms></Jgxx>%s<Czlx>%d</Czlx>%s</%s>",
		kind, v.code, escape(v.opinion), elID("Id", id), czlx, elID("IspId", ispID), kind)
}

const (
	addAddress    = 1
	changeAddress = 2

	codeAddressDone = 2998
)

func (s *Server) checkAddress(n *node, kind string, czlx int) verdict {
	from, to, id := n.number("Qsip"), n.number("Zzip"), n.number("Id")
	writes := czlx == addAddress || czlx == changeAddress
	taken := slices.ContainsFunc(s.state.Addresses, func(a *address) bool {
		return a.Kind == kind && a.ID != id && a.From <= to && from <= a.To && !a.same(n, kind)
	})
	return cmp.Or(
		when(czlx != addAddress && s.addressAt(kind, id) < 0, 2055, "备案申请中的IP数据在备案信息库中不存在，请核实后再次报备"),
		when(writes && from > to, 2002, "报备信息中的起始IP大于终止IP，请核实后再次报备"),
		when(writes && taken, 2003, "此IP段已报备，请核实后再次报备"))
}

func (s *Server) applyAddress(n *node, kind string, czlx int) int64 {
	s.changed()
	i := s.addressAt(kind, n.number("Id"))
	switch czlx {
	case addAddress:
		if i := slices.IndexFunc(s.state.Addresses, func(a *address) bool { return a.same(n, kind) }); i >= 0 {
			s.state.Addresses[i].Forgotten = false
			return s.state.Addresses[i].ID
		}
		a := &address{ID: s.nextID(), IspID: n.number("IspId"), Kind: kind, From: n.number("Qsip"), To: n.number("Zzip"),
			Sequence: s.state.Sequence}
		s.state.Addresses = append(s.state.Addresses, a)
		return a.ID
	case changeAddress:
		s.state.Addresses[i].From, s.state.Addresses[i].To = n.number("Qsip"), n.number("Zzip")
	default:
		s.state.Addresses = slices.Delete(s.state.Addresses, i, i+1)
	}
	return n.number("Id")
}

func (s *Server) addressAt(kind string, id int64) int {
	return slices.IndexFunc(s.state.Addresses, func(a *address) bool { return a.Kind == kind && a.ID == id })
}

// reported reports whether a filing may use an address range (code 1063): the range is within one in the options
// or one reported since.
func (s *Server) reported(from, to int64) bool {
	return s.options.ReportedIPs == nil ||
		slices.ContainsFunc(s.ranges, func(r [2]int64) bool { return r[0] <= from && to <= r[1] }) ||
		slices.ContainsFunc(s.state.Addresses,
			func(a *address) bool { return a.Kind != "Gbjs" && a.From <= from && to <= a.To })
}

// parseRange reads "a.b.c.d", "a.b.c.d-e.f.g.h" or "a.b.c.d/n".
func parseRange(text string) (r [2]int64, err error) {
	if prefix, err := netip.ParsePrefix(text); err == nil && prefix.Addr().Is4() {
		from := ipNumber(prefix.Masked().Addr())
		return [2]int64{from, from + 1<<(32-prefix.Bits()) - 1}, nil
	}
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	for i, part := range []string{first, last} {
		if r[i], err = parseIP(strings.TrimSpace(part)); err != nil {
			return r, fmt.Errorf("not an IPv4 range: %q", text)
		}
	}
	return r, nil
}

func ipNumber(a netip.Addr) int64 {
	raw := a.As4()
	return int64(binary.BigEndian.Uint32(raw[:]))
}
