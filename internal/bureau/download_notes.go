package bureau

import (
	"encoding/xml"
	"strings"
)

// The downloaded data besides results and filings: lists, tasks, notices, code tables.

type endedXML struct {
	Zxlb string `xml:"Zxlb"`
	Jlid number `xml:"Jlid"`
	Bz   string `xml:"Bz"`
}

type listsXML struct {
	Holders []struct {
		Dwmc string `xml:"Zt_xx>Dwmc"`
		Zjlx number `xml:"Zt_xx>Zj>Zjlx"`
		Zjhm string `xml:"Zt_xx>Zj>Zjhm"`
		Czlx string `xml:"Czlx"`
		Bz   string `xml:"Bz"`
	} `xml:"Zthmdxxs"`
	Sites []struct {
		Wzmc string   `xml:"Wz_xx>Wzmc"`
		Ym   []string `xml:"Wz_xx>Ym_xx>Ym"`
		Czlx string   `xml:"Czlx"`
		Bz   string   `xml:"Bz"`
	} `xml:"Wzhmdxxs"`
}

type foundXML struct {
	ID      number `xml:"Id"`
	Ym      string `xml:"Ym"`
	WzymMc  string `xml:"Wzym_mc"`
	IP      number `xml:"IP"`
	Ip      number `xml:"Ip"`
	Yys     number `xml:"Yys"`
	Zjjrz   number `xml:"Zjjrz"`
	Szs     number `xml:"Szs"`
	Sssh    number `xml:"Sssh"`
	Checked string `xml:"Dqjcsj"`
	Bz      string `xml:"Bz"`
}

type checksXML struct {
	Holders []struct {
		Ztid number `xml:"Ztid"`
		Cwyy string `xml:"Cwyy"`
	} `xml:"Zthc"`
	Accesses []siteCheckXML `xml:"Jrhc"`
	Empty    []siteCheckXML `xml:"Kkwzhc"`
	Dead     []siteCheckXML `xml:"Wzch"`
}

type siteCheckXML struct {
	Wzid  number `xml:"Wzid"`
	Baxh  string `xml:"Wz_Baxh"`
	Ym    string `xml:"Ym"`
	Hcjg  string `xml:"Hcjg"`
	Syurl string `xml:"Syurl"`
	Bz    string `xml:"Bz"`
}

type noticeXML struct {
	Tzlb string `xml:"Tzlb"`
	Baxh string `xml:"Baxh"`
	Jlid number `xml:"Jlid"`
	Tznr string `xml:"Tznr"`
}

func (d *DownloadData) notes(x downloadXML) {
	t := strings.TrimSpace
	for _, e := range x.ICP.ZXSJ {
		if id := e.Jlid.int64(); id > 0 {
			d.Ended = append(d.Ended, Ended{Site: t(e.Zxlb) == "1", ID: id, Remark: t(e.Bz)})
		}
	}
	const removed = "2" // Czlx in lists
	for _, h := range x.ICP.HMDLB.Holders {
		d.Blacklist = append(d.Blacklist, Blacklisted{Removed: t(h.Czlx) == removed, Name: t(h.Dwmc),
			DocumentType: h.Zjlx.int(), DocumentNumber: t(h.Zjhm), Remark: t(h.Bz)})
	}
	for _, s := range x.ICP.HMDLB.Sites {
		b := Blacklisted{Removed: t(s.Czlx) == removed, Name: t(s.Wzmc), Remark: t(s.Bz)}
		for _, domain := range s.Ym {
			b.Domains = append(b.Domains, strings.ToLower(t(domain)))
		}
		d.Blacklist = append(d.Blacklist, b)
	}
	for _, f := range x.ICP.FFJRHMD {
		d.Found = append(d.Found, FoundSite{Illegal: true, ID: f.ID.int64(), Domain: t(f.Ym), IP: f.Ip.address(),
			Operator: f.Zjjrz.int64(), Province: f.Szs.int64(), SeenAt: parseTime(f.Checked), Remark: t(f.Bz)})
	}
	for _, f := range x.ICP.WBAWZLB {
		d.Found = append(d.Found, FoundSite{ID: f.ID.int64(), Domain: t(f.WzymMc), IP: f.IP.address(),
			Operator: f.Yys.int64(), Province: f.Sssh.int64(), SeenAt: parseTime(f.Checked), Remark: t(f.Bz)})
	}
	for _, h := range x.ICP.HCJG.Holders {
		d.Checks = append(d.Checks, Check{Kind: "holder", ID: h.Ztid.int64(), Detail: t(h.Cwyy)})
	}
	d.siteChecks("access", x.ICP.HCJG.Accesses)
	d.siteChecks("empty", x.ICP.HCJG.Empty)
	d.siteChecks("dead", x.ICP.HCJG.Dead)
	for _, n := range x.ICP.XGTZ {
		d.Notices = append(d.Notices, Notice{Site: t(n.Tzlb) == "1", Number: t(n.Baxh), ID: n.Jlid.int64(), Text: t(n.Tznr)})
	}
}

