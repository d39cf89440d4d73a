package bureau

import (
	"errors"
	"time"
)

// The records of address blocks (IP: XZBA, XGBA, SCBA; 4-1-2). A provider
// reports where its blocks come from (source) and to whom it gave them
// (allocation); an address must be reported before a filing may use it (result
// code 1063). Announcements (Xzgbjs) are the carriers' head offices' to report
// (3-3-1-3), so they aren't written.
type uploadIP struct {
	XZBA   *addedIP   `xml:"XZBA"`
	XGBA   *changedIP `xml:"XGBA"`
	SCBA   *removedIP `xml:"SCBA"`
	Qqdwid int64      `xml:"Qqdwid"`
}

type addedIP struct {
	Sources     []sourceXML     `xml:"Xzly>Ly,omitempty" validate:"dive"`
	Allocations []allocationXML `xml:"Xzfp>Fpsy,omitempty" validate:"dive"`
}

type changedIP struct {
	Sources     []sourceXML     `xml:"Xgly>Ly_xx,omitempty" validate:"dive"`
	Allocations []allocationXML `xml:"Xgfp>Fpsy,omitempty" validate:"dive"`
}

type removedIP struct {
	Sources     []removedXML `xml:"Scly>Ly,omitempty" validate:"dive"`
	Allocations []removedXML `xml:"Scfp>Fpsy,omitempty" validate:"dive"`
}

type removedXML struct {
	ID int64 `xml:"Id" validate:"min=1"`
}

type sourceXML struct {
	ID    int64  `xml:"Id,omitempty"`
	IspID int64  `xml:"IspId,omitempty"`
	Qsip  uint32 `xml:"Qsip" validate:"min=1"`
	Zzip  uint32 `xml:"Zzip" validate:"min=1"`
	Lydw  int64  `xml:"Lydw" validate:"min=1"`
	Bz    string `xml:"Bz,omitempty" validate:"max=512"`
}

type allocationXML struct {
	ID    int64  `xml:"Id,omitempty"`
	IspID int64  `xml:"IspId,omitempty"`
	Qsip  uint32 `xml:"Qsip" validate:"min=1"`
	Zzip  uint32 `xml:"Zzip" validate:"min=1"`
	Fpfs  int    `xml:"Fpfs" validate:"min=1,max=4"`
	Syfs  int    `xml:"Syfs,omitempty" validate:"max=3"`
	Fprq  string `xml:"Fprq,omitempty" validate:"omitempty,len=10"`
	Bz    string `xml:"Bz,omitempty" validate:"max=1024"`
}

// AddressOperation is what happens to a block.
type AddressOperation int

// The operations, with the values of Czlx in IP results.
const (
	AddAddresses    AddressOperation = 1
	ChangeAddresses AddressOperation = 2
	RemoveAddresses AddressOperation = 3
)

// The ways of use (Fpfs) that a provider reports for itself.
const (
	// UsedByProvider is 自用.
	UsedByProvider = 3
	// Reserved is 预留.
	Reserved = 4
)

// AddressBlock is a range of IPv4 addresses and what is reported of it.
type AddressBlock struct {
	Operation AddressOperation
	// ID is ours (IspId), BureauID the bureau's: for changing and removing.
	ID, BureauID int64
	From, To     uint32
	// Source is the unit that the block comes from (来源单位); set for a source,
	// 0 for an allocation.
	Source int64
	// Use is Fpfs, Since its day, for an allocation.
	Use    int
	Since  time.Time
	Remark string
}

// BuildAddresses makes the XML of a data file of address blocks, in GBK.
func BuildAddresses(version string, ispID int64, blocks []AddressBlock) ([]byte, error) {
	if len(blocks) == 0 || len(blocks) > MaxRecords {
		return nil, errors.New("a data file takes 1 to 1,000 address blocks")
	}
	ip := &uploadIP{Qqdwid: ispID}
	for _, b := range blocks {
		source := sourceXML{Qsip: b.From, Zzip: b.To, Lydw: b.Source, Bz: b.Remark}
		allocation := allocationXML{Qsip: b.From, Zzip: b.To, Fpfs: b.Use, Bz: b.Remark}
		if !b.Since.IsZero() {
			allocation.Fprq = b.Since.In(China).Format(time.DateOnly)
		}
		switch b.Operation {
		case AddAddresses:
			ip.XZBA = section(ip.XZBA)
			if source.IspID, allocation.IspID = b.ID, b.ID; b.Source != 0 {
				ip.XZBA.Sources = append(ip.XZBA.Sources, source)
			} else {
				ip.XZBA.Allocations = append(ip.XZBA.Allocations, allocation)
			}
		case ChangeAddresses:
			ip.XGBA = section(ip.XGBA)
			if source.ID, allocation.ID = b.BureauID, b.BureauID; b.Source != 0 {
				ip.XGBA.Sources = append(ip.XGBA.Sources, source)
			} else {
				ip.XGBA.Allocations = append(ip.XGBA.Allocations, allocation)
			}
		case RemoveAddresses:
			ip.SCBA = section(ip.SCBA)
			if b.Source != 0 {
				ip.SCBA.Sources = append(ip.SCBA.Sources, removedXML{b.BureauID})
			} else {
				ip.SCBA.Allocations = append(ip.SCBA.Allocations, removedXML{b.BureauID})
			}
		default:
			return nil, errors.New("an address block without an operation")
		}
	}
	if code := fits(*ip); code != 0 {
		return nil, errors.New("an address block breaks the interface's limits")
	}
	return encodeGBK(uploadData{Version: version, IP: ip})
}
