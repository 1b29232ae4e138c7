package datasets_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"testing"

	"tatami/datasets"
)

// photograph is a JPEG file of an image, with the tag in the given byte order.
func photograph(t *testing.T, img image.Image, orientation uint16, order binary.AppendByteOrder) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("II*\x00")
	if order.String() == "BigEndian" {
		tiff = []byte("MM\x00*")
	}
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 2)
	for _, entry := range [][2]uint16{{0x100, 24}, {0x112, orientation}} {
		tiff = order.AppendUint16(tiff, entry[0])
		tiff = order.AppendUint16(tiff, 3)
		tiff = order.AppendUint32(tiff, 1)
		tiff = order.AppendUint16(tiff, entry[1])
		tiff = order.AppendUint16(tiff, 0)
	}
	tiff = order.AppendUint32(tiff, 0)
	exif := append([]byte("Exif\x00\x00"), tiff...)
	file := []byte{0xff, 0xd8, 0xff, 0xe0, 0, 4, 'J', 'F', 0xff, 0xe1}
	file = binary.BigEndian.AppendUint16(file, uint16(2+len(exif)))
	file = append(file, exif...)
	return append(file, b.Bytes()[2:]...)
}

// A photograph is the same however the camera was held. The table is the
// standard's: at which side of the picture the first row that is stored lies,
// and at which the first column.
func TestOrientation(t *testing.T) {
	upright := image.NewGray(image.Rect(0, 0, 24, 16))
	for i := range upright.Pix {
		upright.Pix[i] = byte(40 * (i%24/8 + 3*(i/24/8))) // blocks of their own grey
	}
	for o, sides := range [][2]string{
		1: {"top", "left"}, {"top", "right"}, {"bottom", "right"}, {"bottom", "left"},
		{"left", "top"}, {"right", "top"}, {"right", "bottom"}, {"left", "bottom"},
	} {
		if o == 0 {
			continue
		}
		size := image.Pt(24, 16)
		if o >= 5 {
			size = image.Pt(16, 24)
		}
		stored := image.NewGray(image.Rectangle{Max: size})
		for row := range size.Y {
			for column := range size.X {
				var x, y int
				for i, side := range sides {
					switch n := []int{row, column}[i]; side {
					case "top":
						y = n
					case "bottom":
						y = 15 - n
					case "left":
						x = n
					case "right":
						x = 23 - n
					}
				}
				stored.SetGray(column, row, upright.GrayAt(x, y))
			}
		}
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			img, err := datasets.DecodeImage(bytes.NewReader(photograph(t, stored, uint16(o), order)))
			if err != nil {
				t.Fatal(err)
			}
			if img.Bounds() != upright.Rect {
				t.Fatalf("orientation %d: bounds %v, wanted %v", o, img.Bounds(), upright.Rect)
			}
			for i, want := range upright.Pix {
				got := color.GrayModel.Convert(img.At(i%24, i/24)).(color.Gray).Y
				if math.Abs(float64(got)-float64(want)) > 4 {
					t.Fatalf("orientation %d: pixel %d is %d, wanted %d", o, i, got, want)
				}
			}
		}
	}
}

// A tag that makes no sense turns nothing, and no damage makes it panic.
func TestWrongOrientation(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 9, 5))
	for _, o := range []uint16{0, 9, 65535} {
		got, err := datasets.DecodeImage(bytes.NewReader(photograph(t, img, o, binary.LittleEndian)))
		if err != nil || fmt.Sprint(got.Bounds()) != "(0,0)-(9,5)" {
			t.Errorf("orientation %d: %v, error %v", o, got, err)
		}
	}
	whole := photograph(t, img, 6, binary.BigEndian)
	for i := range 80 {
		for _, v := range []byte{0, 1, 0x7f, 0xff} {
			damaged := bytes.Clone(whole)
			damaged[i] = v
			datasets.DecodeImage(bytes.NewReader(damaged))
			datasets.DecodeImage(bytes.NewReader(damaged[:i]))
		}
	}
}
