package datasets_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"

	"tatami/datasets"
	"tatami/nn"
)

// FuzzDigit: any bytes are an error or a picture, and any picture is an error
// or a digit of the shape's size at full range.
func FuzzDigit(f *testing.F) {
	bar := image.NewGray(image.Rect(0, 0, 9, 12))
	for y := 2; y < 10; y++ {
		bar.Pix[y*9+4] = 255
	}
	for _, encode := range []func(*bytes.Buffer) error{
		func(b *bytes.Buffer) error { return png.Encode(b, bar) },
		func(b *bytes.Buffer) error { return gif.Encode(b, bar, nil) },
		func(b *bytes.Buffer) error { return jpeg.Encode(b, bar, nil) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes(), byte(28), byte(28))
	}
	f.Add(manyScans(16, 3), byte(4), byte(9))
	f.Add(emptyPNG(3, 300, 16, 6, 4), byte(28), byte(28))
	f.Fuzz(func(t *testing.T, file []byte, h, w byte) {
		img, err := datasets.DecodeImage(bytes.NewReader(file))
		if err != nil {
			return
		}
		if b := img.Bounds(); b.Dx()*b.Dy() > 1<<20 { // right, and slow
			return
		}
		shape := nn.Shape{H: int(h), W: int(w), C: 1}
		digit, err := datasets.Digit(img, shape)
		if err == nil && (len(digit) != shape.Size() || slices.Max(digit) != 255) {
			t.Errorf("%d bytes, at most %d, of %v", len(digit), slices.Max(digit), shape)
		}
	})
}

// FuzzOrientation: whatever the Exif data of a photograph are, it is read, and
// turned or not.
func FuzzOrientation(f *testing.F) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 5)), nil); err != nil {
		f.Fatal(err)
	}
	plain := b.Bytes()
	for orientation := range byte(10) {
		f.Add([]byte{'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0})
		f.Add([]byte{'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0})
	}
	f.Fuzz(func(t *testing.T, tiff []byte) {
		tiff = tiff[:min(len(tiff), 65000)]
		exif := append([]byte("Exif\x00\x00"), tiff...)
		file := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(2+len(exif)))
		img, err := datasets.DecodeImage(bytes.NewReader(slices.Concat(file, exif, plain[2:])))
		if err != nil {
			t.Fatal(err)
		}
		if size := img.Bounds().Size(); size != image.Pt(3, 5) && size != image.Pt(5, 3) {
			t.Errorf("size %v", size)
		}
		img.At(0, 0)
	})
}

// FuzzAugmentation: a text is an error, or settings that say the same when
// written and read again and that distort an image into pixels from 0 to 1.
func FuzzAugmentation(f *testing.F) {
	for _, text := range []string{"none", "shift:2", "shift:1,rotate:10,scale:0.1", "elastic:8,sigma:4", "rotate:NaN", "sigma:1e-300,elastic:1e300", "flip,crop:2,mixup", "brightness:1,contrast,erase:1,flip:1"} {
		f.Add(text)
	}
	shape := nn.Shape{H: 5, W: 7, C: 2}
	data := &datasets.Dataset{Shape: shape, Images: [][]byte{count(shape.Size())}, Labels: []int{0}, Classes: []string{"0"}}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := datasets.ParseAugmentation(text)
		if err != nil {
			return
		}
		again, err := datasets.ParseAugmentation(a.String())
		if err != nil || again != a {
			t.Errorf("%q is %v, and %v, %v when read again", text, a, again, err)
		}
		if a.Check(shape) != nil {
			return
		}
		l := &datasets.Loader{Data: data, BatchSize: 1, Augment: a}
		x := nn.NewTensor(1, shape)
		if err := l.Epoch(0).Fill(0, 0, 1, x, l.Target().New(1)); err != nil {
			t.Fatal(err)
		}
		for _, v := range x.Data {
			if !(v >= -1e-6 && v <= 1+1e-6) {
				t.Fatalf("%q: pixel %g", text, v)
			}
		}
	})
}
