package bureau

import (
	"time"

	"github.com/beian/beian/internal/filing"
)

// The records that staff submit: results of verification tasks (HSJG), results for unfiled sites (WBACLJG),
// supplementary papers (XZHYD): 4-1-1-6 to 4-1-1-8.

type hsjgxx struct {
	Hsjg  int        `xml:"Hsjg"`
	Hsrxm string     `xml:"Hsrxm" validate:"required,max=128"`
	Hssj  string     `xml:"Hssj" validate:"len=10"`
	Bbdw  int64      `xml:"Bbdw" validate:"min=1"`
	Hsyj  string     `xml:"Hsyj" validate:"required,max=1024"`
	Cwxx  string     `xml:"Cwxx,omitempty" validate:"max=4000"`
	Baxx  verifiedBa `xml:"Baxx"`
}

// verifiedBa repeats the task's filing; its schema spells Fzr_sjhm as sjhm.
type verifiedBa struct {
	Zt struct {
		Ztid int64       `xml:"Ztid" validate:"min=1"`
		Dwmc string      `xml:"Dwmc" validate:"required,max=255"`
		Dwxz int         `xml:"Dwxz,omitempty"`
		Txdz txdz        `xml:"Txdz"`
		Tzr  string      `xml:"Tzr,omitempty" validate:"max=255"`
		Zj   zj          `xml:"Zj"`
		Fzr  verifiedFzr `xml:"Fzr"`
	} `xml:"Zt_xx"`
	Wz []verifiedWz `xml:"Wz_xx" validate:"min=1,dive"`
}

type verifiedFzr struct {
	Xm   string `xml:"Fzr_xm,omitempty" validate:"max=128"`
	Dhhm string `xml:"Fzr_dhhm,omitempty"`
	Sjhm string `xml:"sjhm" validate:"min=11,max=128"`
	Dzyj string `xml:"Fzr_dzyj" validate:"min=6,max=128"`
	Zjlx int    `xml:"Fzr_zjlx,omitempty"`
	Zjhm string `xml:"Fzr_zjhm,omitempty"`
}

type verifiedWz struct {
	Wzid int64        `xml:"Wzid" validate:"min=1"`
	Wzmc string       `xml:"Wzmc" validate:"required,max=512"`
	Nrlx *[]nrlxx     `xml:"Nrlx>Nrlx_xx" validate:"omitempty,dive"`
	Fwnr []int        `xml:"Fwnr>Fwnr_id" validate:"min=1,dive,min=1,max=64"`
	Ym   []verifiedYm `xml:"Ym_xx" validate:"min=1,dive"`
	Jr   []verifiedJr `xml:"Jr_xx" validate:"min=1,dive"`
	Fzr  verifiedFzr  `xml:"Wz_Fzr"`
	URL  string       `xml:"Syurl,omitempty" validate:"omitempty,min=4,max=255"`
}

type verifiedYm struct {
	Ymid int64  `xml:"Ymid" validate:"min=1"`
	Ym   string `xml:"Ym" validate:"min=4,max=128"`
}

type verifiedJr struct {
	Jrid int64        `xml:"Jrid" validate:"min=1"`
	Fbdd []int        `xml:"Wzfb>Fbdd" validate:"min=1,dive,min=1,max=64"`
	Jrfs []int        `xml:"Wzjrfs>Jrfs" validate:"min=1,dive,min=1,max=64"`
	IP   []verifiedIP `xml:"Ip_xx" validate:"min=1,dive"`
	Bbfs int          `xml:"Bbfs"`
}

type verifiedIP struct {
	Ipid int64  `xml:"Ipid" validate:"min=1"`
	Qsip uint32 `xml:"Qsip" validate:"min=1"`
	Zzip uint32 `xml:"Zzip" validate:"min=1"`
}

type clxx struct {
	Ym      string `xml:"Ym" validate:"min=4,max=128"`
	IP      uint32 `xml:"IP" validate:"min=1"`
	Yys     int64  `xml:"Yys" validate:"min=1"`
	Jrs     int64  `xml:"Jrs" validate:"min=1"`
	Shengid int64  `xml:"Shengid" validate:"min=1"`
	Cljg    int    `xml:"Cljg" validate:"min=1,max=999"`
	Clyj    string `xml:"Clyj" validate:"required,max=255"`
	Rbsj    string `xml:"Rbsj" validate:"len=10"`
	Clsx    string `xml:"Clsx" validate:"len=10"`
}

