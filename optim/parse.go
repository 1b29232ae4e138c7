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

// ParseRule reads an optimizer by its name and parameters after a colon:
//
//	sgd
//	momentum:momentum=0.9
//	nesterov:momentum=0.9
//	adagrad:epsilon=1e-10
//	rmsprop:rho=0.99,epsilon=1e-8
//	adam:beta1=0.9,beta2=0.999,epsilon=1e-8
//	adamw:beta1=0.9,beta2=0.999,epsilon=1e-8
func ParseRule(text string, weightDecay float64) (Rule, error) {
	type numbers = map[string]*parameter
	momentum := func() numbers { return numbers{"momentum": {0.9, share}} }
	adam := func() numbers {
		return numbers{"beta1": {0.9, share}, "beta2": {0.999, share}, "epsilon": {1e-8, positive}}
	}
	return parse("optimizer", text, []kind[Rule]{
		{"sgd", nil, func(numbers) Rule { return SGD{weightDecay} }},
		{"momentum", momentum(), func(p numbers) Rule { return Momentum{p["momentum"].value, weightDecay} }},
		{"nesterov", momentum(), func(p numbers) Rule { return Nesterov{p["momentum"].value, weightDecay} }},
		{"adagrad", numbers{"epsilon": {1e-10, positive}}, func(p numbers) Rule {
			return AdaGrad{p["epsilon"].value, weightDecay}
		}},
		{"rmsprop", numbers{"rho": {0.99, share}, "epsilon": {1e-8, positive}}, func(p numbers) Rule {
			return RMSprop{p["rho"].value, p["epsilon"].value, weightDecay}
		}},
		{"adam", adam(), func(p numbers) Rule {
			return Adam{p["beta1"].value, p["beta2"].value, p["epsilon"].value, weightDecay}
		}},
		{"adamw", adam(), func(p numbers) Rule {
			return AdamW{p["beta1"].value, p["beta2"].value, p["epsilon"].value, weightDecay}
		}},
	})
}

// parameter is a number that a text may set.
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
	share    = wanted{"a number above 0 and below 1", func(v float64) bool { return v > 0 && v < 1 }}
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
	steps = max(steps, 1)
	type numbers = map[string]*parameter
	return parse("schedule", text, []kind[Schedule]{
		{"constant", nil, func(numbers) Schedule { return Constant{rate} }},
		{"step", numbers{"every": {math.Ceil(float64(steps) / 3), count}, "factor": {0.1, positive}}, func(p numbers) Schedule {
			return StepDecay{rate, int(p["every"].value), p["factor"].value}
		}},
		{"exponential", numbers{"factor": {math.Pow(0.01, 1/float64(steps)), positive}}, func(p numbers) Schedule {
			return Exponential{rate, p["factor"].value}
		}},
		{"cosine", numbers{"floor": {0, notBelow}}, func(p numbers) Schedule { return Cosine{rate, p["floor"].value, steps} }},
		{"one-cycle", numbers{"warmup": {0.3, fraction}, "start": {25, divisor}, "final": {1e4, divisor}}, func(p numbers) Schedule {
			return OneCycle{rate, steps, p["warmup"].value, p["start"].value, p["final"].value}
		}},
	})
}

// kind is one of several things that a text may name.
type kind[T any] struct {
	name  string
	known map[string]*parameter
	make  func(map[string]*parameter) T
}

// parse reads a name and, after a colon, parameters; what says of what sort
// the kinds are.
func parse[T any](what, text string, kinds []kind[T]) (made T, err error) {
	name, rest, _ := strings.Cut(text, ":")
	var names []string
	for _, k := range kinds {
		if k.name == name {
			if err := setParameters(rest, what+" "+name, k.known); err != nil {
				return made, err
			}
			return k.make(k.known), nil
		}
		names = append(names, k.name)
	}
	return made, suggest.Unknown(what, name, names)
}

func setParameters(text, owner string, known map[string]*parameter) error {
	if text == "" {
		return nil
	}
	for _, part := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			return fmt.Errorf("%s: %q, wanted name=value", owner, part)
		}
		p := known[key]
		if p == nil {
			if len(known) == 0 {
				return fmt.Errorf("%s takes no parameters, found %q", owner, part)
			}
			return fmt.Errorf("%s: %w", owner, suggest.Unknown("parameter", key, slices.Sorted(maps.Keys(known))))
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || !p.met(v) {
			return fmt.Errorf("%s: %s is %q, wanted %s", owner, key, value, p.text)
		}
		p.value = v
	}
	return nil
}
