package bureau

import (
	"encoding/xml"
	"errors"
	"strconv"
	"strings"
	"time"
)

// CodeApproved is 管局审核通过, CodeRefused 管局审核拒绝 (3-5).
const (
	CodeApproved = 1001
	CodeRefused  = 1002
	// czNewFiling is Czlx 新增备案.
	czNewFiling = "1"
)

// DownloadData is what a data file from the bureau says about new filings.
type DownloadData struct {
	Results []Result
	Filings []FiledRecord
	// Skipped names sections that this version doesn't read.
	Skipped []string
}

// Result is a verdict on a record: the bureau's review (GJSHS), or an error
// found while the file was read (Jg_xx).
type Result struct {
	RecordID   int64
	Approved   bool
	Code       int
	Opinion    string
	ReviewedAt time.Time
}

// FiledRecord is what the bureau keeps of an approved filing (BASJ).
type FiledRecord struct {
	RecordID                 int64
	HolderNumber, SiteNumber string
	CertificatePath          string
}

type downloadXML struct {
	XMLName xml.Name `xml:"DownloadData"`
	ICP     *struct {
		BASJ struct {
			Baxx []struct {
				Zt struct {
					IspZtid string `xml:"IspZtid"`
					Baxh    string `xml:"Baxh"`
					Zslj    string `xml:"Zslj"`
				} `xml:"Zt_xx"`
				Wz []struct {
					Baxh string `xml:"Baxh"`
				} `xml:"Wz_xx"`
			} `xml:"Baxx"`
		} `xml:"BASJ"`
		BAJG []struct {
			Results []struct {
				Jgxx []struct {
					Jgdm string `xml:"Jgdm"`
					Dmms string `xml:"Dmms"`
				} `xml:"Jgxx"`
				Czlx string `xml:"Czlx"`
				Bs   string `xml:"Bs"`
			} `xml:"Jg_xx"`
			Reviews []struct {
				Shsj string `xml:"Shsj"`
				Shyj string `xml:"Shyj"`
				Shjg string `xml:"Shjg"`
				Czlx string `xml:"Czlx"`
				Jlid string `xml:"Jlid"`
			} `xml:"GJSHS>Gjsh"`
		} `xml:"BAJG"`
		ZXSJ    *struct{} `xml:"ZXSJ"`
		HMDLB   *struct{} `xml:"HMDLB"`
		FFJRHMD *struct{} `xml:"FFJRHMD"`
		WBAWZLB *struct{} `xml:"WBAWZLB"`
		HSRW    *struct{} `xml:"HSRW"`
		HCJG    *struct{} `xml:"HCJG"`
		XGTZ    *struct{} `xml:"XGTZ"`
	} `xml:"ICP"`
	IP   *struct{} `xml:"IP"`
	YM   *struct{} `xml:"YM"`
	JCDM *struct{} `xml:"JCDM"`
	SJTB *struct{} `xml:"SJTB"`
}

// ParseDownload reads a data file from the bureau.
func ParseDownload(content []byte) (DownloadData, error) {
	var x downloadXML
	if err := decodeXML(content, &x); err != nil {
		return DownloadData{}, errors.New("the downloaded data file is not the XML of the interface")
	}
	var d DownloadData
	d.skip("IP", x.IP)
	d.skip("YM", x.YM)
	d.skip("JCDM", x.JCDM)
	d.skip("SJTB", x.SJTB)
	if x.ICP == nil {
		return d, nil
	}
	d.skip("ZXSJ", x.ICP.ZXSJ)
	d.skip("HMDLB", x.ICP.HMDLB)
	d.skip("FFJRHMD", x.ICP.FFJRHMD)
	d.skip("WBAWZLB", x.ICP.WBAWZLB)
	d.skip("HSRW", x.ICP.HSRW)
	d.skip("HCJG", x.ICP.HCJG)
	d.skip("XGTZ", x.ICP.XGTZ)
	for _, b := range x.ICP.BASJ.Baxx {
		id, err := recordID(b.Zt.IspZtid)
		if err != nil {
			continue // filed elsewhere: not one of ours
		}
		f := FiledRecord{RecordID: id, HolderNumber: strings.TrimSpace(b.Zt.Baxh), CertificatePath: strings.TrimSpace(b.Zt.Zslj)}
		if len(b.Wz) > 0 {
			f.SiteNumber = strings.TrimSpace(b.Wz[0].Baxh)
		}
		d.Filings = append(d.Filings, f)
	}
	for _, results := range x.ICP.BAJG {
		for _, j := range results.Results {
			id, err := recordID(j.Bs)
			if err != nil || strings.TrimSpace(j.Czlx) != czNewFiling || len(j.Jgxx) == 0 {
				continue
			}
			code, err := strconv.Atoi(strings.TrimSpace(j.Jgxx[0].Jgdm))
			if err != nil {
				return d, errors.New("a result code (Jgdm) is not a number")
			}
			d.Results = append(d.Results, Result{RecordID: id, Approved: code == CodeApproved, Code: code, Opinion: strings.TrimSpace(j.Jgxx[0].Dmms)})
		}
		for _, r := range results.Reviews {
			id, err := recordID(r.Jlid)
			if err != nil || (r.Czlx != "" && strings.TrimSpace(r.Czlx) != czNewFiling) {
				continue
			}
			v := Result{RecordID: id, Approved: strings.TrimSpace(r.Shjg) == "1", Code: CodeRefused, Opinion: strings.TrimSpace(r.Shyj), ReviewedAt: parseTime(r.Shsj)}
			if v.Approved {
				v.Code = CodeApproved
			}
			d.Results = append(d.Results, v)
		}
	}
	return d, nil
}

func (d *DownloadData) skip(section string, present *struct{}) {
	if present != nil {
		d.Skipped = append(d.Skipped, section)
	}
}

func recordID(text string) (int64, error) {
	id, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err == nil && id < 1 {
		err = errors.New("not a record ID")
	}
	return id, err
}

// parseTime reads a time as the interface's schema allows it (10 to 22
// characters), in China's time; zero when it is none of the usual forms.
func parseTime(text string) time.Time {
	china := time.FixedZone("CST", 8*3600)
	for _, layout := range []string{time.DateTime, "2006-01-02 15:04:05.0", "2006-01-02T15:04:05", time.DateOnly, "20060102150405"} {
		if t, err := time.ParseInLocation(layout, strings.TrimSpace(text), china); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
