package bureau

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// SameXML reports whether two data files have the same content, regardless of encoding and white space.
func SameXML(a, b []byte) bool {
	x, err := tokens(a)
	if err != nil {
		return false
	}
	y, err := tokens(b)
	return err == nil && slices.Equal(x, y)
}

// RecordIDs returns our record IDs in one of our data files, derived from the IDs of the parts. Deregistrations contain
// none, nor do files of staff records and address blocks (AddressIDs).
func RecordIDs(file []byte) ([]int64, error) {
	list, err := tokens(file)
	if err != nil || ofAddresses(list) {
		return nil, err
	}
	var ids []int64
	for i, token := range list {
		if i == 0 || !strings.HasPrefix(list[i-1], "<Isp") {
			continue
		}
		id, err := strconv.ParseInt(token, 10, 64)
		if err != nil || id < 1 {
			continue
		}
		if list[i-1] != "<IspZtid" {
			id /= idsPerRecord
		}
		if id > 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// AddressIDs returns our IDs of the blocks that a data file adds.
func AddressIDs(file []byte) (ids []int64, err error) {
	list, err := tokens(file)
	if err != nil || !ofAddresses(list) {
		return nil, err
	}
	for i := 1; i < len(list); i++ {
		if id, err := strconv.ParseInt(list[i], 10, 64); list[i-1] == "<IspId" && err == nil && id > 0 {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func ofAddresses(list []string) bool { return len(list) > 1 && list[1] == "<IP" }

// Holds reports whether a data file contains a record as it would be written now.
func Holds(file []byte, version string, ispID int64, r Record) bool {
	alone, _, err := BuildRecords(version, ispID, []Record{r})
	return err == nil && holds(file, alone, 1)
}

// HoldsStaffs is Holds for a staff record.
func HoldsStaffs(file []byte, version string, ispID int64, r StaffRecord) bool {
	alone, _, err := BuildStaffRecords(version, ispID, []StaffRecord{r})
	return err == nil && holds(file, alone, 1)
}

// HoldsAddresses is Holds for an address block.
func HoldsAddresses(file []byte, version string, ispID int64, b AddressBlock) bool {
	alone, _, err := BuildAddresses(version, ispID, []AddressBlock{b})
	return err == nil && holds(file, alone, 2)
}

// holds reports whether a data file contains the only entry of another, which is nested that many sections deep.
func holds(file, alone []byte, sections int) bool {
	if alone == nil {
		return false
	}
	all, err := tokens(file)
	if err != nil {
		return false
	}
	entry, err := tokens(alone)
	before, after := 2+sections, 5+sections // UploadData, ICP or IP, the sections; their end tags, Qqdwid, the end tags
	if err != nil || len(entry) <= before+after {
		return false
	}
	for _, name := range entry[1:before] { // a removal looks the same in every section
		if all = inside(all, name); all == nil {
			return false
		}
	}
	entry = entry[before : len(entry)-after]
	return strings.Contains(joined(all), joined(entry))
}

// inside returns the tokens within the first child with a name, of the element that the list starts with.
func inside(list []string, name string) []string {
	depth, start := 0, -1
	for i, token := range list {
		switch {
		case token == ">":
			if depth--; depth == 1 && start >= 0 {
				return list[start:i]
			}
		case strings.HasPrefix(token, "<"):
			if depth++; depth == 2 && token == name {
				start = i
			}
		}
	}
	return nil
}

func joined(tokens []string) string { return "\x00" + strings.Join(tokens, "\x00") + "\x00" }

// tokens returns an XML document's elements and texts in order.
func tokens(content []byte) (list []string, err error) {
	err = walk(content, func(token xml.Token) {
		switch t := token.(type) {
		case xml.StartElement:
			list = append(list, "<"+t.Name.Local)
		case xml.EndElement:
			list = append(list, ">")
		case xml.CharData:
			if text := strings.TrimSpace(string(t)); text != "" {
				list = append(list, text)
			}
		}
	})
	return list, err
}

// Text converts a data file (GBK, or else UTF-8) for display, and replaces invalid bytes.
func Text(file []byte) []byte {
	if !bytes.Contains(file[:min(len(file), 100)], []byte("GBK")) {
		return file
	}
	decoded, err := simplifiedchinese.GBK.NewDecoder().Bytes(file)
	if err != nil {
		return file
	}
	return decoded
}
