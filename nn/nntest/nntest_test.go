package nntest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"tatami/nn"
)

// gain multiplies each channel by a learned factor. With a fault it breaks a
// law, or several.
type gain struct {
	Fault string
	bias  float32
}

func (g gain) CountParams(in nn.Shape) int {
	if g.Fault == "miscounts" {
		return in.C + 1
	}
	return in.C
}

func (g gain) Build(in nn.Shape, rng *rand.Rand) (nn.Layer, error) {
	l := &gainLayer{shape: in, fault: g.Fault, w: &nn.Param{Name: "weight", Value: nn.NewTensor(1, nn.Features(in.C))}}
	for i := range l.w.Value.Data {
		l.w.Value.Data[i] = float32(1 + rng.Float64())
	}
	switch g.Fault {
	case "random weights":
		l.w.Value.Data[0] = rand.Float32()
	case "fixed moves":
		l.w.Fixed = true
	}
	return l, nil
}

type gainLayer struct {
	shape nn.Shape
	fault string
	w     *nn.Param

	kept  []float32
	calls atomic.Int32
}

func (l *gainLayer) OutShape() nn.Shape {
	if l.fault == "shape too large" {
		return nn.Shape{H: l.shape.H, W: l.shape.W, C: l.shape.C + 1}
	}
	return l.shape
}

func (l *gainLayer) Params() []*nn.Param {
	switch l.fault {
	case "same name twice":
		return []*nn.Param{l.w, {Name: "weight", Value: nn.NewTensor(1, nn.Features(1)), Fixed: true}}
	case "new parameters":
		return []*nn.Param{{Name: "weight", Value: l.w.Value}}
	}
	return []*nn.Param{l.w}
}

var leak []float32

func (l *gainLayer) Forward(c *nn.Context, y, x *nn.Tensor) {
	first := float32(0)
	factor := float32(1)
	switch l.fault {
	case "keeps x":
		l.kept = clone(x.Data)
	case "allocates":
		leak = make([]float32, len(x.Data))
	case "sees the first sample":
		first = x.Data[0]
	case "scales by the batch":
		factor = float32(c.Batch)
	case "counts calls":
		factor = float32(l.calls.Add(1))
	case "random in inference":
		s := c.Stream(0)
		factor = s.Float32()
	case "weights move":
		l.w.Value.Data[0]++
	case "fixed moves":
		l.w.Value.Data[0]++
	case "shrinks y":
		y.N = 1
	case "writes x":
		x.Data[0] = 0
	case "trusts scratch":
		factor = 1 + c.Scratch(4)[0]
	case "keeps by call":
		copy(c.Keep(len(x.Data)), x.Data)
	}
	for i, v := range x.Data {
		if l.fault == "not linear" && v > 0 {
			v *= 2
		}
		if l.fault == "swallows NaN" && v != v {
			v = 0
		}
		if l.fault == "swallows Inf" && math.IsInf(float64(v), 0) {
			v = 0
		}
		if l.fault == "forgets the last" && i == len(x.Data)-1 {
			break
		}
		y.Data[i] = (v + first) * l.w.Value.Data[i%l.shape.C] * factor
	}
}

func (l *gainLayer) Backward(c *nn.Context, dx, dy, x, y *nn.Tensor) {
	dw := c.Grad(l.w)
	xs := x.Data
	switch l.fault {
	case "keeps x":
		xs = l.kept[:len(xs)]
	case "keeps by call":
		xs = c.Keep(len(xs))
	case "sets gradients":
		clear(dw)
	case "wants dx":
		clear(dx.Data)
	case "writes dy":
		dy.Data[0] = 1
	}
	for i, d := range dy.Data {
		k := i % l.shape.C
		if l.fault == "swallows NaN in dy" && d != d {
			d = 0
		}
		if l.fault == "not linear" && xs[i] > 0 {
			d *= 2
		}
		if dw != nil {
			dw[k] += d * xs[i]
		}
		if dx == nil {
			continue
		}
		dx.Data[i] = d * l.w.Value.Data[k]
		if l.fault == "one wrong dx" && i == 17 {
			dx.Data[i] *= 1.05
		}
	}
	if l.fault == "wrong dw" {
		dw[1] += 0.1
	}
	if l.fault == "adds to dx" {
		dx.Data[3] += y.Data[3] - y.Data[3] + dx.Data[4]
	}
}

// centre takes the mean of a channel away: over the whole batch or, which is
// the fault, over each shard.
type centre struct{ alone bool }

func (c centre) Build(in nn.Shape, _ *rand.Rand) (nn.Layer, error) {
	return centring{identity{in}, c.alone}, nil
}

type centring struct {
	identity
	alone bool
}

func (l centring) SumLen() int { return 1 }

func (l centring) Sum(_ *nn.Context, sums []float64, x *nn.Tensor) {
	for _, v := range x.Data {
		sums[0] += float64(v)
	}
}

func (l centring) Summed(*nn.Context) {}

func (l centring) SumBackward(c *nn.Context, sums []float64, dy, _, _ *nn.Tensor) { l.Sum(c, sums, dy) }

func (l centring) Forward(c *nn.Context, y, x *nn.Tensor) { l.centre(c, y, x, c.Sums()) }

func (l centring) Backward(c *nn.Context, dx, dy, _, _ *nn.Tensor) {
	if dx != nil {
		l.centre(c, dx, dy, c.BackwardSums())
	}
}

