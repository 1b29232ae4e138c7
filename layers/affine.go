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
// The way back, with samples as rows:
//
//	db = Σ dy,  dW = dyᵀ·x,  dx = dy·W
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

// Build implements [nn.Spec]. It fails if Units is less than 1 or the weight
// larger than a network may be.
func (s Affine) Build(in nn.Shape, rng *rand.Rand) (nn.Layer, error) {
	if s.Units < 1 {
		return nil, fmt.Errorf("field Units is %d, wanted at least 1", s.Units)
	}
	const most = math.MaxInt32 / kernels.PartSamples // keeps offsets within an int32
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
		plan: kernels.NewAffine(in.Size(), s.Units),
		w:    &nn.Param{Name: "weight", Value: nn.NewTensor(s.Units, in), Decay: true, Fixed: s.Frozen, Product: true},
		b:    &nn.Param{Name: "bias", Value: nn.NewTensor(1, nn.Features(s.Units)), Fixed: s.Frozen},
	}
	if err := initialize(l.w.Value, s.Init, 1, rng); err != nil {
		return nil, err
	}
	return l, nil
}

// affine is the layer, with the ReLU after it if it took that in.
type affine struct {
	plan *kernels.Affine
	w, b *nn.Param
	relu bool
}

func (l *affine) OutShape() nn.Shape  { return nn.Features(l.plan.Units()) }
func (l *affine) Params() []*nn.Param { return []*nn.Param{l.w, l.b} }
func (l *affine) MultiplyAdds() int   { return multiplyAdds(l.plan.Inputs(), l.plan.Units()) }

// multiplyAdds is the product of two sizes, or the largest int where that has 32
// bits and the product more.
func multiplyAdds(a, b int) int { return int(min(int64(a)*int64(b), math.MaxInt)) }

// Fuse takes in a following ReLU.
func (l *affine) Fuse(next []nn.Layer) (nn.Layer, int) {
	if !beginsWithReLU(next) {
		return nil, 0
	}
	fused := *l
	fused.relu = true
	return &fused, 1
}

func (l *affine) Forward(_ *nn.Context, y, x *nn.Tensor) {
	l.plan.Forward(y.Data, x.Data, l.w.Value.Data)
	kernels.Then{Bias: l.b.Value.Data, ReLU: l.relu}.Do(y.Data)
}

// Reads implements [nn.Reader].
func (l *affine) Reads() (x, y bool) { return true, l.relu }

func (l *affine) Backward(c *nn.Context, dx, dy, x, y *nn.Tensor) {
	d := *dy
	if l.relu { // the gradient before ReLU
		d.Data = c.Scratch(len(dy.Data))
		kernels.ReLUBackward(d.Data, dy.Data, y.Data)
	}
	if db := c.Grad(l.b); db != nil { // db = Σ d
		kernels.SumRows(db, d.Data)
	}
	c.AddProduct(l.w, &d, x) // dw = dᵀ·x
	if dx != nil {           // dx = d·w
		l.plan.InputGradient(dx.Data, d.Data, l.w.Value.Data)
	}
}
