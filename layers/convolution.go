package layers

import (
	"cmp"
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
//	y[i,j] = b + Σ x[i·Stride+u·Dilation, j·Stride+v·Dilation]·w[u,v],  u, v < Kernel
//
// on x with zeros around, summed over the input's channels; no flip, as
// everywhere in this field. H×W×C becomes (H+2·Pad−Dilation·(Kernel−1)−1)/Stride+1 rows, columns likewise,
// of Filters channels.
//
// It keeps what [Affine] loses: a filter sees neighbours together, and finds
// its pattern wherever it stands. Sharing one filter over all positions saves
// parameters: 30 filters of 5×5 have 780 with their biases, where an affine
// layer from 28×28 pixels to as many outputs would have 13.5 million. One
// filter answers to one pattern, so there are several, and their maps stacked
// are the channels of the next layer's input.
//
// Dilated filters look farther with as many weights (Yu and Koltun 2016).
// Filters in Groups each see one share of the channels alone (Krizhevsky and
// others 2012); with as many groups and filters as channels the convolution is
// depthwise, and one of Kernel 1 after it mixes the channels (Howard and others
// 2017).
//
// Parameters: weight, Filters of Kernel×KernelW×C/Groups; bias, Filters.
//
// The way back hands each product's dy on to both of its factors; without
// dilation
//
//	db = Σ dy[i,j]
//	dw[u,v] = Σ x[i·Stride+u, j·Stride+v]·dy[i,j],  over i, j and the batch
//	dx[i·Stride+u, j·Stride+v] += dy[i,j]·w[u,v],  over the filters; x is the padded one
//
// so dw is a convolution of x with dy, and with stride 1 dx is one of dy with the
// filters turned by 180°.
//
// In plain loops: reference/convolution.go and reference/general_convolution.go.
type Convolution struct {
	// Filters is their number, Kernel their side in pixels.
	Filters, Kernel int
	// KernelW is their width where Kernel is the height alone; 0 is Kernel.
	KernelW int
	// Stride is the step of the filter in pixels; 0 is 1.
	Stride int
	// StrideW is the step to the side where Stride is that down; 0 is Stride.
	StrideW int
	// Dilation is the distance in pixels between neighbours in a filter; 0 is 1.
	Dilation int
	// Groups divides channels and filters, in order, into shares that have
	// nothing to do with each other; 0 is 1. Both must be multiples of it.
	Groups int
	// Pad is the number of zeros around the image.
	Pad int
	// PadTop, PadBottom, PadLeft and PadRight are further zeros at one side.
	PadTop, PadBottom, PadLeft, PadRight int
	// Init draws the weights; nil is [nn.He]. Biases start at 0.
	Init nn.Initializer
	// Frozen parameters are not trained.
	Frozen bool
}

func (s Convolution) String() string {
	steps := strideAndPad(s.Stride, 1, s.Pad)
	if s.StrideW != 0 && s.StrideW != cmp.Or(s.Stride, 1) {
		steps = fmt.Sprintf(" stride %d×%d", cmp.Or(s.Stride, 1), s.StrideW) + strideAndPad(0, 1, s.Pad)
	}
	text := fmt.Sprintf("Convolution %d×%d", s.Kernel, cmp.Or(s.KernelW, s.Kernel)) + steps
	if more := [...]int{s.PadTop, s.PadBottom, s.PadLeft, s.PadRight}; more != [4]int{} {
		text += fmt.Sprintf("+%d,%d,%d,%d", more[0], more[1], more[2], more[3])
	}
	if s.Dilation > 1 {
		text += fmt.Sprintf(" dilation %d", s.Dilation)
	}
	if s.Groups > 1 {
		text += fmt.Sprintf(" groups %d", s.Groups)
	}
	return text
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
	kernelW, groups := cmp.Or(s.KernelW, s.Kernel), max(s.Groups, 1)
	return product(s.Filters, min(product(s.Kernel, kernelW, in.C/groups), math.MaxInt-1)+1)
}

// size is the description with defaults filled in.
func (s Convolution) size(in nn.Shape) (kernels.Convolution, error) {
	stride := cmp.Or(s.Stride, 1)
	c := kernels.Convolution{
		H: in.H, W: in.W, C: in.C,
		Top: s.Pad + s.PadTop, Bottom: s.Pad + s.PadBottom, Left: s.Pad + s.PadLeft, Right: s.Pad + s.PadRight,
		Filters: s.Filters,
		KernelH: s.Kernel, KernelW: cmp.Or(s.KernelW, s.Kernel),
		StrideH: stride, StrideW: cmp.Or(s.StrideW, stride),
		Dilation: cmp.Or(s.Dilation, 1), Groups: cmp.Or(s.Groups, 1),
	}
	err := cmp.Or(
		checkPixels("Kernel", c.KernelH, 1), checkPixels("KernelW", c.KernelW, 1), checkPixels("Stride", c.StrideH, 1),
		checkPixels("StrideW", c.StrideW, 1), checkPixels("Dilation", c.Dilation, 1), checkPixels("Pad", s.Pad, 0),
		checkPixels("PadTop", s.PadTop, 0), checkPixels("PadBottom", s.PadBottom, 0),
		checkPixels("PadLeft", s.PadLeft, 0), checkPixels("PadRight", s.PadRight, 0),
	)
	if err != nil {
		return c, err
	}
	if c.Groups < 1 || in.C%c.Groups != 0 || s.Filters%c.Groups != 0 {
		return c, fmt.Errorf("field Groups is %d, wanted a divisor of %d channels and of %d filters", c.Groups, in.C, s.Filters)
	}
	if in.H+c.Top+c.Bottom <= (c.KernelH-1)*c.Dilation || in.W+c.Left+c.Right <= (c.KernelW-1)*c.Dilation {
		return c, fmt.Errorf("input %d×%d×%d is smaller than the kernel", in.H, in.W, in.C)
	}
	return c, nil
}

// Build implements [nn.Spec]. It fails if Filters or Kernel is less than 1, a
// stride or a pad negative, Groups no divisor of both channels and Filters, or
// the padded input smaller than the kernel.
func (s Convolution) Build(in nn.Shape, rng *rand.Rand) (nn.Layer, error) {
	if s.Filters < 1 {
		return nil, fmt.Errorf("field Filters is %d, wanted at least 1", s.Filters)
	}
	size, err := s.size(in)
	if err != nil {
		return nil, err
	}
	if err := checkCount(s.CountParams(in)); err != nil {
		return nil, err
	}
	out, room := nn.Shape{C: s.Filters}, nn.Shape{}
	out.H, out.W = size.Output()
	room.H, room.W, room.C = size.Room()
	if room.Size() > kernels.MostRoom {
		return nil, fmt.Errorf("image %v has %d values, wanted at most %d", room, room.Size(), kernels.MostRoom)
	}
	filter := nn.Shape{H: size.KernelH, W: size.KernelW, C: in.C / size.Groups}
	l := &convolution{
		out: out,
		w:   &nn.Param{Name: "weight", Value: nn.NewTensor(s.Filters, filter), Decay: true, Fixed: s.Frozen, Filters: true},
		b:   &nn.Param{Name: "bias", Value: nn.NewTensor(1, nn.Features(s.Filters)), Fixed: s.Frozen},
	}
	if err := initialize(l.w.Value, s.Init, size.Groups, rng); err != nil {
		return nil, err
	}
	l.plan = sync.OnceValue(func() plan { return planOf(size) })
	if in.C == 1 && size.Plain() {
		l.fromCodes = sync.OnceValue(func() *kernels.PooledFilter {
			return kernels.NewPooledFilter(in.H, in.W, s.Pad, s.Kernel, out.C)
		})
	}
	return l, nil
}

// planOf chooses the way to compute a convolution. The layer's shape alone
// decides, so that results do not depend on the day.
func planOf(c kernels.Convolution) plan {
	switch {
	case c.Groups > 1 && c.SuitsDepthwise():
		return kernels.NewDepthwise(c)
	case c.SuitsWinograd() && c.C/c.Groups >= 16 && c.Filters/c.Groups >= 16:
		return kernels.NewWinograd(c)
	}
	return kernels.NewDirect(c)
}

// plan is a way to compute a convolution: kernels.Direct, or kernels.Winograd
// for layers of 3×3 with many channels, or kernels.Depthwise.
type plan interface {
	PackedLen() int
	TurnedLen() int
	ScratchLen() int
	AtOnce() int
	Pack(u, w, scratch []float32)
	Turn(u, w []float32)
	Forward(y, x, u []float32, then kernels.Then, scratch []float32)
	AddFilterGradient(m, x, dy, scratch []float32)
	AddUnpacked(dw, m, scratch []float32)
	InputGradient(dx, dy, turned, scratch []float32)
}

// convolution is the layer, with the ReLU and the 2×2 max pooling after it if
// it took them in. Of a pooling window it then keeps the maximum and a code of
// its place, so that its own outputs, four times as many, never leave the cache.
type convolution struct {
	out    nn.Shape // before pooling
	w, b   *nn.Param
	relu   bool
	pooled nn.Shape // the zero Shape without pooling

	// Plans are made when first needed: a file's few bytes may ask for large
	// tables. fromCodes, for one channel, finds the filters' gradient without
	// that of the outputs; else it is nil.
	plan      func() plan
	fromCodes func() *kernels.PooledFilter
}

func (l *convolution) OutShape() nn.Shape {
	if l.pools() {
		return l.pooled
	}
	return l.out
}

func (l *convolution) Params() []*nn.Param { return []*nn.Param{l.w, l.b} }
func (l *convolution) MultiplyAdds() int   { return multiplyAdds(l.out.Size(), l.w.Value.Size()) }
func (l *convolution) pools() bool         { return l.pooled != (nn.Shape{}) }

// Fuse takes in a following ReLU, and after that 2×2 max pooling.
func (l *convolution) Fuse(next []nn.Layer) (nn.Layer, int) {
	if !beginsWithReLU(next) {
		return nil, 0
	}
	fused := *l
	fused.relu = true
	if len(next) > 1 {
		if pool, ok := next[1].(*maxPooling); ok && pool.tilesExactly() {
			fused.pooled = pool.out
			return &fused, 2
		}
	}
	return &fused, 1
}

// PackForward implements [nn.Packer].
func (l *convolution) PackForward(c *nn.Context) {
	plan := l.plan()
	plan.Pack(c.Pack(plan.PackedLen()), l.w.Value.Data, c.Scratch(plan.ScratchLen()))
}

func (l *convolution) Forward(c *nn.Context, y, x *nn.Tensor) {
	plan := l.plan()
	then := kernels.Then{Bias: l.b.Value.Data, ReLU: l.relu}
	if l.pools() {
		then.Code = c.KeepBytes(l.pooled.Size())
	}
	plan.Forward(y.Data, x.Data, c.Pack(plan.PackedLen()), then, c.Scratch(plan.ScratchLen()))
}

// PackBackward turns the filters, if they are needed.
func (l *convolution) PackBackward(c *nn.Context) {
	if c.WantsInputGradient() {
		l.plan().Turn(c.PackBack(l.plan().TurnedLen()), l.w.Value.Data)
	}
}

// Reads implements [nn.Reader].
func (l *convolution) Reads() (x, y bool) { return true, l.relu && !l.pools() }

func (l *convolution) Backward(c *nn.Context, dx, dy, x, y *nn.Tensor) {
	plan := l.plan()
	dw, db := c.Grad(l.w), c.Grad(l.b)
	if first := l.first(c); first != nil {
		first.AddGradient(c.Gather(plan.PackedLen())[:first.PackedLen()], db, x.Data, dy.Data, c.KeepBytes(dy.Size()), c.Scratch(first.ScratchLen()))
		return
	}
	scratch := c.Scratch(plan.ScratchLen())
	n := min(plan.AtOnce(), x.N)
	room := c.Scratch(n * l.out.Size())
	for from := 0; from < x.N; from += n {
		to := min(from+n, x.N)
		d := l.beforeReLU(c, room, dy, y, from, to)
		if db != nil { // db = Σ d
			kernels.SumRows(db, d)
		}
		if dw != nil { // dw = x ⋆ d
			plan.AddFilterGradient(c.Gather(plan.PackedLen()), x.Slice(from, to).Data, d, scratch)
		}
		if dx != nil { // dx = d ∗ turned w
			plan.InputGradient(dx.Slice(from, to).Data, d, c.PackBack(plan.TurnedLen()), scratch)
		}
	}
}

// EndBackward adds the gradient that has been gathered.
func (l *convolution) EndBackward(c *nn.Context) {
	dw, plan := c.Grad(l.w), l.plan()
	if dw == nil {
		return
	}
	m := c.Gather(plan.PackedLen())
	if first := l.first(c); first != nil {
		first.AddUnpacked(dw, m[:first.PackedLen()], c.Scratch(first.ScratchLen()))
	} else {
		plan.AddUnpacked(dw, m, c.Scratch(plan.ScratchLen()))
	}
	clear(m)
}

// first is the plan of a network's first layer, if this is one and has codes.
func (l *convolution) first(c *nn.Context) *kernels.PooledFilter {
	if l.fromCodes == nil || !l.pools() || c.WantsInputGradient() || c.Grad(l.w) == nil || c.Grad(l.b) == nil {
		return nil
	}
	return l.fromCodes()
}

// beforeReLU is the gradient of the convolution's own outputs for samples [from,
// to): dy itself, or made in room.
func (l *convolution) beforeReLU(c *nn.Context, room []float32, dy, y *nn.Tensor, from, to int) []float32 {
	size := dy.Size()
	d, dys := room[:(to-from)*l.out.Size()], dy.Data[from*size:to*size]
	switch {
	case l.pools():
		unpool(d, dys, c.KeepBytes(size)[from*size:to*size], l.out, l.pooled)
		return d
	case l.relu:
		kernels.ReLUBackward(d, dys, y.Data[from*size:to*size])
		return d
	}
	return dys
}
