package bureau

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
)

// What the bureau sends without being asked: each call queues one file.

// Operations of a blacklist entry (Czlx).
const (
	BlacklistAdd    = 0
	BlacklistRemove = 2
)

// push queues a file and saves the state.
func (s *Server) push(content string) error {
	s.post(content)
	return s.save()
}

// Push queues a file of the caller's: the content of DownloadData, well-formed or not.
func (s *Server) Push(content string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.push(content)
}

// PushBlacklistDomain puts a domain on the blacklist or removes it (HMDLB).
func (s *Server) PushBlacklistDomain(domain string, op int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := "黑名单网站"
	if w := s.index.siteByDomain[plainDomain(domain)]; w != nil {
		name = w.name()
	}
	s.state.BlackDomains[plainDomain(domain)] = op != BlacklistRemove
	return s.push(
		fmt.Sprintf("<ICP><HMDLB><Wzhmdxxs><Wz_xx>%s<Ym_xx>%s</Ym_xx></Wz_xx><Czlx>%d</Czlx></Wzhmdxxs></HMDLB></ICP>",
			el("Wzmc", name), el("Ym", domain), op))
}

// PushBlacklistHolder puts a holder on the blacklist or removes it (HMDLB).
func (s *Server) PushBlacklistHolder(name string, docType int, docNumber string, op int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.BlackHolders[paperKey(int64(docType), docNumber)] = op != BlacklistRemove
	return s.push(
		fmt.Sprintf("<ICP><HMDLB><Zthmdxxs><Zt_xx>%s<Zj>%s%s</Zj></Zt_xx><Czlx>%d</Czlx></Zthmdxxs></HMDLB></ICP>",
			el("Dwmc", name), el("Zjlx", docType), el("Zjhm", docNumber), op))
}

// PushNotice asks for corrections to a holder or a site (XGTZ).
func (s *Server) PushNotice(number, text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind, id, err := s.numbered(number)
	if err != nil {
		return err
	}
	return s.push(fmt.Sprintf("<ICP><XGTZ><Tzxx><Tzlb>%d</Tzlb>%s%s%s</Tzxx></XGTZ></ICP>", kind, el("Baxh", number),
		el("Jlid", id), el("Tznr", text)))
}

// numbered finds the owner of a filing number: 0 and a Ztid, or 1 and a Wzid.
func (s *Server) numbered(number string) (kind int, id int64, err error) {
	if h := s.index.holderByNumber[number]; h != nil && !h.Dead {
		return 0, h.ID, nil
	}
	if w := s.index.siteByNumber[number]; w != nil && !w.Dead && !w.holder.Dead {
		return 1, w.ID, nil
	}
	return 0, 0, fmt.Errorf("%q is not filed", number)
}

// PushUnfiledSite reports an unfiled site on an address (WBAWZLB).
func (s *Server) PushUnfiledSite(domain, ip string) error {
	address, err := parseIP(ip)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Unfiled[plainDomain(domain)] = ""
	at := s.stamp()
	return s.push("<ICP><WBAWZLB><Wbawz_xx>" + el("Id", s.nextID()) + el("Wzym_mc", domain) +
		"<Yylb><Yylb_id>1</Yylb_id></Yylb>" + el("IP", address) + el("Dqjcsj", at) + el("Jccs", 1) +
		el("Sssh", s.province()) + el("Scjcsj", at) + el("Jrs", s.options.ISPID) + el("Yys", 1) +
		"</Wbawz_xx></WBAWZLB></ICP>")
}

// PushIllegalAccess reports a domain on the illegal-access blacklist (FFJRHMD).
func (s *Server) PushIllegalAccess(domain, ip string) error {
	address, err := parseIP(ip)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.push("<ICP><FFJRHMD><Ffjrxx>" + el("Id", s.nextID()) + el("Ym", domain) + el("Ip", address) +
		el("Zjjrz", s.options.ISPID) + el("Szs", s.province()) + el("Dqjcsj", s.stamp()) + "</Ffjrxx></FFJRHMD></ICP>")
}

// PushVerificationTask requests the verification of a filed holder (HSRW).
func (s *Server) PushVerificationTask(holderNumber string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.index.holderByNumber[holderNumber]
	if h == nil || !h.shows() {
		return fmt.Errorf("no holder %q with a site", holderNumber)
	}
	return s.push("<ICP><HSRW>" + h.task() + "</HSRW></ICP>")
}

// PushCheckResult reports that a site's reported access wasn't found (HCJG, 多报), and that the site doesn't answer.
func (s *Server) PushCheckResult(siteNumber string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.index.siteByNumber[siteNumber]
	if w == nil || w.Dead || w.holder.Dead {
		return fmt.Errorf("no site %q", siteNumber)
	}
	a := w.Accesses[max(0, slices.IndexFunc(w.Accesses, func(x *access) bool { return x.Provider == s.options.ISPID }))]
	of, at := el("Wzid", w.ID)+el("Wz_Baxh", w.Number), s.stamp()
	return s.push("<ICP><HCJG><Jgxx><Jrhc>" + of + el("Bbisp", a.Provider) + el("Hcjg", 1) + el("Hcsj", at) +
		el("Jrid", a.ID) + "</Jrhc><Kkwzhc>" + of + el("Hcjg", 1) + el("Hcsj", at) + "</Kkwzhc></Jgxx></HCJG></ICP>")
}

// PushDeregistration deregisters a filed holder or site on the bureau's initiative (ZXSJ).
func (s *Server) PushDeregistration(number string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind, id, err := s.numbered(number)
	if err != nil {
		return err
	}
	if kind == 0 {
		s.bury(s.index.holders[id])
	} else {
		s.burySite(s.index.sites[id])
	}
	return s.push("<ICP><ZXSJ>" + deregistered(kind, id) + "</ZXSJ></ICP>")
}

// PushSync sends a holder's data as synchronisation (SJTB); an empty number sends every holder with one of the
// provider's accesses.
func (s *Server) PushSync(number string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	content := ""
	for _, h := range s.state.Holders {
		if h.shows() && (h.Number == number || number == "" && h.ours(s.options.ISPID)) {
			content += h.filed(s.options.Edition)
		}
	}
	if content == "" {
		return fmt.Errorf("nothing to synchronise for %q", number)
	}
	return s.push("<SJTB><ICP>" + content + "</ICP></SJTB>")
}

// PushCodeTables sends the full edition of the code tables (JCDM).
func (s *Server) PushCodeTables() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.push(s.codeTables())
}

func (s *Server) province() int64 {
	if p, err := strconv.ParseInt(s.options.Province, 10, 64); err == nil {
		return p
	}
	return 310000
}

func parseIP(text string) (int64, error) {
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is4() {
		return 0, fmt.Errorf("not an IPv4 address: %q", text)
	}
	return ipNumber(a), nil
}
