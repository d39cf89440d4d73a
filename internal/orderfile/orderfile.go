// Package orderfile reads orders from a CSV file, as exported by a provider's panel or a spreadsheet.
// docs/orders.md describes the columns.
package orderfile

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/website"
)

// Columns are the names in the header, in the order of the documentation.
var Columns = []string{"number", "customer", "product", "domains", "ips", "protocol", "host", "port", "user",
	"password", "document_root", "expires_on"}

var required = []string{"number", "customer", "product", "domains", "ips"}

// peekSize is how much of a file is read to tell UTF-8 from GBK.
const peekSize = 64 << 10

// RowError is a row that can't be imported. It never quotes a value.
type RowError struct {
	Line   int
	Column string
	Reason string
}

func (e RowError) Error() string {
	return fmt.Sprintf("line %d, column %s: %s", e.Line, e.Column, e.Reason)
}

// Reader reads orders one by one.
type Reader struct {
	csv    *csv.Reader
	column map[string]int
}

// NewReader reads the header. The file may be UTF-8, with or without a byte order mark, or GBK.
func NewReader(r io.Reader) (*Reader, error) {
	b := bufio.NewReaderSize(r, peekSize)
	head, err := b.Peek(peekSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var text io.Reader = b
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		if _, err := b.Discard(3); err != nil {
			return nil, err
		}
	case !validUTF8(head):
		text = simplifiedchinese.GBK.NewDecoder().Reader(b)
	}
	c := csv.NewReader(text)
	c.FieldsPerRecord = -1
	c.TrimLeadingSpace = true
	header, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("line 1: no header; want %s", strings.Join(Columns, ","))
	}
	f := &Reader{csv: c, column: map[string]int{}}
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(Columns, name) {
			return nil, fmt.Errorf("line 1: unknown column %d; want %s", i+1, strings.Join(Columns, ","))
		}
		f.column[name] = i
	}
	for _, name := range required {
		if _, ok := f.column[name]; !ok {
			return nil, fmt.Errorf("line 1: the column %s is missing", name)
		}
	}
	return f, nil
}

// validUTF8 allows for a character cut in two by the peek.
func validUTF8(head []byte) bool {
	for cut := range utf8.UTFMax {
		if len(head) >= cut && utf8.Valid(head[:len(head)-cut]) {
			return true
		}
	}
	return false
}

// Next reads one order. It returns io.EOF at the end, or a RowError for a bad row, after which reading may
// continue.
func (f *Reader) Next() (store.OrderImport, error) {
	record, err := f.csv.Read()
	line, _ := f.csv.FieldPos(0)
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return store.OrderImport{}, RowError{parse.Line, "-", "quotes don't match"}
	} else if err != nil {
		return store.OrderImport{}, err
	}
	get := func(name string) string {
		if i, ok := f.column[name]; ok && i < len(record) {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	return parseRow(line, get)
}

func parseRow(line int, get func(string) string) (o store.OrderImport, err error) {
	bad := func(column, reason string) (store.OrderImport, error) {
		return store.OrderImport{}, RowError{line, column, reason}
	}
	o = store.OrderImport{Number: get("number"), Customer: get("customer"), Product: get("product")}
	for _, c := range []struct {
		name, value string
		max         int
	}{{"number", o.Number, 64}, {"customer", o.Customer, 64}, {"product", o.Product, 128}} {
		switch {
		case c.value == "":
			return bad(c.name, "is empty")
		case utf8.RuneCountInString(c.value) > c.max:
			return bad(c.name, fmt.Sprintf("is longer than %d characters", c.max))
		}
	}
	if strings.ContainsAny(o.Number, "/\\?#% \t") {
		return bad("number", "contains a space or one of / \\ ? # %")
	}
	for _, text := range list(get("domains")) {
		domain, key := filing.NormaliseDomain(text)
		if key != "" {
			return bad("domains", "contains an invalid domain; want one such as www.example.com")
		}
		o.Domains = append(o.Domains, domain)
	}
	for _, text := range list(get("ips")) {
		ip, key := filing.ParseIPRange(text)
		if key != "" {
			return bad("ips", "contains an invalid IPv4 address or range; want 192.0.2.1-192.0.2.9")
		}
		o.IPs = append(o.IPs, ip.String())
	}
	if len(o.Domains) == 0 {
		return bad("domains", "is empty")
	}
	if text := get("expires_on"); text != "" {
		if o.ExpiresOn, err = time.Parse(time.DateOnly, text); err != nil {
			return bad("expires_on", "is not a date such as 2027-12-31")
		}
	}
	if get("host") == "" {
		return o, nil
	}
	return withWebSpace(o, line, get)
}

func withWebSpace(o store.OrderImport, line int, get func(string) string) (store.OrderImport, error) {
	w := store.WebSpace{Protocol: cmp.Or(strings.ToLower(get("protocol")), website.FTP), Host: get("host"),
		User: get("user"), Password: get("password"), DocumentRoot: get("document_root")}
	if !slices.Contains(website.Protocols, w.Protocol) {
		return o, RowError{line, "protocol", "is unknown; want one of " + strings.Join(website.Protocols, ", ")}
	}
	w.Port = website.DefaultPort(w.Protocol)
	if text := get("port"); text != "" {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return o, RowError{line, "port", "is not a port number"}
		}
		w.Port = int(port)
	}
	if w.User == "" {
		return o, RowError{line, "user", "is empty although there is a host"}
	}
	o.WebSpace = &w
	return o, nil
}

// list splits domains or addresses at spaces, commas, semicolons and bars.
func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n\r,;|，；、", r) })
}
