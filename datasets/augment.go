package datasets

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"

	"tatami/internal/suggest"
	"tatami/nn"
)

// Augmentation distorts training images at random, a little, so that a network
// learns what stays the same. The zero value distorts nothing; all that are
// set are applied together. What comes in from outside of an image is black.
//
// A shift alone copies pixels exactly. Otherwise all displacements are added
// up and the image is sampled once, bilinearly.
type Augmentation struct {
	Shift  int     // up to so many whole pixels up or down, and left or right
	Rotate float64 // up to so many degrees around the centre, either way
	Scale  float64 // larger or smaller by up to this fraction, below 1

	// Elastic is α, and Sigma σ (0: 4 pixels), of Simard, Steinkraus, Platt: Best
	// practices for convolutional neural networks applied to visual document
	// analysis (2003): every pixel moves by a number from (-1,1) for each axis,
	// smoothed over neighbours by a Gaussian of σ pixels and multiplied by α. The
	// standard deviation is 0.16·α/σ pixels: 1.4 for α 34 and σ 4.
	//
	// The field is drawn on a grid of σ/2 pixels, which it does not tell from a
	// finer one, and beyond the image, so that its edge moves as its middle does.
	Elastic, Sigma float64

	// For photographs. Flip mirrors each image, left to right, in every other
	// epoch, and half of them in each: an image is seen both ways as often, which
	// chance would not do (Jordan: 94% on CIFAR-10 in 3.29 seconds on a single
	// GPU, 2024).
	Flip bool
	// Crop moves by up to so many whole pixels, as Shift does, but what comes in
	// is the image reflected at its edge: a crop after padding by so much. Padded
	// by zeros that is Shift.
	Crop int
	// Brightness multiplies by 1 ± up to this, and Contrast likewise the distance
	// from the image's mean grey; both stay within [0,1].
	Brightness, Contrast float64
	// Erase is the probability that a rectangle, of 2 to 33 % of the image and of
	// sides 0.3 to 3.3 to one, is made black (Zhong and others: Random erasing data
	// augmentation, 2020).
	Erase float64
	// Mixup is α: an image becomes λ of itself and 1 − λ of another of the epoch,
	// and its target likewise, so that classes become probabilities; λ is drawn
	// from Beta(α, α), α at most 1 (Zhang and others: mixup, 2018).
	Mixup float64
}

// Strengths when a name stands alone.
const (
	defaultShift   = 1
	defaultRotate  = 10
	defaultScale   = 0.1
	defaultElastic = 34
	defaultSigma   = 4
	defaultCrop    = 4
	defaultColour  = 0.2
	defaultErase   = 0.5
	defaultMixup   = 0.2
)

var augmentNames = []string{"none", "shift", "rotate", "scale", "elastic", "sigma", "flip", "crop", "brightness", "contrast", "erase", "mixup"}

// ParseAugmentation reads "none" or a list such as "shift:2,rotate,elastic:30":
// the names of the fields in small letters, each with its strength or with its
// default (shift:1, rotate:10, scale:0.1, elastic:34, sigma:4, crop:4,
// brightness:0.2, contrast:0.2, erase:0.5, mixup:0.2); flip has no strength.
func ParseAugmentation(text string) (Augmentation, error) {
	var a Augmentation
	if text == "none" {
		return a, nil
	}
	seen := make(map[string]bool)
	for item := range strings.SplitSeq(text, ",") {
		name, strength, given := strings.Cut(strings.TrimSpace(item), ":")
		if seen[name] {
			return Augmentation{}, fmt.Errorf("augmentation %q names %s twice", text, name)
		}
		seen[name] = true
		v := map[string]float64{
			"shift": defaultShift, "rotate": defaultRotate, "scale": defaultScale,
			"elastic": defaultElastic, "sigma": defaultSigma, "flip": 1, "crop": defaultCrop,
			"brightness": defaultColour, "contrast": defaultColour, "erase": defaultErase, "mixup": defaultMixup,
		}[name]
		if v == 0 {
			if name == "none" {
				return Augmentation{}, fmt.Errorf("augmentation %q: none stands alone", text)
			}
			return Augmentation{}, suggest.Unknown("augmentation", name, augmentNames)
		}
		if given && name == "flip" {
			return Augmentation{}, fmt.Errorf("augmentation flip:%s: flip takes no number", strength)
		}
		if given {
			var err error
			if v, err = strconv.ParseFloat(strength, 64); err != nil || !(v > 0) || math.IsInf(v, 0) {
				return Augmentation{}, fmt.Errorf("augmentation %s:%s: wanted a number above 0", name, strength)
			}
		}
		if (name == "shift" || name == "crop") && (v != math.Trunc(v) || v > 1e6) {
			return Augmentation{}, fmt.Errorf("augmentation %s:%s: wanted a whole number of pixels, at most 1e6", name, strength)
		}
		switch name {
		case "shift":
			a.Shift = int(v)
		case "flip":
			a.Flip = true
		case "crop":
			a.Crop = int(v)
		case "brightness":
			a.Brightness = v
		case "contrast":
			a.Contrast = v
		case "erase":
			a.Erase = v
		case "mixup":
			a.Mixup = v
		case "rotate":
			a.Rotate = v
		case "scale":
			a.Scale = v
		case "elastic":
			a.Elastic = v
		case "sigma":
			a.Sigma = v
		}
	}
	if err := a.check(); err != nil {
		return Augmentation{}, err
	}
	return a, nil
}

