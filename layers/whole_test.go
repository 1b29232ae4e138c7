package layers_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"tatami/internal/golden"
	"tatami/internal/oracle"
	"tatami/layers"
	"tatami/layers/networks"
	"tatami/nn"
)

func named(t testing.TB, name string) *nn.Sequential {
	t.Helper()
	n, err := networks.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return network(t, n.Input, n.Specs(10)...)
}

// TestSpecNames: what a layer is called shows what is not the default.
func TestSpecNames(t *testing.T) {
	for want, spec := range map[string]nn.Spec{
		"Convolution 5×5":                layers.Convolution{Filters: 30, Kernel: 5, Stride: 1},
		"Convolution 3×3 stride 2 pad 1": layers.Convolution{Filters: 30, Kernel: 3, Stride: 2, Pad: 1},
		"Pooling max 2×2":                layers.Pooling{Size: 2, Stride: 2},
		"Pooling average 3×3 stride 2":   layers.Pooling{Size: 3, Stride: 2, Average: true},
		"Affine 10":                      layers.Affine{Units: 10},
		"LeakyReLU 0.01":                 layers.LeakyReLU{},
		"Dropout 0.5":                    layers.Dropout{Ratio: 0.5},
		"BatchNormalization":             layers.BatchNormalization{},
		"GELU":                           layers.GELU{},
	} {
		if got := fmt.Sprint(spec); got != want {
			t.Errorf("%#v is called %q, wanted %q", spec, got, want)
		}
	}
}

// TestPredict: what the last layer gives, and probabilities whether or not a
// Softmax ends the network, alone or among many samples, from one goroutine or
// several.
func TestPredict(t *testing.T) {
	const samples = 300 // more than are taken at once
	in := nn.Shape{H: 6, W: 6, C: 1}
	specs := []nn.Spec{layers.Convolution{Filters: 3, Kernel: 3}, layers.ReLU{}, layers.Dropout{Ratio: 0.5}, layers.Affine{Units: 4}}
	with := network(t, in, append(slices.Clone(specs), layers.Softmax{})...)
	without := network(t, in, specs...)
	x := random(rng(1), samples, in)
	got := with.Predict(x)
	golden.Close(t, "without Softmax", without.Probabilities(x).Data, got.Data, golden.Tolerance)
	if y := with.Probabilities(x); !slices.Equal(y.Data, got.Data) {
		t.Error("a softmax is added to a softmax")
	}
	logits := without.Activations(x)
	golden.Close(t, "logits", without.Predict(x).Data, oracle.Float64(logits[len(logits)-1].Data), golden.Tolerance)
	several := network(t, in, append(slices.Clone(specs), layers.Sigmoid{})...)
	if y := several.Predict(x); !slices.Equal(y.Data, several.Probabilities(x).Data) {
		t.Error("a softmax is added to a sigmoid")
	}
	r, err := oracle.Of(with)
	if err != nil {
		t.Fatal(err)
	}
	ys := r.Forward(oracle.From(x))
	golden.Close(t, "reference", got.Data, ys[len(ys)-1].Data, golden.Tolerance)
	if got.N != samples || got.Shape != nn.Features(4) {
		t.Errorf("Predict gives %v", got)
	}
	for n := range samples {
		var sum float64
		for _, p := range got.Sample(n) {
			sum += float64(p)
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Fatalf("the probabilities of sample %d sum to %v", n, sum)
		}
	}
	golden.Close(t, "alone", with.Predict(x.Slice(7, 8)).Data, got.Sample(7), golden.Tolerance)
	if y := with.Predict(nn.NewTensor(0, in)); y.N != 0 || len(y.Data) != 0 {
		t.Errorf("no samples give %v", y)
	}

	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for _, n := range []int{1, samples, 17} {
				y := without.Probabilities(x.Slice(0, n))
				if e, _ := golden.Error(y.Data, got.Data[:n*4]); !(e < golden.Tolerance) {
					t.Errorf("%d samples beside other goroutines: error %g", n, e)
				}
			}
		})
	}
	wait.Wait()
}

