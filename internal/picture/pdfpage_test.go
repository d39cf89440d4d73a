package picture_test

import (
	"bytes"
	"compress/zlib"
	"crypto/md5"
	"crypto/rc4"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/picture"
)

// pdfPage is a page's content, with its size in points.
type pdfPage struct {
	width, height int
	content       string
}

func page(content string) pdfPage { return pdfPage{595, 842, content} }

// certificate is a page that looks like one: a title, lines of text, a frame.
func certificate(title string) pdfPage {
	var b strings.Builder
	b.WriteString("2 w 40 40 515 762 re S\nBT /F 28 Tf 90 740 Td (" + title + ") Tj ET\n")
	for line := range 20 {
		fmt.Fprintf(&b, "BT /F 14 Tf 70 %d Td (Line %d: www.example.com is registered to its holder) Tj ET\n",
			680-line*24, line)
	}
	return page(b.String())
}

// textPDF is a PDF with pages as programs make it, in a font that every reader has.
func textPDF(pages ...pdfPage) []byte {
	return pdfWith("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", "", pages...)
}

// pdfWith makes a PDF with a font and additions to its trailer.
func pdfWith(font, trailer string, pages ...pdfPage) []byte {
	var b bytes.Buffer
	var kids []string
	for i := range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", 10+2*i))
	}
	fmt.Fprintf(&b,
		"%%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[%s]/Count %d>>\nendobj\n3 0 obj\n%s\nendobj\n", strings.Join(kids, " "), len(pages), font)
	for i, p := range pages {
		fmt.Fprintf(&b,
			"%d 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Resources<</Font<</F 3 0 R>>>>/Contents %d 0 R>>\nendobj\n",
			10+2*i, p.width, p.height, 11+2*i)
		fmt.Fprintf(&b, "%d 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n", 11+2*i, len(p.content), p.content)
	}
	fmt.Fprintf(&b, "trailer<</Root 1 0 R%s>>\n%%%%EOF", trailer)
	return b.Bytes()
}

// locked is a PDF that opens only with a password (the standard security handler, revision 2: PDF 1.7, 7.6.3).
func locked(t *testing.T) []byte {
	t.Helper()
	pad := []byte(
		"\x28\xBF\x4E\x5E\x4E\x75\x8A\x41\x64\x00\x4E\x56\xFF\xFA\x01\x08\x2E\x2E\x00\xB6\xD0\x68\x3E\x80\x2F\x0C\xA9\xFE\x64\x53\x69\x7A")
	padded := append([]byte("secret"), pad...)[:32]
	encrypt := func(key, plain []byte) []byte {
		c, err := rc4.NewCipher(key)
		require.NoError(t, err)
		out := make([]byte, len(plain))
		c.XORKeyStream(out, plain)
		return out
	}
	sum := md5.Sum(padded)
	owner := encrypt(sum[:5], padded)
	id := "0123456789abcdef"
	sum = md5.Sum([]byte(string(padded) + string(owner) + "\xfc\xff\xff\xff" + id))
	user := encrypt(sum[:5], pad)
	return pdfWith("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
		fmt.Sprintf("/ID[<%x><%x>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%x>/U<%x>>>", id, id, owner, user),
		certificate("Secret"))
}

// A certificate or an e-licence, as issued, becomes a picture of its page.
func TestAPDFWithTextIsDrawn(t *testing.T) {
	p, err := one(textPDF(certificate("Domain certificate")), limits)
	require.NoError(t, err)
	require.LessOrEqual(t, len(p.Content), limits.MaxBytes)
	img := decoded(t, p.Content)
	require.Greater(t, img.Bounds().Dy(), img.Bounds().Dx(), "upright, as its page is")
	require.GreaterOrEqual(t, img.Bounds().Dy(), limits.MinLong)
	dark := 0
	for x := range img.Bounds().Dx() {
		for y := range img.Bounds().Dy() / 5 { // the title
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0x6000 {
				dark++
			}
		}
	}
	require.Greater(t, dark, 300, "letters are drawn")
	require.NotContains(t, string(p.Content), "Helvetica")
}

// Active, interactive or hidden content of a PDF does nothing when it is rendered, and isn't kept.
func TestActiveContentOfAPDFIsDropped(t *testing.T) {
	scan := filingtest.Picture(900, 600, 1)
	for _, more := range []string{"/OpenAction<</S/JavaScript/JS(app.alert(1))>>", "/AcroForm 9 0 R",
		"/Names<</EmbeddedFiles 8 0 R>>/EmbeddedFile", "/Font<<>>", "/X<</Subtype/Image>>"} {
		p, err := one(pdf(scan, more), limits)
		require.NoError(t, err, more)
		require.NotContains(t, string(p.Content), "app.alert")
		require.True(t, red(decoded(t, p.Content), false, false), more)
	}
}

func TestEachPageOfAPDFIsAPicture(t *testing.T) {
	two := textPDF(certificate("First"), pdfPage{842, 595, certificate("Second").content})
	pages, err := picture.Prepare(two, limits, 2)
	require.NoError(t, err)
	require.Len(t, pages, 2)
	require.Greater(t, pages[0].Height, pages[0].Width)
	require.Greater(t, pages[1].Width, pages[1].Height)
	_, err = picture.Prepare(two, limits, 1)
	require.ErrorIs(t, err, picture.ErrPages, "none is left out")
}

func TestPDFsThatCannotBeDrawnAreRefused(t *testing.T) {
	whole := textPDF(certificate("Domain certificate"))
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	_, err := w.Write(bytes.Repeat([]byte("0 0 m 500 800 l S "), 40<<20/18)) // 40 MB of lines in some 100 KB
	require.NoError(t, err)
	require.NoError(t, w.Close())
	lines := bytes.Replace(textPDF(page("X")), []byte("<</Length 1>>\nstream\nX"),
		fmt.Appendf(nil, "<</Filter/FlateDecode/Length %d>>\nstream\n%s", packed.Len(), packed.Bytes()), 1)
	chinese :=
		"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>/FontDescriptor<</Type/FontDescriptor/FontName/STSong-Light/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 900/Descent -200/CapHeight 700/StemV 80>>>>]>>"
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"only its head":     {[]byte("%PDF-1.7\n"), picture.ErrPDF},
		"truncated":         {whole[:len(whole)/8], picture.ErrPDF},
		"no PDF inside":     {append([]byte("%PDF-1.4\n"), filingtest.Picture(640, 400, 1)...), picture.ErrPDF},
		"password":          {locked(t), picture.ErrLocked},
		"a picture bomb":    {pdf(bomb(60000, 60000), ""), picture.ErrBlank},
		"an empty page":     {textPDF(page("")), picture.ErrBlank},
		"a strip of a page": {textPDF(pdfPage{14000, 20, "BT /F 12 Tf (A strip) Tj ET"}), picture.ErrSmall},
		"fonts not in it":   {pdfWith(chinese, "", page("BT /F 24 Tf 60 700 Td <57DF540D8BC14E66> Tj ET")), picture.ErrFonts},
		"hundreds of pages": {textPDF(make([]pdfPage, 300)...), picture.ErrPages},
	} {
		_, err := one(c.raw, limits)
		require.ErrorIs(t, err, c.want, name)
	}
	back := picture.LimitRendering(time.Second)
	_, err = one(lines, limits)
	back()
	require.ErrorIs(t, err, picture.ErrPDF, "a bomb of lines")
	_, err = one(whole, limits)
	require.NoError(t, err, "an earlier failure doesn't affect the next file")
}
