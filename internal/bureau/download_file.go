package bureau

import (
	"encoding/xml"
	"errors"
	"strings"
	"time"

	"github.com/beian/beian/internal/filing"
)

// CodeApproved is 管局审核通过, CodeRefused 管局审核拒绝 (3-5).
const (
	CodeApproved = 1001
	CodeRefused  = 1002
)

// DownloadData is the content of a data file from the bureau (4-2).
type DownloadData struct {
	// Results are verdicts on our records.
	Results []Result
	// Filings are the bureau's data of filings (BASJ, SJTB).
	Filings []filing.FiledHolder
	// Ended are deregistrations (ZXSJ).
	Ended []Ended
	// Blacklist has additions to and removals from the blacklist (HMDLB).
	Blacklist []Blacklisted
	// Found are sites without a filing (WBAWZLB) or with illegal access (FFJRHMD).
	Found []FoundSite
	// Tasks are filings that the provider must verify (HSRW).
	Tasks []filing.FiledHolder
	// Checks are the findings of the bureau's own checks (HCJG).
	Checks []Check
	// Notices are requests for correction (XGTZ).
	Notices []Notice
	// Codes are the bureau's code tables (JCDM).
	Codes []CodeTable
	// Addresses are the results for reported address blocks (IP/BAJG).
	Addresses []AddressResult
	// Skipped names sections that this version doesn't read: domain registry reports (YM), and address data.
	Skipped []string
	// Damaged: some bytes are invalid in the file's encoding, so that parts of it may be missing here.
	Damaged bool
}

// Result is a verdict on a record: the bureau's review (Gjsh), or an error found while reading the file (Jg_xx).
type Result struct {
	// Operation is Czlx; 0 if the file doesn't say.
	Operation int
	// Review says which of Keys identifies the record: Jlid of a review, Bs of a result.
	Review bool
	Key    string
	// File is the name of a data file that violated the schema as a whole (5001).
	File       string
	Approved   bool
	Code       int
	Opinion    string
	ReviewedAt time.Time
}

// Ended is a filing that the bureau deregistered.
type Ended struct {
	// Site: a site's rather than a holder's.
	Site bool
	// ID is Ztid or Wzid.
	ID     int64
	Remark string
}

// Blacklisted is an entry of the blacklist: a holder, by document, or domains.
type Blacklisted struct {
	Removed        bool
	Name           string
	DocumentType   int
	DocumentNumber string
	Domains        []string
	Remark         string
}

// FoundSite is a site that must not be online.
type FoundSite struct {
	// Illegal: filed, but without our access; otherwise not filed at all.
	Illegal bool
	ID      int64
	Domain  string
	IP      uint32
	// Operator is Yys, Province the location; the answer (WBACLJG) repeats them.
	Operator, Province int64
	SeenAt             time.Time
	Remark             string
}

// Check is one finding of the bureau's own checks.
type Check struct {
	// Kind is "holder", "access", "empty" (空壳网站) or "dead" (网站存活检测).
	Kind       string
	ID         int64
	SiteNumber string
	Domain     string
	Detail     string
}

// Notice requests a correction of a filing.
type Notice struct {
	// Site: about a site rather than a holder.
	Site   bool
	Number string
	ID     int64
	Text   string
}

// AddressResult is a verdict on a reported address block.
type AddressResult struct {
	Operation    AddressOperation
	ID, BureauID int64
	// Source: about a block's source rather than its allocation.
	Source  bool
	Code    int
	Opinion string
}

type downloadXML struct {
	XMLName xml.Name `xml:"DownloadData"`
	ICP     struct {
		BASJ    []filedXML `xml:"BASJ>Baxx"`
		ZXSJ    []endedXML `xml:"ZXSJ>Zxxx"`
		HMDLB   listsXML   `xml:"HMDLB"`
		FFJRHMD []foundXML `xml:"FFJRHMD>Ffjrxx"`
		WBAWZLB []foundXML `xml:"WBAWZLB>Wbawz_xx"`
		BAJG    []struct {
			Results []resultXML `xml:"Jg_xx"`
			Reviews []reviewXML `xml:"GJSHS>Gjsh"`
		} `xml:"BAJG"`
		HSRW []filedXML  `xml:"HSRW>Baxx"`
		HCJG checksXML   `xml:"HCJG>Jgxx"`
		XGTZ []noticeXML `xml:"XGTZ>Tzxx"`
	} `xml:"ICP"`
	IP struct {
		Sources     []addressXML `xml:"BAJG>Lyjg"`
		Allocations []addressXML `xml:"BAJG>Fpjg"`
		Other       *struct{}    `xml:"HCJG"`
	} `xml:"IP"`
	YM   *struct{} `xml:"YM"`
	JCDM codesXML  `xml:"JCDM"`
	SJTB struct {
		Filings []filedXML `xml:"ICP>Baxx"`
		IP      *struct{}  `xml:"IP"`
		YM      *struct{}  `xml:"YM"`
		JCDM    codesXML   `xml:"JCDM"`
	} `xml:"SJTB"`
}