// TestPredictIntoAllocatesNothing holds for one image through a real network.
func TestPredictIntoAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector a sync.Pool forgets at random")
	}
	net := named(t, "simple")
	x, y := random(rng(1), 1, net.Input()), nn.NewTensor(1, net.Output())
	net.PredictInto(y, x)
	if n := testing.AllocsPerRun(20, func() { net.PredictInto(y, x) }); n != 0 {
		t.Errorf("a prediction allocates %g times", n)
	}
}

// TestStepAllocatesNothing: once warm, a training step through a whole network
// with its loss takes no memory.
func TestStepAllocatesNothing(t *testing.T) {
	for _, n := range networks.All() {
		if testing.Short() && n.Name == "deep" {
			continue
		}
		net := named(t, n.Name)
		const batch = 8
		x := random(rng(1), batch, net.Input())
		targets := nn.Targets{Labels: make([]int, batch)}
		loss := layers.SoftmaxWithLoss{}
		p := net.NewPass(nn.PassConfig{Capacity: batch, Training: true, NeedsBackward: true, Loss: loss})
		step := func() {
			y := p.Forward(x)
			loss.Loss(p.OutputGradient(), y, targets, batch)
			p.ClearGradients()
			p.Backward(p.OutputGradient())
			p.Step++
		}
		for range 3 {
			step()
		}
		if n := testing.AllocsPerRun(3, step); n != 0 {
			t.Errorf("%v: a step allocates %g times", net.Specs(), n)
		}
	}
}

// TestActivations: the output of every layer as described, though training
// fuses them.
func TestActivations(t *testing.T) {
	in := nn.Shape{H: 6, W: 6, C: 2}
	net := network(t, in, layers.Convolution{Filters: 3, Kernel: 3}, layers.ReLU{}, layers.Pooling{Size: 2},
		layers.BatchNormalization{}, layers.Affine{Units: 4}, layers.ReLU{}, layers.Softmax{})
	x := random(rng(1), 3, in)
	r, err := oracle.Of(net)
	if err != nil {
		t.Fatal(err)
	}
	got := net.Activations(x)
	if len(got) != len(net.Layers()) {
		t.Fatalf("%d activations of %d layers", len(got), len(net.Layers()))
	}
	for i, want := range r.Forward(oracle.From(x)) {
		if got[i].Shape != (nn.Shape{H: want.H, W: want.W, C: want.C}) || got[i].N != x.N {
			t.Errorf("%s gives %v", net.LayerName(i), got[i])
		}
		golden.Close(t, net.LayerName(i), got[i].Data, want.Data, golden.Tolerance)
	}
}

// TestTrailingSoftmax: under a loss on logits a network learns the same with a
// Softmax at its end or without; under another loss the Softmax stays.
func TestTrailingSoftmax(t *testing.T) {
	in := nn.Features(5)
	specs := []nn.Spec{layers.Affine{Units: 6}, layers.Tanh{}, layers.Affine{Units: 3}}
	with, without := network(t, in, append(slices.Clone(specs), layers.Softmax{})...), network(t, in, specs...)
	x := random(rng(1), 4, in)
	targets := nn.Targets{Labels: []int{0, 2, 1, 2}}
	for _, loss := range []nn.Loss{layers.SoftmaxWithLoss{}, layers.SoftmaxWithLoss{Smoothing: 0.1}, layers.MeanSquaredError{}} {
		for _, net := range []*nn.Sequential{with, without} {
			c := both(x.N, true)
			c.Loss = loss
			p := net.NewPass(c)
			y := p.Forward(x)
			sum := loss.Loss(p.OutputGradient(), y, targets, x.N)
			dx := p.Backward(p.OutputGradient())
			r, err := oracle.Of(net)
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("%#v under %v", loss, net.Specs())
			golden.Close(t, name, []float64{sum / float64(x.N)}, []float64{r.Loss(loss, oracle.From(x), targets)}, golden.Tolerance)
			wantDX, wantParams := r.Gradients(loss, oracle.From(x), targets)
			golden.Close(t, name+": dx", dx.Data, wantDX.Data, golden.Tolerance)
			for i, g := range p.ParamGradients() {
				golden.Close(t, name+": gradient of "+net.Params()[i].Name, g, wantParams[i], golden.Tolerance)
			}
		}
	}
}

