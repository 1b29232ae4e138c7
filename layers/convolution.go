package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"tatami/internal/kernels"
	"tatami/nn"
)

// Convolution slides Filters small filters over an image; each gives one
// feature map (the book's section 7.2). For one input channel
//
//	y[i,j] = b + Σ x[i·Stride+u, j·Stride+v]·w[u,v],  u, v < Kernel
//
// on x padded with Pad zeros at each side, summed over the input's channels;
// no flip, as everywhere in this field. H×W×C becomes
// (H+2·Pad−Kernel)/Stride+1 rows, columns likewise, of Filters channels.
//
// It keeps what [Affine] loses: a filter sees neighbours together, and finds
// its pattern wherever it stands. Sharing one filter over all positions saves
// parameters: 30 filters of 5×5 have 780 with their biases, where an affine
// layer from 28×28 pixels to as many outputs would have 13.5 million. One
// filter answers to one pattern, so there are several, and their maps stacked
// are the channels of the next layer's input.
//
// Parameters: weight, Filters of Kernel×Kernel×C; bias, Filters.
//
// The way back hands each product's dy on to both of its factors:
//
//	db = Σ dy[i,j]
//	dw[u,v] = Σ x[i·Stride+u, j·Stride+v]·dy[i,j],  over i, j and the batch
//	dx[i·Stride+u, j·Stride+v] += dy[i,j]·w[u,v],  over the filters; x is the padded one
//
// so dw is a convolution of x with dy, and with stride 1 dx is one of dy with the
// filters turned by 180°.
//
// In plain loops: reference/convolution.go.
type Convolution struct {
	// Filters is their number, Kernel their side in pixels.
	Filters, Kernel int
	// Stride is the step of the filter in pixels; 0 is 1.
	Stride int
	// Pad is the number of zeros around the image.
	Pad int
	// Init draws the weights; nil is [nn.He]. Biases start at 0.
	Init nn.Initializer
	// Frozen parameters are not trained.
	Frozen bool
}

func (s Convolution) String() string {
	return fmt.Sprintf("Convolution %d×%d", s.Kernel, s.Kernel) + strideAndPad(s.Stride, 1, s.Pad)
}

// strideAndPad names what is not the default.
func strideAndPad(stride, usual, pad int) (text string) {
	if stride != 0 && stride != usual {
		text = fmt.Sprintf(" stride %d", stride)
	}
	if pad != 0 {
		text += fmt.Sprintf(" pad %d", pad)
	}
	return text
}

// CountParams implements [nn.Counted].
func (s Convolution) CountParams(in nn.Shape) int {
	return product(s.Filters, min(product(s.Kernel, s.Kernel, in.C), math.MaxInt-1)+1)
}

// windows is the number of windows along a side, and an error where not one
// fits. sizeField is what the layer calls their size.
func windows(in nn.Shape, sizeField string, size, stride, pad int) (out nn.Shape, err error) {
	const limit = 1 << 14
	for _, f := range []struct {
		name       string
		value, min int
	}{{sizeField, size, 1}, {"Stride", stride, 1}, {"Pad", pad, 0}} {
		if f.value < f.min || f.value > limit {
			return out, fmt.Errorf("field %s is %d, wanted %d to %d", f.name, f.value, f.min, limit)
		}
	}
	if in.H+2*pad < size || in.W+2*pad < size {
		return out, fmt.Errorf("input %d×%d×%d is smaller than the kernel", in.H, in.W, in.C)
	}
	return nn.Shape{H: (in.H+2*pad-size)/stride + 1, W: (in.W+2*pad-size)/stride + 1, C: in.C}, nil
}

