package layers

import (
	"math/rand/v2"

	"tatami/internal/kernels"
	"tatami/nn"
)

// Sigmoid squeezes into (0, 1): y = 1/(1+e^−x), element by element, for any
// shape (the book's sections 3.2.4 and 5.5.2). As the last layer it is folded
// into [SigmoidWithLoss] in training.
//
// In plain loops: reference/activations.go.
type Sigmoid struct{}

func (Sigmoid) String() string { return "Sigmoid" }

// Build implements [nn.Spec].
func (Sigmoid) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) { return sigmoid{pointwise(in)}, nil }

type sigmoid struct{ pointwise }

// Sigmoid implements [nn.Sigmoider].
func (sigmoid) Sigmoid() {}

// Probabilities implements [nn.Probable].
func (sigmoid) Probabilities() {}

func (sigmoid) Forward(_ *nn.Context, y, x *nn.Tensor) {
	kernels.Sigmoid(y.Data, x.Data)
}

// Reads implements [nn.Reader].
func (sigmoid) Reads() (x, y bool) { return false, true }

func (sigmoid) Backward(_ *nn.Context, dx, dy, _, y *nn.Tensor) {
	if dx != nil {
		kernels.SigmoidBackward(dx.Data, dy.Data, y.Data)
	}
}
