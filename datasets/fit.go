package datasets

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"tatami/internal/suggest"
	"tatami/nn"
)

// Fit is how a picture of any size becomes an input of a network.
type Fit string

// The ways to fit a picture.
const (
	FitDigit   Fit = "digit"   // one digit, made like those of MNIST, see [Digit]
	FitCover   Fit = "cover"   // the largest part in the middle that has the input's proportions
	FitContain Fit = "contain" // the whole picture, with black where it leaves room
	FitStretch Fit = "stretch" // the whole picture, its proportions changed
)

// ParseFit reads the name of a Fit.
func ParseFit(name string) (Fit, error) {
	all := []string{string(FitDigit), string(FitCover), string(FitContain), string(FitStretch)}
	for _, known := range all {
		if name == known {
			return Fit(name), nil
		}
	}
	return "", suggest.Unknown("fit", name, all)
}

// FactFit is the key of a model's facts ([nn.Model.Facts]) that names its Fit.
const FactFit = "fit"

// FitOf is how m wants its pictures. Models of before there was a choice, and
// those made elsewhere, tell nothing: they were trained on digits if they take
// grey images, and [FitCover] is meant otherwise.
func FitOf(m *nn.Model) (Fit, error) {
	name := m.Facts[FactFit]
	switch {
	case name == "" && m.Input().C == 1:
		return FitDigit, nil
	case name == "":
		return FitCover, nil
	}
	fit, err := ParseFit(name)
	if err != nil {
		return "", fmt.Errorf("the model's fact %q: %w", FactFit, err)
	}
	return fit, nil
}

// Picture is an image as an input of m: a batch of one sample, made as those
// that m was trained on. See [FitOf] and [Fit.Pixels].
func Picture(m *nn.Model, img image.Image) (*nn.Tensor, error) {
	fit, err := FitOf(m)
	if err != nil {
		return nil, err
	}
	pixels, err := fit.Pixels(img, m.Input())
	if err != nil {
		return nil, err
	}
	return Tensor(m.Input(), pixels), nil
}

// Pixels makes the H·W·C bytes of an input: three channels are red, green and
// blue, one is the luminance. A side that becomes smaller is averaged over what
// each pixel covers, a side that becomes larger is interpolated linearly.
// What is transparent shows white. An image of the input's size is taken as it
// is. It fails on an empty image, and on a shape of other channels.
func (f Fit) Pixels(img image.Image, shape nn.Shape) ([]byte, error) {
	if f == FitDigit {
		return Digit(img, shape)
	}
	if shape.C != 1 && shape.C != 3 || shape.H < 1 || shape.W < 1 {
		return nil, fmt.Errorf("cannot make a picture of %s: wanted 1 or 3 channels", sides(shape))
	}
	size := img.Bounds().Size()
	if size.X < 1 || size.Y < 1 {
		return nil, errors.New("the image is empty")
	}
	// The part of the image, in its pixels, and the part of the input.
	part := [2]interval{{0, float64(size.X)}, {0, float64(size.Y)}}
	target := image.Rect(0, 0, shape.W, shape.H)
	across, down := float64(size.X)/float64(shape.W), float64(size.Y)/float64(shape.H)
	switch f {
	case FitCover:
		scale := min(across, down)
		part[0] = middle(size.X, scale*float64(shape.W))
		part[1] = middle(size.Y, scale*float64(shape.H))
	case FitContain:
		scale := max(across, down)
		w := max(1, int(math.Round(float64(size.X)/scale)))
		h := max(1, int(math.Round(float64(size.Y)/scale)))
		left, top := (shape.W-w)/2, (shape.H-h)/2
		target = image.Rect(left, top, left+w, top+h)
	case FitStretch:
	default:
		return nil, fmt.Errorf("no fit is called %q", string(f))
	}
	return resample(img, part, target, shape), nil
}

// interval is a stretch of a row or column, in pixels.
type interval struct{ from, to float64 }

// middle is the middle of n pixels, of the given length.
func middle(n int, length float64) interval {
	length = min(length, float64(n))
	from := (float64(n) - length) / 2
	return interval{from, from + length}
}

// tap is what goes into a pixel: neighbours from the first on, with weights
// that add up to 1.
type tap struct {
	first   int
	weights []float32
}

