package bureau

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/textnorm"
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
	// CodeIllegalCharacters is 5008: not among those of every reader of GBK.
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
	// Companions are records of other sites of the same new holder, which travel within this one. They keep the IDs of
	// their own.
	Companions []Record
	// ICPmm is what the bureau wants instead of a filing password where the interface requires the element (XZJR,
	// deregistering a holder) and no password was given; usually empty.
	ICPmm string
	// EmergencyPhone is where the bureau takes the managers' emergency phones.
	EmergencyPhone EmergencyPhone
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
// represented, or would violate the schema, are left out and returned.
func BuildRecords(version string, ispID int64, records []Record) (file []byte, unfit Unfit, err error) {
	icp := &uploadICP{Qqdwid: ispID}
	return build(records, uploadData{Version: version, ICP: icp}, func(r Record) Unfit {
		if len(r.Companions) > 0 {
			return icp.addTogether(r)
		}
		return one(r.ID, icp.add(r))
	})
}

// one is what is unfit about a record; nil if nothing is.
func one(id int64, u filing.Unfit) Unfit {
	if u.Code == 0 {
		return nil
	}
	return Unfit{id: u}
}

// Unfit are the records that were left out of a data file, by their ID.
type Unfit = map[int64]filing.Unfit

// build makes a data file of the records that add puts in its sections.
func build[R any](records []R, data uploadData, add func(R) Unfit) (file []byte, unfit Unfit, err error) {
	if len(records) > MaxRecords {
		return nil, nil, fmt.Errorf("%d records, but a data file can have at most %d", len(records), MaxRecords)
	}
	unfit = Unfit{}
	left := 0
	for _, r := range records {
		if u := add(r); len(u) > 0 {
			maps.Copy(unfit, u)
			left++
		}
	}
	if left == len(records) {
		return nil, unfit, nil
	}
	file, err = encodeGBK(data)
	return file, unfit, err
}

// limits checks the lengths and ranges of upload-data.xsd, which are tags of the fields. Its errors name fields by what
// customers type in them.
var limits = func() *validator.Validate {
	v := validator.New()
	v.RegisterTagNameFunc(func(f reflect.StructField) string { return f.Tag.Get(formTag) })
	return v
}()

// formTag names the form's field that an element comes from ("holder.name").
const formTag = "form"

// fits checks a record against the schema's limits and the characters of data files.
func fits(entry any) filing.Unfit {
	if u := misspelt(reflect.ValueOf(entry), ""); u.Code != 0 {
		return u
	}
	err := limits.Struct(entry)
	if wrong, ok := errors.AsType[validator.ValidationErrors](err); ok {
		field, _, _ := strings.Cut(wrong[0].Field(), "[")
		if !strings.Contains(field, ".") { // the tag is missing: not what somebody typed
			field = ""
		}
		return filing.Unfit{Code: CodeSchema, Field: field}
	} else if err != nil {
		return filing.Unfit{Code: CodeSchema}
	}
	return filing.Unfit{}
}

// misspelt finds a text with characters that data files can't hold; field is that of the value, unless its parts have
// their own.
func misspelt(v reflect.Value, field string) (u filing.Unfit) {
	switch v.Kind() {
	case reflect.String:
		if c := textnorm.Unpermitted(v.String()); c != "" {
			return filing.Unfit{Code: CodeIllegalCharacters, Field: field, Character: c}
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return misspelt(v.Elem(), field)
		}
	case reflect.Slice:
		for i := 0; i < v.Len() && u.Code == 0; i++ {
			u = misspelt(v.Index(i), field)
		}
	case reflect.Struct:
		for i := 0; i < v.NumField() && u.Code == 0; i++ {
			u = misspelt(v.Field(i), cmp.Or(v.Type().Field(i).Tag.Get(formTag), field))
		}
	}
	return u
}

func encodeGBK(data uploadData) ([]byte, error) {
	raw, err := xml.Marshal(data)
	if err != nil {
		return nil, err
	}
	encoded, err := textnorm.GBK(string(raw))
	if err != nil {
		return nil, err
	}
	return append([]byte(`<?xml version="1.0" encoding="GBK"?>`+"\n"), bytes.TrimSpace(encoded)...), nil
}
