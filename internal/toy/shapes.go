package toy

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/bmp"
)

// ShapeClasses are the classes of [Shapes].
var ShapeClasses = []string{"blue square", "green triangle", "red circle", "red square", "yellow cross"}

// Shapes writes n pictures of each class into dir, in a folder each: a coloured
// shape somewhere on a dark ground, of many sizes, as PNG, JPEG, GIF and BMP.
func Shapes(t testing.TB, dir string, n int, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 14))
	encoders := []struct {
		ending string
		encode func(io.Writer, image.Image) error
	}{
		{"png", png.Encode},
		{"jpg", func(w io.Writer, img image.Image) error { return jpeg.Encode(w, img, nil) }},
		{"GIF", func(w io.Writer, img image.Image) error { return gif.Encode(w, img, nil) }},
		{"bmp", bmp.Encode},
	}
	for class, name := range ShapeClasses {
		for i := range n {
			var b bytes.Buffer
			e := encoders[i%len(encoders)]
			if err := e.encode(&b, shape(rng, class)); err != nil {
				t.Fatal(err)
			}
			File(t, filepath.Join(dir, name, fmt.Sprintf("%03d.%s", i, e.ending)), b.Bytes())
		}
	}
}

// File writes a file, and the folders to it.
func File(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// shape draws a picture of a class.
func shape(rng *rand.Rand, class int) image.Image {
	size := 24 + rng.IntN(40)
	w, h := size, size+rng.IntN(size/2)
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	radius := float64(size) * (0.2 + 0.15*rng.Float64())
	cx, cy := float64(w)*(0.4+0.2*rng.Float64()), float64(h)*(0.4+0.2*rng.Float64())
	ink := [][3]int{{40, 60, 220}, {40, 190, 60}, {220, 50, 40}, {220, 50, 40}, {230, 210, 40}}[class]
	for y := range h {
		for x := range w {
			dx, dy := (float64(x)+0.5-cx)/radius, (float64(y)+0.5-cy)/radius
			square := max(math.Abs(dx), math.Abs(dy)) < 0.85
			in := []bool{
				square, dy > -0.8 && dy < 0.8 && math.Abs(dx) < (dy+0.8)/1.6, dx*dx+dy*dy < 1, square,
				min(math.Abs(dx), math.Abs(dy)) < 0.3 && max(math.Abs(dx), math.Abs(dy)) < 1,
			}[class]
			var c [3]int
			if in {
				c = ink
			}
			noise := rng.IntN(40)
			img.Set(x, y, color.RGBA{uint8(min(255, c[0]+noise)), uint8(min(255, c[1]+noise)), uint8(min(255, c[2]+noise)), 255})
		}
	}
	return img
}
