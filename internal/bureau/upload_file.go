package bureau

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/beian/beian/internal/filing"
)

// idsPerRecord leaves room for the IDs of a record's parts: a part's ID is the
// record's × 1000 plus its place, so that the same record always gives the same
// file (100 domains and 100 addresses at the most).
const idsPerRecord = 1000

// Result codes that a record gets here, without travelling.
const (
	// CodeIllegalCharacters is 5008: not in GBK.
	CodeIllegalCharacters = 5008
	// CodeInvalidIP is 1006.
	CodeInvalidIP = 1006
)

// NewFiling is one record 新增备案 (4-1-1-1).
type NewFiling struct {
	// RecordID becomes IspZtid, by which the bureau answers.
	RecordID int64
	Dossier  filing.Dossier
}

// The elements of upload-data.xsd, in its order.
type uploadData struct {
	XMLName xml.Name `xml:"UploadData"`
	Version string   `xml:"version,attr"`
	ICP     struct {
		XZBA struct {
			Baxx []baxx `xml:"Baxx"`
		} `xml:"XZBA"`
		Qqdwid int64 `xml:"Qqdwid"`
	} `xml:"ICP"`
}

type baxx struct {
	Zt ztxx `xml:"Zt_xx"`
	Wz wzxx `xml:"Wz_xx"`
}

type ztxx struct {
	IspZtid int64  `xml:"IspZtid"`
	Dwmc    string `xml:"Dwmc"`
	Dwxz    int    `xml:"Dwxz"`
	Tzr     string `xml:"Tzr,omitempty"`
	Txdz    struct {
		Shengid string `xml:"Shengid"`
		Shiid   string `xml:"Shiid"`
		Xianid  string `xml:"Xianid,omitempty"`
		Xxdz    string `xml:"Xxdz,omitempty"`
	} `xml:"Txdz"`
	Zj struct {
		Zjlx int    `xml:"Zjlx"`
		Zjhm string `xml:"Zjhm"`
		Zjzs string `xml:"Zjzs"`
	} `xml:"Zj"`
	Fzr  fzr `xml:"Fzr"`
	Bbfs int `xml:"Bbfs"`
}

type fzr struct {
	Xm   string `xml:"Fzr_xm,omitempty"`
	Dhhm string `xml:"Fzr_dhhm,omitempty"`
	Sjhm string `xml:"Fzr_sjhm"`
	Dzyj string `xml:"Fzr_dzyj"`
	Zjlx int    `xml:"Fzr_zjlx,omitempty"`
	Zjhm string `xml:"Fzr_zjhm,omitempty"`
}

type wzxx struct {
	IspWzid int64  `xml:"IspWzid"`
	Wzmc    string `xml:"Wzmc"`
	Nrlx    *nrlx  `xml:"Nrlx"`
	Fwnr    []int  `xml:"Fwnr>Fwnr_id"`
	Yylb    []int  `xml:"Yylb>Yylb_id"`
	Ym      []ymxx `xml:"Ym_xx"`
	Jr      jrxx   `xml:"Jr_xx"`
	Fzr     fzr    `xml:"Wz_Fzr"`
	Syurl   string `xml:"Syurl,omitempty"`
	Bz      string `xml:"Wz_Bz,omitempty"`
}

type nrlx struct {
	Nrlx []nrlxx `xml:"Nrlx_xx"`
}

type nrlxx struct {
	ID    int    `xml:"Nrlx_id"`
	Qzsph string `xml:"Qzsph"`
	Spwj  string `xml:"Spwj"`
}

type ymxx struct {
	IspYmid int64  `xml:"IspYmid"`
	Ym      string `xml:"Ym"`
}

type jrxx struct {
	IspJrid int64  `xml:"IspJrid"`
	Fbdd    []int  `xml:"Wzfb>Fbdd"`
	Jrfs    []int  `xml:"Wzjrfs>Jrfs"`
	IP      []ipxx `xml:"Ip_xx"`
}

type ipxx struct {
	IspIpid int64  `xml:"IspIpid"`
	Qsip    uint32 `xml:"Qsip"`
	Zzip    uint32 `xml:"Zzip"`
}