func (d *DownloadData) siteChecks(kind string, list []siteCheckXML) {
	t := strings.TrimSpace
	for _, c := range list {
		d.Checks = append(d.Checks, Check{Kind: kind, ID: c.Wzid.int64(), SiteNumber: t(c.Baxh), Domain: t(c.Ym),
			Detail: t(c.Hcjg + " " + c.Syurl + " " + c.Bz)})
	}
}

type addressXML struct {
	Jgxx []struct {
		Jgdm number `xml:"Jgdm"`
		Dmms string `xml:"Dmms"`
	} `xml:"Jgxx"`
	ID    number `xml:"Id"`
	Czlx  number `xml:"Czlx"`
	IspID number `xml:"IspId"`
}

func (d *DownloadData) addresses(list []addressXML, source bool) {
	for _, a := range list {
		if len(a.Jgxx) == 0 {
			continue
		}
		if a.Jgxx[0].Jgdm.int() == CodeSchema && a.ID.int64() == 0 && a.IspID.int64() == 0 { // a whole file, as in resultXML
			d.Results = append(d.Results, Result{Code: CodeSchema, File: strings.TrimSpace(a.Jgxx[0].Dmms)})
		} else {
			d.Addresses = append(d.Addresses, AddressResult{
				Operation: AddressOperation(a.Czlx.int()), ID: a.IspID.int64(), BureauID: a.ID.int64(), Source: source,
				Code: a.Jgxx[0].Jgdm.int(), Opinion: strings.TrimSpace(a.Jgxx[0].Dmms),
			})
		}
	}
}

// The names of the code tables that the product uses (4-2-4, the elements of Jcdm_xx).
const (
	TableNatures      = "Dwxz_dms"
	TableRegions      = "Qy_dms"
	TableDocuments    = "Zjlx_dms"
	TablePreApprovals = "Wzjylx_dms"
	TableServices     = "Wzfwlx_dms"
	TableAccessModes  = "Wzjrfs_dms"
	TableReasons      = "Zxly_dms"
	TableUnfiled      = "Wbacl_dms"
	TablePaperFormats = "Fjwjgs_dms"
	TablePaperUses    = "Fjytlx_dms"
	TableLanguages    = "Yylb_dms"
	// TableUnits are the providers and operators (Bbdwlb).
	TableUnits = "Bbdwlb"
)

// CodeTable is one of the bureau's tables, complete.
type CodeTable struct {
	Name string
	Rows []CodeRow
}

// CodeRow is a value. Group refers to another table: a document type's class of organisation (Dwflid), a region's level
// (Lx).
type CodeRow struct {
	ID    int
	Name  string
	Group int
	Valid bool
}

type codesXML struct {
	Units  []codeXML `xml:"Bbdwlb>Bbdw"`
	Tables struct {
		Tables []struct {
			XMLName xml.Name
			Rows    []codeXML `xml:",any"`
		} `xml:",any"`
	} `xml:"Jcdm_xx"`
}

type codeXML struct {
	ID     number `xml:"Id"`
	Mc     string `xml:"Mc"`   // most tables
	Nr     string `xml:"Nr"`   // reasons for deregistration
	Ztmc   string `xml:"Ztmc"` // what was done about unfiled sites
	Fl2    string `xml:"Fl2"`  // kinds of feedback
	Dwmc   string `xml:"Dwmc"` // units
	Dwflid number `xml:"Dwflid"`
	Lx     number `xml:"Lx"`
	Ssdxlx number `xml:"Ssdxlx"`
	Sfyx   string `xml:"Sfyx"`
}

func (x codesXML) tables() []CodeTable {
	var list []CodeTable
	add := func(name string, rows []codeXML) {
		table := CodeTable{Name: name}
		for _, r := range rows {
			row := CodeRow{ID: r.ID.int(), Valid: strings.TrimSpace(r.Sfyx) != "0",
				Group: max(r.Dwflid.int(), r.Lx.int(), r.Ssdxlx.int())}
			for _, text := range []string{r.Mc, r.Nr, r.Ztmc, r.Fl2, r.Dwmc} {
				if row.Name == "" {
					row.Name = strings.TrimSpace(text)
				}
			}
			if row.ID > 0 && row.Name != "" {
				table.Rows = append(table.Rows, row)
			}
		}
		if len(table.Rows) > 0 {
			list = append(list, table)
		}
	}
	add(TableUnits, x.Units)
	for _, t := range x.Tables.Tables {
		add(t.XMLName.Local, t.Rows)
	}
	return list
}