// ParseDownload parses a data file from the bureau. It skips malformed parts of entries; a file that isn't the
// interface's XML is an error.
func ParseDownload(content []byte) (DownloadData, error) {
	var x downloadXML
	damaged, err := walkXML(content)
	if err == nil {
		err = newDecoder(content).Decode(&x)
	}
	if err != nil {
		return DownloadData{}, errors.New("the downloaded data file is not the XML of the interface")
	}
	d := DownloadData{Damaged: damaged}
	for _, b := range append(x.ICP.BASJ, x.SJTB.Filings...) {
		d.Filings = append(d.Filings, b.filed())
	}
	for _, results := range x.ICP.BAJG {
		for _, r := range results.Results {
			d.Results = append(d.Results, r.result()...)
		}
		for _, r := range results.Reviews {
			d.Results = append(d.Results, r.result())
		}
	}
	for _, t := range x.ICP.HSRW {
		d.Tasks = append(d.Tasks, t.filed())
	}
	d.notes(x)
	d.Codes = append(x.JCDM.tables(), x.SJTB.JCDM.tables()...)
	d.addresses(x.IP.Sources, true)
	d.addresses(x.IP.Allocations, false)
	d.skip("IP/HCJG", x.IP.Other)
	d.skip("YM", x.YM)
	d.skip("SJTB/IP", x.SJTB.IP)
	d.skip("SJTB/YM", x.SJTB.YM)
	return d, nil
}

func (d *DownloadData) skip(section string, present *struct{}) {
	if present != nil {
		d.Skipped = append(d.Skipped, section)
	}
}

type resultXML struct {
	Jgxx []struct {
		Jgdm number `xml:"Jgdm"`
		Dmms string `xml:"Dmms"`
	} `xml:"Jgxx"`
	Czlx number `xml:"Czlx"`
	Bs   string `xml:"Bs"`
}

// result is the record's verdict: of several codes the first counts, and the texts of the others are appended to its
// opinion.
func (x resultXML) result() []Result {
	if len(x.Jgxx) == 0 || x.Jgxx[0].Jgdm.int() == 0 {
		return nil
	}
	r := Result{Operation: x.Czlx.int(), Key: strings.TrimSpace(x.Bs), Code: x.Jgxx[0].Jgdm.int()}
	var opinions []string
	for _, j := range x.Jgxx {
		opinions = append(opinions, strings.TrimSpace(j.Dmms))
	}
	r.Opinion = strings.Join(opinions, "；")
	r.Approved = r.Code == CodeApproved
	if r.Code == CodeSchema && r.Key == "" {
		r.File = strings.TrimSpace(x.Jgxx[0].Dmms)
	}
	return []Result{r}
}

type reviewXML struct {
	Shsj string `xml:"Shsj"`
	Shyj string `xml:"Shyj"`
	Shjg string `xml:"Shjg"`
	Czlx number `xml:"Czlx"`
	Jlid string `xml:"Jlid"`
}

func (x reviewXML) result() Result {
	r := Result{
		Operation: x.Czlx.int(), Review: true, Key: strings.TrimSpace(x.Jlid), Approved: strings.TrimSpace(x.Shjg) == "1",
		Code: CodeRefused, Opinion: strings.TrimSpace(x.Shyj), ReviewedAt: parseTime(x.Shsj),
	}
	if r.Approved {
		r.Code = CodeApproved
	}
	return r
}

// parseTime parses a time as the interface's schema allows it (10 to 22 characters), in China's time zone; zero if it
// has none of the usual formats.
func parseTime(text string) time.Time {
	for _, layout := range []string{time.DateTime, "2006-01-02 15:04:05.0", "2006-01-02T15:04:05", time.DateOnly,
		"20060102150405"} {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(text), China); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
