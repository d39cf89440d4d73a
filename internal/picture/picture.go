// Package picture prepares pictures of papers for submission. An upload is identified by its content, decoded
// within bounds, turned upright, scaled down and re-encoded as JPEG (bureaus accept pictures only, so a PDF's
// pages become pictures too), so that nothing of the uploaded file itself remains: no EXIF, no location, nothing
// hidden behind the picture.
package picture

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
)

// Limits of what is accepted.
const (
	// MaxUpload is the maximum size of an uploaded file.
	MaxUpload = 8 << 20
	// maxPixels bounds a decoded picture: 40 million pixels, some 250 MB for a progressive JPEG. Phones' pictures have
	// 12 to 24 million.
	maxPixels = 40_000_000
	// maxSide excludes degenerate pictures one pixel high.
	maxSide = 20_000
	// bestLong is the long side that is kept if the size limit allows it.
	bestLong = 1800
	// thumbLong is the long side of a preview.
	thumbLong = 320
)

// What can be wrong with a picture; people read it by Key.
var (
	ErrEmpty   = &Error{"paper_empty"}      // no bytes
	ErrTooBig  = &Error{"picture_too_big"}  // more than MaxUpload
	ErrType    = &Error{"paper_type"}       // neither JPEG nor PNG nor PDF
	ErrHEIC    = &Error{"paper_heic"}       // the iPhone's format
	ErrPDF     = &Error{"paper_pdf"}        // a PDF that can't be rendered within the limits
	ErrLocked  = &Error{"paper_pdf_locked"} // a PDF that requires a password
	ErrPages   = &Error{"paper_pdf_pages"}  // a PDF with more pages than pictures allowed
	ErrFonts   = &Error{"paper_pdf_fonts"}  // a PDF without the fonts of its text
	ErrDamaged = &Error{"paper_damaged"}    // can't be decoded completely
	ErrHuge    = &Error{"paper_huge"}       // too many pixels
	ErrSmall   = &Error{"paper_small"}      // too few pixels to be legible
	ErrBlank   = &Error{"paper_blank"}      // a single colour
	ErrDense   = &Error{"paper_dense"}      // can't be made small enough and stay legible
)

// Error is why a picture isn't accepted.
type Error struct {
	// Key is the key of the text below "problem.".
	Key string
}

func (e *Error) Error() string { return "picture refused: " + e.Key }

// Limits are the requirements on a paper's picture.
type Limits struct {
	// MaxBytes of the JPEG.
	MaxBytes int
	// MinLong and MinShort are the minimum sides in pixels.
	MinLong, MinShort int
}

// Prepared is a picture ready for submission, with its preview: both JPEG.
type Prepared struct {
	Content, Thumb []byte
	Width, Height  int
}

// Prepare checks and converts an uploaded file. Each page of a PDF becomes a picture, up to a maximum. Errors are
// *Error unless something of ours is broken.
func Prepare(raw []byte, limits Limits, most int) ([]Prepared, error) {
	if len(raw) <= MaxUpload && bytes.HasPrefix(raw, []byte("%PDF-")) {
		scan, isScan := scanOf(raw)
		if !isScan {
			return prepareDrawn(raw, limits, most)
		}
		raw = scan
	}
	decode, err := decoderOf(raw)
	if err != nil {
		return nil, err
	}
	cfg, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return nil, ErrDamaged
	}
	if err := limits.check(cfg.Width, cfg.Height); err != nil {
		return nil, err
	}
	source, err := decode(bytes.NewReader(raw))
	if err != nil || source.Bounds().Dx() != cfg.Width || source.Bounds().Dy() != cfg.Height {
		return nil, ErrDamaged
	}
	p, err := finish(turned(scaled(source, bestLong, limits.MinShort), orientation(raw)), limits)
	return []Prepared{p}, err
}

// prepareDrawn makes pictures of a PDF's pages.
func prepareDrawn(pdf []byte, limits Limits, most int) ([]Prepared, error) {
	pages, err := pagesOf(pdf, most, max(bestLong, limits.MinLong))
	if err != nil {
		return nil, err
	}
	prepared := make([]Prepared, len(pages))
	for i, page := range pages {
		if err := limits.check(page.Bounds().Dx(), page.Bounds().Dy()); err != nil {
			return nil, err
		}
		if prepared[i], err = finish(page, limits); err != nil {
			return nil, err
		}
	}
	return prepared, nil
}

