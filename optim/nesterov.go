package optim

// Nesterov is [Momentum] with the gradient taken as if the velocity had
// already been followed: v ← Momentum·v + g, w ← w − rate·(g + Momentum·v)
// (Sutskever et al. 2013). Its fields are those of [Momentum].
type Nesterov Momentum

// Name implements [Rule].
func (Nesterov) Name() string { return "nesterov" }

// DefaultRate implements [Rule].
func (Nesterov) DefaultRate() float64 { return 0.01 }

// Moments implements [Rule].
func (Nesterov) Moments() int { return 1 }

// Update implements [Rule].
func (r Nesterov) Update(s Step, w, g, m, _ []float32) { Momentum(r).update(s, w, g, m, true) }
