// Package orderfile reads orders from a CSV file, as exported by a provider's panel or a spreadsheet.
// docs/orders.md describes the columns.
package orderfile

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/orderdata"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/textnorm"
	"github.com/beian/beian/internal/website"
)

// Columns are the names in the header, in the order of the documentation.
var Columns = []string{"number", "customer", "product", "domains", "ips", "protocol", "host", "port", "user",
	"password", "document_root", "expires_on", "mobile", "email"}

// RowError is a row that can't be imported. It never quotes a value.
type RowError struct {
	Line   int
	Column string
	Reason string
}

func (e RowError) Error() string {
	if e.Column == "-" {
		return fmt.Sprintf("line %d %s", e.Line, e.Reason)
	}
	return fmt.Sprintf("line %d, column %s: %s", e.Line, e.Column, e.Reason)
}

// Reader reads orders one by one.
type Reader struct {
	lines  *lines
	column map[string]int
	// named tells of each of the header's columns whether it has a name.
	named []bool
	line  int
}

// NewReader reads the header. The file may be UTF-8, UTF-16 with a byte order mark, or GBK, and separated by commas,
// semicolons or tabs.
func NewReader(r io.Reader) (*Reader, error) {
	l, err := newLines(r)
	if err != nil {
		return nil, err
	}
	header, err := l.header()
	if err != nil {
		return nil, fmt.Errorf("line 1: the header can't be read: %w", err)
	}
	f := &Reader{lines: l, column: map[string]int{}, named: make([]bool, len(header))}
	for i, name := range header {
		name = strings.ToLower(textnorm.Line(name))
		_, twice := f.column[name]
		switch {
		case name == "": // spreadsheets append empty columns
		case !slices.Contains(Columns, name):
			return nil, fmt.Errorf("line 1: unknown column %d; want %s", i+1, strings.Join(Columns, ","))
		case twice:
			return nil, fmt.Errorf("line 1: the column %s is there twice", name)
		default:
			f.column[name], f.named[i] = i, true
		}
	}
	if len(f.column) == 0 {
		return nil, fmt.Errorf("line 1: no header; want %s", strings.Join(Columns, ","))
	}
	if _, ok := f.column["number"]; !ok {
		return nil, errors.New("line 1: the column number is missing")
	}
	return f, nil
}

// Line is the line on which the order that Next returned begins.
func (f *Reader) Line() int { return f.line }

// Next reads one order; rows without any value don't count. It returns io.EOF at the end, or a RowError for a bad row,
// after which reading may continue.
func (f *Reader) Next() (store.OrderImport, error) {
	for {
		record, line, err := f.lines.record(f.fits)
		f.line = line
		if err != nil {
			return store.OrderImport{}, err
		}
		if !slices.ContainsFunc(record, func(value string) bool { return strings.TrimSpace(value) != "" }) {
			continue
		}
		for i, value := range record {
			if strings.TrimSpace(value) != "" && (i >= len(f.named) || !f.named[i]) {
				err = RowError{line, "-", "has a value without a column; " +
					"want quotes around a value that contains the separator"}
			}
		}
		var o store.OrderImport
		if err == nil {
			o, err = row{line, record, f.column}.order()
		}
		if err != nil {
			f.lines.unjoin()
		}
		return o, err
	}
}

// fits tells whether a record that spans lines can be one: only lists have line breaks.
func (f *Reader) fits(record []string) bool {
	for i, value := range record {
		if strings.Contains(value, "\n") && !f.is(i, "domains") && !f.is(i, "ips") {
			return false
		}
	}
	return len(record) <= len(f.named)
}

func (f *Reader) is(i int, name string) bool {
	at, ok := f.column[name]
	return ok && at == i
}

// row is a record of the file.
type row struct {
	line   int
	record []string
	column map[string]int
}

// has tells whether the file says anything about a column, be it that it's empty.
func (r row) has(name string) bool {
	_, ok := r.column[name]
	return ok
}

// get is a column's value in its form; empty for one that isn't there.
func (r row) get(name string) string {
	i, ok := r.column[name]
	if !ok || i >= len(r.record) {
		return ""
	}
	value := strings.TrimSpace(r.record[i])
	if inner, ok := strings.CutPrefix(value, `="`); ok && strings.HasSuffix(inner, `"`) {
		value = strings.TrimSuffix(inner, `"`) // how spreadsheets keep a number as text
	}
	return orderdata.Form(name, value)
}

func (r row) bad(column, reason string) error { return RowError{r.line, column, reason} }

