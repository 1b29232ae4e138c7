package optim_test

import (
	"fmt"
	"math"
	"testing"

	"tatami/internal/golden"
	"tatami/optim"
)

type scheduleCase struct {
	Schedule                        string
	Base, Factor, Floor, Start, Max float64
	Every, Steps, Warmup            int
	Anneal                          string
	Rates                           []float64
	WarmupFraction                  float64 `json:"warmup_fraction"`
	StartDivisor                    float64 `json:"start_divisor"`
	FinalDivisor                    float64 `json:"final_divisor"`
}

func (c scheduleCase) make(t *testing.T) optim.Schedule {
	switch c.Schedule {
	case "constant":
		return optim.Constant{Base: c.Base}
	case "step":
		return optim.StepDecay{Base: c.Base, Every: c.Every, Factor: c.Factor}
	case "exponential":
		return optim.Exponential{Base: c.Base, Factor: c.Factor}
	case "cosine":
		return optim.Cosine{Base: c.Base, Floor: c.Floor, Steps: c.Steps}
	case "warmup_cosine":
		return optim.Warmup{Start: c.Start, Steps: c.Warmup,
			After: optim.Cosine{Base: c.Base, Floor: c.Floor, Steps: c.Steps - c.Warmup}}
	case "one_cycle":
		if c.Anneal == "cosine" {
			return optim.OneCycle{Max: c.Max, Steps: c.Steps, WarmupFraction: c.WarmupFraction,
				StartDivisor: c.StartDivisor, FinalDivisor: c.FinalDivisor}
		}
	}
	t.Fatalf("golden case of unknown schedule %q %q", c.Schedule, c.Anneal)
	return nil
}

func TestGoldenSchedules(t *testing.T) {
	var cases []scheduleCase
	golden.Load(t, "schedules", &cases)
	for i, c := range cases {
		t.Run(fmt.Sprint(i, " ", c.Schedule), func(t *testing.T) {
			s := c.make(t)
			for step, want := range c.Rates {
				// The rates are written with nine decimals.
				if got := s.Rate(step); math.Abs(got-want) > 1e-5*want+1e-9 {
					t.Errorf("step %d: rate %g, want %g", step, got, want)
				}
			}
		})
	}
}

func TestStepDecayWithoutSteps(t *testing.T) {
	if r := (optim.StepDecay{Base: 0.1, Factor: 0.5}).Rate(7); r != 0.1 {
		t.Errorf("rate %g, want the base", r)
	}
}

// A one-cycle schedule short enough to have no room for a rise still gives
// rates between its bounds, and so does one that only rises.
func TestOneCycleShort(t *testing.T) {
	for steps := 1; steps < 12; steps++ {
		for _, rise := range []float64{0, 1e-9, 0.1, 0.2, 0.5, 1} {
			o := optim.OneCycle{Max: 1, Steps: steps, WarmupFraction: rise}
			for step := range steps + 2 {
				if r := o.Rate(step); !(r > 0 && r <= 1) {
					t.Errorf("%d steps, rise %g: rate %g at step %d", steps, rise, r, step)
				}
			}
		}
	}
}
