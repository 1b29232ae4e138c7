package layers

import (
	"math"
	"math/rand/v2"

	"tatami/nn"
)

// GELU weighs x by the normal distribution below it: y = x·Φ(x), exact by the
// error function, element by element, for any shape (Hendrycks and Gimpel
// 2016).
//
// In plain loops: reference/activations.go.
type GELU struct{}

func (GELU) String() string { return "GELU" }

// Build implements [nn.Spec].
func (GELU) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) { return gelu{pointwise(in)}, nil }

type gelu struct{ pointwise }

// normal is the standard normal distribution's integral up to x and its
// density at x.
func normal(x float64) (phi, density float64) {
	return math.Erfc(-x/math.Sqrt2) / 2, math.Exp(-x*x/2) / math.Sqrt(2*math.Pi)
}

func (gelu) Forward(_ *nn.Context, y, x *nn.Tensor) {
	for i, v := range x.Data {
		phi, _ := normal(float64(v))
		y.Data[i] = float32(float64(v) * phi)
	}
}

// Reads implements [nn.Reader].
func (gelu) Reads() (x, y bool) { return true, false }

func (gelu) Backward(_ *nn.Context, dx, dy, x, _ *nn.Tensor) {
	if dx == nil {
		return
	}
	for i, v := range x.Data {
		phi, density := normal(float64(v))
		dx.Data[i] = dy.Data[i] * float32(phi+float64(v)*density)
	}
}