// check checks a picture's sides.
func (l Limits) check(width, height int) error {
	long, short := max(width, height), min(width, height)
	switch {
	case long > maxSide || width*height > maxPixels:
		return ErrHuge
	case long < l.MinLong || short < l.MinShort:
		return ErrSmall
	}
	return nil
}

// finish makes an upright picture small enough, and its preview.
func finish(upright *image.RGBA, limits Limits) (Prepared, error) {
	if blank(upright) {
		return Prepared{}, ErrBlank
	}
	p, err := fit(upright, limits)
	if err != nil {
		return Prepared{}, err
	}
	p.Thumb, err = encode(scaled(upright, thumbLong, 1), 70)
	return p, err
}

// decoderOf determines a file's type from its first bytes, whatever its name.
func decoderOf(raw []byte) (func(io.Reader) (image.Image, error), error) {
	has := func(at int, magic string) bool {
		return len(raw) >= at+len(magic) && string(raw[at:at+len(magic)]) == magic
	}
	switch {
	case len(raw) == 0:
		return nil, ErrEmpty
	case len(raw) > MaxUpload:
		return nil, ErrTooBig
	case has(0, "\xff\xd8\xff"):
		return jpeg.Decode, nil
	case has(0, "\x89PNG\r\n\x1a\n"):
		return png.Decode, nil
	case has(4, "ftyphei") || has(4, "ftyphev") || has(4, "ftypmif1") || has(4, "ftypmsf1") || has(4, "ftypavif"):
		return nil, ErrHEIC
	}
	return nil, ErrType
}

// scaled scales a picture to a long side of at most long pixels and a short side of at least short; transparency
// becomes white.
func scaled(source image.Image, long, short int) *image.RGBA {
	w, h := source.Bounds().Dx(), source.Bounds().Dy()
	factor := min(1, max(float64(long)/float64(max(w, h)), float64(short)/float64(min(w, h))))
	target := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(w)*factor+.5)), max(1, int(float64(h)*factor+.5))))
	draw.Draw(target, target.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	if factor == 1 {
		draw.Draw(target, target.Bounds(), source, source.Bounds().Min, draw.Over)
	} else {
		draw.CatmullRom.Scale(target, target.Bounds(), source, source.Bounds(), draw.Over, nil)
	}
	return target
}

// qualities are tried from the best; below the last, letters become illegible.
var qualities = []int{88, 80, 72, 64, 55}

// fit encodes within the size limit: first by quality, then by size down to the minimum sides.
func fit(source *image.RGBA, limits Limits) (Prepared, error) {
	for {
		for _, quality := range qualities {
			content, err := encode(source, quality)
			if err != nil {
				return Prepared{}, err
			}
			if len(content) <= limits.MaxBytes {
				return Prepared{Content: content, Width: source.Bounds().Dx(), Height: source.Bounds().Dy()}, nil
			}
		}
		w, h := source.Bounds().Dx(), source.Bounds().Dy()
		next := max(max(w, h)*85/100, limits.MinLong)
		smaller := scaled(source, next, limits.MinShort)
		if smaller.Bounds().Dx() >= w {
			return Prepared{}, ErrDense
		}
		source = smaller
	}
}

func encode(img image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

// minSpread is the minimum difference between the lightest and the darkest part.
const minSpread = 24

// blank reports whether nothing is visible: a lens cap, an empty sheet.
func blank(img *image.RGBA) bool {
	small := scaled(img, 200, 1) // averages, not single pixels
	lightest, darkest := uint8(0), uint8(255)
	for i := 0; i < len(small.Pix); i += 4 {
		y, _, _ := color.RGBToYCbCr(small.Pix[i], small.Pix[i+1], small.Pix[i+2])
		lightest, darkest = max(lightest, y), min(darkest, y)
	}
	return int(lightest)-int(darkest) < minSpread
}

// KeyOf is the key of an error's text; ok is false for errors that aren't about the picture.
func KeyOf(err error) (key string, ok bool) {
	if e, is := errors.AsType[*Error](err); is {
		return e.Key, true
	}
	return "", false
}
