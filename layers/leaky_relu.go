package layers

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"

	"tatami/nn"
)

// LeakyReLU lets a little of the negative through: y = x for x > 0, else
// Slope·x, element by element, for any shape (Maas, Hannun, Ng 2013).
//
// In plain loops: reference/activations.go.
type LeakyReLU struct {
	// Slope is the factor of negative values; 0 is 0.01.
	Slope float32
}

func (s LeakyReLU) String() string { return fmt.Sprintf("LeakyReLU %g", s.slope()) }

func (s LeakyReLU) slope() float32 { return cmp.Or(s.Slope, 0.01) }

// Build implements [nn.Spec]. It fails if Slope is NaN or infinite.
func (s LeakyReLU) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) {
	if v := float64(s.Slope); math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, fmt.Errorf("field Slope is %g, wanted a number", v)
	}
	return leakyReLU{pointwise(in), s.slope()}, nil
}

type leakyReLU struct {
	pointwise
	slope float32
}

func (l leakyReLU) Forward(_ *nn.Context, y, x *nn.Tensor) {
	for i, v := range x.Data {
		if v <= 0 {
			v *= l.slope
		}
		y.Data[i] = v
	}
}

// Reads implements [nn.Reader].
func (leakyReLU) Reads() (x, y bool) { return true, false }

func (l leakyReLU) Backward(_ *nn.Context, dx, dy, x, _ *nn.Tensor) {
	if dx == nil {
		return
	}
	for i, v := range x.Data {
		d := dy.Data[i]
		if v <= 0 {
			d *= l.slope
		}
		dx.Data[i] = d
	}
}
