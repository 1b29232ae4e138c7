package layers

import (
	"fmt"
	"math"
	"math/rand/v2"

	"tatami/internal/kernels"
	"tatami/nn"
)

// Residual adds the input of a sequence of layers to its output (He and others
// 2016; the book's section 8.2.4):
//
//	y = body(x) + shortcut(x),  dx = bodyᵀ(dy) + shortcutᵀ(dy)
//
// The gradient takes the shortcut past all layers of the body, so that deep
// networks learn; a body that has nothing to add need only give 0. A ReLU after
// the block is taken in.
//
// Blocks may stand in blocks. Any shape; y has the body's. Parameters: the
// body's and then the shortcut's.
//
// In plain loops: reference/residual.go.
type Residual struct {
	// Body is the sequence, of one layer at least.
	Body []nn.Spec
	// Shortcut gives the input the body's shape where that is another, by a 1×1
	// convolution for example; without layers it passes the input on.
	Shortcut []nn.Spec
}

func (s Residual) String() string { return "Residual" }

// Build implements [nn.Spec]. It fails where a layer of either sequence does,
// or if their outputs differ in shape.
func (s Residual) Build(in nn.Shape, rng *rand.Rand) (nn.Layer, error) {
	return nn.BuildNested(in, rng, s)
}

// Sequences implements [nn.Nested].
func (s Residual) Sequences() (body, shortcut []nn.Spec) { return s.Body, s.Shortcut }

// Join implements [nn.Nested].
func (s Residual) Join(body, shortcut *nn.Sequential) (nn.Layer, error) {
	other := body.Input()
	if shortcut != nil {
		other = shortcut.Output()
	}
	if body.Output() != other {
		return nil, fmt.Errorf("the body gives %v and the shortcut %v, wanted the same shape", body.Output(), other)
	}
	return &residual{body: body, shortcut: shortcut}, nil
}

// residual is the block; its own Forward and Backward are the sum's, with the
// ReLU after it if it took that in.
type residual struct {
	body, shortcut *nn.Sequential
	relu           bool
}

func (l *residual) OutShape() nn.Shape       { return l.body.Output() }
func (l *residual) Body() *nn.Sequential     { return l.body }
func (l *residual) Shortcut() *nn.Sequential { return l.shortcut }

func (l *residual) Params() []*nn.Param {
	params := l.body.Params()
	if l.shortcut != nil {
		params = append(params, l.shortcut.Params()...)
	}
	return params
}

func (l *residual) MultiplyAdds() int {
	n := l.body.MultiplyAdds()
	if l.shortcut != nil {
		n += min(l.shortcut.MultiplyAdds(), math.MaxInt-n)
	}
	return n
}

// Fuse takes in a following ReLU.
func (l *residual) Fuse(next []nn.Layer) (nn.Layer, int) {
	if !beginsWithReLU(next) {
		return nil, 0
	}
	fused := *l
	fused.relu = true
	return &fused, 1
}

func (l *residual) Forward(c *nn.Context, y, x *nn.Tensor) {
	if l.relu {
		kernels.SumReLU(y.Data, x.Data, c.Shortcut().Data)
		return
	}
	kernels.Sum(y.Data, x.Data, c.Shortcut().Data)
}

// Plain implements [nn.Block].
func (l *residual) Plain() bool { return !l.relu }

// Reads implements [nn.Reader].
func (l *residual) Reads() (x, y bool) { return false, l.relu }

// Backward is that of the ReLU.
func (l *residual) Backward(_ *nn.Context, dx, dy, _, y *nn.Tensor) {
	kernels.ReLUBackward(dx.Data, dy.Data, y.Data)
}
