package picture_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/beian/beian/internal/filing/filingtest"
	"github.com/beian/beian/internal/picture"
)

var limits = picture.Limits{MaxBytes: 75 << 10, MinLong: 600, MinShort: 360}

// one prepares a file with one page.
func one(raw []byte, limits picture.Limits) (picture.Prepared, error) {
	pages, err := picture.Prepare(raw, limits, 1)
	if err != nil {
		return picture.Prepared{}, err
	}
	return pages[0], nil
}

func asPNG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, img))
	return b.Bytes()
}

// withEXIF adds an EXIF segment with an orientation and a planted text to a JPEG.
func withEXIF(order binary.AppendByteOrder, magic string, raw []byte, orientation uint16) []byte {
	tiff := order.AppendUint32([]byte(magic), 8)
	tiff = order.AppendUint16(tiff, 2)
	tiff = order.AppendUint16(
		order.AppendUint16(order.AppendUint32(order.AppendUint16(order.AppendUint16(tiff, 0x010f), 2), 4), 0x4141), 0)
	tiff = order.AppendUint16(
		order.AppendUint16(order.AppendUint32(order.AppendUint16(order.AppendUint16(tiff, 0x0112), 3), 1), orientation), 0)
	tiff = append(tiff, "GPS 31.2304N 121.4737E"...)
	body := append([]byte("Exif\x00\x00"), tiff...)
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2))
	return append(append(append(bytes.Clone(raw[:2]), segment...), body...), raw[2:]...)
}

func decoded(t *testing.T, content []byte) image.Image {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(content))
	require.NoError(t, err)
	return img
}

func red(img image.Image, right, bottom bool) bool {
	b := img.Bounds()
	x, y := b.Dx()/16, b.Dy()/16
	if right {
		x = b.Dx() - x
	}
	if bottom {
		y = b.Dy() - y
	}
	r, g, _, _ := img.At(x, y).RGBA()
	return r > 0x8000 && g < 0x6000
}

func TestAPictureIsScaledDownAndKeepsWhatMustBeRead(t *testing.T) {
	p, err := one(filingtest.Picture(3200, 2400, 1), limits)
	require.NoError(t, err)
	require.LessOrEqual(t, len(p.Content), limits.MaxBytes)
	img := decoded(t, p.Content)
	require.Equal(t, image.Pt(p.Width, p.Height), img.Bounds().Size())
	require.GreaterOrEqual(t, p.Width, 1000, "a sheet of text keeps more than the minimum size")
	require.InDelta(t, 4.0/3, float64(p.Width)/float64(p.Height), .01)
	thumb := decoded(t, p.Thumb)
	require.Equal(t, 320, thumb.Bounds().Dx())
}

func TestPNGWithTransparencyBecomesPaper(t *testing.T) {
	sheet := filingtest.Sheet(800, 600, 1)
	for x := range 800 {
		sheet.SetRGBA(x, 599, color.RGBA{})
		sheet.SetRGBA(x, 598, color.RGBA{})
	}
	p, err := one(asPNG(t, sheet), limits)
	require.NoError(t, err)
	r, _, _, _ := decoded(t, p.Content).At(400, 599).RGBA()
	require.Greater(t, r, uint32(0xc000))
}

// Every orientation is upright afterwards, and nothing of EXIF is left.
func TestOrientationIsAppliedAndEXIFIsGone(t *testing.T) {
	// where the stored picture's top left corner belongs
	corner := map[uint16][2]bool{1: {false, false}, 2: {true, false}, 3: {true, true}, 4: {false, true}, 5: {false, false},
		6: {true, false}, 7: {true, true}, 8: {false, true}}
	raw := filingtest.Picture(640, 400, 1)
	for orientation, at := range corner {
		for magic, order := range map[string]binary.AppendByteOrder{"II*\x00": binary.LittleEndian,
			"MM\x00*": binary.BigEndian} {
			p, err := one(withEXIF(order, magic, raw, orientation), limits)
			require.NoError(t, err)
			img := decoded(t, p.Content)
			require.Equal(t, orientation >= 5, img.Bounds().Dy() > img.Bounds().Dx(), orientation)
			for _, where := range [][2]bool{{false, false}, {true, false}, {false, true}, {true, true}} {
				require.Equal(t, where == at, red(img, where[0], where[1]), "orientation %d, corner %v", orientation, where)
			}
			require.NotContains(t, string(p.Content), "Exif")
			require.NotContains(t, string(p.Content), "GPS")
		}
	}
}

// bomb is a PNG that declares many pixels and contains almost nothing.
func bomb(width, height uint32) []byte {
	chunk := func(kind string, body []byte) []byte {
		c := append([]byte(kind), body...)
		return binary.BigEndian.AppendUint32(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), c...),
			crc32.ChecksumIEEE(c))
	}
	head := append(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height), 8, 6, 0, 0, 0)
	return append(append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", head)...),
		chunk("IDAT", []byte{0x78, 0x9c, 0x03, 0x00})...)
}

