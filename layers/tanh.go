package layers

import (
	"math"
	"math/rand/v2"

	"tatami/nn"
)

// Tanh squeezes into (−1, 1): y = tanh x, element by element, for any shape.
//
// In plain loops: reference/activations.go.
type Tanh struct{}

func (Tanh) String() string { return "Tanh" }

// Build implements [nn.Spec].
func (Tanh) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) { return tanh{pointwise(in)}, nil }

type tanh struct{ pointwise }

func (tanh) Forward(_ *nn.Context, y, x *nn.Tensor) {
	for i, v := range x.Data {
		y.Data[i] = float32(math.Tanh(float64(v)))
	}
}

// Reads implements [nn.Reader].
func (tanh) Reads() (x, y bool) { return false, true }

func (tanh) Backward(_ *nn.Context, dx, dy, _, y *nn.Tensor) {
	if dx == nil {
		return
	}
	for i, v := range y.Data {
		dx.Data[i] = dy.Data[i] * (1 - v*v)
	}
}
