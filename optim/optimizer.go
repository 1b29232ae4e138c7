// Package optim moves parameters against their gradients: one file an
// optimizer, and schedules of the learning rate.
package optim

import (
	"fmt"
	"math"

	"tatami/nn"
)

// Rule is an optimizer's settings and arithmetic: a plain struct such as
// [Adam]. Its zero value has the defaults that [Rules] lists.
type Rule interface {
	// Name is the name in settings and on command lines.
	Name() string
	// DefaultRate is a learning rate that usually works.
	DefaultRate() float64
	// Moments is the number of running values for each parameter value.
	Moments() int
	// Update moves w against g. m and v are its first and second moments, nil
	// where it has none; they start at 0.
	Update(s Step, w, g, m, v []float32)
}

// Rules lists the optimizers that have names, each with its defaults: what a
// field that is 0 stands for.
func Rules() []Rule {
	return []Rule{SGD{}, usualMomentum, Nesterov(usualMomentum), usualAdaGrad, usualRMSprop, usualAdam, AdamW(usualAdam)}
}

// RuleNames are those of [Rules].
func RuleNames() (names []string) {
	for _, r := range Rules() {
		names = append(names, r.Name())
	}
	return names
}

// Step is what one step has in common for all parameters.
type Step struct {
	// Number counts steps from 1.
	Number int
	// Rate is the learning rate.
	Rate float64
	// Scale multiplies gradients first; 1 leaves them.
	Scale float64
	// Decay tells that these parameters ask for weight decay.
	Decay bool
}

// decay is the rate of weight decay where it applies.
func (s Step) decay(rate float64) float32 {
	if s.Decay {
		return float32(rate)
	}
	return 0
}

// Optimizer steps over the parameters that are not fixed, together. Gradients
// are one flat slice in the order of the parameters, as [nn.Pass.Gradients].
type Optimizer struct {
	rule    Rule
	pieces  []piece
	size    int
	moments [2][]float32
	step    Step
}

// piece is a parameter's part of the flat order.
type piece struct {
	from, to int
	w        []float32
	decay    bool
}

// New returns an optimizer of the trainable ones of params.
func New(rule Rule, params []*nn.Param) *Optimizer {
	o := &Optimizer{rule: rule}
	for _, p := range params {
		if p.Fixed {
			continue
		}
		n := len(p.Value.Data)
		o.pieces = append(o.pieces, piece{o.size, o.size + n, p.Value.Data, p.Decay})
		o.size += n
	}
	for i := range rule.Moments() {
		o.moments[i] = make([]float32, o.size)
	}
	return o
}

// Size is the number of trainable values.
func (o *Optimizer) Size() int { return o.size }

// Step makes one step with the gradients g.
func (o *Optimizer) Step(rate float64, g []float32) {
	o.Begin(rate, 1)
	o.Update(0, o.size, g)
}

// Begin counts a new step, in which gradients are multiplied by scale. The
// step itself is then made by Update, of every range once, in any order.
func (o *Optimizer) Begin(rate, scale float64) {
	o.step = Step{Number: o.step.Number + 1, Rate: rate, Scale: scale}
}

// Update makes the present step for values [from, to). Ranges apart may be
// updated at the same time.
func (o *Optimizer) Update(from, to int, g []float32) {
	for _, p := range o.pieces {
		a, b := max(from, p.from), min(to, p.to)
		if a >= b {
			continue
		}
		var moments [2][]float32
		for k := range o.rule.Moments() {
			moments[k] = o.moments[k][a:b]
		}
		step := o.step
		step.Decay = p.decay
		o.rule.Update(step, p.w[a-p.from:b-p.from], g[a:b], moments[0], moments[1])
	}
}

// State is what a checkpoint keeps: the number of steps, and the moments,
// which share memory.
func (o *Optimizer) State() (steps int, moments [][]float32) {
	return o.step.Number, o.moments[:o.rule.Moments()]
}

// SetState continues from a State.
func (o *Optimizer) SetState(steps int, moments [][]float32) error {
	if len(moments) != o.rule.Moments() {
		return fmt.Errorf("%d moments for %s, wanted %d", len(moments), o.rule.Name(), o.rule.Moments())
	}
	for i, m := range moments {
		if len(m) != o.size {
			return fmt.Errorf("moment %d has %d values, wanted %d", i+1, len(m), o.size)
		}
		copy(o.moments[i], m)
	}
	o.step.Number = steps
	return nil
}

// ClipScale is the factor that brings gradients of the given norm (over all
// parameters) to at most limit: min(1, limit/(norm+1e-6)) (Pascanu, Mikolov,
// Bengio 2013).
func ClipScale(norm, limit float64) float64 {
	return math.Min(1, limit/(norm+1e-6))
}
