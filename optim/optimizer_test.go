package optim_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"tatami/internal/golden"
	"tatami/nn"
	"tatami/optim"
)

type optimizerCase struct {
	Optimizer string
	LR        float64
	LRs       []float64
	Decay     float64
	Momentum  float64
	Beta1     float64
	Beta2     float64
	Eps       float64
	Weight    float64 `json:"weight_decay"`
	Clip      float64 `json:"clip_norm"`
	Start     [][]float64
	Grads     [][][]float64
	Params    [][][]float64
}

func (c optimizerCase) rule(t *testing.T) optim.Rule {
	switch c.Optimizer {
	case "sgd":
		return optim.SGD{WeightDecay: c.Weight}
	case "momentum":
		return optim.Momentum{Momentum: c.Momentum, WeightDecay: c.Weight}
	case "nesterov":
		return optim.Nesterov{Momentum: c.Momentum, WeightDecay: c.Weight}
	case "adagrad":
		return optim.AdaGrad{Epsilon: c.Eps, WeightDecay: c.Weight}
	case "rmsprop":
		return optim.RMSprop{Rho: c.Decay, Epsilon: c.Eps, WeightDecay: c.Weight}
	case "adam":
		return optim.Adam{Beta1: c.Beta1, Beta2: c.Beta2, Epsilon: c.Eps, WeightDecay: c.Weight}
	case "adamw":
		return optim.AdamW{Beta1: c.Beta1, Beta2: c.Beta2, Epsilon: c.Eps, WeightDecay: c.Weight}
	}
	t.Fatalf("golden case of unknown optimizer %q", c.Optimizer)
	return nil
}

func TestGoldenOptimizers(t *testing.T) {
	var cases []optimizerCase
	golden.Load(t, "optimizers", &cases)
	for i, c := range cases {
		t.Run(fmt.Sprint(i, " ", c.Optimizer), func(t *testing.T) {
			params := params(c.Start)
			o := optim.New(c.rule(t), params)
			for s := range c.Grads {
				g := flat(c.Grads[s])
				rate, scale := c.LR, 1.0
				if c.LRs != nil {
					rate = c.LRs[s]
				}
				if c.Clip != 0 {
					scale = optim.ClipScale(norm(g), c.Clip)
				}
				o.Begin(rate, scale)
				// In ranges and out of order: the result must not depend on it.
				o.Update(3, o.Size(), g)
				o.Update(0, 3, g)
				for k, want := range c.Params[s] {
					golden.Close(t, fmt.Sprintf("step %d parameter %d", s, k), params[k].Value.Data,
						want, golden.Tolerance)
				}
			}
		})
	}
}

func params(values [][]float64) []*nn.Param {
	var ps []*nn.Param
	for _, v := range values {
		t := nn.NewTensor(1, nn.Features(len(v)))
		for i := range v {
			t.Data[i] = float32(v[i])
		}
		ps = append(ps, &nn.Param{Value: t, Decay: true})
	}
	return ps
}

func flat(values [][]float64) []float32 {
	var all []float32
	for _, v := range values {
		for _, x := range v {
			all = append(all, float32(x))
		}
	}
	return all
}

func norm(g []float32) float64 {
	var sum float64
	for _, v := range g {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum)
}

// Weight decay moves the parameters that ask for it and no others; fixed ones
// take no part at all.
func TestDecayAndFixed(t *testing.T) {
	for _, rule := range rules(0.5) {
		ps := params([][]float64{{1, 1}, {1, 1}, {1, 1}})
		ps[1].Fixed = true
		ps[2].Decay = false
		o := optim.New(rule, ps)
		if o.Size() != 4 {
			t.Fatalf("%s: %d trainable values, want 4", rule.Name(), o.Size())
		}
		o.Step(0.1, make([]float32, 4))
		if v := ps[0].Value.Data[1]; !(v < 1) {
			t.Errorf("%s: weight did not decay: %g", rule.Name(), v)
		}
		if a, b := ps[1].Value.Data[0], ps[2].Value.Data[0]; a != 1 || b != 1 {
			t.Errorf("%s: fixed value became %g, value without decay %g; want 1", rule.Name(), a, b)
		}
	}
}

