package bureau

import (
	"cmp"
	"encoding/base64"
	"strings"

	"github.com/beian/beian/internal/filing"
)

// The elements of a new filing (XZBA, 4-1-1-1) in the order of upload-data.xsd; other records share its parts.

type baxx struct {
	Zt ztxx `xml:"Zt_xx"`
	Wz wzxx `xml:"Wz_xx"`
	Fj []fj `xml:"Fj" validate:"dive"`
}

type ztxx struct {
	IspZtid int64  `xml:"IspZtid" validate:"min=1"`
	Dwmc    string `xml:"Dwmc" validate:"required,max=255"`
	Dwxz    int    `xml:"Dwxz" validate:"min=1,max=999"`
	Tzr     string `xml:"Tzr,omitempty" validate:"max=255"`
	Txdz    txdz   `xml:"Txdz"`
	Zj      zj     `xml:"Zj"`
	Fzr     fzr    `xml:"Fzr"`
	Bbfs    int    `xml:"Bbfs"`
}

type txdz struct {
	Shengid string `xml:"Shengid" validate:"len=6,number"`
	Shiid   string `xml:"Shiid" validate:"len=6,number"`
	Xianid  string `xml:"Xianid,omitempty" validate:"omitempty,len=6,number"`
	Xxdz    string `xml:"Xxdz,omitempty" validate:"max=1024"`
}

type zj struct {
	Zjlx int    `xml:"Zjlx" validate:"min=1,max=999"`
	Zjhm string `xml:"Zjhm" validate:"required,max=255"`
	Zjzs string `xml:"Zjzs" validate:"required,max=1024"`
}

type fzr struct {
	Xm   string `xml:"Fzr_xm" validate:"required,max=128"`
	Dhhm string `xml:"Fzr_dhhm,omitempty" validate:"omitempty,min=11,max=128"`
	Sjhm string `xml:"Fzr_sjhm" validate:"min=11,max=128"`
	Dzyj string `xml:"Fzr_dzyj" validate:"min=6,max=128"`
	Zjlx int    `xml:"Fzr_zjlx,omitempty" validate:"max=999"`
	Zjhm string `xml:"Fzr_zjhm,omitempty" validate:"max=128"`
}

type wzxx struct {
	IspWzid int64 `xml:"IspWzid" validate:"min=1"`
	siteBody
	Ym    []ymxx `xml:"Ym_xx" validate:"min=1,dive"`
	Jr    jrxx   `xml:"Jr_xx"`
	Fzr   fzr    `xml:"Wz_Fzr"`
	Syurl string `xml:"Syurl,omitempty" validate:"omitempty,min=4,max=255"`
	Bz    string `xml:"Wz_Bz,omitempty" validate:"max=1024"`
}

// siteBody is the part about a site that all records share.
type siteBody struct {
	Wzmc string   `xml:"Wzmc" validate:"required,max=512"`
	Nrlx *[]nrlxx `xml:"Nrlx>Nrlx_xx" validate:"omitempty,dive"`
	Fwnr []int    `xml:"Fwnr>Fwnr_id" validate:"min=1,max=64,dive,min=1,max=64"`
	Yylb []int    `xml:"Yylb>Yylb_id" validate:"min=1,max=256,dive,min=1,max=64"`
}

type nrlxx struct {
	ID    int      `xml:"Nrlx_id" validate:"min=1,max=64"`
	Qzsph string   `xml:"Qzsph" validate:"required,max=512"`
	Spwj  []string `xml:"Spwj" validate:"min=1,max=10,dive,required"`
}

type ymxx struct {
	IspYmid int64  `xml:"IspYmid" validate:"min=1"`
	Ymid    int64  `xml:"Ymid,omitempty"`
	Ym      string `xml:"Ym" validate:"min=4,max=128"`
}

type jrxx struct {
	IspJrid int64 `xml:"IspJrid" validate:"min=1"`
	accessBody
}

// accessBody is the part about an access that all records share.
type accessBody struct {
	Fbdd []int  `xml:"Wzfb>Fbdd" validate:"min=1,max=64,dive,min=1,max=64"`
	Jrfs []int  `xml:"Wzjrfs>Jrfs" validate:"min=1,max=64,dive,min=1,max=64"`
	IP   []ipxx `xml:"Ip_xx" validate:"min=1,dive"`
}

type ipxx struct {
	IspIpid int64  `xml:"IspIpid" validate:"min=1"`
	Ipid    int64  `xml:"Ipid,omitempty"`
	Qsip    uint32 `xml:"Qsip" validate:"min=1"`
	Zzip    uint32 `xml:"Zzip" validate:"min=1"`
}

// fj contains one attachment.
type fj struct {
	Fjxx fjxx `xml:"Fjxx"`
}

