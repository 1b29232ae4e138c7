package optim

import (
	"cmp"
	"math"

	"tatami/internal/kernels"
)

// Adam follows a running mean of gradients, each value at a rate set by the
// running mean of their squares (Kingma and Ba 2015; the book's section
// 6.1.6). In step t
//
//	m ← Beta1·m + (1−Beta1)·g      v ← Beta2·v + (1−Beta2)·g²
//	w ← w − rate·m̂/(√v̂ + Epsilon), m̂ = m/(1−Beta1ᵗ), v̂ = v/(1−Beta2ᵗ)
type Adam struct {
	// Beta1 is the share of m that stays; 0 is 0.9.
	Beta1 float64
	// Beta2 is the share of v that stays; 0 is 0.999.
	Beta2 float64
	// Epsilon keeps from dividing by 0; 0 is 1e-8.
	Epsilon float64
	// WeightDecay λ adds λ·w to the gradient of weights.
	WeightDecay float64
}

var usualAdam = Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8}

// Name implements [Rule].
func (Adam) Name() string { return "adam" }

// DefaultRate implements [Rule].
func (Adam) DefaultRate() float64 { return 0.001 }

// Moments implements [Rule].
func (Adam) Moments() int { return 2 }

// Update implements [Rule].
func (r Adam) Update(s Step, w, g, m, v []float32) { r.update(s, w, g, m, v, false) }

func (r Adam) update(s Step, w, g, m, v []float32, decoupled bool) {
	beta1, beta2 := float32(cmp.Or(r.Beta1, usualAdam.Beta1)), float32(cmp.Or(r.Beta2, usualAdam.Beta2))
	correction := func(beta float32) float32 {
		return float32(1 / (1 - math.Pow(float64(beta), float64(s.Number))))
	}
	kernels.Adam(w, m, v, g, kernels.AdamStep{
		LR: float32(s.Rate), Beta1: beta1, Beta2: beta2, Epsilon: float32(cmp.Or(r.Epsilon, usualAdam.Epsilon)),
		Correction1: correction(beta1), Correction2: correction(beta2),
		Decay: s.decay(r.WeightDecay), Scale: float32(s.Scale), Decoupled: decoupled,
	})
}

// AdamW is [Adam] with weight decay apart from the gradient:
// w ← w − rate·λ·w before the step (Loshchilov and Hutter 2019). Its fields are
// those of [Adam], and WeightDecay is λ.
type AdamW Adam

// Name implements [Rule].
func (AdamW) Name() string { return "adamw" }

// DefaultRate implements [Rule].
func (AdamW) DefaultRate() float64 { return 0.001 }

// Moments implements [Rule].
func (AdamW) Moments() int { return 2 }

// Update implements [Rule].
func (r AdamW) Update(s Step, w, g, m, v []float32) { Adam(r).update(s, w, g, m, v, true) }
