package bureau

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"

	"github.com/go-playground/validator/v10"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/beian/beian/internal/filing"
)

// idsPerRecord leaves room for the IDs of a record's parts: a part's ID is the record's × 1000 plus its position, so
// that the same record always makes the same file (at most 100 domains and 100 addresses).
const idsPerRecord = 1000

// The positions of a record's parts.
const (
	placeSite    = 1
	placeAccess  = 2
	placeDomains = 100
	placeIPs     = 300
)

func partID(recordID int64, place int) int64 { return recordID*idsPerRecord + int64(place) }

// Result codes that we assign to a record without submitting it.
const (
	// CodeSchema is 5001: it violates the schema.
	CodeSchema = 5001
	// CodeIllegalCharacters is 5008: not in GBK.
	CodeIllegalCharacters = 5008
	// CodeInvalidIP is 1006.
	CodeInvalidIP = 1006
	// CodePapers is 5010: an attachment is invalid.
	CodePapers = 5010
)

// Record is a filing, of its dossier's kind, to be submitted to the bureau.
type Record struct {
	// ID is ours; the bureau answers with it or with the IDs of parts.
	ID      int64
	Dossier filing.Dossier
	Papers  []Paper
}

// Paper is an attachment (Fjxx): format and purpose are codes of the bureau's tables, the content is binary.
type Paper struct {
	Format, Purpose int
	Content         []byte
	// OfSite: the site's rather than the holder's.
	OfSite bool
	// Approval is the pre-approval content whose scan it is (Spwj, without format, purpose and owner); 0: an
	// attachment.
	Approval int
	Remark   string
}

// uploadData is the root of upload-data.xsd, with one of its two branches. Sections are pointers, nil without records,
// because the schema forbids empty ones.
type uploadData struct {
	XMLName xml.Name   `xml:"UploadData"`
	Version string     `xml:"version,attr"`
	ICP     *uploadICP `xml:"ICP"`
	IP      *uploadIP  `xml:"IP"`
}

type uploadICP struct {
	XZBA    *[]baxx      `xml:"XZBA>Baxx"`
	XZWZ    *[]newSite   `xml:"XZWZ>Xzxx"`
	XZJR    *[]newAccess `xml:"XZJR>Xzxx"`
	BGBA    *[]change    `xml:"BGBA>Bgxx"`
	HSJG    *[]hsjgxx    `xml:"HSJG>Hsjgxx"`
	WBACLJG *[]clxx      `xml:"WBACLJG>Clxx"`
	ZXBA    *[]zxxx      `xml:"ZXBA>Zx_xx"`
	XZHYD   *[]fjxx      `xml:"XZHYD>Fjxx"`
	Qqdwid  int64        `xml:"Qqdwid"`
}

// BuildRecords makes the XML of a data file of filings of any kind, in GBK. It is deterministic. Records that can't be
// represented, or would violate the schema, are left out and returned with a result code.
func BuildRecords(version string, ispID int64, records []Record) (file []byte, unfit map[int64]int, err error) {
	icp := &uploadICP{Qqdwid: ispID}
	return build(records, uploadData{Version: version, ICP: icp}, icp.add, func(r Record) int64 { return r.ID })
}

// build makes a data file of the records that add puts in its sections.
func build[R any](records []R, data uploadData, add func(R) (code int),
	id func(R) int64) (file []byte, unfit map[int64]int, err error) {
	if len(records) > MaxRecords {
		return nil, nil, fmt.Errorf("%d records, but a data file can have at most %d", len(records), MaxRecords)
	}
	unfit = map[int64]int{}
	written := 0
	for _, r := range records {
		if code := add(r); code != 0 {
			unfit[id(r)] = code
			continue
		}
		written++
	}
	if written == 0 {
		return nil, unfit, nil
	}
	file, err = encodeGBK(data)
	return file, unfit, err
}

// limits checks the lengths and ranges of upload-data.xsd, which are tags of the fields.
var limits = validator.New()

// fits checks a record against the schema's limits and GBK.
func fits(entry any) (code int) {
	if limits.Struct(entry) != nil {
		return CodeSchema
	}
	raw, err := xml.Marshal(entry)
	if err != nil || bytes.ContainsRune(raw, '\uFFFD') { // not representable in XML
		return CodeIllegalCharacters
	}
	if _, err = simplifiedchinese.GBK.NewEncoder().Bytes(raw); err != nil {
		return CodeIllegalCharacters
	}
	return 0
}

func encodeGBK(data uploadData) ([]byte, error) {
	raw, err := xml.Marshal(data)
	if err != nil {
		return nil, err
	}
	encoded, err := simplifiedchinese.GBK.NewEncoder().Bytes(raw)
	if err != nil {
		return nil, errors.New("the data file has characters that are not in GBK")
	}
	return append([]byte(`<?xml version="1.0" encoding="GBK"?>`+"\n"), bytes.TrimSpace(encoded)...), nil
}
