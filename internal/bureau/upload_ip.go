package bureau

import (
	"errors"
	"time"
)

// The records of address blocks (IP: XZBA, XGBA, SCBA; 4-1-2). A provider reports where its blocks come from (source)
// and to whom it assigned them (allocation); an address must be reported before a filing may use it (result code 1063).
// Announcements (Xzgbjs) aren't written, because only the carriers' head offices report them (3-3-1-3).
type uploadIP struct {
	XZBA   *addedIP   `xml:"XZBA"`
	XGBA   *changedIP `xml:"XGBA"`
	SCBA   *removedIP `xml:"SCBA"`
	Qqdwid int64      `xml:"Qqdwid"`
}

type addedIP struct {
	Sources     *sourceList     `xml:"Xzly"`
	Allocations *allocationList `xml:"Xzfp"`
}

type changedIP struct {
	Sources     *changedSourceList `xml:"Xgly"`
	Allocations *allocationList    `xml:"Xgfp"`
}

type removedIP struct {
	Sources     *removedSourceList     `xml:"Scly"`
	Allocations *removedAllocationList `xml:"Scfp"`
}

// The lists are separate elements because the schema forbids empty ones.
type (
	sourceList struct {
		List []sourceXML `xml:"Ly"`
	}
	changedSourceList struct {
		List []sourceXML `xml:"Ly_xx"`
	}
	allocationList struct {
		List []allocationXML `xml:"Fpsy"`
	}
	removedSourceList struct {
		List []removedXML `xml:"Ly"`
	}
	removedAllocationList struct {
		List []removedXML `xml:"Fpsy"`
	}
)

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

// AddressOperation is what to do with a block.
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

// AddressBlock is a range of IPv4 addresses with its reported data.
type AddressBlock struct {
	Operation AddressOperation
	// ID is ours (IspId), BureauID the bureau's, needed to change or remove it.
	ID, BureauID int64
	From, To     uint32
	// Source is the unit that the block comes from (来源单位); 0 for an allocation.
	Source int64
	// Use is Fpfs, Since its date, Assignment how addresses are assigned (Syfs), for an allocation. The provider's own
	// use requires all three (4-1-2-1).
	Use        int
	Since      time.Time
	Assignment int
	Remark     string
}

// The ways in which addresses are assigned (Syfs).
const (
	StaticAddresses  = 1
	DynamicAddresses = 2
	UnknownAddresses = 3
)

// BuildAddresses makes the XML of a data file of address blocks, in GBK. It is deterministic. Blocks that would violate
// the schema are left out and returned, by their ID, with a result code.
func BuildAddresses(version string, ispID int64, blocks []AddressBlock) (file []byte, unfit map[int64]int, err error) {
	if len(blocks) == 0 || len(blocks) > MaxRecords {
		return nil, nil, errors.New("a data file must have 1 to 1,000 address blocks")
	}
	unfit = map[int64]int{}
	ip := &uploadIP{Qqdwid: ispID}
	for _, b := range blocks {
		if code := ip.add(b); code != 0 {
			unfit[b.ID] = code
		}
	}
	if len(unfit) == len(blocks) {
		return nil, unfit, nil
	}
	file, err = encodeGBK(uploadData{Version: version, IP: ip})
	return file, unfit, err
}

// add puts a block in its section; code isn't 0 if it can't be there.
func (ip *uploadIP) add(b AddressBlock) (code int) {
	source := sourceXML{Qsip: b.From, Zzip: b.To, Lydw: b.Source, Bz: b.Remark}
	allocation := allocationXML{Qsip: b.From, Zzip: b.To, Fpfs: b.Use, Syfs: b.Assignment, Bz: b.Remark}
	if !b.Since.IsZero() {
		allocation.Fprq = b.Since.In(China).Format(time.DateOnly)
	}
	removed := removedXML{b.BureauID}
	var entry any = allocation
	switch {
	case b.Operation == RemoveAddresses:
		entry = removed
	case b.Operation != AddAddresses && (b.Operation != ChangeAddresses || b.BureauID == 0):
		return CodeSchema
	case b.Source != 0:
		entry = source
	}
	if code = fits(entry); code != 0 {
		return code
	}
	switch b.Operation {
	case AddAddresses:
		ip.XZBA = section(ip.XZBA)
		if source.IspID, allocation.IspID = b.ID, b.ID; b.Source != 0 {
			ip.XZBA.Sources = section(ip.XZBA.Sources)
			ip.XZBA.Sources.List = append(ip.XZBA.Sources.List, source)
		} else {
			ip.XZBA.Allocations = section(ip.XZBA.Allocations)
			ip.XZBA.Allocations.List = append(ip.XZBA.Allocations.List, allocation)
		}
	case ChangeAddresses:
		ip.XGBA = section(ip.XGBA)
		if source.ID, allocation.ID = b.BureauID, b.BureauID; b.Source != 0 {
			ip.XGBA.Sources = section(ip.XGBA.Sources)
			ip.XGBA.Sources.List = append(ip.XGBA.Sources.List, source)
		} else {
			ip.XGBA.Allocations = section(ip.XGBA.Allocations)
			ip.XGBA.Allocations.List = append(ip.XGBA.Allocations.List, allocation)
		}
	case RemoveAddresses:
		ip.SCBA = section(ip.SCBA)
		if b.Source != 0 {
			ip.SCBA.Sources = section(ip.SCBA.Sources)
			ip.SCBA.Sources.List = append(ip.SCBA.Sources.List, removed)
		} else {
			ip.SCBA.Allocations = section(ip.SCBA.Allocations)
			ip.SCBA.Allocations.List = append(ip.SCBA.Allocations.List, removed)
		}
	}
	return 0
}
