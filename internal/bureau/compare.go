package bureau

import (
	"bytes"
	"encoding/xml"
	"io"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html/charset"
)

// SameXML tells whether two data files say the same, whatever their encoding
// and white space.
func SameXML(a, b []byte) bool {
	x, err := tokens(a)
	if err != nil {
		return false
	}
	y, err := tokens(b)
	return err == nil && slices.Equal(x, y)
}

// Unzip opens a zip of ours or the bureau's whose hash was compared already.
func Unzip(zipped []byte) ([]byte, error) { return unzip(zipped) }

// RecordIDs are our record IDs that a data file of ours names, by the IDs of
// its parts. Deregistrations name none.
func RecordIDs(file []byte) ([]int64, error) {
	list, err := tokens(file)
	if err != nil {
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

// Holds tells whether a data file holds a record as it would be written now.
func Holds(file []byte, version string, ispID int64, r Record) bool {
	alone, _, err := BuildRecords(version, ispID, []Record{r})
	if err != nil || alone == nil {
		return false
	}
	all, err := tokens(file)
	if err != nil {
		return false
	}
	entry, err := tokens(alone)
	const before, after = 3, 6 // UploadData, ICP, the section; its end, Qqdwid, the ends
	if err != nil || len(entry) <= before+after {
		return false
	}
	entry = entry[before : len(entry)-after]
	return strings.Contains("\x00"+strings.Join(all, "\x00")+"\x00", "\x00"+strings.Join(entry, "\x00")+"\x00")
}

// tokens are an XML document's elements and texts in order.
func tokens(content []byte) (list []string, err error) {
	depth := 0
	for d := newDecoder(content); ; {
		token, err := d.Token()
		if err == io.EOF {
			return list, nil
		} else if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return nil, errDepth
			}
			list = append(list, "<"+t.Name.Local)
		case xml.EndElement:
			depth--
			list = append(list, ">")
		case xml.CharData:
			if text := strings.TrimSpace(string(t)); text != "" {
				list = append(list, text)
			}
		case xml.Directive:
			return nil, errDepth
		}
	}
}

// Text is a data file (GBK, or else UTF-8 as it is) for people to read; bytes
// that GBK doesn't know are replaced.
func Text(file []byte) []byte {
	if !bytes.Contains(file[:min(len(file), 100)], []byte("GBK")) {
		return file
	}
	text, err := charset.NewReaderLabel("GBK", bytes.NewReader(file))
	if err != nil {
		return file
	}
	decoded, err := io.ReadAll(text)
	if err != nil {
		return file
	}
	return decoded
}
