package optim

import "tatami/internal/kernels"

// SGD is stochastic gradient descent, w ← w − rate·g (the book's section
// 6.1.2).
type SGD struct {
	// WeightDecay λ adds λ·w to the gradient of weights.
	WeightDecay float64
}

// Name implements [Rule].
func (SGD) Name() string { return "sgd" }

// DefaultRate implements [Rule].
func (SGD) DefaultRate() float64 { return 0.1 }

// Moments implements [Rule].
func (SGD) Moments() int { return 0 }

// Update implements [Rule].
func (r SGD) Update(s Step, w, g, _, _ []float32) {
	kernels.SGD(w, g, kernels.SGDStep{LR: float32(s.Rate), Decay: s.decay(r.WeightDecay), Scale: float32(s.Scale)})
}
