package bureau

import (
	"strconv"
	"strings"

	"github.com/beian/beian/internal/filing"
)

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
		Dwmc    string `xml:"Dwmc"`
		Dwxz    number `xml:"Dwxz"`
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
		Wzmc    string   `xml:"Wzmc"`
		Nrlx    []number `xml:"Nrlx>Nrlx_xx>Nrlx_id"`
		Fwnr    []number `xml:"Fwnr>Fwnr_id"`
		Yylb    []number `xml:"Yylb>Yylb_id"`
		Ym      []struct {
			Ymid number `xml:"Ymid"`
			Ym   string `xml:"Ym"`
		} `xml:"Ym_xx"`
		Jr []struct {
			IspJrid number   `xml:"IspJrid"`
			Jrid    number   `xml:"Jrid"`
			Ispid   number   `xml:"Ispid"`
			Fbdd    []number `xml:"Wzfb>Fbdd"`
			Jrfs    []number `xml:"Wzjrfs>Jrfs"`
			IP      []struct {
				Ipid number `xml:"Ipid"`
				Qsip number `xml:"Qsip"`
				Zzip number `xml:"Zzip"`
			} `xml:"Ip_xx"`
		} `xml:"Jr_xx"`
		Fzr   fzrXML `xml:"Wz_Fzr"`
		Syurl string `xml:"Syurl"`
		Baxh  string `xml:"Baxh"`
	} `xml:"Wz_xx"`
}

type fzrXML struct {
	Xm   string `xml:"Fzr_xm"`
	Dhhm string `xml:"Fzr_dhhm"`
	Sjhm string `xml:"Fzr_sjhm"`
	Dzyj string `xml:"Fzr_dzyj"`
	Zjlx number `xml:"Fzr_zjlx"`
	Zjhm string `xml:"Fzr_zjhm"`
}

func (f fzrXML) manager() filing.Manager {
	t := strings.TrimSpace
	return filing.Manager{Name: t(f.Xm), OfficePhone: t(f.Dhhm), Mobile: t(f.Sjhm), Email: t(f.Dzyj),
		DocumentType: f.Zjlx.int(), DocumentNumber: t(f.Zjhm)}
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
