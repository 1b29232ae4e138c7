package layers

import (
	"cmp"
	"fmt"
	"math/rand/v2"

	"tatami/internal/kernels"
	"tatami/nn"
)

// Pooling takes from each window of Size×Size pixels, channel by channel, the
// maximum or the average (the book's section 7.3). H×W×C becomes
// (H+2·Pad−Size)/Stride+1 rows, rounded down, columns likewise, of C channels.
//
// The padding takes no part: it is never the maximum, and averages are over
// the pixels inside the image. Of several equal maxima the first takes the
// gradient; NaN counts as the greatest.
//
// The way back: of a maximum all of dy goes to the pixel that was it,
// dx[at the maximum] += dy; of an average of m pixels each takes dx += dy/m.
//
// In plain loops: reference/pooling.go.
type Pooling struct {
	// Size is the window's side in pixels.
	Size int
	// Stride is the step of the window in pixels; 0 is Size.
	Stride int
	// Pad widens the image at each side, by at most half of Size.
	Pad int
	// Average takes the mean instead of the maximum.
	Average bool
}

func (s Pooling) String() string {
	kind := "max"
	if s.Average {
		kind = "average"
	}
	return fmt.Sprintf("Pooling %s %d×%d", kind, s.Size, s.Size) + strideAndPad(s.Stride, s.Size, s.Pad)
}

// Build implements [nn.Spec]. It fails if Size is less than 1, Stride or Pad
// negative, Pad more than half of Size, or the padded input smaller than a
// window.
func (s Pooling) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) {
	stride := cmp.Or(s.Stride, s.Size)
	if err := cmp.Or(checkPixels("Size", s.Size, 1), checkPixels("Stride", stride, 1), checkPixels("Pad", s.Pad, 0)); err != nil {
		return nil, err
	}
	h, w := in.H+2*s.Pad-s.Size, in.W+2*s.Pad-s.Size
	if h < 0 || w < 0 {
		return nil, fmt.Errorf("input %d×%d×%d is smaller than the kernel", in.H, in.W, in.C)
	}
	if 2*s.Pad > s.Size {
		return nil, fmt.Errorf("field Pad is %d, wanted at most half of Size %d", s.Pad, s.Size)
	}
	p := pooling{in: in, out: nn.Shape{H: h/stride + 1, W: w/stride + 1, C: in.C}, size: s.Size, stride: stride, pad: s.Pad}
	if s.Average {
		return &averagePooling{p}, nil
	}
	return &maxPooling{p}, nil
}

type pooling struct {
	in, out           nn.Shape
	size, stride, pad int
}

func (l *pooling) OutShape() nn.Shape  { return l.out }
func (l *pooling) Params() []*nn.Param { return nil }

// windows calls f for the windows of one image, as far as they are inside it,
// each with the output pixel's offset.
func (l *pooling) windows(f func(at, top, bottom, left, right int)) {
	for i := range l.out.H {
		for j := range l.out.W {
			top, left := i*l.stride-l.pad, j*l.stride-l.pad
			f((i*l.out.W+j)*l.out.C, max(top, 0), min(top+l.size, l.in.H), max(left, 0), min(left+l.size, l.in.W))
		}
	}
}

type maxPooling struct{ pooling }

// tilesExactly reports whether the windows are 2×2, side by side, and leave
// nothing of the image out.
func (l *maxPooling) tilesExactly() bool {
	return l.twoByTwo() && l.in.H%2 == 0 && l.in.W%2 == 0
}

// twoByTwo reports whether the windows are the usual ones, side by side.
func (l *maxPooling) twoByTwo() bool {
	return l.size == 2 && l.stride == 2 && l.pad == 0
}

func (l *maxPooling) Forward(c *nn.Context, y, x *nn.Tensor) {
	if l.twoByTwo() {
		l.forward2(c, y, x)
		return
	}
	for n := range x.N {
		xs, ys := x.Sample(n), y.Sample(n)
		l.windows(func(at, top, bottom, left, right int) {
			for k := range l.in.C {
				ys[at+k] = xs[l.argmax(xs, k, top, bottom, left, right)]
			}
		})
	}
}

