package orderfile_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/beian/beian/internal/filing"
	"github.com/beian/beian/internal/orderfile"
	"github.com/beian/beian/internal/store"
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
	_, err = orderfile.NewReader(strings.NewReader("customer,product\n"))
	require.ErrorContains(t, err, "the column number is missing")
	_, err = orderfile.NewReader(strings.NewReader("number,number\n"))
	require.ErrorContains(t, err, "the column number is there twice")
	_, err = orderfile.NewReader(strings.NewReader("n\x00u\x00"))
	require.ErrorContains(t, err, "UTF-16 with a byte order mark")
	_, err = orderfile.NewReader(strings.NewReader(""))
	require.ErrorContains(t, err, "no header")
}

// read reads all rows of a file: the numbers of the good ones, and the errors.
func read(t *testing.T, file string) (numbers []string, errs []string) {
	t.Helper()
	r, err := orderfile.NewReader(strings.NewReader(file))
	require.NoError(t, err)
	for {
		o, err := r.Next()
		var bad orderfile.RowError
		switch {
		case errors.Is(err, io.EOF):
			return numbers, errs
		case errors.As(err, &bad):
			errs = append(errs, bad.Error())
		default:
			require.NoError(t, err)
			numbers = append(numbers, o.Number)
		}
	}
}

const short = "number,customer,product,domains,ips\n"

func TestStrayQuoteCostsOnlyItsRow(t *testing.T) {
	for _, bad := range []string{`D2,="00123",p,www.example.com,192.0.2.1`, `D2,a"b,p,www.example.com,192.0.2.1`, `"`,
		`D2,"demo,p,www.example.com,192.0.2.1`, `D2,demo,p,"www.example.com,192.0.2.1`, `D2,"de"mo,p,www.example.com,`} {
		numbers, errs := read(t, short+"D1,demo,p,www.example.com,192.0.2.1\n"+bad+
			"\nD3,demo,p,\"www.example.com\",192.0.2.1\nD4,demo,p,www.example.com,192.0.2.1\n")
		require.Equal(t, []string{"D1", "D3", "D4"}, numbers, bad)
		require.Len(t, errs, 1, bad)
		require.Contains(t, errs[0], "line 3 ", bad)
	}
	// Two stray quotes don't hide the rows between them.
	numbers, errs := read(t, short+"D1,demo,p,\"www.example.com,192.0.2.1\nD2,demo,p,www.example.com,192.0.2.1\n"+
		"D3,demo,p,www.example.com\",192.0.2.1\n")
	require.Equal(t, []string{"D2"}, numbers)
	require.Len(t, errs, 2)
}

func TestListsMayHaveLineBreaks(t *testing.T) {
	r, err := orderfile.NewReader(strings.NewReader(short +
		"D1,demo,p,\"www.example.com\nexample.com\",192.0.2.1\nD2,demo,p,bad domain,192.0.2.1\n"))
	require.NoError(t, err)
	o, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, []string{"www.example.com", "example.com"}, o.Domains)
	_, err = r.Next()
	require.ErrorContains(t, err, "line 4, column domains")
}

