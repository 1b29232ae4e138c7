package layers

import (
	"fmt"
	"math"
	"math/rand/v2"

	"tatami/internal/kernels"
	"tatami/nn"
)

// Affine connects every input with every unit: y = x·Wᵀ + b (the book's
// sections 3.3 and 5.6).
//
// It takes samples of any shape as plain features, H,W,C one after another,
// and gives 1×1×Units. It therefore ignores space: neighbouring pixels mean no
// more to it than distant ones, and a digit moved by a pixel is another input.
// That is what [Convolution] is for.
//
// Parameters: weight, Units rows of the input's shape; bias, Units.
//
// In plain loops: reference/affine.go.
type Affine struct {
	// Units is the number of outputs.
	Units int
	// Init draws the weights; nil is [nn.He]. Biases start at 0.
	Init nn.Initializer
	// Frozen parameters are not trained.
	Frozen bool
}

func (s Affine) String() string { return fmt.Sprintf("Affine %d", s.Units) }

// CountParams implements [nn.Counted].
func (s Affine) CountParams(in nn.Shape) int { return product(s.Units, in.Size()+1) }

// product multiplies counts. What cannot be counted is math.MaxInt, and not a
// small number that a file's author could choose.
func product(counts ...int) int {
	p := 1
	for _, n := range counts {
		if n < 1 {
			return 0
		}
		if p > math.MaxInt/n {
			return math.MaxInt
		}
		p *= n
	}
	return p
}

// checkCount refuses more parameters than a network may have, for layers that
// are built by others and not by the network.
func checkCount(params int) error {
	const most = 1 << 28
	if params > most {
		return fmt.Errorf("%d parameters, wanted at most %d", params, most)
	}
	return nil
}

// Build implements [nn.Spec]. It fails if Units is less than 1 or the weight
// larger than a network may be.
func (s Affine) Build(in nn.Shape, rng *rand.Rand) (nn.Layer, error) {
	if s.Units < 1 {
		return nil, fmt.Errorf("field Units is %d, wanted at least 1", s.Units)
	}
	const most = math.MaxInt32 / samplesAtOnce // keeps offsets within an int32
	if in.Size() > most {
		return nil, fmt.Errorf("input %v has %d values, wanted at most %d", in, in.Size(), most)
	}
	if s.Units > most {
		return nil, fmt.Errorf("field Units is %d, wanted at most %d", s.Units, most)
	}
	if err := checkCount(s.CountParams(in)); err != nil {
		return nil, err
	}
	l := &affine{
		inputs: in.Size(), units: s.Units,
		w: &nn.Param{Name: "weight", Value: nn.NewTensor(s.Units, in), Decay: true, Fixed: s.Frozen},
		b: &nn.Param{Name: "bias", Value: nn.NewTensor(1, nn.Features(s.Units)), Fixed: s.Frozen},
	}
	if err := initialize(l.w, s.Init, l.inputs, rng); err != nil {
		return nil, err
	}
	l.sampleIn, l.sampleOut = kernels.Stride(samplesAtOnce, l.inputs), kernels.Stride(samplesAtOnce, l.units)
	l.unitIn, l.unit = kernels.Stride(l.units, l.inputs), kernels.Stride(l.units, 1)
	return l, nil
}

// initialize fills a weight; no initializer is He's.
func initialize(w *nn.Param, init nn.Initializer, fanIn int, rng *rand.Rand) error {
	if init == nil {
		init = nn.He{}
	}
	if n, ok := init.(nn.Normal); ok && !(n.Std >= 0 && n.Std < math.Inf(1)) {
		return fmt.Errorf("field Init.Std is %g, wanted 0 or more, and finite", n.Std)
	}
	init.Fill(w.Value.Data, fanIn, rng)
	return nil
}

// samplesAtOnce bounds the tables of sample offsets.
const samplesAtOnce = 64

type affine struct {
	inputs, units int
	w, b          *nn.Param

	sampleIn, sampleOut kernels.Offsets // of samples in x and in y
	unitIn, unit        kernels.Offsets // of units in the weight and in y
}

func (l *affine) OutShape() nn.Shape  { return nn.Features(l.units) }
func (l *affine) Params() []*nn.Param { return []*nn.Param{l.w, l.b} }
func (l *affine) MultiplyAdds() int   { return l.inputs * l.units }

func (l *affine) Forward(_ *nn.Pass, y, x *nn.Tensor) {
	l.multiply(y, x)
	kernels.AddBias(y.Data, l.b.Value.Data)
}

func (l *affine) multiply(y, x *nn.Tensor) {
	kernels.ProductT(y.Data, l.units, x.Data, l.inputs, l.w.Value.Data, l.inputs, x.N, l.units, l.inputs, false)
}

func (l *affine) Backward(p *nn.Pass, dx, dy, x, _ *nn.Tensor) {
	if db := p.Grad(l.b); db != nil {
		kernels.SumRows(db, dy.Data)
	}
	dw := p.Grad(l.w)
	if p.Deferring(l.w) {
		copy(p.Keep(l.units), dy.Data)
		dw = nil
	}
	for from := 0; from < x.N; from += samplesAtOnce {
		n := min(samplesAtOnce, x.N-from)
		dyn := dy.Data[from*l.units : (from+n)*l.units]
		if dw != nil { // dw += dyᵀ·x
			kernels.Product(dw, l.unitIn, dyn, l.unit, l.sampleOut.First(n),
				x.Data[from*l.inputs:(from+n)*l.inputs], l.inputs, l.inputs, true)
		}
		if dx != nil { // dx = dy·W
			kernels.Product(dx.Data[from*l.inputs:(from+n)*l.inputs], l.sampleIn.First(n),
				dyn, l.sampleOut.First(n), l.unit, l.w.Value.Data, l.inputs, l.inputs, false)
		}
	}
}

// Deferred implements [nn.Deferrable].
func (l *affine) Deferred() *nn.Param { return l.w }

// AddRows implements [nn.Deferrable]: dw += dyᵀ·x.
func (l *affine) AddRows(g []float32, from, to, left, columns int, dy, x []float32, samples int, add bool) {
	rows := to - from
	for at := 0; at < samples; at += samplesAtOnce {
		n := min(samplesAtOnce, samples-at)
		kernels.Product(g[left:], l.unitIn.First(rows), dy[at*l.units+from:], l.unit.First(rows), l.sampleOut.First(n),
			x[at*l.inputs+left:], l.inputs, columns, add || at > 0)
	}
}

// Fuse takes in a following ReLU.
func (l *affine) Fuse(next []nn.Layer) (nn.Layer, int) {
	if len(next) > 0 {
		if _, ok := next[0].(relu); ok {
			return affineReLU{l}, 1
		}
	}
	return nil, 0
}

// affineReLU is an affine layer and the ReLU after it.
type affineReLU struct{ *affine }

func (l affineReLU) Forward(_ *nn.Pass, y, x *nn.Tensor) {
	l.multiply(y, x)
	kernels.AddBiasReLU(y.Data, l.b.Value.Data)
}

func (l affineReLU) Backward(p *nn.Pass, dx, dy, x, y *nn.Tensor) {
	g := *dy
	g.Data = p.Scratch(len(dy.Data))
	kernels.ReLUBackward(g.Data, dy.Data, y.Data)
	l.affine.Backward(p, dx, &g, x, y)
}
