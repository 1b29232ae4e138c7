package datasets_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/image/draw"

	"tatami/datasets"
	"tatami/internal/toy"
	"tatami/nn"
)

var mnistShape = nn.Shape{H: 28, W: 28, C: 1}

type sets struct{ train, test *datasets.Dataset }

// mnist is read once for all tests, which change nothing of it.
var mnist = sync.OnceValues(func() (sets, error) {
	train, test, err := datasets.MNIST()
	return sets{train, test}, err
})

func mnistSets(t testing.TB) sets {
	t.Helper()
	s, err := mnist()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func grey(pixels []byte) *image.Gray {
	return &image.Gray{Pix: pixels, Stride: 28, Rect: image.Rect(0, 0, 28, 28)}
}

func scaled(img image.Image, s float64, by draw.Scaler) *image.Gray {
	b := img.Bounds()
	dst := image.NewGray(image.Rect(0, 0, int(float64(b.Dx())*s), int(float64(b.Dy())*s)))
	by.Scale(dst, dst.Rect, img, b, draw.Src, nil)
	return dst
}

// each is img with f applied to every grey level.
func each(img *image.Gray, f func(x, y int, v byte) byte) *image.Gray {
	dst := image.NewGray(img.Rect)
	for i, v := range img.Pix {
		dst.Pix[i] = f(i%img.Stride, i/img.Stride, v)
	}
	return dst
}

func inverted(img *image.Gray) *image.Gray {
	return each(img, func(_, _ int, v byte) byte { return 255 - v })
}

// canvas is img off the centre of a black 300×200 image.
func canvas(img *image.Gray) *image.Gray {
	dst := image.NewGray(image.Rect(0, 0, 300, 200))
	draw.Copy(dst, image.Pt(190, 20), img, img.Rect, draw.Src, nil)
	return dst
}

// paper is dark ink on paper that is darker towards its corners, with noise.
func paper(img *image.Gray) *image.Gray {
	rng := rand.New(rand.NewPCG(1, 2))
	b := img.Rect
	return each(img, func(x, y int, v byte) byte {
		dx, dy := float64(2*x)/float64(b.Dx())-1, float64(2*y)/float64(b.Dy())-1
		light := 230 - 15*(dx*dx+dy*dy) + 3*rng.NormFloat64()
		return byte(light * (1 - 0.8*float64(v)/255))
	})
}

// coloured is img's ink as the opacity of one colour.
func coloured(img *image.Gray, ink color.NRGBA) *image.NRGBA {
	dst := image.NewNRGBA(img.Rect)
	for i, v := range img.Pix {
		ink.A = v
		dst.SetNRGBA(i%img.Stride, i/img.Stride, ink)
	}
	return dst
}

// jpegged is img after a strong compression.
func jpegged(img image.Image) image.Image {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 60}); err != nil {
		panic(err)
	}
	dst, err := datasets.DecodeImage(&b)
	if err != nil {
		panic(err)
	}
	return dst
}

// difference is the mean absolute difference of grey levels, where b may lie up
// to one pixel beside a: the centre of mass is rounded to pixels.
func difference(a, b []byte) float64 {
	least := math.Inf(1)
	for down := -1; down <= 1; down++ {
		for right := -1; right <= 1; right++ {
			var sum float64
			for y := range 28 {
				for x := range 28 {
					v := 0.0
					if y, x := y+down, x+right; y >= 0 && y < 28 && x >= 0 && x < 28 {
						v = float64(b[y*28+x])
					}
					sum += math.Abs(float64(a[y*28+x]) - v)
				}
			}
			least = min(least, sum/784)
		}
	}
	return least
}

