package orderfile_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/orderfile"
	"github.com/beian/beian/internal/store"
	"github.com/beian/beian/internal/testdb"
)

// row reads the only order of a file whose row has these values, by column; a column that isn't named is left out.
func row(t *testing.T, values map[string]string) (store.OrderImport, error) {
	t.Helper()
	right := map[string]string{"number": "D1", "customer": "demo", "product": "p", "domains": "www.example.com",
		"ips": "192.0.2.1"}
	var names, cells []string
	for _, name := range orderfile.Columns {
		value, given := values[name]
		if !given {
			if value, given = right[name]; !given {
				continue
			}
		}
		names, cells = append(names, name), append(cells, `"`+value+`"`)
	}
	r, err := orderfile.NewReader(strings.NewReader(strings.Join(names, ",") + "\n" + strings.Join(cells, ",") + "\n"))
	require.NoError(t, err)
	return r.Next()
}

func TestEachRuleOfARow(t *testing.T) {
	long := func(n int) string { return strings.Repeat("长", n) }
	for _, c := range []struct {
		values map[string]string
		column string // of the error; empty: the row is right
	}{
		{map[string]string{"number": ""}, "number"}, {map[string]string{"number": long(64)}, ""},
		{map[string]string{"number": long(65)}, "number"}, {map[string]string{"number": "a/b"}, "number"},
		{map[string]string{"number": `a\b`}, "number"}, {map[string]string{"number": "a?b"}, "number"},
		{map[string]string{"number": "a#b"}, "number"}, {map[string]string{"number": "a%b"}, "number"},
		{map[string]string{"number": "a b"}, "number"}, {map[string]string{"number": "a\tb"}, "number"},
		{map[string]string{"number": " D-1_2.3 "}, ""},
		{map[string]string{"customer": ""}, "customer"}, {map[string]string{"customer": long(64)}, ""},
		{map[string]string{"customer": long(65)}, "customer"},
		{map[string]string{"product": ""}, "product"}, {map[string]string{"product": long(128)}, ""},
		{map[string]string{"product": long(129)}, "product"},
		{map[string]string{"domains": ""}, "domains"}, {map[string]string{"domains": "www.example.com;a..b"}, "domains"},
		{map[string]string{"ips": ""}, ""}, {map[string]string{"ips": "192.0.2.1,x"}, "ips"},
		{map[string]string{"expires_on": "2027-12-31"}, ""}, {map[string]string{"expires_on": "2027-13-01"}, "expires_on"},
		{map[string]string{"host": "h"}, "user"},
		{map[string]string{"host": "h", "user": "u", "protocol": "gopher"}, "protocol"},
		{map[string]string{"host": "h", "user": "u", "port": "0"}, "port"},
		{map[string]string{"host": "h", "user": "u", "port": "1"}, ""},
		{map[string]string{"host": "h", "user": "u", "port": "65535"}, ""},
		{map[string]string{"host": "h", "user": "u", "port": "65536"}, "port"},
		{map[string]string{"host": "h", "user": "u", "port": "x"}, "port"},
		{map[string]string{"port": "x", "protocol": "gopher"}, ""}, // without a host there is no web space
	} {
		_, err := row(t, c.values)
		if c.column == "" {
			require.NoError(t, err, c.values)
			continue
		}
		var bad orderfile.RowError
		require.ErrorAs(t, err, &bad, c.values)
		require.Equal(t, c.column, bad.Column, c.values)
		require.Equal(t, 2, bad.Line)
		require.NotEmpty(t, bad.Reason)
	}
}