// Verification is the result of a bureau's task (核实结果).
type Verification struct {
	Passed bool
	// Who verified it, and what was found; Faults if it didn't pass.
	Who, Opinion, Faults string
	At                   time.Time
	// Task is the filing as it appears in the task.
	Task filing.FiledHolder
}

// UnfiledResult is the result for an unfiled site (未备案处理结果).
type UnfiledResult struct {
	Domain             string
	IP                 uint32
	Operator, Province int64
	// Result is a value of the bureau's table Wbacl.
	Result  int
	Opinion string
	// Listed is when the site was listed, Due the deadline for dealing with it.
	Listed, Due time.Time
}

// PaperOf is a paper submitted on its own, for an existing holder or site.
type PaperOf struct {
	Paper
	Subject filing.Subject
}

// StaffRecord is a record that staff submit; exactly one of its fields besides ID is set.
type StaffRecord struct {
	// ID is ours, to identify a record that doesn't fit; it isn't submitted.
	ID           int64
	Verification *Verification
	Unfiled      *UnfiledResult
	Paper        *PaperOf
}

// BuildStaffRecords makes the XML of a data file of staff records, in GBK. It is deterministic. Records that would
// violate the schema are left out and returned.
func BuildStaffRecords(version string, ispID int64,
	records []StaffRecord) (file []byte, unfit Unfit, err error) {
	icp := &uploadICP{Qqdwid: ispID}
	return build(records, uploadData{Version: version, ICP: icp},
		func(r StaffRecord) Unfit { return one(r.ID, icp.addStaffs(r)) })
}

// addStaffs puts a staff record in its section; it is unfit if it can't be there.
func (icp *uploadICP) addStaffs(r StaffRecord) filing.Unfit {
	day := func(t time.Time) string { return t.In(China).Format(time.DateOnly) }
	switch {
	case r.Verification != nil:
		v := *r.Verification
		e := hsjgxx{Hsrxm: v.Who, Hssj: day(v.At), Bbdw: icp.Qqdwid, Hsyj: v.Opinion, Cwxx: v.Faults,
			Baxx: verifiedOf(v.Task)}
		if !v.Passed {
			e.Hsjg = 1
		}
		return addFitting(&icp.HSJG, e)
	case r.Unfiled != nil:
		u := *r.Unfiled
		return addFitting(&icp.WBACLJG, clxx{
			Ym: u.Domain, IP: u.IP, Yys: u.Operator, Jrs: icp.Qqdwid, Shengid: u.Province, Cljg: u.Result, Clyj: u.Opinion,
			Rbsj: day(u.Listed), Clsx: day(u.Due),
		})
	case r.Paper != nil:
		owner := papersOf([]Paper{r.Paper.Paper}, func(Paper) any {
			if r.Paper.OfSite {
				return ownerID{r.Paper.Subject.SiteID}
			}
			return ownerID{r.Paper.Subject.HolderID}
		})
		return addFitting(&icp.XZHYD, owner[0].Fjxx)
	}
	return filing.Unfit{Code: CodeSchema}
}

func verifiedOf(f filing.FiledHolder) (v verifiedBa) {
	manager := func(m filing.Manager) verifiedFzr {
		return verifiedFzr{Xm: m.Name, Dhhm: m.OfficePhone, Sjhm: m.Mobile, Dzyj: m.Email, Zjlx: m.DocumentType,
			Zjhm: m.DocumentNumber}
	}
	z := &v.Zt
	z.Ztid, z.Dwmc, z.Dwxz, z.Tzr = f.HolderID, f.Holder.Name, f.Holder.Nature, f.Holder.Superior
	z.Txdz, z.Zj, z.Fzr = addressOf(f.Holder), documentOf(f.Holder), manager(f.Holder.Manager)
	for _, s := range f.Sites {
		w := verifiedWz{Wzid: s.ID, Wzmc: s.Name, Nrlx: approvalsOf(filing.Site{PreApprovals: s.PreApprovals}, nil),
			Fwnr: s.Services, Fzr: manager(s.Manager), URL: s.HomePage}
		for _, d := range s.Domains {
			w.Ym = append(w.Ym, verifiedYm{d.ID, d.Name})
		}
		for _, a := range s.Accesses {
			j := verifiedJr{Jrid: a.ID, Fbdd: a.Places, Jrfs: a.Modes, Bbfs: filedByProvider}
			for _, ip := range a.Addresses {
				j.IP = append(j.IP, verifiedIP{ip.ID, ip.From, ip.To})
			}
			w.Jr = append(w.Jr, j)
		}
		v.Wz = append(v.Wz, w)
	}
	return v
}