func TestFilesAsSpreadsheetsWriteThem(t *testing.T) {
	rows := "D1,demo,虚拟主机,www.example.com,192.0.2.1,2027/12/31,,\n,,,,,,,\n\n" +
		"D2,demo,虚拟主机,www.example.com,192.0.2.1,2027-1-2,,\n\"=\"\"0012\"\"\",demo,p,www.example.com,,2027年1月2日\n,,,\n"
	text := "number,customer,product,domains,ips,expires_on,,\n" + rows
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(text)
	require.NoError(t, err)
	utf16 := func(order unicode.Endianness) string {
		encoded, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(strings.ReplaceAll(text, ",", "\t"))
		require.NoError(t, err)
		return encoded
	}
	for name, file := range map[string]string{
		"commas": text, "semicolons": strings.ReplaceAll(text, ",", ";"), "tabs": strings.ReplaceAll(text, ",", "\t"),
		"sep": "sep=;\n" + strings.ReplaceAll(text, ",", ";"), "CRLF": strings.ReplaceAll(text, "\n", "\r\n"),
		"UTF-16LE": utf16(unicode.LittleEndian), "UTF-16BE": utf16(unicode.BigEndian), "GBK": gbk,
		"GBK after much ASCII": strings.Replace(gbk, "\n", "\n"+strings.Repeat(",,,,,\n", 20_000), 1),
	} {
		numbers, errs := read(t, file)
		require.Empty(t, errs, name)
		require.Equal(t, []string{"D1", "D2", "0012"}, numbers, name)
	}
	for date, want := range map[string]string{"2027/12/31": "2027-12-31", "2027.1.2": "2027-01-02", "20271231": "2027-12-31",
		"2027/12/31 0:00": "2027-12-31", "12/31/2027": "", "2027-02-30": "", "46752": ""} {
		r, err := orderfile.NewReader(strings.NewReader("number,expires_on\nD1," + date + "\n"))
		require.NoError(t, err)
		o, err := r.Next()
		if want == "" {
			require.ErrorContains(t, err, "column expires_on", date)
			continue
		}
		require.NoError(t, err, date)
		require.Equal(t, want, o.ExpiresOn.Format(time.DateOnly), date)
	}
}

func TestRowsThatCannotBeMeant(t *testing.T) {
	for row, want := range map[string]string{
		"1.02401E+17,demo,p,www.example.com,192.0.2.1": "scientific notation", "2E10,demo,p,www.example.com,": "as text",
		"D1,demo,p,www.example.com,192.0.2.1,surplus":        "a value without a column",
		"D1,de\xffmo,虚,www.example.com,192.0.2.1":            "line 3",
		"D1,de\ufffdmo,p,www.example.com,192.0.2.1":          "damaged",
		strings.Repeat("x", 65) + ",demo,p,www.example.com,": "longer than 64",
	} {
		numbers, errs := read(t, short+"虚,demo,p,www.example.com,192.0.2.1\n"+row+"\n")
		require.Len(t, errs, 1, row)
		require.Contains(t, errs[0], want)
		require.Len(t, numbers, 1)
	}
	_, errs := read(t, "number,mobile,email\nD1,12345,\nD2,,someone\nD3,+86 139-0000-1234,a@example.com\n")
	require.Len(t, errs, 2)
	require.Contains(t, errs[0], "column mobile")
	require.Contains(t, errs[1], "column email")
}

// Each column takes what the page's field takes: nobody sees a zero-width space, and Chinese keyboards write full-width
// letters, digits and dashes. A password stays as it was issued.
func TestColumnsAreNormalisedAsFieldsAre(t *testing.T) {
	r, err := orderfile.NewReader(strings.NewReader(
		"ｎumber\u200b,customer,product,domains,ips,protocol,host,port,user,password,document_root,expires_on,mobile,email\n" +
			"Ｄ\u200b1,\u00a0demo\u202c,ＶＰＳ\u200d,ｗｗｗ。example.com\u200b；*.例子.com,１９２.0.2.1－192.0.2.9,FＴP,ＦＴＰ.example.com," +
			"２１,ｕser\u2060,\u200bpａss－1 ,/ｈtdocs\u200e,２０２７－12－31,+86 １39－0000—1234,Ａ@Ｅxample.com\n"))
	require.NoError(t, err)
	o, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, []any{"D1", "demo", "VPS", "2027-12-31", "13900001234", "A@example.com"},
		[]any{o.Number, o.Customer, o.Product, o.ExpiresOn.Format(time.DateOnly), *o.Mobile, *o.Email})
	require.Equal(t, []string{"192.0.2.1-192.0.2.9"}, o.IPs)
	require.Equal(t, "www.example.com", o.Domains[0])
	require.Equal(t, store.WebSpace{Protocol: "ftp", Host: "FTP.example.com", Port: 21, User: "user", Password: "pａss－1",
		DocumentRoot: "/htdocs"}, *o.WebSpace)
}

