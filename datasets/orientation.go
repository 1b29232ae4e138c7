package datasets

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
)

// turned is a photograph the right way up. Cameras store the rows as they come
// from the sensor, and note how they were held.
type turned struct {
	stored      image.Image
	orientation int // 1 to 8, as Exif has it
}

// ColorModel implements [image.Image].
func (t turned) ColorModel() color.Model { return color.RGBA64Model }

// Bounds implements [image.Image].
func (t turned) Bounds() image.Rectangle {
	size := t.stored.Bounds().Size()
	if t.orientation >= 5 { // rows are columns
		size.X, size.Y = size.Y, size.X
	}
	return image.Rectangle{Max: size}
}

// At implements [image.Image].
func (t turned) At(x, y int) color.Color { return t.RGBA64At(x, y) }

// RGBA64At implements [image.RGBA64Image].
func (t turned) RGBA64At(x, y int) color.RGBA64 {
	b := t.stored.Bounds()
	right, bottom := b.Dx()-1, b.Dy()-1
	switch t.orientation {
	case 2:
		x = right - x
	case 3:
		x, y = right-x, bottom-y
	case 4:
		y = bottom - y
	case 5:
		x, y = y, x
	case 6:
		x, y = y, bottom-x
	case 7:
		x, y = right-y, bottom-x
	case 8:
		x, y = right-y, x
	}
	x, y = x+b.Min.X, y+b.Min.Y
	if img, ok := t.stored.(image.RGBA64Image); ok { // without an allocation
		return img.RGBA64At(x, y)
	}
	return color.RGBA64Model.Convert(t.stored.At(x, y)).(color.RGBA64)
}

// orientation is what the beginning of a JPEG file, up to its frame, says of
// how it is to be turned. It is 1, which is not at all, where it says nothing
// or nothing that makes sense.
func orientation(head []byte) int {
	for at := 2; at+4 <= len(head) && head[at] == 0xff; {
		if head[at+1] == 0xff { // filling
			at++
			continue
		}
		end := at + 2 + int(binary.BigEndian.Uint16(head[at+2:]))
		if end < at+4 || end > len(head) {
			break
		}
		if exif, ok := bytes.CutPrefix(head[at+4:end], []byte("Exif\x00\x00")); ok && head[at+1] == 0xe1 {
			return exifOrientation(exif)
		}
		at = end
	}
	return 1
}

// exifOrientation looks for the tag in the first directory of a TIFF file.
func exifOrientation(tiff []byte) int {
	var order binary.ByteOrder
	switch {
	case len(tiff) < 8:
		return 1
	case string(tiff[:4]) == "II*\x00":
		order = binary.LittleEndian
	case string(tiff[:4]) == "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	const tag, short, entrySize = 0x112, 3, 12
	at := uint64(order.Uint32(tiff[4:]))
	if at+2 > uint64(len(tiff)) {
		return 1
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entrySize {
			break
		}
		if order.Uint16(entries) == tag && order.Uint16(entries[2:]) == short {
			if o := int(order.Uint16(entries[8:])); o >= 1 && o <= 8 {
				return o
			}
			break
		}
		entries = entries[entrySize:]
	}
	return 1
}