// TestFrozen: frozen layers take no gradient and do not move; what is before
// them still learns, and where nothing is, the way back ends early.
func TestFrozen(t *testing.T) {
	in := nn.Shape{H: 6, W: 6, C: 2}
	build := func(first, middle, last bool) *nn.Sequential {
		return network(t, in,
			layers.Convolution{Filters: 3, Kernel: 3, Frozen: first}, layers.ReLU{},
			layers.BatchNormalization{Frozen: middle}, layers.Affine{Units: 4, Frozen: last})
	}
	x := random(rng(1), 5, in)
	dy := random(rng(2), 5, nn.Features(4))
	for frozen := range 8 {
		first, middle, last := frozen&1 != 0, frozen&2 != 0, frozen&4 != 0
		net := build(first, middle, last)
		want := runReference(t, net, both(x.N, true), x, dy)
		for _, input := range []bool{true, false} {
			c := both(x.N, true)
			c.InputGradient = input
			got := run(net, c, x, dy)
			if (got.dx != nil) != input {
				t.Errorf("InputGradient %v gives dx of %d values", input, len(got.dx))
			}
			if !input {
				got.dx = want.dx
			}
			same(t, fmt.Sprintf("frozen %03b", frozen), net, got, want, golden.Tolerance)
		}
		free := 0
		for i, p := range net.Params() {
			statistic := p.Name == "mean" || p.Name == "variance"
			if fixed := statistic || i < 2 && first || i >= 2 && i < 6 && middle || i >= 6 && last; p.Fixed != fixed {
				t.Errorf("frozen %03b: parameter %d is fixed: %v", frozen, i, p.Fixed)
			}
			if !p.Fixed {
				free += len(p.Value.Data)
			}
		}
		if got := len(net.NewPass(both(1, true)).Gradients()); got != free {
			t.Errorf("frozen %03b: %d gradients of %d parameters", frozen, got, free)
		}
		if mean := net.Params()[4].Value.Data; middle != (mean[0] == 0) {
			t.Errorf("frozen %03b: running mean is %v", frozen, mean)
		}
	}
}

// TestFixedByHand: parameters that are fixed in a built network, as one that
// was loaded is frozen, alone or together, leave the others' gradients as they
// were: fused and not, and before a first layer that learns.
func TestFixedByHand(t *testing.T) {
	one, many := nn.Shape{H: 8, W: 8, C: 1}, nn.Shape{H: 8, W: 8, C: 16}
	conv, pool := layers.Convolution{Filters: 16, Kernel: 3, Pad: 1}, layers.Pooling{Size: 2}
	for _, c := range []struct {
		in    nn.Shape
		specs []nn.Spec
	}{
		{one, []nn.Spec{conv, layers.ReLU{}, pool, layers.Affine{Units: 2}}},
		{one, []nn.Spec{conv, layers.ReLU{}, layers.Affine{Units: 2}}},
		{many, []nn.Spec{conv, layers.ReLU{}, pool, layers.Affine{Units: 2}}},
		{many, []nn.Spec{conv, layers.ReLU{}, layers.Affine{Units: 2}}},
		{many, []nn.Spec{layers.Affine{Units: 3}, layers.ReLU{}, layers.Affine{Units: 2}}},
		{many, []nn.Spec{layers.BatchNormalization{}, layers.Affine{Units: 2}}},
	} {
		net := network(t, c.in, c.specs...)
		x, dy := random(rng(1), 3, c.in), random(rng(2), 3, net.Output())
		for i := range 4 {
			input, unfused := i&1 == 0, i&2 != 0
			config := both(3, true)
			config.InputGradient, config.Unfused = input, unfused
			want := run(net, config, x, dy)
			for _, mask := range []int{1, 2, 3, 0} {
				for i, p := range net.Params()[:2] {
					p.Fixed = mask>>i&1 == 1
				}
				got := run(net, config, x, dy)
				golden.Close(t, "dx", got.dx, want.dx, golden.Tolerance)
				for i, p := range net.Params() {
					name := fmt.Sprintf("%v, fixed %02b, dx %v, unfused %v: gradient of %d", c.specs, mask, input, unfused, i)
					if p.Fixed != (got.params[i] == nil) {
						t.Errorf("%s: %d values", name, len(got.params[i]))
					} else if !p.Fixed {
						golden.Close(t, name, got.params[i], want.params[i], golden.Tolerance)
					}
				}
			}
		}
	}
}

