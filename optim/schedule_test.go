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

func TestParseSchedule(t *testing.T) {
	for text, want := range map[string]optim.Schedule{
		"constant":                  optim.Constant{Base: 0.1},
		"step":                      optim.StepDecay{Base: 0.1, Every: 300, Factor: 0.1},
		"step:every=600,factor=0.5": optim.StepDecay{Base: 0.1, Every: 600, Factor: 0.5},
		"exponential:factor=0.99":   optim.Exponential{Base: 0.1, Factor: 0.99},
		"cosine":                    optim.Cosine{Base: 0.1, Steps: 900},
		"cosine:floor=0.001":        optim.Cosine{Base: 0.1, Floor: 0.001, Steps: 900},
		"one-cycle:warmup=0.2":      optim.OneCycle{Max: 0.1, Steps: 900, WarmupFraction: 0.2, StartDivisor: 25, FinalDivisor: 1e4},
	} {
		got, err := optim.ParseSchedule(text, 0.1, 900)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"onecycle":          `unknown schedule "onecycle": did you mean "one-cycle"? (valid: constant, step, exponential, cosine, one-cycle)`,
		"step:evry=3":       `schedule step: unknown parameter "evry": did you mean "every"? (valid: every, factor)`,
		"step:every=0":      `schedule step: every is "0", wanted a whole number from 1 up`,
		"step:every=1.5":    `schedule step: every is "1.5", wanted a whole number from 1 up`,
		"step:factor=nan":   `schedule step: factor is "nan", wanted a positive number`,
		"step:factor=Inf":   `schedule step: factor is "Inf", wanted a positive number`,
		"cosine:floor":      `schedule cosine: "floor", wanted name=value`,
		"constant:x=1":      `schedule constant takes no parameters, found "x=1"`,
		"one-cycle:start=0": `schedule one-cycle: start is "0", wanted a number from 1 up`,
	} {
		if _, err := optim.ParseSchedule(text, 0.1, 900); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
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
