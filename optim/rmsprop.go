package optim

import (
	"cmp"

	"tatami/internal/kernels"
)

// RMSprop is [AdaGrad] that forgets: h ← Rho·h + (1−Rho)·g²,
// w ← w − rate·g/(√h + Epsilon) (Hinton's lecture 6, 2012).
type RMSprop struct {
	// Rho is the share of h that stays; 0 is 0.99.
	Rho float64
	// Epsilon keeps from dividing by 0; 0 is 1e-8.
	Epsilon float64
	// WeightDecay λ adds λ·w to the gradient of weights.
	WeightDecay float64
}

var usualRMSprop = RMSprop{Rho: 0.99, Epsilon: 1e-8}

// Name implements [Rule].
func (RMSprop) Name() string { return "rmsprop" }

// DefaultRate implements [Rule].
func (RMSprop) DefaultRate() float64 { return 0.001 }

// Moments implements [Rule].
func (RMSprop) Moments() int { return 1 }

// Update implements [Rule].
func (r RMSprop) Update(s Step, w, g, m, _ []float32) {
	kernels.RMSprop(w, m, g, kernels.RMSpropStep{
		LR: float32(s.Rate), Rho: float32(cmp.Or(r.Rho, usualRMSprop.Rho)), Epsilon: float32(cmp.Or(r.Epsilon, usualRMSprop.Epsilon)),
		Decay: s.decay(r.WeightDecay), Scale: float32(s.Scale),
	})
}
