package layers

import (
	"fmt"
	"math/rand/v2"

	"tatami/nn"
)

// Dropout sets each value to 0 with probability Ratio in training, and
// multiplies the others by 1/(1−Ratio), so that inference passes x unchanged
// (Srivastava et al. 2014, in the inverted form). Any shape.
//
// The book's section 6.4.3 leaves the kept values as they are and multiplies
// by 1−Ratio at inference; set Unscaled for that.
//
// In plain loops: reference/dropout.go.
type Dropout struct {
	// Ratio is the probability of being dropped, in [0, 1).
	Ratio float64
	// Unscaled scales at inference instead of in training.
	Unscaled bool
}

func (s Dropout) String() string { return fmt.Sprintf("Dropout %g", s.Ratio) }

// Build implements [nn.Spec]. It fails if Ratio is not in [0, 1).
func (s Dropout) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) {
	if !(s.Ratio >= 0 && s.Ratio < 1) {
		return nil, fmt.Errorf("field Ratio is %g, wanted 0 or more and less than 1", s.Ratio)
	}
	l := dropout{pointwise: pointwise(in), ratio: float32(s.Ratio), training: float32(1 / (1 - s.Ratio)), inference: 1}
	if s.Unscaled {
		l.training, l.inference = 1, float32(1-s.Ratio)
	}
	return l, nil
}

type dropout struct {
	pointwise
	ratio               float32
	training, inference float32 // factors of what is kept
}

func (l dropout) Forward(c *nn.Context, y, x *nn.Tensor) { l.drop(c, y, x) }

// Reads implements [nn.Reader].
func (dropout) Reads() (x, y bool) { return false, false }

// Backward draws the same numbers as Forward, since a sample's are its own.
func (l dropout) Backward(c *nn.Context, dx, dy, _, _ *nn.Tensor) {
	if dx != nil {
		l.drop(c, dx, dy)
	}
}

func (l dropout) drop(c *nn.Context, y, x *nn.Tensor) {
	if !c.Training {
		for i, v := range x.Data {
			y.Data[i] = v * l.inference
		}
		return
	}
	for n := range x.N {
		stream := c.Stream(n)
		xs, ys := x.Sample(n), y.Sample(n)
		for i, v := range xs {
			factor := l.training
			if stream.Float32() < l.ratio {
				factor = 0
			}
			ys[i] = v * factor // NaN·0 is NaN: nothing is swallowed
		}
	}
}