func TestNumberTwiceIsRefusedOnBothLines(t *testing.T) {
	s := testdb.New(t)
	file := short + "D1,demo,p,www.example.com,192.0.2.1\nD2,demo,p,www.example.com,192.0.2.1\n" +
		"D1,demo,q,www.example.net,192.0.2.2\n"
	for _, strict := range []bool{false, true} {
		sum, err := orderfile.Import(t.Context(), s, strings.NewReader(file), strict)
		require.NoError(t, err)
		require.Equal(t, 2, sum.Refused)
		require.ErrorContains(t, sum.Errors[0], "line 2, column number: is also on line 4")
		require.ErrorContains(t, sum.Errors[1], "line 4, column number: is also on line 2")
		require.Equal(t, !strict, sum.Created == 1)
	}
}

func TestImportNeverChangesTheCustomer(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, err := s.EnsureUser(ctx, store.RoleSupport, "support", "")
	require.NoError(t, err)
	sum, err := orderfile.Import(ctx, s, strings.NewReader(short+"D1,demo,p,www.example.com,192.0.2.1\n"), false)
	require.NoError(t, err)
	require.Equal(t, 1, sum.Created)
	sum, err = orderfile.Import(ctx, s, strings.NewReader(short+"D1,buyer,q,www.example.net,192.0.2.2\n"+
		"D2,support,p,www.example.com,192.0.2.1\nD1x,,p,www.example.com,192.0.2.1\n"), false)
	require.NoError(t, err)
	require.Equal(t, 3, sum.Refused)
	require.ErrorContains(t, sum.Errors[0], "beian orders transfer")
	require.ErrorContains(t, sum.Errors[1], "line 3, column customer: is a login of staff")
	_, err = s.UserByLogin(ctx, "buyer")
	require.ErrorIs(t, err, store.ErrNotFound, "a refused row creates nobody")
	order, err := s.OrderByNumber(ctx, "D1")
	require.NoError(t, err)
	require.Equal(t, "p", order.Product)
	require.Equal(t, []string{"www.example.com"}, order.Domains)
	sum, err = orderfile.Import(ctx, s, strings.NewReader("number,product\nD1,q\nD9,q\n"), false)
	require.NoError(t, err)
	require.Equal(t, 1, sum.Updated)
	require.ErrorContains(t, sum.Errors[0], "line 3, column number: is of a new order")
}

func TestAbsentKeepsAndEmptyClears(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	load := func(file string) store.Order {
		t.Helper()
		sum, err := orderfile.Import(ctx, s, strings.NewReader(file), true)
		require.NoError(t, err)
		require.Empty(t, sum.Errors)
		order, err := s.OrderByNumber(ctx, "D1")
		require.NoError(t, err)
		return order
	}
	space := func(o store.Order) *store.WebSpace {
		t.Helper()
		w, err := s.WebSpaceOf(ctx, o.ID)
		require.NoError(t, err)
		return w
	}
	first := header + "D1,demo,p,www.example.com,192.0.2.1,ftp,h,21,u,old,wwwroot,2027-12-31\n"
	load(first)
	order := load("number,product\nD1,q\n")
	require.Equal(t, "q", order.Product)
	require.Equal(t, []string{"192.0.2.1"}, order.IPs)
	require.True(t, order.ExpiresOn.Valid)
	require.Equal(t, "old", space(order).Password)

	// A correction by staff stays until the provider sends something else.
	fixed := *space(order)
	fixed.Password = "corrected"
	require.NoError(t, s.CorrectWebSpace(ctx, order, fixed))
	require.Equal(t, "corrected", space(load(first)).Password)
	require.Equal(t, "corrected", space(load("number,host,user,document_root\nD1,h,u,public\n")).Password,
		"no column for it")
	require.Equal(t, "new", space(load(strings.Replace(first, "old", "new", 1))).Password)
	require.Empty(t, space(load("number,host,user\nD1,elsewhere,u\n")).Password, "another server's password isn't tried")

	order = load("number,ips,host,expires_on\nD1,,,\n")
	require.Empty(t, order.IPs)
	require.False(t, order.ExpiresOn.Valid)
	require.Nil(t, space(order))
	require.NoError(t, s.CorrectWebSpace(ctx, order, fixed))
	require.NotNil(t, space(load("number,host\nD1,\n")), "staff entered it, and the provider still knows none")
}