// String is what [ParseAugmentation] reads.
func (a Augmentation) String() string {
	var items []string
	add := func(name string, v float64) {
		if v != 0 {
			items = append(items, name+":"+strconv.FormatFloat(v, 'g', -1, 64))
		}
	}
	add("shift", float64(a.Shift))
	add("rotate", a.Rotate)
	add("scale", a.Scale)
	add("elastic", a.Elastic)
	add("sigma", a.Sigma)
	if a.Flip {
		items = append(items, "flip")
	}
	add("crop", float64(a.Crop))
	add("brightness", a.Brightness)
	add("contrast", a.Contrast)
	add("erase", a.Erase)
	add("mixup", a.Mixup)
	if items == nil {
		return "none"
	}
	return strings.Join(items, ",")
}

// Check fails when a strength makes no sense for images of the given shape. A
// [Loader] with such an Augmentation panics.
func (a Augmentation) Check(shape nn.Shape) error {
	if err := a.check(); err != nil {
		return err
	}
	side := min(shape.H, shape.W)
	switch {
	case a.Shift > 0 && a.Shift >= side:
		return fmt.Errorf("augmentation %v shifts images of %s out of sight", a, sides(shape))
	case a.Crop > 0 && a.Crop >= side:
		return fmt.Errorf("augmentation %v pads images of %s by more than they can be reflected", a, sides(shape))
	}
	return nil
}

func (a Augmentation) check() error {
	for _, v := range []float64{float64(a.Shift), a.Rotate, a.Scale, a.Elastic, a.Sigma, float64(a.Crop), a.Brightness, a.Contrast, a.Erase, a.Mixup} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return fmt.Errorf("augmentation %v: wanted strengths of 0 or more", a)
		}
	}
	switch {
	case a.Rotate > 180:
		return fmt.Errorf("augmentation rotate:%g: wanted at most 180 degrees", a.Rotate)
	case a.Scale >= 1:
		return fmt.Errorf("augmentation scale:%g: wanted less than 1, the size itself", a.Scale)
	case a.Elastic > 1e6 || a.Sigma > 1e6:
		return fmt.Errorf("augmentation %v: wanted at most 1e6 pixels", a)
	case max(a.Brightness, a.Contrast, a.Erase, a.Mixup) > 1:
		return fmt.Errorf("augmentation %v: wanted at most 1 of brightness, contrast, erase and mixup", a)
	case a.Sigma != 0 && a.Elastic == 0:
		return errors.New("augmentation sigma: there is no elastic distortion to smooth")
	}
	return nil
}

// augmenter applies an Augmentation to images of one shape.
type augmenter struct {
	Augmentation
	nn.Shape
	grid *grid // nil without elastic distortion
	pool sync.Pool
	// samples has batches for images as they are.
	samples sync.Pool
}

// scratch is the memory that one image needs.
type scratch struct {
	padded []float32 // the image with a black border, one pixel wide
	grid   gridScratch
}

func newAugmenter(a Augmentation, shape nn.Shape) *augmenter {
	if a.Check(shape) != nil {
		panic("datasets: Augmentation does not fit the images")
	}
	w := &augmenter{Augmentation: a, Shape: shape}
	if a.Elastic > 0 {
		w.grid = newGrid(a.Elastic, a.Sigma, shape.H, shape.W)
	}
	w.pool.New = func() any {
		s := &scratch{padded: make([]float32, (shape.H+2)*(shape.W+2)*shape.C)}
		if w.grid != nil {
			s.grid = w.grid.scratch()
		}
		return s
	}
	w.samples.New = func() any { return new(samples) }
	return w
}

