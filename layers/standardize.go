package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"tatami/internal/kernels"
	"tatami/nn"
)

// Standardize gives each channel mean 0 and deviation 1 over a training set:
//
//	y = (x − Mean)/Deviation,  dx = dy/Deviation
//
// It stands first in a network, so that whoever uses the model need not know
// how its training set was (LeCun and others 1998, Efficient BackProp, section
// 4.3). datasets.Statistics measures both. Any shape; nothing is learned.
//
// In plain loops: reference/standardize.go.
type Standardize struct {
	// Mean and Deviation have a value a channel, or one for all.
	Mean, Deviation []float64
}

// String has three digits of each value.
func (s Standardize) String() string {
	list := func(values []float64) string {
		text := strings.Trim(fmt.Sprintf("%.3g", values[:min(len(values), 4)]), "[]")
		if len(values) > 4 {
			text += " …"
		}
		return text
	}
	return "Standardize (" + list(s.Mean) + ") ÷ (" + list(s.Deviation) + ")"
}

// Build implements [nn.Spec]. It fails unless there are as many means and
// deviations as channels, or one, and all are numbers and no deviation is 0 or
// less.
func (s Standardize) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) {
	l := standardize{pointwise: pointwise(in), scale: make([]float32, in.C), shift: make([]float32, in.C), zero: make([]float32, in.C)}
	for _, f := range []struct {
		name   string
		values []float64
	}{{"Mean", s.Mean}, {"Deviation", s.Deviation}} {
		if n := len(f.values); n != 1 && n != in.C {
			return nil, fmt.Errorf("field %s has %d values, wanted %d, one a channel", f.name, n, in.C)
		}
	}
	for k := range in.C {
		mean, deviation := s.Mean[min(k, len(s.Mean)-1)], s.Deviation[min(k, len(s.Deviation)-1)]
		scale, shift := float32(1/deviation), float32(-mean/deviation)
		if !finite(scale) || !finite(shift) || !(deviation > 0) {
			return nil, fmt.Errorf("fields Mean and Deviation are %g and %g for channel %d, wanted numbers and a deviation above 0", mean, deviation, k+1)
		}
		l.scale[k], l.shift[k] = scale, shift
	}
	return l, nil
}

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

type standardize struct {
	pointwise
	scale, shift, zero []float32 // a channel
}

func (l standardize) Forward(_ *nn.Context, y, x *nn.Tensor) {
	kernels.ScaleShift(y.Data, x.Data, l.scale, l.shift)
}

// Reads implements [nn.Reader].
func (standardize) Reads() (x, y bool) { return false, false }

func (l standardize) Backward(_ *nn.Context, dx, dy, _, _ *nn.Tensor) {
	if dx != nil {
		kernels.ScaleShift(dx.Data, dy.Data, l.scale, l.zero)
	}
}