// Reads implements [nn.Reader].
func (l *maxPooling) Reads() (x, y bool) { return !l.twoByTwo(), false }

func (l *maxPooling) Backward(c *nn.Context, dx, dy, x, _ *nn.Tensor) {
	if dx == nil {
		return
	}
	if l.twoByTwo() {
		l.backward2(c, dx, dy)
		return
	}
	clear(dx.Data)
	for n := range x.N {
		xs, dxs, dys := x.Sample(n), dx.Sample(n), dy.Sample(n)
		l.windows(func(at, top, bottom, left, right int) {
			for k := range l.in.C {
				dxs[l.argmax(xs, k, top, bottom, left, right)] += dys[at+k]
			}
		})
	}
}

// argmax is the offset of channel k's first maximum in a window.
func (l *maxPooling) argmax(x []float32, k, top, bottom, left, right int) int {
	best := (top*l.in.W+left)*l.in.C + k
	for i := top; i < bottom; i++ {
		for j := left; j < right; j++ {
			at := (i*l.in.W+j)*l.in.C + k
			if v := x[at]; v > x[best] || v != v {
				best = at
			}
		}
	}
	return best
}

// forward2 and backward2 are for windows that are twoByTwo.
func (l *maxPooling) forward2(c *nn.Context, y, x *nn.Tensor) {
	codes := c.KeepBytes(l.out.Size())
	in, out := l.in.W*l.in.C, l.out.W*l.out.C
	for n := range x.N {
		xs := x.Sample(n)
		for i := range l.out.H {
			at := (n*l.out.H + i) * out
			kernels.MaxPool2(y.Data[at:at+out], codes[at:at+out], xs[2*i*in:(2*i+1)*in], xs[(2*i+1)*in:(2*i+2)*in], l.in.C)
		}
	}
}

func (l *maxPooling) backward2(c *nn.Context, dx, dy *nn.Tensor) {
	unpool(dx.Data, dy.Data, c.KeepBytes(l.out.Size()), l.in, l.out)
}

// unpool takes the gradient of images back through 2×2 max pooling from shape in
// to shape out: d is dy at the pixels that codes name, else 0.
func unpool(d, dy []float32, codes []uint8, in, out nn.Shape) {
	row, half := in.W*in.C, out.W*out.C
	for n := range len(d) / in.Size() {
		image := d[n*in.Size() : (n+1)*in.Size()]
		for i := range out.H {
			at := (n*out.H + i) * half
			kernels.Unpool2(image[2*i*row:(2*i+1)*row], image[(2*i+1)*row:(2*i+2)*row], dy[at:at+half], codes[at:at+half], in.C)
		}
		clear(image[2*out.H*row:])
	}
}

type averagePooling struct{ pooling }

func (l *averagePooling) Forward(_ *nn.Context, y, x *nn.Tensor) {
	clear(y.Data)
	for n := range x.N {
		xs, ys := x.Sample(n), y.Sample(n)
		l.windows(func(at, top, bottom, left, right int) {
			y := ys[at : at+l.in.C]
			for i := top; i < bottom; i++ {
				for j := left; j < right; j++ {
					kernels.Add(y, xs[(i*l.in.W+j)*l.in.C:][:l.in.C])
				}
			}
			kernels.Scale(y, 1/float32((bottom-top)*(right-left)))
		})
	}
}

// Reads implements [nn.Reader].
func (*averagePooling) Reads() (x, y bool) { return false, false }

func (l *averagePooling) Backward(_ *nn.Context, dx, dy, _, _ *nn.Tensor) {
	if dx == nil {
		return
	}
	clear(dx.Data)
	for n := range dx.N {
		dxs, dys := dx.Sample(n), dy.Sample(n)
		l.windows(func(at, top, bottom, left, right int) {
			share := 1 / float32((bottom-top)*(right-left))
			for i := top; i < bottom; i++ {
				for j := left; j < right; j++ {
					kernels.Axpy(dxs[(i*l.in.W+j)*l.in.C:][:l.in.C], share, dys[at:at+l.in.C])
				}
			}
		})
	}
}