// TestDigitLaws: MNIST's own images, however they are presented, come back
// near themselves.
func TestDigitLaws(t *testing.T) {
	toy.Alone(t)
	test := mnistSets(t).test
	for _, law := range []struct {
		name    string
		present func(*image.Gray) image.Image
		limit   float64
	}{
		{"itself", func(g *image.Gray) image.Image { return g }, 0.2},
		{"inverted", func(g *image.Gray) image.Image { return inverted(g) }, 0.2},
		{"3× nearest", func(g *image.Gray) image.Image { return scaled(g, 3, draw.NearestNeighbor) }, 0.2},
		{"3×", func(g *image.Gray) image.Image { return scaled(g, 3, draw.CatmullRom) }, 7},
		{"7.5×", func(g *image.Gray) image.Image { return scaled(g, 7.5, draw.CatmullRom) }, 7},
		{"7.5× inverted", func(g *image.Gray) image.Image { return inverted(scaled(g, 7.5, draw.CatmullRom)) }, 7},
		{"canvas", func(g *image.Gray) image.Image { return canvas(g) }, 0.2},
		{"canvas 3× inverted", func(g *image.Gray) image.Image { return inverted(canvas(scaled(g, 3, draw.CatmullRom))) }, 7},
		{"black ink", func(g *image.Gray) image.Image { return coloured(g, color.NRGBA{}) }, 0.2},
		{"white ink", func(g *image.Gray) image.Image { return coloured(g, color.NRGBA{R: 255, G: 255, B: 255}) }, 0.2},
		{"blue ink", func(g *image.Gray) image.Image { return coloured(g, color.NRGBA{B: 200}) }, 1},
		{"paper", func(g *image.Gray) image.Image { return paper(scaled(g, 7.5, draw.CatmullRom)) }, 7},
		{"paper on canvas", func(g *image.Gray) image.Image { return paper(canvas(scaled(g, 3, draw.CatmullRom))) }, 7},
		{"JPEG", func(g *image.Gray) image.Image { return jpegged(inverted(scaled(g, 7.5, draw.CatmullRom))) }, 7},
	} {
		t.Run(law.name, func(t *testing.T) {
			n := 200
			if testing.Short() {
				n = 50 // the race detector takes ten times as long
			}
			var sum float64
			for i := range n {
				got, err := datasets.Digit(law.present(grey(test.Images[i])), mnistShape)
				if err != nil {
					t.Fatalf("image %d: %v", i, err)
				}
				sum += difference(test.Images[i], got)
			}
			if d := sum / float64(n); d > law.limit {
				t.Errorf("mean absolute difference %.2f, want at most %g", d, law.limit)
			}
		})
	}
}

// TestDigitIgnores: a speck, a shadow and rounded corners are no ink.
func TestDigitIgnores(t *testing.T) {
	plain := canvas(scaled(grey(mnistSets(t).test.Images[0]), 3, draw.CatmullRom))
	want, err := datasets.Digit(plain, mnistShape)
	if err != nil {
		t.Fatal(err)
	}
	speck := each(plain, func(x, y int, v byte) byte {
		if x == 5 && y == 190 {
			return 255
		}
		return v
	})
	shadow := each(plain, func(x, y int, v byte) byte { return max(v, byte(max(0, 60-x-y))) })
	corners := image.NewNRGBA(plain.Rect)
	for i, v := range plain.Pix {
		x, y := i%plain.Stride, i/plain.Stride
		if x+y > 12 {
			corners.SetNRGBA(x, y, color.NRGBA{255 - v, 255 - v, 255 - v, 255})
		}
	}
	moved := plain.SubImage(image.Rect(100, 10, 300, 150))
	for name, img := range map[string]image.Image{"speck": speck, "shadow": shadow, "corners": corners, "bounds": moved} {
		if got, err := datasets.Digit(img, mnistShape); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s changes the digit, %v", name, err)
		}
	}
}

func TestDigitShapes(t *testing.T) {
	img := scaled(grey(mnistSets(t).test.Images[0]), 5, draw.CatmullRom)
	for _, shape := range []nn.Shape{{H: 4, W: 4, C: 1}, {H: 14, W: 14, C: 1}, {H: 32, W: 20, C: 1}, {H: 56, W: 56, C: 1}} {
		digit, err := datasets.Digit(img, shape)
		if err != nil || len(digit) != shape.Size() || !bytes.Contains(digit, []byte{255}) {
			t.Errorf("%v: %d bytes, %v", shape, len(digit), err)
		}
	}
	for _, shape := range []nn.Shape{{H: 28, W: 28, C: 3}, {H: 1, W: 1, C: 784}, {H: 3, W: 28, C: 1}} {
		if _, err := datasets.Digit(img, shape); err == nil {
			t.Errorf("a digit of %v", shape)
		}
	}
	if _, err := datasets.Digit(image.NewUniform(color.White), mnistShape); err == nil || !strings.Contains(err.Error(), "50 megapixels") {
		t.Errorf("an image without bounds: %v", err)
	}
	for _, b := range []image.Rectangle{{}, image.Rect(0, 0, 1, 1), image.Rect(0, 0, 1, 50), image.Rect(3, 4, 53, 54)} {
		for _, c := range []color.Color{color.Black, color.White, color.Transparent, color.Gray{99}} {
			img := image.NewNRGBA(b)
			draw.Draw(img, b, image.NewUniform(c), image.Point{}, draw.Src)
			if _, err := datasets.Digit(img, mnistShape); err == nil || !b.Empty() && err.Error() != "the image is blank" {
				t.Errorf("%v of %v: %v", b, c, err)
			}
		}
	}
}

