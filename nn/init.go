package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Initializer draws a layer's initial weights.
type Initializer interface {
	// Fill overwrites w; fanIn is the number of inputs of one unit.
	Fill(w []float32, fanIn int, rng *rand.Rand)
}

// Normal draws from the normal distribution of mean 0 and deviation Std.
type Normal struct{ Std float64 }

// Fill implements [Initializer].
func (n Normal) Fill(w []float32, _ int, rng *rand.Rand) {
	for i := range w {
		w[i] = float32(rng.NormFloat64() * n.Std)
	}
}

func (n Normal) String() string { return fmt.Sprintf("normal %g", n.Std) }

// He draws with deviation √(2/fanIn), which keeps the variance of activations
// through ReLU (He et al. 2015; the book's section 6.2.3).
type He struct{}

// Fill implements [Initializer].
func (He) Fill(w []float32, fanIn int, rng *rand.Rand) {
	Normal{math.Sqrt(2 / float64(fanIn))}.Fill(w, fanIn, rng)
}

func (He) String() string { return "He" }

// Xavier draws with deviation √(1/fanIn), for sigmoid and tanh, as the book's
// section 6.2.2 simplifies Glorot and Bengio 2010.
type Xavier struct{}

// Fill implements [Initializer].
func (Xavier) Fill(w []float32, fanIn int, rng *rand.Rand) {
	Normal{math.Sqrt(1 / float64(fanIn))}.Fill(w, fanIn, rng)
}

func (Xavier) String() string { return "Xavier" }

// Zero sets every weight to 0. All units of a layer then learn the same.
type Zero struct{}

// Fill implements [Initializer].
func (Zero) Fill(w []float32, _ int, _ *rand.Rand) { clear(w) }

func (Zero) String() string { return "zero" }

// Dirac hands channels on unchanged, so that a new layer loses nothing of what
// the one before found: filter k is 1 at the middle pixel of channel k, in each
// group, and else 0. Filters beyond the channels are He's (Zagoruyko and Komodakis
// 2017, here as Jordan 2024 has it). Layers know where the middle is: it is theirs
// to write the ones over what Fill draws.
type Dirac struct{}

// Fill implements [Initializer].
func (Dirac) Fill(w []float32, fanIn int, rng *rand.Rand) { He{}.Fill(w, fanIn, rng) }

func (Dirac) String() string { return "Dirac" }
