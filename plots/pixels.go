package plots

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"

	"tatami/nn"
)

// scale gives the colour of a value; values of the range run from -1, or 0 if
// nothing is negative, to 1.
type scale func(v float64) color.NRGBA

// diverging runs from blue over white at zero to orange, as on tatami's pages,
// about as far from white on both sides.
func diverging(v float64) color.NRGBA {
	const knee = 0.6
	white, half, full := color.NRGBA{255, 255, 255, 255}, color.NRGBA{0x2b, 0x83, 0xc9, 255}, color.NRGBA{0x0b, 0x4f, 0x94, 255}
	if v > 0 {
		half, full = color.NRGBA{0xe8, 0x74, 0x0c, 255}, color.NRGBA{0x8a, 0x2f, 0x00, 255}
	}
	switch a := min(math.Abs(v), 1); {
	case math.IsNaN(v):
		return noData
	case a < knee:
		return mix(white, half, a/knee)
	default:
		return mix(half, full, (a-knee)/(1-knee))
	}
}

// inked runs from white at zero to black.
func inked(v float64) color.NRGBA {
	if math.IsNaN(v) {
		return noData
	}
	return mix(color.NRGBA{255, 255, 255, 255}, color.NRGBA{0, 0, 0, 255}, min(max(v, 0), 1))
}

// paint draws h×w values, of which value gives those in row y and column x.
func paint(h, w int, s scale, value func(y, x int) float64) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := value(y, x)
			if !isFinite(v) {
				v = math.NaN()
			}
			img.SetNRGBA(x, y, s(v))
		}
	}
	return img
}

// plane draws one channel of one sample, its values divided by top.
func plane(t *nn.Tensor, n, c int, top float64, s scale) image.Image {
	if top == 0 {
		top = 1
	}
	data := t.Sample(n)
	return paint(t.H, t.W, s, func(y, x int) float64 { return float64(data[(y*t.W+x)*t.C+c]) / top })
}

// extent is the range of finite values.
func extent(data []float32) (b bounds, missing int) {
	for _, v := range data {
		if f := float64(v); isFinite(f) {
			b.add(f)
		} else {
			missing++
		}
	}
	return b, missing
}

// top is the largest magnitude.
func (b bounds) top() float64 { return max(math.Abs(b.lo), math.Abs(b.hi)) }

func checkTensor(what string, t *nn.Tensor) error {
	if t == nil {
		return fmt.Errorf("%s: no tensor", what)
	}
	if t.N < 1 || t.H < 1 || t.W < 1 || t.C < 1 || len(t.Data) != t.N*t.H*t.W*t.C {
		return fmt.Errorf("%s: tensor %v with %d values", what, t, len(t.Data))
	}
	return nil
}

// Image gives a sample of a batch as a picture. Its values lie in [0, 1]: one
// channel is drawn as ink on paper, 0 white and 1 black, as the book prints its
// digits; three are red, green and blue.
func Image(t *nn.Tensor, sample int) (image.Image, error) {
	if err := checkTensor("image", t); err != nil {
		return nil, err
	}
	if sample < 0 || sample >= t.N {
		return nil, fmt.Errorf("image: sample %d of %d", sample, t.N)
	}
	switch t.C {
	case 1:
		return plane(t, sample, 0, 1, inked), nil
	case 3:
		data := t.Sample(sample)
		img := image.NewNRGBA(image.Rect(0, 0, t.W, t.H))
		for i := range t.H * t.W {
			rgb := data[3*i : 3*i+3]
			c := noData
			if isFinite(float64(rgb[0]) + float64(rgb[1]) + float64(rgb[2])) {
				b := func(v float32) uint8 { return uint8(math.Round(255 * float64(min(max(v, 0), 1)))) }
				c = color.NRGBA{b(rgb[0]), b(rgb[1]), b(rgb[2]), 255}
			}
			img.SetNRGBA(i%t.W, i/t.W, c)
		}
		return img, nil
	}
	return nil, fmt.Errorf("image: %v has %d channels, wanted 1 or 3", t, t.C)
}

// enlarged gives the size of an h×w image in a square tile: a whole number of
// device pixels for each of its pixels wherever it fits.
func enlarged(h, w int, tile vg.Length) (height, width vg.Length) {
	unit := tile / vg.Length(max(h, w))
	if unit >= 0.5 {
		unit = vg.Length(math.Floor(2*float64(unit)+1e-9)) / 2
	}
	return unit * vg.Length(h), unit * vg.Length(w)
}
