package optim

import (
	"cmp"

	"tatami/internal/kernels"
)

// AdaGrad lowers the rate of each value by what it has moved,
// h ← h + g², w ← w − rate·g/(√h + Epsilon) (Duchi, Hazan, Singer 2011; the
// book's section 6.1.5).
type AdaGrad struct {
	// Epsilon keeps from dividing by 0; 0 is 1e-10.
	Epsilon float64
	// WeightDecay λ adds λ·w to the gradient of weights.
	WeightDecay float64
}

var usualAdaGrad = AdaGrad{Epsilon: 1e-10}

// Name implements [Rule].
func (AdaGrad) Name() string { return "adagrad" }

// DefaultRate implements [Rule].
func (AdaGrad) DefaultRate() float64 { return 0.01 }

// Moments implements [Rule].
func (AdaGrad) Moments() int { return 1 }

// Update implements [Rule].
func (r AdaGrad) Update(s Step, w, g, m, _ []float32) {
	kernels.AdaGrad(w, m, g, kernels.AdaGradStep{
		LR: float32(s.Rate), Epsilon: float32(cmp.Or(r.Epsilon, usualAdaGrad.Epsilon)),
		Decay: s.decay(r.WeightDecay), Scale: float32(s.Scale),
	})
}
