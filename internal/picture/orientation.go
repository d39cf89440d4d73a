package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"slices"
)

// orientation reads how a JPEG must be turned to be upright (EXIF 2.3, tag 0x0112: 1 to 8); 1 if that is missing
// or unreadable. Nothing else of EXIF is needed, so it is read here, within bounds.
func orientation(raw []byte) int {
	if len(raw) < 4 || raw[0] != 0xff || raw[1] != 0xd8 {
		return 1
	}
	for rest := raw[2:]; len(rest) >= 4 && rest[0] == 0xff; {
		if rest[1] == 0xff { // padding
			rest = rest[1:]
			continue
		}
		marker, length := rest[1], int(binary.BigEndian.Uint16(rest[2:]))
		if marker == 0xda || length < 2 || 2+length > len(rest) { // the image data begins
			return 1
		}
		if body, is := bytes.CutPrefix(rest[4:2+length], []byte("Exif\x00\x00")); marker == 0xe1 && is {
			return tiffOrientation(body)
		}
		rest = rest[2+length:]
	}
	return 1
}

func tiffOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(b[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	entries := b[at+2:]
	for n := int(order.Uint16(b[at:])); n > 0 && len(entries) >= 12; n-- {
		if order.Uint16(entries) == 0x0112 {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// turned applies an orientation: swapped sides, then mirrored.
func turned(img *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 {
		return img
	}
	w, h, swapped := img.Bounds().Dx(), img.Bounds().Dy(), orientation >= 5
	mirroredX := slices.Contains([]int{2, 3, 7, 8}, orientation)
	mirroredY := slices.Contains([]int{3, 4, 6, 7}, orientation)
	bounds := image.Rect(0, 0, w, h)
	if swapped {
		bounds = image.Rect(0, 0, h, w)
	}
	target := image.NewRGBA(bounds)
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			sx, sy := x, y
			if swapped {
				sx, sy = y, x
			}
			if mirroredX {
				sx = w - 1 - sx
			}
			if mirroredY {
				sy = h - 1 - sy
			}
			target.SetRGBA(x, y, img.RGBAAt(sx, sy))
		}
	}
	return target
}
