package datasets

import (
	"bytes"
	"image"
	"image/color"

	"github.com/bep/imagemeta"
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
// how it is to be turned; cameras write no others. It is 1, which is not at
// all, where it says nothing or nothing that makes sense.
func orientation(head []byte, format string) int {
	if format != "jpeg" {
		return 1
	}
	found := 1
	_, err := imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(head), ImageFormat: imagemeta.JPEG, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Tag == "Orientation" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if o, ok := tag.Value.(uint16); ok && o >= 1 && o <= 8 {
				found = int(o)
			}
			return imagemeta.ErrStopWalking
		},
	})
	if err != nil { // the picture may be whole all the same
		return 1
	}
	return found
}