// huge is a PNG that claims far more pixels than it has.
func huge() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(err)
	}
	raw := b.Bytes()
	binary.BigEndian.PutUint32(raw[16:], 1<<20)
	binary.BigEndian.PutUint32(raw[20:], 1<<20)
	binary.BigEndian.PutUint32(raw[29:], crc32.ChecksumIEEE(raw[12:29]))
	return raw
}

func TestReadImage(t *testing.T) {
	dir := t.TempDir()
	img := grey(mnistSets(t).test.Images[0])
	var asPNG, asGIF, asJPEG bytes.Buffer
	for _, err := range []error{png.Encode(&asPNG, img), gif.Encode(&asGIF, img, nil), jpeg.Encode(&asJPEG, img, nil)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		data []byte
		want string // of the error
	}{
		"a.png":   {asPNG.Bytes(), ""},
		"a.gif":   {asGIF.Bytes(), ""},
		"a.jpg":   {asJPEG.Bytes(), ""},
		"text":    {[]byte("hello, here is no image"), "not a PNG, JPEG, GIF, BMP or WebP image"},
		"empty":   {nil, "not a PNG, JPEG, GIF, BMP or WebP image"},
		"cut.png": {asPNG.Bytes()[:asPNG.Len()/2], "the png image is damaged"},
		"cut.gif": {asGIF.Bytes()[:8], "the image is damaged"},
		"big.png": {huge(), "the image has 1048576×1048576 pixels, wanted at most 50 megapixels"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.data, 0o644); err != nil {
			t.Fatal(err)
		}
		img, err := datasets.ReadImage(path)
		if c.want == "" {
			if err != nil || img.Bounds().Dx() != 28 {
				t.Errorf("%s: %v", name, err)
			}
		} else if err == nil || !strings.HasPrefix(err.Error(), path+": "+c.want) {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "none.png")} {
		if _, err := datasets.ReadImage(path); err == nil || strings.Count(err.Error(), path) != 1 {
			t.Errorf("got %v, want an error that names %s once", err, path)
		}
	}
}

func ExampleDigit() {
	// A vertical bar of ink on paper.
	img := image.NewGray(image.Rect(0, 0, 90, 120))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(10, 20, 20, 100), image.Black, image.Point{}, draw.Src)

	digit, err := datasets.Digit(img, nn.Shape{H: 14, W: 14, C: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	for y := range 14 {
		fmt.Printf("%3d\n", digit[y*14:y*14+14])
	}
	x := datasets.Tensor(nn.Shape{H: 14, W: 14, C: 1}, digit)
	fmt.Println(x, x.Sample(0)[7*14+7])
	// Output:
	// [  0   0   0   0   0   0   0   0   0   0   0   0   0   0]
	// [  0   0   0   0   0   0   0   0   0   0   0   0   0   0]
	// [  0   0   0   0   0   0   0   0   0   0   0   0   0   0]
	// [  0   0   0   0   0   0   0 255   0   0   0   0   0   0]
	// [  0   0   0   0   0   0   0 255   0   0   0   0   0   0]
	// [  0   0   0   0   0   0   0 255   0   0   0   0   0   0]
	// [  0   0   0   0   0   0   0 255   0   0   0   0   0   0]
	// [  0   0   0   0   0   0   0 255   0   0   0   0   0   0]
	// [  0   0   0   0   0   0   0 255   0   0   0   0   0   0]
	// [  0   0   0   0   0   0   0 255   0   0   0   0   0   0]
	// [  0   0   0   0   0   0   0 255   0   0   0   0   0   0]
	// [  0   0   0   0   0   0   0 255   0   0   0   0   0   0]
	// [  0   0   0   0   0   0   0 255   0   0   0   0   0   0]
	// [  0   0   0   0   0   0   0   0   0   0   0   0   0   0]
	// 1×14×14×1 1
}
