package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/png" // for DecodeImage
	"io"

	"tatami/internal/files"
)

// What an image may have of pixels before memory is taken for it: 200 MB for
// most. Some formats take three to six times as much a pixel.
const (
	maxPixels      = 50_000_000
	maxHeavyPixels = 25_000_000
)

// ReadImage reads a PNG, JPEG, GIF (its first picture), BMP or WebP of at most
// 50 megapixels, 25 for progressive JPEGs and colours of 16 bits a channel. A
// JPEG, PNG or WebP is turned as its orientation tag (Exif) says. A JPEG may have
// 100 scans. An animated WebP is an error.
func ReadImage(path string) (image.Image, error) {
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, err := DecodeImage(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, files.Cause(err))
	}
	return img, nil
}

// imageHead is what the beginning of an image says.
type imageHead struct {
	image.Config        // as stored, before it is turned
	format       string // "png", "jpeg", and so on
	orientation  int    // 1 to 8, as Exif has it
	read         []byte // of the file
}

// size is that of the picture the right way up.
func (h *imageHead) size() (width, height int) {
	if h.orientation >= 5 {
		return h.Height, h.Width
	}
	return h.Width, h.Height
}

// readHead fails on what is no image, and on one of more pixels than are read.
func readHead(r io.ReadSeeker) (*imageHead, error) {
	var head bytes.Buffer
	config, format, err := image.DecodeConfig(io.TeeReader(r, &head))
	if errors.Is(err, image.ErrFormat) {
		return nil, errors.New("not a PNG, JPEG, GIF, BMP or WebP image")
	}
	if animatedWebP(head.Bytes()) {
		return nil, errors.New("an animated WebP, wanted a picture that stands still")
	}
	if err != nil {
		return nil, fmt.Errorf("the image is damaged: %w", err)
	}
	h := &imageHead{config, format, 1, head.Bytes()}
	most := maxPixels
	if format == "jpeg" {
		var scans scanCounter
		scans.Write(h.read) // all up to the frame, which says whether it is progressive
		if scans.progressive {
			most = maxHeavyPixels
		}
	}
	if config.ColorModel == color.RGBA64Model || config.ColorModel == color.NRGBA64Model {
		most = maxHeavyPixels
	}
	if config.Width < 1 || config.Height < 1 {
		return nil, fmt.Errorf("the image has %d×%d pixels, wanted some", config.Width, config.Height)
	}
	if err := checkPixels(config.Width, config.Height, most); err != nil {
		return nil, err
	}
	h.orientation, err = orientation(r, h)
	return h, err
}

// animatedWebP looks at the flags of the extended header.
func animatedWebP(head []byte) bool {
	const flags, animation = 20, 0x02
	return len(head) > flags && string(head[8:16]) == "WEBPVP8X" && head[flags]&animation != 0
}

// DecodeImage is [ReadImage] from a stream: from the beginning of what is an
// [io.Seeker], such as an open file, and of 256 MB at most from others, which are
// read to their end first, since a tag may follow the pixels.
func DecodeImage(r io.Reader) (image.Image, error) {
	const most = 256 << 20
	whole, ok := r.(io.ReadSeeker)
	if ok {
		_, err := whole.Seek(0, io.SeekStart)
		ok = err == nil // a pipe cannot
	}
	if !ok {
		data, err := io.ReadAll(io.LimitReader(r, most+1))
		if err != nil {
			return nil, err
		}
		if len(data) > most {
			return nil, fmt.Errorf("the image has more than %d bytes", most)
		}
		whole = bytes.NewReader(data)
	}
	head, err := readHead(whole)
	if err != nil {
		return nil, err
	}
	return head.decode(whole)
}

// decode reads what follows the head.
func (head *imageHead) decode(r io.Reader) (image.Image, error) {
	rest := io.MultiReader(bytes.NewReader(head.read), r)
	if head.format == "jpeg" {
		rest = &scanLimit{r: rest}
	}
	img, _, err := image.Decode(rest)
	if errors.Is(err, errScans) {
		return nil, fmt.Errorf("the image has %w", errScans)
	}
	if err != nil {
		return nil, fmt.Errorf("the %s image is damaged: %w", head.format, err)
	}
	if img.Bounds().Empty() {
		return nil, errors.New("the image is empty")
	}
	switch img := img.(type) {
	case *image.YCbCr:
		if head.format == "webp" {
			widen(img)
		}
	case *image.NYCbCrA: // WebP alone
		widen(&img.YCbCr)
	}
	if head.orientation != 1 {
		return turned{img, head.orientation}, nil
	}
	return img, nil
}

// widen stretches the range of a lossy WebP, whose luminance goes from 16 to 235
// and whose colours go from 16 to 240 (ITU-R BT.601), to that of JPEG, which Go
// takes it for.
func widen(img *image.YCbCr) {
	stretch := func(values []byte, middle, from, to int) {
		var table [256]byte
		for v := range table {
			table[v] = byte(max(0, min(255, middle+(v-from)*255/to)))
		}
		for i, v := range values {
			values[i] = table[v]
		}
	}
	stretch(img.Y, 0, 16, 219)
	stretch(img.Cb, 128, 128, 224)
	stretch(img.Cr, 128, 128, 224)
}

func checkPixels(width, height, most int) error {
	if width > most/max(1, height) {
		return fmt.Errorf("the image has %d×%d pixels, wanted at most %d megapixels", width, height, most/1_000_000)
	}
	return nil
}
