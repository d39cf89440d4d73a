package orderfile_test

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/beian/beian/internal/orderfile"
	"github.com/beian/beian/internal/testdb"
)

const header = "number,customer,product,domains,ips,protocol,host,port,user,password,document_root,expires_on\n"

func TestGoodRowsGoInAndBadOnesAreNamed(t *testing.T) {
	s := testdb.New(t)
	file := header +
		"D1,demo,虚拟主机,www.example.com;*.example.com,192.0.2.1-192.0.2.9,ftp,h,21,u,geheim,wwwroot,2027-01-02\n" +
		"D2,demo,p,not a domain,192.0.2.1,,,,,,,\n" +
		"D3,demo,p,www.example.com,999.1.1.1,,,,,,,\n" +
		"D4,demo,p,www.example.com,192.0.2.1,gopher,h,21,u,geheim,,\n" +
		"D5,demo,p,www.example.com,192.0.2.1,,,,,,,next year\n" +
		"D6,demo,p,示例.中国,192.0.2.1,,,,,,,\n"
	sum, err := orderfile.Import(t.Context(), s, strings.NewReader(file), false)
	require.NoError(t, err)
	require.Equal(t, 2, sum.Created)
	require.Equal(t, 4, sum.Refused)
	var told []string
	for _, e := range sum.Errors {
		told = append(told, e.Error())
		require.NotContains(t, e.Error(), "geheim")
	}
	require.Contains(t, told[0], "line 3, column domains")
	require.Contains(t, told[1], "line 4, column ips")
	require.Contains(t, told[2], "line 5, column protocol")
	require.Contains(t, told[3], "line 6, column expires_on")

	sum, err = orderfile.Import(t.Context(), s,
		strings.NewReader(header+"D1,demo,q,www.example.com,192.0.2.1,,,,,,,\n"), false)
	require.NoError(t, err)
	require.Equal(t, 1, sum.Updated, "importing again updates")
}

func TestStrictRefusesAll(t *testing.T) {
	s := testdb.New(t)
	sum, err := orderfile.Import(t.Context(), s, strings.NewReader(header+
		"D1,demo,p,www.example.com,192.0.2.1,,,,,,,\nD2,,p,www.example.com,192.0.2.1,,,,,,,\n"), true)
	require.NoError(t, err)
	require.Equal(t, 1, sum.Refused)
	require.Zero(t, sum.Created)
	_, err = s.UserByLogin(t.Context(), "demo")
	require.Error(t, err)
}

func TestEncodings(t *testing.T) {
	text := header + "D1,demo,虚拟主机 标准型,www.example.com,192.0.2.1,,,,,,,\n"
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(text)
	require.NoError(t, err)
	for name, file := range map[string]string{"UTF-8": text, "marked": "\xef\xbb\xbf" + text, "GBK": gbk} {
		r, err := orderfile.NewReader(strings.NewReader(file))
		require.NoError(t, err, name)
		o, err := r.Next()
		require.NoError(t, err, name)
		require.Equal(t, "虚拟主机 标准型", o.Product, name)
	}
}

func TestWrongColumnsAreNamed(t *testing.T) {
	_, err := orderfile.NewReader(strings.NewReader("number,customer,product,domain,ips\n"))
	require.ErrorContains(t, err, "unknown column 4")
	_, err = orderfile.NewReader(strings.NewReader("number,customer\n"))
	require.ErrorContains(t, err, "the column product is missing")
	_, err = orderfile.NewReader(strings.NewReader(""))
	require.ErrorContains(t, err, "no header")
}

// A million rows are read one by one.
func TestManyRowsAreReadInLittleMemory(t *testing.T) {
	rows := 0
	pipe := &generated{rows: 200_000}
	r, err := orderfile.NewReader(pipe)
	require.NoError(t, err)
	for {
		if _, err := r.Next(); err != nil {
			break
		}
		rows++
	}
	require.Equal(t, 200_000, rows)
}

// generated generates rows as they are read.
type generated struct {
	rows, made int
	left       []byte
}

func (g *generated) Read(b []byte) (int, error) {
	if len(g.left) == 0 {
		switch {
		case g.made == 0:
			g.left = []byte(header)
		case g.made > g.rows:
			return 0, io.EOF
		default:
			g.left = fmt.Appendf(nil, "D%d,demo,p,www.example.com,192.0.2.1,,,,,,,\n", g.made)
		}
		g.made++
	}
	n := copy(b, g.left)
	g.left = g.left[n:]
	return n, nil
}

// Without a port, each protocol has its own.
func TestProtocolsOfWebSpaces(t *testing.T) {
	for protocol, port := range map[string]int{"": 21, "ftp": 21, "ftps-explicit": 21, "ftps-implicit": 990, "sftp": 22,
		"SFTP": 22} {
		row := "S1,owner,p,www.example.com,192.0.2.1," + protocol + ",host.example.com,,u,p,www,\n"
		r, err := orderfile.NewReader(strings.NewReader(header + row))
		require.NoError(t, err)
		order, err := r.Next()
		require.NoError(t, err, protocol)
		require.Equal(t, port, order.WebSpace.Port, protocol)
		require.Equal(t, strings.ToLower(cmp.Or(protocol, "ftp")), order.WebSpace.Protocol)
	}
}