const (
	// filedByProvider is Bbfs 代为报备: the provider files for its customer.
	filedByProvider = 1
	// noPaper stands where a special approval's number and scan belong until
	// papers can be handed in; the schema wants both non-empty.
	noPaper = "-"
)

// BuildNewFilings makes the XML of a data file of new filings, in GBK. The same
// records make the same bytes. Records that can't be written are left out and
// named with a result code.
func BuildNewFilings(version string, ispID int64, records []NewFiling) (file []byte, unfit map[int64]int, err error) {
	if len(records) > MaxRecords {
		return nil, nil, fmt.Errorf("%d records, but a data file takes %d", len(records), MaxRecords)
	}
	unfit = map[int64]int{}
	data := uploadData{Version: version}
	data.ICP.Qqdwid = ispID
	for _, r := range records {
		entry, code := newEntry(r)
		if code == 0 && !inGBK(entry) {
			code = CodeIllegalCharacters
		}
		if code != 0 {
			unfit[r.RecordID] = code
			continue
		}
		data.ICP.XZBA.Baxx = append(data.ICP.XZBA.Baxx, entry)
	}
	if len(data.ICP.XZBA.Baxx) == 0 {
		return nil, unfit, nil
	}
	file, err = encodeGBK(data)
	return file, unfit, err
}

func inGBK(entry baxx) bool {
	raw, err := xml.Marshal(entry)
	if err != nil {
		return false
	}
	_, err = simplifiedchinese.GBK.NewEncoder().Bytes(raw)
	return err == nil
}

func encodeGBK(data uploadData) ([]byte, error) {
	raw, err := xml.Marshal(data)
	if err != nil {
		return nil, err
	}
	encoded, err := simplifiedchinese.GBK.NewEncoder().Bytes(raw)
	if err != nil {
		return nil, fmt.Errorf("a data file with characters that are not in GBK: %w", err)
	}
	return append([]byte(`<?xml version="1.0" encoding="GBK"?>`+"\n"), bytes.TrimSpace(encoded)...), nil
}

func newEntry(r NewFiling) (entry baxx, code int) {
	h, s := r.Dossier.Holder, r.Dossier.Site
	part := func(n int) int64 { return r.RecordID*idsPerRecord + int64(n) }
	z := &entry.Zt
	z.IspZtid, z.Dwmc, z.Dwxz, z.Tzr, z.Bbfs = r.RecordID, h.Name, h.Nature, h.Superior, filedByProvider
	z.Txdz.Shengid, z.Txdz.Shiid, z.Txdz.Xianid, z.Txdz.Xxdz = h.Province, h.City, h.County, h.Address
	z.Zj.Zjlx, z.Zj.Zjhm, z.Zj.Zjzs = h.DocumentType, h.DocumentNumber, h.DocumentAddress
	z.Fzr = managerOf(h.Manager)

	w := &entry.Wz
	w.IspWzid, w.Wzmc, w.Syurl, w.Bz = part(1), s.Name, s.HomePage, s.Remark
	w.Fwnr, w.Yylb, w.Fzr = s.Services, s.Languages, managerOf(h.Manager)
	for _, id := range s.PreApprovals {
		if w.Nrlx == nil {
			w.Nrlx = &nrlx{}
		}
		w.Nrlx.Nrlx = append(w.Nrlx.Nrlx, nrlxx{ID: id, Qzsph: noPaper, Spwj: noPaper})
	}
	for i, d := range s.Domains {
		w.Ym = append(w.Ym, ymxx{IspYmid: part(100 + i), Ym: d})
	}
	w.Jr = jrxx{IspJrid: part(2), Fbdd: []int{s.ServerPlace}, Jrfs: []int{s.AccessMode}}
	for i, text := range s.IPs {
		ip, key := filing.ParseIPRange(text)
		if key != "" {
			return entry, CodeInvalidIP
		}
		from, to := ip.Numbers()
		w.Jr.IP = append(w.Jr.IP, ipxx{IspIpid: part(300 + i), Qsip: from, Zzip: to})
	}
	return entry, 0
}

func managerOf(m filing.Manager) fzr {
	return fzr{Xm: m.Name, Dhhm: strings.TrimSpace(m.OfficePhone), Sjhm: m.Mobile, Dzyj: m.Email, Zjlx: m.DocumentType, Zjhm: m.DocumentNumber}
}
