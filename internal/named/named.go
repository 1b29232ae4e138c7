// Package named makes optimizers and schedules of the names and numbers that
// people write on a command line.
package named

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"tatami/internal/suggest"
	"tatami/optim"
)

// Rule is an optimizer by its name and, after a colon, those of its
// fields that are not to be the default, in small letters:
//
//	sgd
//	momentum:momentum=0.5
//	adam:beta1=0.7,beta2=0.9
func Rule(text string, weightDecay float64) (optim.Rule, error) {
	var kinds []kind[optim.Rule]
	for _, usual := range optim.Rules() {
		rule := reflect.New(reflect.TypeOf(usual)).Elem()
		rule.Set(reflect.ValueOf(usual))
		rule.FieldByName("WeightDecay").SetFloat(weightDecay)
		known := map[string]*parameter{}
		for i := range rule.NumField() {
			switch name := rule.Type().Field(i).Name; name {
			case "WeightDecay":
			case "Epsilon":
				known["epsilon"] = &parameter{rule.Field(i).Float(), positive}
			default:
				known[strings.ToLower(name)] = &parameter{rule.Field(i).Float(), share}
			}
		}
		kinds = append(kinds, kind[optim.Rule]{usual.Name(), known, func(map[string]*parameter) optim.Rule {
			for i := range rule.NumField() {
				if p, ok := known[strings.ToLower(rule.Type().Field(i).Name)]; ok {
					rule.Field(i).SetFloat(p.value)
				}
			}
			return rule.Interface().(optim.Rule)
		}})
	}
	return parse("optimizer", text, kinds)
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

// Schedule is a schedule by its name and parameters after a colon:
//
//	constant
//	step:every=600,factor=0.5        steps (every: a third of the run)
//	exponential:factor=0.999         a step (default: to 1 % in the run)
//	cosine:floor=0                   rate at the end
//	one-cycle:warmup=0.3,start=25,final=10000
//
// rate is the base, or highest, learning rate; steps is the run's length.
func Schedule(text string, rate float64, steps int) (optim.Schedule, error) {
	steps = max(steps, 1)
	type numbers = map[string]*parameter
	return parse("schedule", text, []kind[optim.Schedule]{
		{"constant", nil, func(numbers) optim.Schedule { return optim.Constant{Base: rate} }},
		{"step", numbers{"every": {math.Ceil(float64(steps) / 3), count}, "factor": {0.1, positive}}, func(p numbers) optim.Schedule {
			return optim.StepDecay{Base: rate, Every: int(p["every"].value), Factor: p["factor"].value}
		}},
		{"exponential", numbers{"factor": {math.Pow(0.01, 1/float64(steps)), positive}}, func(p numbers) optim.Schedule {
			return optim.Exponential{Base: rate, Factor: p["factor"].value}
		}},
		{"cosine", numbers{"floor": {0, notBelow}}, func(p numbers) optim.Schedule { return optim.Cosine{Base: rate, Floor: p["floor"].value, Steps: steps} }},
		{"one-cycle", numbers{"warmup": {0.3, fraction}, "start": {25, divisor}, "final": {1e4, divisor}}, func(p numbers) optim.Schedule {
			return optim.OneCycle{
				Max: rate, Steps: steps,
				WarmupFraction: p["warmup"].value, StartDivisor: p["start"].value, FinalDivisor: p["final"].value,
			}
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