func TestWhatIsNoReadablePictureIsRefused(t *testing.T) {
	good := filingtest.Picture(900, 600, 1)
	random := rand.New(rand.NewPCG(1, 1))
	noise := image.NewRGBA(image.Rect(0, 0, 900, 600))
	for i := range noise.Pix {
		noise.Pix[i] = byte(random.Uint32())
	}
	var noisy bytes.Buffer
	require.NoError(t, jpeg.Encode(&noisy, noise, nil))
	grey := image.NewRGBA(image.Rect(0, 0, 900, 600))
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"nothing":    {nil, picture.ErrEmpty},
		"text":       {[]byte("<svg onload=alert(1)>"), picture.ErrType},
		"GIF":        {[]byte("GIF89a\x01\x00\x01\x00"), picture.ErrType},
		"HEIC":       {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), picture.ErrHEIC},
		"PDF":        {[]byte("%PDF-1.7\n1 0 obj"), picture.ErrPDF},
		"cut short":  {good[:len(good)/2], picture.ErrDamaged},
		"head only":  {good[:20], picture.ErrDamaged},
		"bomb":       {bomb(60000, 60000), picture.ErrHuge},
		"many dots":  {bomb(9000, 9000), picture.ErrHuge},
		"empty PNG":  {bomb(900, 600), picture.ErrDamaged},
		"small":      {filingtest.Picture(599, 400, 1), picture.ErrSmall},
		"narrow":     {filingtest.Picture(900, 300, 1), picture.ErrSmall},
		"heavy":      {append(bytes.Clone(good), make([]byte, picture.MaxUpload)...), picture.ErrTooBig},
		"one colour": {asPNG(t, grey), picture.ErrBlank},
	} {
		_, err := one(c.raw, limits)
		require.ErrorIs(t, err, c.want, name)
	}
	_, err := one(noisy.Bytes(), picture.Limits{MaxBytes: 20 << 10, MinLong: 800, MinShort: 500})
	require.ErrorIs(t, err, picture.ErrDense)
}

// A file that is a picture and something else comes out as the picture alone.
func TestWhatHidesBehindAPictureIsGone(t *testing.T) {
	raw := append(filingtest.Picture(900, 600, 1), "<script>alert(1)</script>PK\x03\x04"...)
	p, err := one(raw, limits)
	require.NoError(t, err)
	require.NotContains(t, string(p.Content), "script")
	require.NotContains(t, string(p.Content), "PK\x03\x04")
}

// pdf is a one-page PDF as a scanner makes it, with an addition to its catalogue.
func pdf(scan []byte, more string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R " + more +
		">>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n")
	b.WriteString(
		"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</XObject<</I 4 0 R>>>>/Contents 5 0 R>>\nendobj\n4 0 obj\n")
	fmt.Fprintf(&b,
		"<</Type/XObject/Subtype /Image/Width 900/Height 600/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode/Length %d>>\nstream\r\n", len(scan))
	b.Write(scan)
	b.WriteString(
		"\nendstream\nendobj\n5 0 obj\n<</Length 29>>\nstream\nq 595 0 0 842 0 0 cm /I Do Q\nendstream\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF")
	return b.Bytes()
}

// The scan inside a PDF is used unchanged.
func TestAScanInAPDFIsTaken(t *testing.T) {
	scan := filingtest.Picture(900, 600, 1)
	p, err := one(pdf(scan, ""), limits)
	require.NoError(t, err)
	same, err := one(scan, limits)
	require.NoError(t, err)
	require.Equal(t, same.Content, p.Content)
	_, err = one(pdf(scan[:len(scan)/2], ""), limits)
	require.ErrorIs(t, err, picture.ErrDamaged)
}

func FuzzPrepare(f *testing.F) {
	good := filingtest.Picture(640, 400, 1)
	f.Add(good)
	f.Add(good[:300])
	f.Add(withEXIF(binary.LittleEndian, "II*\x00", good, 6))
	f.Add(bomb(10, 10))
	f.Add(pdf(good, ""))
	rendered := textPDF(page("BT /F 24 Tf 60 700 Td (Domain certificate) Tj ET"))
	f.Add(rendered)
	// The renderer is compiled on first use, which takes longer under the fuzzer's instrumentation than the ten seconds
	// that an input may take.
	_, err := one(rendered, limits)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := one(raw, limits)
		if err != nil {
			_, ok := picture.KeyOf(err)
			require.True(t, ok, "every refusal has its text")
			return
		}
		require.LessOrEqual(t, len(p.Content), limits.MaxBytes)
		require.GreaterOrEqual(t, max(p.Width, p.Height), limits.MinLong)
	})
}