// fjxx is an attachment (附件); its owner is identified by our ID in a new filing, otherwise by the bureau's ID or
// number.
type fjxx struct {
	Fjwjgs int    `xml:"Fjwjgs" validate:"min=1"`
	Fjyt   int    `xml:"Fjyt" validate:"min=1"`
	Fjnr   string `xml:"Fjnr" validate:"required"`
	Ssdxlx int    `xml:"Fjssdx>Ssdxlx"`
	Owner  any    `xml:"Fjssdx>Ssdxbs"`
	Bz     string `xml:"Bz,omitempty" validate:"max=256"`
}

type ownerID struct {
	Jlid int64 `xml:"Jlid"`
}

type ownerNumber struct {
	Baxh string `xml:"Baxh"`
}

const (
	// filedByProvider is Bbfs 代为报备: the provider files for its customer.
	filedByProvider = 1
	// noPaper replaces a special approval's missing number or scan, because the schema requires both.
	noPaper = "-"
	// ownerHolder and ownerSite are Ssdxlx.
	ownerHolder = 1
	ownerSite   = 2
)

func newEntry(r Record) (entry baxx, code int) {
	h := r.Dossier.Holder
	entry.Zt = ztxx{
		IspZtid: r.ID, Dwmc: h.Name, Dwxz: h.Nature, Tzr: h.Superior, Bbfs: filedByProvider,
		Txdz: addressOf(h), Zj: documentOf(h), Fzr: managerOf(h.Manager),
	}
	entry.Wz, code = siteOf(r, h.Manager)
	entry.Fj = papersOf(r.Papers, func(p Paper) any {
		if p.OfSite {
			return partID(r.ID, placeSite)
		}
		return r.ID
	})
	return entry, code
}

func addressOf(h filing.Holder) txdz {
	return txdz{Shengid: h.Province, Shiid: h.City, Xianid: h.County, Xxdz: h.Address}
}

func documentOf(h filing.Holder) zj {
	return zj{Zjlx: h.DocumentType, Zjhm: h.DocumentNumber, Zjzs: h.DocumentAddress}
}

func managerOf(m filing.Manager) fzr {
	return fzr{Xm: m.Name, Dhhm: strings.TrimSpace(m.OfficePhone), Sjhm: m.Mobile, Dzyj: m.Email, Zjlx: m.DocumentType,
		Zjhm: m.DocumentNumber}
}

func siteOf(r Record, manager filing.Manager) (w wzxx, code int) {
	recordID, s := r.ID, r.Dossier.Site
	w = wzxx{IspWzid: partID(recordID, placeSite), siteBody: siteBodyOf(s, r.Papers), Fzr: managerOf(manager),
		Syurl: s.HomePage, Bz: s.Remark}
	for i, d := range s.Domains {
		w.Ym = append(w.Ym, ymxx{IspYmid: partID(recordID, placeDomains+i), Ym: d})
	}
	w.Jr.IspJrid = partID(recordID, placeAccess)
	w.Jr.accessBody, code = accessOf(recordID, s, nil)
	return w, code
}

func siteBodyOf(s filing.Site, papers []Paper) siteBody {
	return siteBody{Wzmc: s.Name, Fwnr: s.Services, Yylb: s.Languages, Nrlx: approvalsOf(s, papers)}
}

func approvalsOf(s filing.Site, papers []Paper) *[]nrlxx {
	var list []nrlxx
	for _, id := range s.PreApprovals {
		approval := nrlxx{ID: id, Qzsph: cmp.Or(s.ApprovalNumbers[id], noPaper)}
		for _, p := range papers {
			if p.Approval == id {
				approval.Spwj = append(approval.Spwj, base64.StdEncoding.EncodeToString(p.Content))
			}
		}
		if approval.Spwj == nil {
			approval.Spwj = []string{noPaper}
		}
		list = append(list, approval)
	}
	if list == nil {
		return nil
	}
	return &list
}

// accessOf makes the access; known are the bureau's IDs of its existing address ranges.
func accessOf(recordID int64, s filing.Site, known map[string]int64) (a accessBody, code int) {
	a = accessBody{Fbdd: []int{s.ServerPlace}, Jrfs: []int{s.AccessMode}}
	for i, text := range s.IPs {
		ip, key := filing.ParseIPRange(text)
		if key != "" {
			return a, CodeInvalidIP
		}
		from, to := ip.Numbers()
		a.IP = append(a.IP, ipxx{IspIpid: partID(recordID, placeIPs+i), Ipid: known[ip.String()], Qsip: from, Zzip: to})
	}
	return a, 0
}

func papersOf(papers []Paper, owner func(Paper) any) []fj {
	var list []fj
	for _, p := range papers {
		if p.Approval != 0 {
			continue // submitted with its content
		}
		f := fjxx{Fjwjgs: p.Format, Fjyt: p.Purpose, Fjnr: base64.StdEncoding.EncodeToString(p.Content), Ssdxlx: ownerHolder,
			Owner: owner(p), Bz: p.Remark}
		if p.OfSite {
			f.Ssdxlx = ownerSite
		}
		list = append(list, fj{f})
	}
	return list
}
