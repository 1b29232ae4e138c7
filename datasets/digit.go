package datasets

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"golang.org/x/image/draw"

	"tatami/nn"
)

// Digit makes a picture of one digit look like those of MNIST: a light digit on
// black, fitted into 20×20 pixels, its centre of mass in the middle of 28×28,
// from black to full white; for another shape in these proportions. It returns
// H·W bytes for a [Dataset] or [Tensor].
//
// The picture has any size, light on dark or dark on light, transparent ground
// or none. The ground is the median of its edge; ink is what reaches half the
// largest distance from the ground, and all that clings to it. So soft shadows
// and single specks are left out. Of more than 16 megapixels or 8192 a side, the
// means of squares are looked at. It fails on an image without ink or of more
// than 50 megapixels, and on a shape that has more than one channel.
func Digit(img image.Image, shape nn.Shape) ([]byte, error) {
	if shape.C != 1 || shape.H < 4 || shape.W < 4 {
		return nil, fmt.Errorf("cannot make a digit of %s: wanted one channel and at least 4×4 pixels", sides(shape))
	}
	if img.Bounds().Empty() {
		return nil, errors.New("the image is empty")
	}
	if err := checkPixels(img.Bounds().Dx(), img.Bounds().Dy(), maxPixels); err != nil {
		return nil, err
	}
	ink := findInk(toGrey(img))
	box := extent(ink, slices.Max(ink.Pix)/4) // the rest is the blur of its edges
	if box.Empty() {
		return nil, errors.New("the image is blank")
	}

	// Fit the box into 20/28 of the shape.
	scale := min(float64(shape.W)/float64(box.Dx()), float64(shape.H)/float64(box.Dy())) * 20 / 28
	fit := func(n int) int { return max(1, int(math.Round(float64(n)*scale))) }
	small := image.NewGray(image.Rect(0, 0, fit(box.Dx()), fit(box.Dy())))
	scaler := area
	if scale > 1 {
		scaler = draw.CatmullRom
	}
	scaler.Scale(small, small.Rect, ink, box, draw.Src, nil)

	// Place it by its centre of mass, at full range.
	var mass, right, down float64
	for i, v := range small.Pix {
		mass += float64(v)
		right += float64(v) * float64(i%small.Stride)
		down += float64(v) * float64(i/small.Stride)
	}
	if mass == 0 {
		return nil, errors.New("the image is blank")
	}
	left := int(math.Round(float64(shape.W)/2 - right/mass))
	top := int(math.Round(float64(shape.H)/2 - down/mass))
	top, left = max(0, min(top, shape.H-small.Rect.Dy())), max(0, min(left, shape.W-small.Rect.Dx()))
	peak := int(slices.Max(small.Pix))
	digit := make([]byte, shape.Size())
	for i, v := range small.Pix {
		digit[(top+i/small.Stride)*shape.W+left+i%small.Stride] = byte((int(v)*255 + peak/2) / peak)
	}
	return digit, nil
}

// area makes each pixel the mean of what it covers.
var area = &draw.Kernel{Support: 0.5, At: func(float64) float64 { return 1 }}

// What Digit looks at: larger pictures are shrunk first, square by square.
const (
	maxLookedAt = 16_000_000
	maxSide     = 8192
)

// shrinkage is the side of the squares of an image that become a pixel.
func shrinkage(w, h int) int {
	k := (max(w, h) + maxSide - 1) / maxSide
	return max(k, int(math.Ceil(math.Sqrt(float64(w)*float64(h)/maxLookedAt))))
}

