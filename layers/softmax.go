package layers

import (
	"math/rand/v2"

	"tatami/nn"
)

// Softmax makes probabilities of the channels of each pixel:
// y_k = e^x_k / Σ e^x_j (the book's section 3.5). As the last layer it is
// folded into [SoftmaxWithLoss] in training; it makes [nn.Sequential.Predict] give
// probabilities.
//
// In plain loops: reference/softmax.go.
type Softmax struct{}

func (Softmax) String() string { return "Softmax" }

// Build implements [nn.Spec].
func (Softmax) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) { return softmax{pointwise(in)}, nil }

type softmax struct{ pointwise }

// Softmax implements [nn.Softmaxer].
func (softmax) Softmax() {}

// Probabilities implements [nn.Probable].
func (softmax) Probabilities() {}

func (l softmax) Forward(_ *nn.Context, y, x *nn.Tensor) {
	for i := 0; i < len(x.Data); i += l.C {
		nn.Softmax(y.Data[i:i+l.C], x.Data[i:i+l.C])
	}
}

// Reads implements [nn.Reader].
func (softmax) Reads() (x, y bool) { return false, true }

func (l softmax) Backward(_ *nn.Context, dx, dy, _, y *nn.Tensor) {
	if dx == nil {
		return
	}
	for i := 0; i < len(y.Data); i += l.C {
		y, dy, dx := y.Data[i:i+l.C], dy.Data[i:i+l.C], dx.Data[i:i+l.C]
		var dot float64
		for k, v := range y {
			dot += float64(v) * float64(dy[k])
		}
		for k, v := range y {
			dx[k] = v * (dy[k] - float32(dot))
		}
	}
}