// TestDecay: weights ask for decay; biases and normalization do not.
func TestDecay(t *testing.T) {
	net := network(t, nn.Shape{H: 3, W: 3, C: 1}, layers.Convolution{Filters: 2, Kernel: 2}, layers.BatchNormalization{}, layers.Affine{Units: 2})
	for _, p := range net.Params() {
		if want := p.Name == "weight"; p.Decay != want {
			t.Errorf("%s decays: %v", p.Name, p.Decay)
		}
	}
}

// TestImpossible: what cannot be built is an error that says where, what was
// found and what is wanted.
func TestImpossible(t *testing.T) {
	image := nn.Shape{H: 28, W: 28, C: 1}
	conv := layers.Convolution{Filters: 30, Kernel: 5}
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		in    nn.Shape
		specs []nn.Spec
		want  string
	}{
		{image, []nn.Spec{conv, layers.Pooling{Size: 6}, layers.Convolution{Filters: 2, Kernel: 7}},
			"layer 3 (Convolution 7×7): input 4×4×30 is smaller than the kernel"},
		{nn.Features(10), []nn.Spec{conv}, "layer 1 (Convolution 5×5): input 1×1×10 is smaller than the kernel"},
		{image, []nn.Spec{layers.Pooling{Size: 29}}, "layer 1 (Pooling max 29×29): input 28×28×1 is smaller than the"},
		{image, []nn.Spec{layers.Pooling{Size: 3, Pad: 2}}, "layer 1 (Pooling max 3×3 pad 2): field Pad is 2, wanted at most half of Size 3"},
		{image, []nn.Spec{layers.Pooling{}}, "field Size is 0"},
		{image, []nn.Spec{layers.Pooling{Size: -2}}, "field Size is -2"},
		{image, []nn.Spec{layers.Pooling{Size: 2, Stride: -1}}, "field Stride is -1"},
		{image, []nn.Spec{layers.Convolution{Kernel: 3}}, "Filters is 0, wanted at least 1"},
		{image, []nn.Spec{layers.Convolution{Filters: -1, Kernel: 3}}, "Filters is -1"},
		{image, []nn.Spec{layers.Convolution{Filters: 1}}, "field Kernel is 0, wanted 1 to 16384"},
		{image, []nn.Spec{layers.Convolution{Filters: 1, Kernel: 3, Stride: -1}}, "field Stride is -1"},
		{image, []nn.Spec{layers.Convolution{Filters: 1, Kernel: 3, Pad: -1}}, "field Pad is -1"},
		{image, []nn.Spec{layers.Affine{}}, "layer 1 (Affine 0): field Units is 0, wanted at least 1"},
		{image, []nn.Spec{layers.ReLU{}, layers.Affine{Units: -5}}, "layer 2 (Affine -5): field Units is -5"},
		{nn.Features(1), []nn.Spec{layers.Affine{Units: 1 << 26}}, "field Units is 67108864, wanted at most 33554431"},
		{image, []nn.Spec{layers.Affine{Units: 2, Init: nn.Normal{Std: nan}}}, "layer 1 (Affine 2): field Init.Std is NaN"},
		{image, []nn.Spec{layers.Convolution{Filters: 2, Kernel: 2, Init: nn.Normal{Std: -1}}}, "field Init.Std is -1, wanted 0 or more"},
		{image, []nn.Spec{layers.ReLU{}, nil}, "layer 2 is nil"},
		{image, []nn.Spec{layers.Dropout{Ratio: 1}}, "layer 1 (Dropout 1): field Ratio is 1, wanted 0 or more and less than 1"},
		{image, []nn.Spec{layers.Dropout{Ratio: -0.1}}, "Ratio is -0.1"},
		{image, []nn.Spec{layers.Dropout{Ratio: nan}}, "Ratio is NaN"},
		{image, []nn.Spec{layers.BatchNormalization{Epsilon: -1}}, "Epsilon is -1"},
		{image, []nn.Spec{layers.BatchNormalization{Epsilon: inf}}, "Epsilon is +Inf"},
		{image, []nn.Spec{layers.BatchNormalization{Momentum: 1.5}}, "Momentum is 1.5"},
		{image, []nn.Spec{layers.BatchNormalization{Momentum: nan}}, "Momentum is NaN"},
		{image, []nn.Spec{layers.LeakyReLU{Slope: float32(inf)}}, "Slope is +Inf"},
		{image, nil, "at least one layer"},
		{nn.Shape{H: 28, W: 28}, []nn.Spec{conv}, "network input: shape 28×28×0"},
		{nn.Shape{H: -1, W: 28, C: 1}, []nn.Spec{conv}, "network input: shape -1×28×1"},
		{nn.Shape{H: 1 << 20, W: 1 << 20, C: 1 << 30}, []nn.Spec{conv}, "network input: shape"},
		{image, []nn.Spec{layers.Affine{Units: 1 << 40}}, "layer 1 (Affine 1099511627776):"},
		{image, []nn.Spec{layers.Affine{Units: math.MaxInt}}, "parameters"},
		{nn.Features(3), []nn.Spec{layers.Affine{Units: 1 << 62}}, "parameters"},
		{nn.Features(1), []nn.Spec{layers.Convolution{Filters: 1 << 62, Kernel: 1, Pad: 1}}, "parameters"},
		// 17 parameters a filter times this is 1 in 64 bits.
		{nn.Shape{H: 4, W: 4, C: 1}, []nn.Spec{layers.Convolution{Filters: 1085102592571150095, Kernel: 4}}, "parameters"},
		{nn.Shape{H: 4, W: 4, C: 1}, []nn.Spec{layers.Convolution{Filters: 1, Kernel: 1 << 31, Pad: 1 << 31}}, "parameters"},
		{nn.Features(1 << 20), []nn.Spec{layers.Convolution{Filters: 1, Kernel: 1, Pad: 1 << 14}}, "wanted at most 268435456"},
		{nn.Features(1), []nn.Spec{layers.Convolution{Filters: 100, Kernel: 1, Pad: 1 << 13}}, "16385×16385×100"},
	} {
		net, err := nn.NewSequential(c.in, rng(1), c.specs...)
		if err == nil {
			t.Errorf("%v of %v is built: %v", c.specs, c.in, net.Output())
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v of %v: error %q, wanted %q", c.specs, c.in, err, c.want)
		}
	}
	// Also for those who build a layer themselves, within one of their own.
	for _, spec := range []nn.Spec{layers.Affine{Units: 1 << 62}, layers.Affine{Units: 1 << 25}, layers.Convolution{Filters: 1 << 28, Kernel: 1}} {
		if _, err := spec.Build(nn.Features(1<<20), rng(1)); err == nil {
			t.Errorf("%v is built", spec)
		}
	}
}