// toGrey is the luminance of an image, shrunk if it is large. A transparent
// ground becomes white behind dark ink and black behind light ink.
func toGrey(img image.Image) *image.Gray {
	b := img.Bounds()
	k := shrinkage(b.Dx(), b.Dy())
	grey := image.NewGray(image.Rect(0, 0, (b.Dx()+k-1)/k, (b.Dy()+k-1)/k))
	clear := make([]byte, len(grey.Pix)) // how transparent each pixel is
	var luminance, opacity float64       // sums
	at := func(x, y int) color.RGBA64 { return color.RGBA64Model.Convert(img.At(x, y)).(color.RGBA64) }
	if img, ok := img.(image.RGBA64Image); ok { // without an allocation a pixel
		at = img.RGBA64At
	}
	for i := range grey.Pix {
		x0, y0 := b.Min.X+i%grey.Stride*k, b.Min.Y+i/grey.Stride*k
		var light, clarity, count int // of a square
		for y := y0; y < min(y0+k, b.Max.Y); y++ {
			for x := x0; x < min(x0+k, b.Max.X); x++ {
				r, g, bl, a := at(x, y).RGBA()
				l := (19595*r + 38470*g + 7471*bl + 1<<15) >> 16 // a share of a
				light += int(l >> 8)
				clarity += int((0xffff - a) >> 8)
				count++
				luminance += float64(l)
				opacity += float64(a)
			}
		}
		grey.Pix[i], clear[i] = byte(light/count), byte(clarity/count)
	}
	// Where the edge is opaque, it is the ground of rounded corners as well.
	var ground int
	var edge []byte
	for i := range edgeOf(grey.Rect) {
		if clear[i] < 128 {
			edge = append(edge, grey.Pix[i])
		}
	}
	if 2*len(edge) > edgeLen(grey.Rect) {
		ground = int(median(edge))
	} else if luminance < opacity/2 {
		ground = 255
	}
	for i, c := range clear {
		grey.Pix[i] += byte(int(c) * ground / 255)
	}
	return grey
}

// findInk turns a grey image, in place, into light ink on black.
func findInk(grey *image.Gray) *image.Gray {
	const (
		faintest = 25 // contrast of ink with its ground, of 255
		speck    = 50 // a piece of less than 1/speck of the largest is no ink
	)
	var edge []byte
	for i := range edgeOf(grey.Rect) {
		edge = append(edge, grey.Pix[i])
	}
	ground := median(edge)
	darkest, lightest := slices.Min(grey.Pix), slices.Max(grey.Pix)
	dark := ground-darkest > lightest-ground
	for i, v := range grey.Pix {
		if dark {
			grey.Pix[i] = ground - min(v, ground)
		} else {
			grey.Pix[i] = max(v, ground) - ground
		}
	}
	peak := slices.Max(grey.Pix)
	if peak < faintest {
		clear(grey.Pix)
		return grey
	}

	// The edge tells how noisy the ground is: ink is above six times the median.
	for i, v := range edge {
		edge[i] = max(v, ground) - min(v, ground)
	}
	low := byte(max(1, int(peak)/32, min(6*int(median(edge)), int(peak)/2)))
	high := peak / 2

	// Pieces of touching pixels above low that somewhere reach high.
	piece := make([]int32, len(grey.Pix)) // of each pixel, from 1
	mass := []int{0}
	var stack []int32
	w, h := grey.Rect.Dx(), grey.Rect.Dy()
	for start, v := range grey.Pix {
		if v < high || piece[start] != 0 {
			continue
		}
		name := int32(len(mass))
		mass = append(mass, 0)
		piece[start] = name
		stack = append(stack, int32(start))
		for len(stack) > 0 {
			i := int(stack[len(stack)-1])
			stack = stack[:len(stack)-1]
			mass[name] += int(grey.Pix[i])
			for y := max(0, i/w-1); y <= min(h-1, i/w+1); y++ {
				for x := max(0, i%w-1); x <= min(w-1, i%w+1); x++ {
					if k := y*w + x; piece[k] == 0 && grey.Pix[k] >= low {
						piece[k] = name
						stack = append(stack, int32(k))
					}
				}
			}
		}
	}
	largest := slices.Max(mass)
	for i, name := range piece {
		if mass[name] < (largest+speck-1)/speck {
			grey.Pix[i] = 0
		}
	}
	return grey
}

// extent is the smallest rectangle around all pixels above a level.
func extent(img *image.Gray, level byte) (box image.Rectangle) {
	for i, v := range img.Pix {
		if v > level {
			x, y := i%img.Stride, i/img.Stride
			box = box.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	return box
}

// edgeOf ranges over the positions of an image's outermost pixels.
func edgeOf(r image.Rectangle) func(yield func(int) bool) {
	w, h := r.Dx(), r.Dy()
	return func(yield func(int) bool) {
		for y := range h {
			step := 1
			if y > 0 && y < h-1 {
				step = max(1, w-1)
			}
			for x := 0; x < w; x += step {
				if !yield(y*w + x) {
					return
				}
			}
		}
	}
}

// edgeLen is how many positions edgeOf has.
func edgeLen(r image.Rectangle) (n int) {
	for range edgeOf(r) {
		n++
	}
	return n
}

// median leaves the order of values as it is.
func median(values []byte) byte {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
