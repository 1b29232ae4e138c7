package datasets_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"path/filepath"
	"testing"

	"tatami/datasets"
	"tatami/internal/toy"
)

// exif are the data that have the tag, in the given byte order.
func exif(orientation uint16, order binary.AppendByteOrder) []byte {
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
	return order.AppendUint32(tiff, 0)
}

// photograph is a JPEG file of an image, with the tag.
func photograph(t *testing.T, img image.Image, orientation uint16, order binary.AppendByteOrder) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	data := append([]byte("Exif\x00\x00"), exif(orientation, order)...)
	file := []byte{0xff, 0xd8, 0xff, 0xe0, 0, 4, 'J', 'F', 0xff, 0xe1}
	file = binary.BigEndian.AppendUint16(file, uint16(2+len(data)))
	file = append(file, data...)
	return append(file, b.Bytes()[2:]...)
}

// taggedPNG is a PNG file of an image, with the tag behind the pixels.
func taggedPNG(t *testing.T, img image.Image, orientation uint16, order binary.AppendByteOrder) []byte {
	t.Helper()
	const end = 12 // bytes of the last chunk
	file := pngOf(t, img)
	chunk := append([]byte("eXIf"), exif(orientation, order)...)
	tagged := binary.BigEndian.AppendUint32(bytes.Clone(file[:len(file)-end]), uint32(len(chunk)-4))
	tagged = append(tagged, chunk...)
	tagged = binary.BigEndian.AppendUint32(tagged, crc32.ChecksumIEEE(chunk))
	return append(tagged, file[len(file)-end:]...)
}

// taggedWebP is a WebP file of so many black pixels, with the tag.
func taggedWebP(width, height int, orientation uint16) []byte {
	pixels := binary.LittleEndian.AppendUint32([]byte{0x2f}, uint32(width-1|(height-1)<<14))
	const oneSymbol = 0b101 // of 8 bits, zeros, for each of four channels
	pixels = binary.LittleEndian.AppendUint64(pixels, oneSymbol<<3|oneSymbol<<14|oneSymbol<<25|oneSymbol<<36|1<<47)
	var chunks []byte
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"VP8X", []byte{0x08, 0, 0, 0, byte(width - 1), 0, 0, byte(height - 1), 0, 0}}, {"VP8L", pixels}, {"EXIF", exif(orientation, binary.BigEndian)},
	} {
		chunks = binary.LittleEndian.AppendUint32(append(chunks, c.name...), uint32(len(c.data)))
		chunks = append(chunks, c.data...)
		chunks = append(chunks, make([]byte, len(c.data)%2)...)
	}
	file := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(chunks)))
	return append(append(file, "WEBP"...), chunks...)
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
		for _, file := range [][]byte{
			photograph(t, stored, uint16(o), binary.LittleEndian), photograph(t, stored, uint16(o), binary.BigEndian),
			taggedPNG(t, stored, uint16(o), binary.LittleEndian), taggedPNG(t, stored, uint16(o), binary.BigEndian),
		} {
			img, err := datasets.DecodeImage(bytes.NewReader(file))
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

// A WebP is turned too, and its size is that of the picture the right way up.
func TestWebPOrientation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 4 {
		toy.File(t, filepath.Join(dir, string(rune('a'+i%2)), fmt.Sprint(i, ".webp")), taggedWebP(9, 5, 6))
	}
	img, err := datasets.ReadImage(filepath.Join(dir, "a", "0.webp"))
	if err != nil || img.Bounds() != image.Rect(0, 0, 5, 9) {
		t.Errorf("%v, error %v", img, err)
	}
	if d := imageFolder(t, dir, datasets.Options{}); d.Train.H != 9 || d.Train.W != 5 {
		t.Errorf("%v", d.Train)
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
	for _, whole := range [][]byte{photograph(t, img, 6, binary.BigEndian), taggedPNG(t, img, 6, binary.BigEndian), taggedWebP(9, 5, 6)} {
		for i := range min(len(whole), 180) {
			for _, v := range []byte{0, 1, 0x7f, 0xff} {
				damaged := bytes.Clone(whole)
				damaged[i] = v
				datasets.DecodeImage(bytes.NewReader(damaged))
				datasets.DecodeImage(bytes.NewReader(damaged[:i]))
			}
		}
	}
}
