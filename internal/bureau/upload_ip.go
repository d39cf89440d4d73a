package bureau

import (
	"errors"
	"time"

	"github.com/beian/beian/internal/filing"
)

// The records of address blocks (IP: XZBA, XGBA, SCBA; 4-1-2). A provider reports where its blocks come from (source)
// and to whom it assigned them (allocation); an address must be reported before a filing may use it (result code 1063).
// Announcements (Xzgbjs) aren't written, because only the carriers' head offices report them (3-3-1-3).
type uploadIP struct {
	AddedSources       *[]sourceXML     `xml:"XZBA>Xzly>Ly"`
	AddedAllocations   *[]allocationXML `xml:"XZBA>Xzfp>Fpsy"`
	ChangedSources     *[]sourceXML     `xml:"XGBA>Xgly>Ly_xx"`
	ChangedAllocations *[]allocationXML `xml:"XGBA>Xgfp>Fpsy"`
	RemovedSources     *[]removedXML    `xml:"SCBA>Scly>Ly"`
	RemovedAllocations *[]removedXML    `xml:"SCBA>Scfp>Fpsy"`
	Qqdwid             int64            `xml:"Qqdwid"`
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
// the schema are left out and returned, by their ID.
func BuildAddresses(version string, ispID int64, blocks []AddressBlock) (file []byte, unfit Unfit, err error) {
	if len(blocks) == 0 || len(blocks) > MaxRecords {
		return nil, nil, errors.New("a data file must have 1 to 1,000 address blocks")
	}
	ip := &uploadIP{Qqdwid: ispID}
	return build(blocks, uploadData{Version: version, IP: ip}, func(b AddressBlock) Unfit { return one(b.ID, ip.add(b)) })
}

// add puts a block in its section; it is unfit if it can't be there.
func (ip *uploadIP) add(b AddressBlock) filing.Unfit {
	source := sourceXML{Qsip: b.From, Zzip: b.To, Lydw: b.Source, Bz: b.Remark}
	allocation := allocationXML{Qsip: b.From, Zzip: b.To, Fpfs: b.Use, Syfs: b.Assignment, Bz: b.Remark}
	if !b.Since.IsZero() {
		allocation.Fprq = b.Since.In(China).Format(time.DateOnly)
	}
	ofSource := b.Source != 0
	switch b.Operation {
	case AddAddresses:
		if source.IspID, allocation.IspID = b.ID, b.ID; ofSource {
			return addFitting(&ip.AddedSources, source)
		}
		return addFitting(&ip.AddedAllocations, allocation)
	case ChangeAddresses:
		if source.ID, allocation.ID = b.BureauID, b.BureauID; b.BureauID == 0 {
			return filing.Unfit{Code: CodeSchema}
		} else if ofSource {
			return addFitting(&ip.ChangedSources, source)
		}
		return addFitting(&ip.ChangedAllocations, allocation)
	case RemoveAddresses:
		if ofSource {
			return addFitting(&ip.RemovedSources, removedXML{b.BureauID})
		}
		return addFitting(&ip.RemovedAllocations, removedXML{b.BureauID})
	}
	return filing.Unfit{Code: CodeSchema}
}
