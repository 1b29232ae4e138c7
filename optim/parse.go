package optim

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"tatami/internal/suggest"
)

// Rules lists the optimizers with their default settings and the given weight
// decay.
func Rules(weightDecay float64) []Rule {
	d := weightDecay
	return []Rule{
		SGD{WeightDecay: d}, Momentum{WeightDecay: d}, Nesterov{WeightDecay: d}, AdaGrad{WeightDecay: d},
		RMSprop{WeightDecay: d}, Adam{WeightDecay: d}, AdamW{WeightDecay: d},
	}
}

// ParseRule is the optimizer of that name.
func ParseRule(name string, weightDecay float64) (Rule, error) {
	var names []string
	for _, r := range Rules(weightDecay) {
		if r.Name() == name {
			return r, nil
		}
		names = append(names, r.Name())
	}
	return nil, suggest.Unknown("optimizer", name, names)
}

// parameter is a number that a schedule's text may set.
type parameter struct {
	value float64
	wanted
}

type wanted struct {
	text string
	met  func(v float64) bool
}

var (
	positive = wanted{"a positive number", func(v float64) bool { return v > 0 && v <= math.MaxFloat64 }}
	notBelow = wanted{"0 or a positive number", func(v float64) bool { return v >= 0 && v <= math.MaxFloat64 }}
	fraction = wanted{"a fraction between 0 and 1", func(v float64) bool { return v > 0 && v <= 1 }}
	divisor  = wanted{"a number from 1 up", func(v float64) bool { return v >= 1 && v <= math.MaxFloat64 }}
	count    = wanted{"a whole number from 1 up", func(v float64) bool { return v >= 1 && v <= 1<<53 && v == math.Trunc(v) }}
)

// ParseSchedule reads a schedule by its name and parameters after a colon:
//
//	constant
//	step:every=600,factor=0.5        steps (every: a third of the run)
//	exponential:factor=0.999         a step (default: to 1 % in the run)
//	cosine:floor=0                   rate at the end
//	one-cycle:warmup=0.3,start=25,final=10000
//
// rate is the base, or highest, learning rate; steps is the run's length.
func ParseSchedule(text string, rate float64, steps int) (Schedule, error) {
	name, rest, _ := strings.Cut(text, ":")
	steps = max(steps, 1)
	kinds := []struct {
		name  string
		known map[string]*parameter
		make  func(p map[string]*parameter) Schedule
	}{
		{"constant", nil, func(map[string]*parameter) Schedule { return Constant{rate} }},
		{"step", map[string]*parameter{
			"every":  {math.Ceil(float64(steps) / 3), count},
			"factor": {0.1, positive},
		}, func(p map[string]*parameter) Schedule {
			return StepDecay{rate, int(p["every"].value), p["factor"].value}
		}},
		{"exponential", map[string]*parameter{
			"factor": {math.Pow(0.01, 1/float64(steps)), positive},
		}, func(p map[string]*parameter) Schedule { return Exponential{rate, p["factor"].value} }},
		{"cosine", map[string]*parameter{
			"floor": {0, notBelow},
		}, func(p map[string]*parameter) Schedule { return Cosine{rate, p["floor"].value, steps} }},
		{"one-cycle", map[string]*parameter{
			"warmup": {0.3, fraction},
			"start":  {25, divisor},
			"final":  {1e4, divisor},
		}, func(p map[string]*parameter) Schedule {
			return OneCycle{rate, steps, p["warmup"].value, p["start"].value, p["final"].value}
		}},
	}
	var names []string
	for _, k := range kinds {
		if k.name != name {
			names = append(names, k.name)
			continue
		}
		if err := setParameters(rest, name, k.known); err != nil {
			return nil, err
		}
		return k.make(k.known), nil
	}
	return nil, suggest.Unknown("schedule", name, names)
}

func setParameters(text, schedule string, known map[string]*parameter) error {
	if text == "" {
		return nil
	}
	for _, part := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			return fmt.Errorf("schedule %s: %q, wanted name=value", schedule, part)
		}
		p := known[key]
		if p == nil {
			if len(known) == 0 {
				return fmt.Errorf("schedule %s takes no parameters, found %q", schedule, part)
			}
			return fmt.Errorf("schedule %s: %w", schedule, suggest.Unknown("parameter", key, slices.Sorted(maps.Keys(known))))
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || !p.met(v) {
			return fmt.Errorf("schedule %s: %s is %q, wanted %s", schedule, key, value, p.text)
		}
		p.value = v
	}
	return nil
}