func TestWhatARowBecomes(t *testing.T) {
	_, err := row(t, map[string]string{"number": " D1 ", "domains": "WWW.example.com a.example.com|b.example.com，*.example.com；" +
		"c.example.com、d.example.com\n示例.中国", "ips": "192.0.2.1;192.0.2.9 - x"})
	require.Error(t, err)
	o, err := row(t, map[string]string{"number": " D1 ", "expires_on": "2027-12-31", "host": "ftp.example.com", "user": "u",
		"password": " secret ", "document_root": "/www", "ips": "192.0.2.1 192.0.2.3-192.0.2.9",
		"domains": "WWW.example.com a.example.com|b.example.com，*.example.com；c.example.com、d.example.com\n示例.中国"})
	require.NoError(t, err)
	require.Equal(t, []string{"www.example.com", "a.example.com", "b.example.com", "*.example.com", "c.example.com",
		"d.example.com", "xn--fsq092h.xn--fiqs8s"}, o.Domains)
	require.Equal(t, []string{"192.0.2.1", "192.0.2.3-192.0.2.9"}, o.IPs)
	require.Equal(t, time.Date(2027, 12, 31, 0, 0, 0, 0, time.UTC), o.ExpiresOn)
	require.Equal(t, &store.WebSpace{Protocol: "ftp", Host: "ftp.example.com", Port: 21, User: "u", Password: "secret",
		DocumentRoot: "/www"}, o.WebSpace)
	o, err = row(t, map[string]string{"host": "h", "user": "u"})
	require.NoError(t, err)
	require.Equal(t, "ftp 21", fmt.Sprint(o.WebSpace.Protocol, " ", o.WebSpace.Port))
	o, err = row(t, map[string]string{"host": "h", "user": "u", "port": "2121", "protocol": "ftps-explicit"})
	require.NoError(t, err)
	require.Equal(t, "ftps-explicit 2121", fmt.Sprint(o.WebSpace.Protocol, " ", o.WebSpace.Port))
}

func TestSpacesBeforeQuotes(t *testing.T) {
	r, err := orderfile.NewReader(strings.NewReader("number, customer, product, domains, ips\n" +
		`D1, "demo", "a, b", "www.example.com, example.com", "192.0.2.1"` + "\n"))
	require.NoError(t, err)
	o, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, "a, b", o.Product)
	require.Equal(t, []string{"www.example.com", "example.com"}, o.Domains)
}

// The number is missed; what the others lack is decided by each order.
func TestRequiredColumns(t *testing.T) {
	for _, left := range orderfile.Columns {
		var names []string
		for _, name := range orderfile.Columns {
			if name != left {
				names = append(names, strings.ToUpper(name)+" ")
			}
		}
		_, err := orderfile.NewReader(strings.NewReader(strings.Join(names, ",") + "\n"))
		switch left {
		case "number":
			require.ErrorContains(t, err, "the column "+left+" is missing")
		default:
			require.NoError(t, err, left)
		}
	}
}

// A broken pipe is no end of the file, and reports are bounded.
func TestReadingThatFails(t *testing.T) {
	broken := errors.New("broken")
	_, err := orderfile.NewReader(io.MultiReader(strings.NewReader("number"), failing{broken}))
	require.Error(t, err)
	s := testdb.New(t)
	var file strings.Builder
	file.WriteString(header)
	for i := range 1001 {
		fmt.Fprintf(&file, "D%d,,p,www.example.com,192.0.2.1,,,,,,,\n", i)
	}
	for _, strict := range []bool{false, true} {
		sum, err := orderfile.Import(t.Context(), s, strings.NewReader(file.String()), strict)
		require.NoError(t, err)
		require.Equal(t, 1001, sum.Refused)
		require.Len(t, sum.Errors, 1000)
	}
	for _, strict := range []bool{false, true} {
		sum, err := orderfile.Import(t.Context(), s, strings.NewReader(header+
			"D1,demo,p,www.example.com,192.0.2.1,,,,,,,\n"), strict)
		require.NoError(t, err)
		require.Equal(t, 1, sum.Created+sum.Updated)
		require.Equal(t, strict, sum.Updated == 1, "the second time")
	}
	_, err = orderfile.Import(t.Context(), s, strings.NewReader("x\n"), true)
	require.ErrorContains(t, err, "unknown column")
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// The cut between two reads may be within a character, of one encoding or the other.
func TestCharactersCutByThePeek(t *testing.T) {
	const peek = 64 << 10
	for shift := range 4 {
		filler := strings.Repeat("x", peek-len(header)-len("D1,demo,")-shift-1)
		r, err := orderfile.NewReader(strings.NewReader(header + "D1,demo," + filler + "𠀀样例,www.example.com,192.0.2.1,,,,,,,\n" +
			"D2,demo,样例,www.example.com,192.0.2.1,,,,,,,\n"))
		require.NoError(t, err)
		_, err = r.Next()
		require.ErrorContains(t, err, "longer than 128", shift)
		o, err := r.Next()
		require.NoError(t, err)
		require.Equal(t, "样例", o.Product, shift)
	}
}
