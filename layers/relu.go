package layers

import (
	"math/rand/v2"

	"tatami/internal/kernels"
	"tatami/nn"
)

// ReLU passes what is positive: y = max(0, x), element by element, for any
// shape (the book's sections 3.2.7 and 5.5.1). The gradient at 0 is 0.
//
// In plain loops: reference/activations.go.
type ReLU struct{}

func (ReLU) String() string { return "ReLU" }

// Build implements [nn.Spec].
func (ReLU) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) { return relu{pointwise(in)}, nil }

type relu struct{ pointwise }

func (relu) Forward(_ *nn.Context, y, x *nn.Tensor) { kernels.ReLU(y.Data, x.Data) }

// Reads implements [nn.Reader].
func (relu) Reads() (x, y bool) { return false, true }

func (relu) Backward(_ *nn.Context, dx, dy, _, y *nn.Tensor) {
	if dx != nil {
		kernels.ReLUBackward(dx.Data, dy.Data, y.Data)
	}
}

// beginsWithReLU reports whether a layer can take in the first of next.
func beginsWithReLU(next []nn.Layer) bool {
	if len(next) == 0 {
		return false
	}
	_, ok := next[0].(relu)
	return ok
}
