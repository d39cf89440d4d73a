package filingtest

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
)

// Picture is a JPEG of a sheet with lines of "text", like a phone's photo of a paper; the same seed gives the same
// picture.
func Picture(width, height int, seed uint64) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, Sheet(width, height, seed), &jpeg.Options{Quality: 85}); err != nil {
		panic(err) // writing to a buffer can't fail
	}
	return b.Bytes()
}

// Sheet is Picture before encoding. Its top left corner is red, to show the orientation.
func Sheet(width, height int, seed uint64) *image.RGBA {
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // repeatable, not secret
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range img.Pix {
		img.Pix[i] = 0xf4
	}
	fill := func(r image.Rectangle, c color.RGBA) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				img.SetRGBA(x, y, c)
			}
		}
	}
	fill(image.Rect(0, 0, width/8, height/8), color.RGBA{200, 20, 20, 255})
	step := max(height/16, 4)
	for y := height / 5; y < height-step; y += step {
		for x := width / 10; x < width*9/10; {
			word := step/2 + random.IntN(3*step)
			fill(image.Rect(x, y, min(x+word, width*9/10), y+step/2), color.RGBA{30, 30, 40, 255})
			x += word + step/2
		}
	}
	return img
}
