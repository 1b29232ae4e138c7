package layers

import (
	"math"
	"math/rand/v2"

	"tatami/nn"
)

// Sigmoid squeezes into (0, 1): y = 1/(1+e^−x), element by element, for any
// shape (the book's sections 3.2.4 and 5.5.2).
type Sigmoid struct{}

func (Sigmoid) String() string { return "Sigmoid" }

// Build implements [nn.Spec].
func (Sigmoid) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) { return sigmoid{pointwise(in)}, nil }

type sigmoid struct{ pointwise }

func (sigmoid) Forward(_ *nn.Pass, y, x *nn.Tensor) {
	for i, v := range x.Data {
		y.Data[i] = float32(1 / (1 + math.Exp(-float64(v))))
	}
}

func (sigmoid) Backward(_ *nn.Pass, dx, dy, _, y *nn.Tensor) {
	if dx == nil {
		return
	}
	for i, v := range y.Data {
		dx.Data[i] = dy.Data[i] * v * (1 - v)
	}
}