// Build implements [nn.Spec]. It fails if Filters or Kernel is less than 1,
// Stride or Pad negative, or the padded input smaller than the kernel.
func (s Convolution) Build(in nn.Shape, rng *rand.Rand) (nn.Layer, error) {
	if s.Filters < 1 {
		return nil, fmt.Errorf("field Filters is %d, wanted at least 1", s.Filters)
	}
	stride := max(s.Stride, 1)
	if s.Stride < 0 {
		stride = s.Stride
	}
	out, err := windows(in, "Kernel", s.Kernel, stride, s.Pad)
	if err != nil {
		return nil, err
	}
	out.C = s.Filters
	if err := checkCount(s.CountParams(in)); err != nil {
		return nil, err
	}
	for _, image := range []nn.Shape{
		out,
		{H: in.H + 2*s.Pad, W: in.W + 2*s.Pad, C: in.C},
		{H: in.H + s.Kernel - 1, W: in.W + s.Kernel - 1, C: s.Filters},
	} {
		const most = 1 << 28 // keeps offsets within an int32
		if image.Size() > most {
			return nil, fmt.Errorf("image %v has %d values, wanted at most %d", image, image.Size(), most)
		}
	}
	l := &convolution{
		in: in, out: out, kernel: s.Kernel,
		w: &nn.Param{Name: "weight", Value: nn.NewTensor(s.Filters, nn.Shape{H: s.Kernel, W: s.Kernel, C: in.C}), Decay: true, Fixed: s.Frozen, Filters: true},
		b: &nn.Param{Name: "bias", Value: nn.NewTensor(1, nn.Features(s.Filters)), Fixed: s.Frozen},
	}
	if err := initialize(l.w, s.Init, l.w.Value.Size(), rng); err != nil {
		return nil, err
	}
	if suitsWinograd(in, out, s.Kernel, stride, s.Pad) {
		plans := sync.OnceValue(func() winogradPlans { return planWinograd(in, out, s.Pad) })
		return &winogradConvolution{convolution: l, plans: plans}, nil
	}
	l.direct = sync.OnceValue(func() *direct { return newDirect(in, out, s.Kernel, stride, s.Pad) })
	return l, nil
}

type convolution struct {
	in, out nn.Shape
	kernel  int
	w, b    *nn.Param
	direct  func() *direct // made when first needed: a file's few bytes may ask for large tables
}

func (l *convolution) OutShape() nn.Shape  { return l.out }
func (l *convolution) Params() []*nn.Param { return []*nn.Param{l.w, l.b} }
func (l *convolution) MultiplyAdds() int   { return l.out.Size() * l.w.Value.Size() }

func (l *convolution) Forward(p *nn.Pass, y, x *nn.Tensor) {
	l.convolve(p, y, x)
	kernels.AddBias(y.Data, l.b.Value.Data)
}

// convolve is Forward without the bias.
func (l *convolution) convolve(p *nn.Pass, y, x *nn.Tensor) {
	d := l.direct()
	w, canvas := d.filters(p, l.w.Value.Data), d.canvas(p)
	for n := range x.N {
		d.forward(y.Sample(n), canvas.pad(x.Sample(n)), w, 0, l.out.H)
	}
}

func (l *convolution) Backward(p *nn.Pass, dx, dy, x, _ *nn.Tensor) {
	g := l.gradients(p, dx, x)
	for n := range x.N {
		g.image(n, dy.Sample(n))
	}
	g.finish()
}

// Fuse takes in a following ReLU, and after that 2×2 max pooling.
func (l *convolution) Fuse(next []nn.Layer) (nn.Layer, int) {
	n, pooled := fusible(next)
	switch n {
	case 0:
		return nil, 0
	case 1:
		return convolutionReLU{l}, 1
	}
	return newConvolutionReLUPooling(l, pooled), n
}

// fusible counts the layers that a convolution takes in: a ReLU, and after it
// 2×2 max pooling, whose shape is then not zero.
func fusible(next []nn.Layer) (n int, pooled nn.Shape) {
	if len(next) == 0 {
		return 0, pooled
	}
	if _, ok := next[0].(relu); !ok {
		return 0, pooled
	}
	if len(next) > 1 {
		if pool, ok := next[1].(*maxPooling); ok && pool.halves() {
			return 2, pool.out
		}
	}
	return 1, pooled
}