func (r row) order() (o store.OrderImport, err error) {
	o = store.OrderImport{Number: r.get("number"), Customer: r.get("customer"), Product: r.get("product")}
	if err := r.checkTexts(); err != nil {
		return store.OrderImport{}, err
	}
	if r.has("domains") {
		for _, text := range list(r.get("domains")) {
			domain, key := filing.NormaliseDomain(text)
			if key != "" {
				return o, r.bad("domains", "contains an invalid domain; want one such as www.example.com")
			}
			o.Domains = append(o.Domains, domain)
		}
		if len(o.Domains) == 0 {
			return o, r.bad("domains", "is empty")
		}
	}
	if r.has("ips") {
		o.IPs = []string{}
		for _, text := range list(r.get("ips")) {
			ip, key := filing.ParseIPRange(text)
			if key != "" {
				return o, r.bad("ips", "contains an invalid IPv4 address or range; want 192.0.2.1-192.0.2.9")
			}
			o.IPs = append(o.IPs, ip.String())
		}
	}
	if text := r.get("expires_on"); text != "" {
		if o.ExpiresOn, err = parseDate(text); err != nil {
			return o, r.bad("expires_on", "is not a date such as 2027-12-31")
		}
	}
	o.NeverExpires = r.has("expires_on") && o.ExpiresOn.IsZero()
	if err := r.addresses(&o); err != nil {
		return o, err
	}
	err = r.webSpace(&o)
	return o, err
}

// maxValue bounds values that have no limit of their own.
const maxValue = 255

// checkTexts checks the texts' lengths, and the characters of a number.
func (r row) checkTexts() error {
	for _, c := range []struct {
		name     string
		required bool
		max      int
	}{
		{"number", true, orderdata.MaxNumber}, {"customer", r.has("customer"), 64},
		{"product", r.has("product"), orderdata.MaxProduct},
		{"host", false, maxValue}, {"user", false, maxValue}, {"password", false, maxValue},
		{"document_root", false, maxValue},
	} {
		value := r.get(c.name)
		switch {
		case c.required && value == "":
			return r.bad(c.name, "is empty")
		case utf8.RuneCountInString(value) > c.max:
			return r.bad(c.name, fmt.Sprintf("is longer than %d characters", c.max))
		}
	}
	switch orderdata.CheckNumber(r.get("number")) {
	case "order_number_characters":
		return r.bad("number", "contains a space or one of / \\ ? # %")
	case "order_number_scientific":
		return r.bad("number", "is in a spreadsheet's scientific notation, which loses digits; "+
			"format the column as text, enter the numbers again, and export the file again")
	}
	return nil
}

// parseDate reads a day as spreadsheets and panels write it. 12/31/2027 isn't read, because 11/12/2027 would be two.
func parseDate(text string) (day time.Time, err error) {
	text, _, _ = strings.Cut(text, " ") // the time of the day
	for _, layout := range []string{"2006-1-2", "2006/1/2", "2006.1.2", "2006年1月2日", "20060102"} {
		if day, err = time.Parse(layout, text); err == nil {
			return day, nil
		}
	}
	return day, err
}

// addresses reads the customer's contact addresses.
func (r row) addresses(o *store.OrderImport) error {
	mobile, email := r.get("mobile"), r.get("email")
	problems := filing.ValidateContactAddress(mobile, email)
	switch {
	case mobile != "" && problems.For("mobile") != nil:
		return r.bad("mobile", "is not a mainland mobile number such as 13900001234")
	case email != "" && problems.For("email") != nil:
		return r.bad("email", "is not a mail address such as name@example.com")
	}
	if r.has("mobile") {
		o.Mobile = &mobile
	}
	if r.has("email") {
		o.Email = &email
	}
	return nil
}

func (r row) webSpace(o *store.OrderImport) error {
	if !r.has("host") {
		return nil
	}
	w := store.WebSpace{Protocol: cmp.Or(strings.ToLower(r.get("protocol")), website.FTP), Host: r.get("host"),
		User: r.get("user"), Password: r.get("password"), DocumentRoot: r.get("document_root")}
	if w.Host == "" {
		o.NoWebSpace = true
		return nil
	}
	w.Port = website.DefaultPort(w.Protocol)
	if text := r.get("port"); text != "" {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return r.bad("port", "is not a port number")
		}
		w.Port = int(port)
	}
	for _, p := range orderdata.CheckSpace(w) {
		switch {
		case p.Field == "protocol":
			return r.bad(p.Field, "is unknown; want one of "+strings.Join(website.Protocols, ", "))
		case p.Field == "user" && p.Key == "required":
			return r.bad(p.Field, "is empty although there is a host")
		case p.Key == "space_host":
			return r.bad(p.Field, "is not a host name or address such as ftp.example.com")
		case p.Field != "port":
			return r.bad(p.Field, "contains a character that can't be used, such as a line break")
		}
	}
	o.WebSpace, o.KeepPassword, o.KeepDocumentRoot = &w, !r.has("password"), !r.has("document_root")
	return nil
}

// list splits domains or addresses at spaces, commas, semicolons and bars.
func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n\r,;|，；、", r) })
}