func (l centring) centre(c *nn.Context, y, x *nn.Tensor, sums []float64) {
	mean := 0.0
	switch {
	case c.Training && l.alone:
		var own [1]float64
		l.Sum(c, own[:], x)
		mean = own[0] / float64(x.N*x.Size())
	case c.Training:
		mean = sums[0] / float64(c.Batch*x.Size())
	}
	for i, v := range x.Data {
		y.Data[i] = v - float32(mean)
	}
}

// TestFaultsAreFound: each fault breaks the law that forbids it, and the layer
// without fault none.
func TestFaultsAreFound(t *testing.T) {
	const (
		gradients = "gradients are numeric ones"
		adds      = "Backward adds"
		batches   = "batches shrink and grow"
		pass      = "NaN and Inf pass"
		function  = "inference is a function of x"
	)
	for _, c := range []struct {
		spec  nn.Spec
		suite Suite
		law   string
	}{
		{spec: gain{}},
		{spec: gain{}, suite: Suite{Linear: true, Catalog: nn.NewCatalog(gain{})}},
		{spec: centre{}},
		{spec: gain{Fault: "not linear"}},
		{gain{Fault: "not linear"}, Suite{Linear: true}, "linear: the way back is the adjoint"},
		{gain{bias: 1}, Suite{Catalog: nn.NewCatalog(gain{})}, "JSON round trip"},
		{gain{}, Suite{Catalog: nn.Catalog{}}, "JSON round trip"},
		{gain{Fault: "miscounts"}, Suite{}, "declares itself"},
		{gain{Fault: "same name twice"}, Suite{}, "declares itself"},
		{gain{Fault: "new parameters"}, Suite{}, "declares itself"},
		{gain{Fault: "random weights"}, Suite{}, "same seed, same weights"},
		{gain{Fault: "shape too large"}, Suite{}, batches},
		{gain{Fault: "shrinks y"}, Suite{}, batches},
		{gain{Fault: "one wrong dx"}, Suite{}, gradients},
		{gain{Fault: "one wrong dx"}, Suite{}, "linear: the way back is the adjoint"},
		{gain{Fault: "wrong dw"}, Suite{}, gradients},
		{gain{Fault: "adds to dx"}, Suite{}, gradients},
		{gain{Fault: "forgets the last"}, Suite{}, batches},
		{gain{Fault: "writes x"}, Suite{}, function},
		{gain{Fault: "writes dy"}, Suite{}, adds},
		{gain{Fault: "weights move"}, Suite{}, function},
		{gain{Fault: "fixed moves"}, Suite{}, function},
		{gain{Fault: "sets gradients"}, Suite{}, adds},
		{gain{Fault: "wants dx"}, Suite{}, "parameter gradients without dx"},
		{gain{Fault: "sees the first sample"}, Suite{}, batches},
		{gain{Fault: "scales by the batch"}, Suite{}, "inference is a function of x"},
		{gain{Fault: "keeps by call"}, Suite{}, "a few samples at a time"},
		{gain{Fault: "keeps x"}, Suite{}, "passes do not disturb each other"},
		{centre{alone: true}, Suite{}, "shards equal the batch"},
		{gain{Fault: "counts calls"}, Suite{}, "same key, same output"},
		{gain{Fault: "random in inference"}, Suite{}, function},
		{gain{Fault: "trusts scratch"}, Suite{}, batches},
		{gain{Fault: "allocates"}, Suite{}, "no allocation"},
		{gain{Fault: "swallows NaN"}, Suite{}, pass},
		{gain{Fault: "swallows Inf"}, Suite{}, pass},
		{gain{Fault: "swallows NaN in dy"}, Suite{}, pass},
	} {
		t.Run(fmt.Sprintf("%+v %s", c.spec, c.law), func(t *testing.T) {
			found := false
			for _, law := range laws {
				if c.law != "" && law.name == "goroutines share the network" {
					continue // many faults are races; see the test below
				}
				err := tried(c.suite.bench(c.spec, nn.Shape{H: 3, W: 2, C: 4}), law)
				if err != nil && c.law == "" {
					t.Errorf("%s: %v", law.name, err)
				}
				found = found || err != nil && law.name == c.law
			}
			if c.law != "" && !found {
				t.Errorf("%s: not found", c.law)
			}
		})
	}
}

// tried is obeys, where a layer's panic counts as disobedience.
func tried(b *bench, l law) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return b.obeys(l)
}

// TestGoroutinesAreCompared: a layer with a memory of its own gives one
// goroutine the other's values. The race detector would stop the test.
func TestGoroutinesAreCompared(t *testing.T) {
	b := Suite{}.bench(gain{Fault: "counts calls"}, nn.Features(4))
	if err := b.obeys(law{"", inBothModes(goroutines)}); err == nil {
		t.Error("a layer that counts its calls is not found")
	}
}

// TestSpacing: inputs are exact, apart, and away from whole numbers.
func TestSpacing(t *testing.T) {
	for _, size := range []int{1, 2, 3, 7, 8, 100, 1000, 5000} {
		b := Suite{}.bench(gain{}, nn.Features(size))
		spacing, step := b.spacing()
		seen := map[float32]bool{}
		for _, v := range b.spaced(b.rng()).Sample(0) {
			if seen[v] {
				t.Fatalf("%d values: %v twice", size, v)
			}
			seen[v] = true
			cells := float64(v) / spacing
			if cells-math.Floor(cells) != 0.5 {
				t.Fatalf("%d values: %v is not in the middle of %v", size, v, spacing)
			}
			if float64(v+float32(step))-float64(v) != step {
				t.Fatalf("%d values: a step from %v is rounded", size, v)
			}
		}
		if math.Mod(1, spacing) != 0 || 4*step > spacing {
			t.Errorf("%d values: spacing %v, step %v", size, spacing, step)
		}
	}
}
