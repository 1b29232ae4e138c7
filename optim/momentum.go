package optim

import (
	"cmp"

	"tatami/internal/kernels"
)

// Momentum lets gradients pile up in a velocity, v ← Momentum·v + g,
// w ← w − rate·v (Polyak 1964; the book's section 6.1.4, which multiplies g
// by the rate before it is added, the same for a constant rate).
type Momentum struct {
	// Momentum is the share of the velocity that stays; 0 is 0.9.
	Momentum float64
	// WeightDecay λ adds λ·w to the gradient of weights.
	WeightDecay float64
}

var usualMomentum = Momentum{Momentum: 0.9}

// Name implements [Rule].
func (Momentum) Name() string { return "momentum" }

// DefaultRate implements [Rule].
func (Momentum) DefaultRate() float64 { return 0.01 }

// Moments implements [Rule].
func (Momentum) Moments() int { return 1 }

// Update implements [Rule].
func (r Momentum) Update(s Step, w, g, m, _ []float32) { r.update(s, w, g, m, false) }

func (r Momentum) update(s Step, w, g, m []float32, nesterov bool) {
	kernels.Momentum(w, m, g, kernels.MomentumStep{
		LR: float32(s.Rate), Mu: float32(cmp.Or(r.Momentum, usualMomentum.Momentum)),
		Decay: s.decay(r.WeightDecay), Scale: float32(s.Scale), Nesterov: nesterov,
	})
}