// moves reports whether images are distorted by apply.
func (w *augmenter) moves() bool {
	return w.Shift > 0 || w.Rotate > 0 || w.Scale > 0 || w.grid != nil
}

// apply moves src into dst as rng tells.
func (w *augmenter) apply(dst, src []float32, rng nn.Stream) {
	down, right := 0, 0
	if w.Shift > 0 {
		down, right = whole(&rng, w.Shift), whole(&rng, w.Shift)
	}
	if w.Rotate == 0 && w.Scale == 0 && w.grid == nil {
		w.shift(dst, src, down, right)
		return
	}
	// A pixel of dst at p shows src at c + A(p-c-shift).
	sin, cos := math.Sincos(symmetric(&rng) * w.Rotate * math.Pi / 180)
	factor := 1 + symmetric(&rng)*w.Scale
	sin, cos = sin/factor, cos/factor

	s := w.pool.Get().(*scratch)
	w.pad(s.padded, src)
	if w.grid != nil {
		w.grid.draw(&s.grid, &rng)
	}
	cy, cx := float64(w.H-1)/2, float64(w.W-1)/2
	for y := range w.H {
		dy, dx := float64(y-down)-cy, -float64(right)-cx
		row := dst[y*w.W*w.C : (y+1)*w.W*w.C]
		// In padded coordinates, where the image begins at 1.
		u, v := float32(1+cx+cos*dx-sin*dy), float32(1+cy+sin*dx+cos*dy)
		if w.grid != nil {
			w.sample(row, s.padded, u, v, float32(cos), float32(sin), w.grid.row(&s.grid, y))
		} else {
			w.sample(row, s.padded, u, v, float32(cos), float32(sin), nil)
		}
	}
	w.pool.Put(s)
}

// sample fills one row: pixel x shows the padded image at column u+x·du and row
// v+x·dv, moved by the x-th pair (column, row) of field, if any.
func (w *augmenter) sample(row, padded []float32, u0, v0, du, dv float32, field []float32) {
	c, stride := w.C, (w.W+2)*w.C
	right, bottom := float32(w.W+1), float32(w.H+1)
	for x := 0; x*c < len(row); x++ {
		u, v := u0+float32(x)*du, v0+float32(x)*dv
		if field != nil {
			u += field[2*x]
			v += field[2*x+1]
		}
		if !(u >= 0 && u < right && v >= 0 && v < bottom) {
			clear(row[x*c : (x+1)*c])
			continue
		}
		i, j := int32(u), int32(v)
		fu, fv := u-float32(i), v-float32(j)
		at := int(j)*stride + int(i)*c
		above, below := padded[at:at+2*c], padded[at+stride:at+stride+2*c]
		if c == 1 { // the usual case, without the loop
			a := above[0] + fu*(above[1]-above[0])
			b := below[0] + fu*(below[1]-below[0])
			row[x] = a + fv*(b-a)
			continue
		}
		for k := range c {
			a := above[k] + fu*(above[k+c]-above[k])
			b := below[k] + fu*(below[k+c]-below[k])
			row[x*c+k] = a + fv*(b-a)
		}
	}
}

// pad copies src into the middle of padded, whose border stays black.
func (w *augmenter) pad(padded, src []float32) {
	n := w.W * w.C
	for y := range w.H {
		at := (y+1)*(n+2*w.C) + w.C
		copy(padded[at:at+n], src[y*n:(y+1)*n])
	}
}

// shift moves src by whole pixels: as one line of pixels, and then without
// those that went round the left or right edge.
func (w *augmenter) shift(dst, src []float32, down, right int) {
	n := w.W * w.C
	if by := down*n + right*w.C; by >= 0 {
		clear(dst[:by])
		copy(dst[by:], src[:len(src)-by])
	} else {
		clear(dst[len(dst)+by:])
		copy(dst[:len(dst)+by], src[-by:])
	}
	from, to := 0, right*w.C
	if right < 0 {
		from, to = n+right*w.C, n
	}
	for ; from < to && to <= len(dst); from, to = from+n, to+n {
		clear(dst[from:to])
	}
}

// whole is uniform in -n to n.
func whole(rng *nn.Stream, n int) int {
	return int(rng.Uint64()>>32*uint64(2*n+1)>>32) - n
}

// symmetric is uniform in [-1,1).
func symmetric(rng *nn.Stream) float64 { return 2*float64(rng.Float32()) - 1 }
