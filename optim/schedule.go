package optim

import (
	"cmp"
	"math"
)

// Schedule is the learning rate as a function of the step, counted from 0.
type Schedule interface {
	Rate(step int) float64
}

// Constant is the same rate at every step.
type Constant struct{ Base float64 }

// Rate implements [Schedule].
func (c Constant) Rate(int) float64 { return c.Base }

// StepDecay multiplies Base by Factor after every Every steps.
type StepDecay struct {
	Base   float64
	Every  int // below 1: never
	Factor float64
}

// Rate implements [Schedule].
func (s StepDecay) Rate(step int) float64 {
	if s.Every < 1 {
		return s.Base
	}
	return s.Base * math.Pow(s.Factor, float64(step/s.Every))
}

// Exponential multiplies Base by Factor after every step.
type Exponential struct{ Base, Factor float64 }

// Rate implements [Schedule].
func (e Exponential) Rate(step int) float64 { return e.Base * math.Pow(e.Factor, float64(step)) }

// Cosine falls from Base to Floor along half a cosine, and stays there after
// Steps steps (Loshchilov and Hutter 2017).
type Cosine struct {
	Base, Floor float64
	Steps       int
}

// Rate implements [Schedule].
func (c Cosine) Rate(step int) float64 {
	return swing(c.Base, c.Floor, float64(step)/float64(c.Steps))
}

// swing goes from a to b along half a cosine as t goes from 0 to 1.
func swing(a, b, t float64) float64 {
	return b + (a-b)*(1+math.Cos(math.Pi*min(max(t, 0), 1)))/2
}

// OneCycle rises from Max/StartDivisor to Max in the first WarmupFraction of
// Steps and falls to Max/StartDivisor/FinalDivisor by the last, both along
// half a cosine (Smith and Topin 2018, as PyTorch does it).
type OneCycle struct {
	Max   float64
	Steps int
	// WarmupFraction is the rising part; 0 is 0.3.
	WarmupFraction float64
	// StartDivisor gives the first rate; 0 is 25.
	StartDivisor float64
	// FinalDivisor gives the last rate from the first; 0 is 1e4.
	FinalDivisor float64
}

// Rate implements [Schedule].
func (o OneCycle) Rate(step int) float64 {
	start := o.Max / cmp.Or(o.StartDivisor, 25)
	top := cmp.Or(o.WarmupFraction, 0.3)*float64(o.Steps) - 1
	at := float64(step)
	if at < top {
		return swing(start, o.Max, at/top)
	}
	if at == top { // which may be the first step, or the last
		return o.Max
	}
	return swing(o.Max, start/cmp.Or(o.FinalDivisor, 1e4), (at-top)/(float64(o.Steps-1)-top))
}

// Warmup rises linearly from Start times the rate of After's first step to
// that rate in Steps steps; After counts its steps from there.
type Warmup struct {
	Start float64
	Steps int
	After Schedule
}

// Rate implements [Schedule].
func (w Warmup) Rate(step int) float64 {
	if step >= w.Steps {
		return w.After.Rate(step - w.Steps)
	}
	return w.After.Rate(0) * (w.Start + (1-w.Start)*float64(step)/float64(w.Steps))
}
