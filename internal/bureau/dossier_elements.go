package bureau

import (
	"cmp"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/beian/beian/internal/filing"
)

// The elements of a dossier: how all records of upload-data.xsd contain it, and how the bureau returns it.

type ztxx struct {
	IspZtid int64  `xml:"IspZtid" validate:"min=1"`
	Dwmc    string `xml:"Dwmc" form:"holder.name" validate:"required,max=255"`
	holderBody
	Zj   zj  `xml:"Zj"`
	Fzr  fzr `xml:"Fzr"`
	Bbfs int `xml:"Bbfs"`
}

// holderBody is the part about a holder that all records share.
type holderBody struct {
	Dwxz int    `xml:"Dwxz" form:"holder.nature" validate:"min=1,max=999"`
	Tzr  string `xml:"Tzr,omitempty" form:"holder.superior" validate:"max=255"`
	Txdz txdz   `xml:"Txdz"`
}

type txdz struct {
	Shengid string `xml:"Shengid" form:"holder.province" validate:"len=6,number"`
	Shiid   string `xml:"Shiid" form:"holder.city" validate:"len=6,number"`
	Xianid  string `xml:"Xianid,omitempty" form:"holder.county" validate:"omitempty,len=6,number"`
	Xxdz    string `xml:"Xxdz,omitempty" form:"holder.address" validate:"max=1024"`
}

type zj struct {
	Zjlx int    `xml:"Zjlx" form:"holder.document_type" validate:"min=1,max=999"`
	Zjhm string `xml:"Zjhm" form:"holder.document_number" validate:"required,max=255"`
	Zjzs string `xml:"Zjzs" form:"holder.document_address" validate:"required,max=1024"`
}

type fzr struct {
	Xm   string `xml:"Fzr_xm" form:"holder.manager_name" validate:"required,max=128"`
	Dhhm string `xml:"Fzr_dhhm,omitempty" form:"holder.manager_office_phone" validate:"omitempty,min=11,max=128"`
	Sjhm string `xml:"Fzr_sjhm" form:"holder.manager_mobile" validate:"min=11,max=128"`
	Dzyj string `xml:"Fzr_dzyj" form:"holder.manager_email" validate:"min=6,max=128"`
	Msn  string `xml:"Msn,omitempty" form:"holder.manager_emergency_phone" validate:"omitempty,min=6,max=128"`
	Zjlx int    `xml:"Fzr_zjlx,omitempty" form:"holder.manager_document_type" validate:"max=999"`
	Zjhm string `xml:"Fzr_zjhm,omitempty" form:"holder.manager_document_number" validate:"max=128"`
}

// siteFzr is the site's manager. Where that is the holder's, formField says so.
type siteFzr struct {
	Xm   string `xml:"Fzr_xm" form:"site.manager_name" validate:"required,max=128"`
	Dhhm string `xml:"Fzr_dhhm,omitempty" form:"site.manager_office_phone" validate:"omitempty,min=11,max=128"`
	Sjhm string `xml:"Fzr_sjhm" form:"site.manager_mobile" validate:"min=11,max=128"`
	Dzyj string `xml:"Fzr_dzyj" form:"site.manager_email" validate:"min=6,max=128"`
	Msn  string `xml:"Msn,omitempty" form:"site.manager_emergency_phone" validate:"omitempty,min=6,max=128"`
	Zjlx int    `xml:"Fzr_zjlx,omitempty" form:"site.manager_document_type" validate:"max=999"`
	Zjhm string `xml:"Fzr_zjhm,omitempty" form:"site.manager_document_number" validate:"max=128"`
}

type wzxx struct {
	IspWzid int64 `xml:"IspWzid" validate:"min=1"`
	siteBody
	Ym  []ymxx  `xml:"Ym_xx" form:"site.domains" validate:"min=1,dive"`
	Jr  jrxx    `xml:"Jr_xx"`
	Fzr siteFzr `xml:"Wz_Fzr"`
	siteEnd
}

// siteEnd is what all records of a site end with.
type siteEnd struct {
	Syurl string `xml:"Syurl,omitempty" form:"site.home_page" validate:"omitempty,min=4,max=255"`
	Bz    string `xml:"Wz_Bz,omitempty" form:"site.remark" validate:"max=1024"`
}

// siteBody is the part about a site that all records share.
type siteBody struct {
	Wzmc string   `xml:"Wzmc" form:"site.name" validate:"required,max=512"`
	Nrlx *[]nrlxx `xml:"Nrlx>Nrlx_xx" form:"site.pre_approvals" validate:"omitempty,dive"`
	Fwnr []int    `xml:"Fwnr>Fwnr_id" form:"site.services" validate:"min=1,max=64,dive,min=1,max=64"`
	Yylb []int    `xml:"Yylb>Yylb_id" form:"site.languages" validate:"min=1,max=256,dive,min=1,max=64"`
}

type nrlxx struct {
	ID    int      `xml:"Nrlx_id" form:"site.pre_approvals" validate:"min=1,max=64"`
	Qzsph string   `xml:"Qzsph" form:"site.pre_approvals" validate:"required,max=512"`
	Spwj  []string `xml:"Spwj" form:"site.pre_approvals" validate:"min=1,max=10,dive,required"`
}