// taps are those of n pixels that show a part of a line of so many: means of
// what they cover, or points between two where they are as small or smaller.
func taps(part interval, line, n int) []tap {
	all := make([]tap, n)
	step := (part.to - part.from) / float64(n)
	for i := range all {
		from := part.from + float64(float64(i)*step)
		to := part.from + float64(float64(i+1)*step)
		if step < 1 { // a triangle one pixel to each side of the middle
			at := (from+to)/2 - 0.5
			first := math.Floor(at)
			share := float32(at - first)
			switch {
			case first < 0:
				all[i] = tap{0, []float32{1}}
			case int(first)+1 >= line || share == 0:
				all[i] = tap{min(int(first), line-1), []float32{1}}
			default:
				all[i] = tap{int(first), []float32{1 - share, share}}
			}
			continue
		}
		first := min(int(from), line-1)
		last := min(max(int(math.Ceil(to-1e-9))-1, first), line-1)
		t := tap{first, make([]float32, last-first+1)}
		sum := 0.0
		for k := range t.weights {
			at := float64(first + k)
			covered := max(min(to, at+1)-max(from, at), 0)
			t.weights[k] = float32(covered)
			sum += covered
		}
		for k := range t.weights {
			t.weights[k] /= float32(sum)
		}
		all[i] = t
	}
	return all
}

// resample shows a part of an image in the target's part of an input.
func resample(img image.Image, part [2]interval, target image.Rectangle, shape nn.Shape) []byte {
	b := img.Bounds()
	columns := taps(part[0], b.Dx(), target.Dx())
	rows := taps(part[1], b.Dy(), target.Dy())

	// A row at a time is drawn over white and squeezed; the last two are kept,
	// since neighbouring rows of the input share one or two.
	row := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	type squeezed struct {
		at     int
		values []float32
	}
	kept := [2]squeezed{{-1, make([]float32, 3*target.Dx())}, {-1, make([]float32, 3*target.Dx())}}
	squeeze := func(y int) []float32 {
		for _, k := range kept {
			if k.at == y {
				return k.values
			}
		}
		kept[0], kept[1] = kept[1], kept[0]
		k := &kept[1]
		k.at = y
		draw.Draw(row, row.Rect, image.White, image.Point{}, draw.Src)
		draw.Draw(row, row.Rect, img, image.Pt(b.Min.X, b.Min.Y+y), draw.Over)
		for x, t := range columns {
			var red, green, blue float32
			pixels := row.Pix[4*t.first : 4*(t.first+len(t.weights))]
			for i, w := range t.weights {
				red += float32(w * float32(pixels[4*i])) // rounded, not fused: the same on all processors
				green += float32(w * float32(pixels[4*i+1]))
				blue += float32(w * float32(pixels[4*i+2]))
			}
			k.values[3*x], k.values[3*x+1], k.values[3*x+2] = red, green, blue
		}
		return k.values
	}

	pixels := make([]byte, shape.Size())
	sums := make([]float32, 3*target.Dx())
	for y, t := range rows {
		clear(sums)
		for k, w := range t.weights {
			for i, v := range squeeze(t.first + k) {
				sums[i] += float32(w * v)
			}
		}
		to := pixels[((target.Min.Y+y)*shape.W+target.Min.X)*shape.C:]
		for x := range target.Dx() {
			red, green, blue := sums[3*x], sums[3*x+1], sums[3*x+2]
			if shape.C == 1 {
				to[x] = toByte((float32(19595*red) + float32(38470*green) + float32(7471*blue)) / (1 << 16))
				continue
			}
			to[3*x], to[3*x+1], to[3*x+2] = toByte(red), toByte(green), toByte(blue)
		}
	}
	return pixels
}

// toByte rounds; a value halfway between two is not left to the last bits of
// its sum.
func toByte(v float32) byte { return byte(min(255, v+0.5001)) }

// isGrey tells of pictures whose format has no colours.
func isGrey(m color.Model) bool {
	switch m := m.(type) {
	case color.Palette:
		for _, c := range m {
			if r, g, b, _ := c.RGBA(); r != g || g != b {
				return false
			}
		}
		return len(m) > 0
	}
	return m == color.GrayModel || m == color.Gray16Model
}