// An error of the database in the middle of the file undoes what came before.
func TestStrictIsAllOrNothing(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	_, err := s.DB().ExecContext(ctx, `ALTER TABLE order_domains ADD CONSTRAINT full CHECK (domain <> 'boom.example.com')`)
	require.NoError(t, err)
	file := short + "D1,demo,p,www.example.com,192.0.2.1\nD2,demo,p,boom.example.com,192.0.2.1\n"
	sum, err := orderfile.Import(ctx, s, strings.NewReader(file), true)
	require.ErrorContains(t, err, "line 3")
	require.Zero(t, sum.Created)
	_, err = s.OrderByNumber(ctx, "D1")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = s.UserByLogin(ctx, "demo")
	require.ErrorIs(t, err, store.ErrNotFound)
	// So does a row that only the database can refuse.
	_, err = s.ImportOrder(ctx, store.OrderImport{Number: "D2", Customer: "other", Product: "p"})
	require.NoError(t, err)
	sum, err = orderfile.Import(ctx, s, strings.NewReader(strings.ReplaceAll(file, "boom", "www")), true)
	require.NoError(t, err)
	require.Equal(t, 1, sum.Refused)
	require.Zero(t, sum.Created)
	_, err = s.OrderByNumber(ctx, "D1")
	require.ErrorIs(t, err, store.ErrNotFound)
}

// Customers who never signed in recover their password by what the provider gave with the order.
func TestImportedAddressesReachTheCustomer(t *testing.T) {
	s, ctx := testdb.New(t), t.Context()
	load := func(file string) {
		t.Helper()
		sum, err := orderfile.Import(ctx, s, strings.NewReader(file), false)
		require.NoError(t, err)
		require.Empty(t, sum.Errors)
	}
	load("number,customer,product,domains,mobile,email\nD1,demo,p,www.example.com,+86 139-0000-1234,a@example.com\n")
	for typed, ch := range map[string]filing.Channel{"13900001234": filing.SMS, "a@example.com": filing.Mail} {
		id, _, err := s.RequestRecovery(ctx, store.Asker{Browser: "b", Network: "n"}, typed, ch)
		require.NoError(t, err)
		to, err := s.AccountCode(ctx, id)
		require.NoError(t, err)
		require.Equal(t, "demo", to.Login)
		require.Equal(t, typed, to.To)
	}
	dump, err := s.Dump(ctx)
	require.NoError(t, err)
	require.NotContains(t, dump, "13900001234", "sealed")
	require.NotContains(t, dump, "a@example.com")
	user, err := s.UserByLogin(ctx, "demo")
	require.NoError(t, err)
	load("number\nD1\n")
	load("number,mobile\nD1,\n")
	reach, err := s.ContactAddressesOf(ctx, user.ID)
	require.NoError(t, err)
	require.Equal(t, store.ContactAddresses{Email: "a@example.com"}, reach, "absent keeps, empty clears")
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(header + "D1,demo,p,www.example.com,192.0.2.1,ftp,h,21,u,p,w,2027-01-02\n"))
	f.Add([]byte(short + "D1,=\"00123\",p,a\"b,\n\"\nD2,\"x\ny\",p,www.example.com,\n"))
	f.Add([]byte("\xff\xfen\x00u\x00m\x00b\x00e\x00r\x00\n\x00D\x001\x00"))
	f.Add([]byte("number;domains\r\nD1;\"www.example.com\r\nexample.com\"\r\n;\r\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := orderfile.NewReader(bytes.NewReader(file))
		if err != nil {
			return
		}
		last := 0
		for {
			o, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			var bad orderfile.RowError
			if err != nil && !errors.As(err, &bad) {
				return
			}
			if r.Line() <= last {
				t.Fatalf("line %d after %d", r.Line(), last)
			}
			last = r.Line()
			if err == nil && o.Number == "" {
				t.Fatal("an order without a number")
			}
		}
	})
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

// Seek starts again.
func (g *generated) Seek(offset int64, from int) (int64, error) {
	if offset != 0 || from != io.SeekStart {
		return 0, errors.ErrUnsupported
	}
	*g = generated{rows: g.rows}
	return 0, nil
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
