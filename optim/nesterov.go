package optim

import "tatami/internal/kernels"

// Nesterov is [Momentum] with the gradient taken as if the velocity had
// already been followed: v ← Momentum·v + g, w ← w − rate·(g + Momentum·v)
// (Sutskever et al. 2013).
type Nesterov struct {
	// Momentum is the share of the velocity that stays; 0 is 0.9.
	Momentum float64
	// WeightDecay λ adds λ·w to the gradient of weights.
	WeightDecay float64
}

// Name implements [Rule].
func (Nesterov) Name() string { return "nesterov" }

// DefaultRate implements [Rule].
func (Nesterov) DefaultRate() float64 { return 0.01 }

// Moments implements [Rule].
func (Nesterov) Moments() int { return 1 }

// Update implements [Rule].
func (r Nesterov) Update(s Step, w, g, m, _ []float32) {
	kernels.Momentum(w, m, g, kernels.MomentumStep{
		LR: float32(s.Rate), Mu: float32(or(r.Momentum, 0.9)),
		Decay: s.decay(r.WeightDecay), Scale: float32(s.Scale), Nesterov: true,
	})
}