type ymxx struct {
	IspYmid int64  `xml:"IspYmid" validate:"min=1"`
	Ymid    int64  `xml:"Ymid,omitempty"`
	Ym      string `xml:"Ym" form:"site.domains" validate:"min=4,max=128"`
}

type jrxx struct {
	IspJrid int64 `xml:"IspJrid" validate:"min=1"`
	accessBody
}

// accessBody is the part about an access that all records share.
type accessBody struct {
	Fbdd []int  `xml:"Wzfb>Fbdd" form:"site.server_place" validate:"min=1,max=64,dive,min=1,max=64"`
	Jrfs []int  `xml:"Wzjrfs>Jrfs" form:"site.access_mode" validate:"min=1,max=64,dive,min=1,max=64"`
	IP   []ipxx `xml:"Ip_xx" form:"site.ips" validate:"min=1,dive"`
}

type ipxx struct {
	IspIpid int64  `xml:"IspIpid" validate:"min=1"`
	Ipid    int64  `xml:"Ipid,omitempty"`
	Qsip    uint32 `xml:"Qsip" form:"site.ips" validate:"min=1"`
	Zzip    uint32 `xml:"Zzip" form:"site.ips" validate:"min=1"`
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

func holderBodyOf(h filing.Holder) holderBody {
	return holderBody{Dwxz: h.Nature, Tzr: h.Superior, Txdz: addressOf(h)}
}

func addressOf(h filing.Holder) txdz {
	return txdz{Shengid: h.Province, Shiid: h.City, Xianid: h.County, Xxdz: h.Address}
}

func documentOf(h filing.Holder) zj {
	return zj{Zjlx: h.DocumentType, Zjhm: h.DocumentNumber, Zjzs: h.DocumentAddress}
}

// holderManager and siteManager are the record's managers.
func (r Record) holderManager() fzr { return r.manager(r.Dossier.Holder.Manager) }

func (r Record) siteManager() siteFzr { return siteFzr(r.manager(r.Dossier.SiteManager())) }

func (r Record) manager(m filing.Manager) fzr {
	f := fzr{Xm: m.Name, Dhhm: strings.TrimSpace(m.OfficePhone), Sjhm: m.Mobile, Dzyj: m.Email, Zjlx: m.DocumentType,
		Zjhm: m.DocumentNumber}
	if r.EmergencyPhone == EmergencyInMsn {
		f.Msn = m.EmergencyPhone
	}
	return f
}

// formField is the form's field of an element: the holder's manager is the site's, too, unless the site has its own.
func (r Record) formField(field string) string {
	if name, ofSite := strings.CutPrefix(field, "site.manager_"); ofSite && !r.Dossier.Site.OtherManager {
		return "holder.manager_" + name
	}
	return field
}

func siteOf(r Record) (w wzxx, unfit filing.Unfit) {
	recordID, s := r.ID, r.Dossier.Site
	w = wzxx{IspWzid: partID(recordID, placeSite), siteBody: siteBodyOf(s, r.Papers), Fzr: r.siteManager(),
		siteEnd: siteEnd{s.HomePage, s.Remark}}
	for i, d := range s.Domains {
		w.Ym = append(w.Ym, ymxx{IspYmid: partID(recordID, placeDomains+i), Ym: d})
	}
	w.Jr.IspJrid = partID(recordID, placeAccess)
	w.Jr.accessBody, unfit = accessOf(recordID, s, nil)
	return w, unfit
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
func accessOf(recordID int64, s filing.Site, known map[string]int64) (a accessBody, unfit filing.Unfit) {
	a = accessBody{Fbdd: []int{s.ServerPlace}, Jrfs: []int{s.AccessMode}}
	for i, text := range s.IPs {
		ip, key := filing.ParseIPRange(text)
		if key != "" {
			return a, filing.Unfit{Code: CodeInvalidIP, Field: "site.ips"}
		}
		from, to := ip.Numbers()
		a.IP = append(a.IP, ipxx{IspIpid: partID(recordID, placeIPs+i), Ipid: known[ip.String()], Qsip: from, Zzip: to})
	}
	return a, unfit
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

// number is read as text, so that one invalid number in a downloaded file doesn't make the rest unreadable.
type number string

func (n number) int64() int64 {
	v, err := strconv.ParseInt(strings.TrimSpace(string(n)), 10, 64)
	if err != nil || v < 0 {
		return 0
	}
	return v
}

func (n number) int() int { return int(min(n.int64(), 1<<31-1)) }

func (n number) address() uint32 {
	if v := n.int64(); v <= 1<<32-1 {
		return uint32(v)
	}
	return 0
}

func ints(list []number) []int {
	var values []int
	for _, n := range list {
		values = append(values, n.int())
	}
	return values
}

type filedXML struct {
	Zt struct {
		IspZtid number `xml:"IspZtid"`
		Ztid    number `xml:"Ztid"`
		Dwmc    string `xml:"Dwmc" form:"holder.name"`
		Dwxz    number `xml:"Dwxz" form:"holder.nature"`
		Tzr     string `xml:"Tzr"`
		Shengid string `xml:"Txdz>Shengid"`
		Shiid   string `xml:"Txdz>Shiid"`
		Xianid  string `xml:"Txdz>Xianid"`
		Xxdz    string `xml:"Txdz>Xxdz"`
		Zjlx    number `xml:"Zj>Zjlx"`
		Zjhm    string `xml:"Zj>Zjhm"`
		Zjzs    string `xml:"Zj>Zjzs"`
		Fzr     fzrXML `xml:"Fzr"`
		Baxh    string `xml:"Baxh"`
		Zslj    string `xml:"Zslj"`
	} `xml:"Zt_xx"`
	Wz []struct {
		IspWzid number   `xml:"IspWzid"`
		Wzid    number   `xml:"Wzid"`
		Wzmc    string   `xml:"Wzmc" form:"site.name"`
		Nrlx    []number `xml:"Nrlx>Nrlx_xx>Nrlx_id"`
		Fwnr    []number `xml:"Fwnr>Fwnr_id" form:"site.services"`
		Yylb    []number `xml:"Yylb>Yylb_id" form:"site.languages"`
		Ym      []struct {
			Ymid number `xml:"Ymid"`
			Ym   string `xml:"Ym" form:"site.domains"`
		} `xml:"Ym_xx" form:"site.domains"`
		Jr []struct {
			IspJrid number   `xml:"IspJrid"`
			Jrid    number   `xml:"Jrid"`
			Ispid   number   `xml:"Ispid"`
			Fbdd    []number `xml:"Wzfb>Fbdd" form:"site.server_place"`
			Jrfs    []number `xml:"Wzjrfs>Jrfs" form:"site.access_mode"`
			IP      []struct {
				Ipid number `xml:"Ipid"`
				Qsip number `xml:"Qsip" form:"site.ips"`
				Zzip number `xml:"Zzip" form:"site.ips"`
			} `xml:"Ip_xx" form:"site.ips"`
		} `xml:"Jr_xx"`
		Fzr   fzrXML `xml:"Wz_Fzr"`
		Syurl string `xml:"Syurl"`
		Baxh  string `xml:"Baxh"`
	} `xml:"Wz_xx"`
}

type fzrXML struct {
	Xm   string `xml:"Fzr_xm" form:"holder.manager_name"`
	Dhhm string `xml:"Fzr_dhhm"`
	Sjhm string `xml:"Fzr_sjhm" form:"holder.manager_mobile"`
	Dzyj string `xml:"Fzr_dzyj" form:"holder.manager_email"`
	Msn  string `xml:"Msn"`
	Zjlx number `xml:"Fzr_zjlx"`
	Zjhm string `xml:"Fzr_zjhm"`
}

func (f fzrXML) manager() filing.Manager {
	t := strings.TrimSpace
	return filing.Manager{Name: t(f.Xm), OfficePhone: t(f.Dhhm), Mobile: t(f.Sjhm), Email: t(f.Dzyj),
		EmergencyPhone: filing.EmergencyPhone(f.Msn), DocumentType: f.Zjlx.int(), DocumentNumber: t(f.Zjhm)}
}

func (x filedXML) filed() filing.FiledHolder {
	t := strings.TrimSpace
	z := x.Zt
	f := filing.FiledHolder{
		HolderID: z.Ztid.int64(), OurHolderID: z.IspZtid.int64(), Number: t(z.Baxh), CertificatePath: t(z.Zslj),
		Holder: filing.Holder{
			Name: t(z.Dwmc), Nature: z.Dwxz.int(), DocumentType: z.Zjlx.int(), DocumentNumber: t(z.Zjhm),
			DocumentAddress: t(z.Zjzs), Superior: t(z.Tzr),
			Province: t(z.Shengid), City: t(z.Shiid), County: t(z.Xianid), Address: t(z.Xxdz), Manager: z.Fzr.manager(),
		},
	}
	for _, w := range x.Wz {
		s := filing.FiledSite{
			ID: w.Wzid.int64(), OurID: w.IspWzid.int64(), Number: t(w.Baxh), Name: t(w.Wzmc), HomePage: t(w.Syurl),
			Manager: w.Fzr.manager(), PreApprovals: ints(w.Nrlx), Services: ints(w.Fwnr), Languages: ints(w.Yylb),
		}
		for _, d := range w.Ym {
			s.Domains = append(s.Domains, filing.FiledDomain{ID: d.Ymid.int64(), Name: strings.ToLower(t(d.Ym))})
		}
		for _, j := range w.Jr {
			a := filing.FiledAccess{ID: j.Jrid.int64(), OurID: j.IspJrid.int64(), Provider: j.Ispid.int64(),
				Places: ints(j.Fbdd), Modes: ints(j.Jrfs)}
			for _, ip := range j.IP {
				a.Addresses = append(a.Addresses,
					filing.FiledRange{ID: ip.Ipid.int64(), From: ip.Qsip.address(), To: ip.Zzip.address()})
			}
			s.Accesses = append(s.Accesses, a)
		}
		f.Sites = append(f.Sites, s)
	}
	return f
}