// An optimizer given another's state goes on exactly as that would.
func TestState(t *testing.T) {
	for _, rule := range rules(0.01) {
		a, b := params([][]float64{{1, -2, 3}}), params([][]float64{{1, -2, 3}})
		first, second := optim.New(rule, a), optim.New(rule, b)
		g := []float32{0.3, -0.1, 2}
		for range 5 {
			first.Step(0.01, g)
		}
		copy(b[0].Value.Data, a[0].Value.Data)
		if err := second.SetState(first.State()); err != nil {
			t.Fatal(err)
		}
		first.Step(0.01, g)
		second.Step(0.01, g)
		for i, v := range a[0].Value.Data {
			if w := b[0].Value.Data[i]; v != w {
				t.Errorf("%s: value %d is %g after restoring, want %g", rule.Name(), i, w, v)
			}
		}
		if err := second.SetState(1, make([][]float32, 3)); err == nil {
			t.Errorf("%s: took three moments", rule.Name())
		}
	}
}

func TestUpdateAllocatesNothing(t *testing.T) {
	for _, rule := range rules(0.01) {
		o := optim.New(rule, params([][]float64{make([]float64, 100), make([]float64, 7)}))
		g := make([]float32, o.Size())
		if n := testing.AllocsPerRun(10, func() { o.Step(0.1, g) }); n != 0 {
			t.Errorf("%s: %g allocations a step", rule.Name(), n)
		}
	}
}

// The bottom of a narrow valley is found by every optimizer.
func TestMinimize(t *testing.T) {
	for _, rule := range rules(0) {
		ps := params([][]float64{{-7, 2}})
		w := ps[0].Value.Data
		o := optim.New(rule, ps)
		schedule := optim.Cosine{Base: 50 * rule.DefaultRate(), Steps: 2000}
		if rule.Moments() == 0 || rule.Name() == "momentum" || rule.Name() == "nesterov" {
			schedule.Base = rule.DefaultRate()
		}
		for step := range 2000 { // f = x²/20 + y²
			o.Step(schedule.Rate(step), []float32{w[0] / 10, 2 * w[1]})
		}
		if f := float64(w[0]*w[0]/20 + w[1]*w[1]); f > 1e-2 {
			t.Errorf("%s stops at f = %g, (%g, %g)", rule.Name(), f, w[0], w[1])
		}
	}
}

func Example() {
	weight := &nn.Param{Name: "weight", Value: nn.NewTensor(1, nn.Features(1)), Decay: true}
	weight.Value.Data[0] = 1
	o := optim.New(optim.SGD{}, []*nn.Param{weight})
	for range 3 { // the gradient of w² is 2w
		o.Step(0.1, []float32{2 * weight.Value.Data[0]})
	}
	fmt.Printf("%.3f\n", weight.Value.Data[0])
	// Output: 0.512
}

// rules are all optimizers with the given weight decay.
func rules(decay float64) (list []optim.Rule) {
	for _, usual := range optim.Rules() {
		rule := reflect.New(reflect.TypeOf(usual)).Elem()
		rule.Set(reflect.ValueOf(usual))
		rule.FieldByName("WeightDecay").SetFloat(decay)
		list = append(list, rule.Interface().(optim.Rule))
	}
	return list
}

// TestDefaults: the zero value steps as the rule that names its defaults.
func TestDefaults(t *testing.T) {
	zeros := []optim.Rule{optim.SGD{}, optim.Momentum{}, optim.Nesterov{}, optim.AdaGrad{}, optim.RMSprop{}, optim.Adam{}, optim.AdamW{}}
	for i, usual := range optim.Rules() {
		a, b := params([][]float64{{1, -2, 3}}), params([][]float64{{1, -2, 3}})
		first, second := optim.New(usual, a), optim.New(zeros[i], b)
		for range 3 {
			g := []float32{0.3, -0.1, 2}
			first.Step(0.01, g)
			second.Step(0.01, g)
		}
		if x, y := a[0].Value.Data, b[0].Value.Data; usual.Name() != zeros[i].Name() || !slices.Equal(x, y) {
			t.Errorf("%s with its defaults comes to %v, the zero %s to %v", usual.Name(), x, zeros[i].Name(), y)
		}
	}
}
