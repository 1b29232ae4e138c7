package layers_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"tatami/internal/golden"
	"tatami/internal/oracle"
	"tatami/layers"
	"tatami/nn"
)

// check runs one layer of a golden case: as it is, in training and in
// inference, and in the float64 reference, which has to be ten times as near.
func check(t *testing.T, spec nn.Spec, x, dy golden.Tensor, params [][]float64, want result) {
	t.Helper()
	net := network(t, x.Batch().Shape, spec)
	set(t, net, params...)
	n := x.Batch().N
	for _, training := range []bool{true, false} {
		name := fmt.Sprintf("training %v", training)
		same(t, name, net, run(net, both(n, training), x.Batch(), dy.Batch()), want, golden.Tolerance)
	}
	same(t, "reference", net, runReference(t, net, both(n, true), x.Batch(), dy.Batch()), want, golden.Tolerance/10)
}

// checkFused runs a layer of a golden case and those after it, fused, against
// the reference: that agrees with the golden case on the layer itself.
func checkFused(t *testing.T, x golden.Tensor, params [][]float64, specs ...nn.Spec) {
	t.Helper()
	net := network(t, x.Batch().Shape, specs...)
	set(t, net, params...)
	b := x.Batch()
	dy := random(rng(2), b.N, net.Output())
	want := runReference(t, net, both(b.N, true), b, dy)
	same(t, fmt.Sprint("fused ", specs[1:]), net, run(net, both(b.N, true), b, dy), want, golden.Tolerance)
}

func TestGoldenConvolution(t *testing.T) {
	var cases []struct {
		Filters, Kernel, Stride, Pad int
		X, W, Y, DY, DX, DW          golden.Tensor
		B, DB                        []float64
	}
	golden.Load(t, "convolution", &cases)
	for i, c := range cases {
		spec := layers.Convolution{Filters: c.Filters, Kernel: c.Kernel, Stride: c.Stride, Pad: c.Pad}
		t.Run(fmt.Sprintf("%d %v", i, spec), func(t *testing.T) {
			params := [][]float64{c.W.Data, c.B}
			check(t, spec, c.X, c.DY, params, result{c.Y.Data, c.DX.Data, [][]float64{c.DW.Data, c.DB}})
			checkFused(t, c.X, params, spec, layers.ReLU{})
			if out := c.Y.Batch(); out.H > 1 && out.W > 1 {
				checkFused(t, c.X, params, spec, layers.ReLU{}, layers.Pooling{Size: 2})
			}
		})
	}
}

func TestGoldenPooling(t *testing.T) {
	var cases []struct {
		Kind              string
		Size, Stride, Pad int
		X, Y, DY, DX      golden.Tensor
	}
	golden.Load(t, "pooling", &cases)
	for i, c := range cases {
		spec := layers.Pooling{Size: c.Size, Stride: c.Stride, Pad: c.Pad, Average: c.Kind == "average"}
		t.Run(fmt.Sprintf("%d %v", i, spec), func(t *testing.T) {
			if !spec.Average && c.Kind != "max" {
				t.Fatalf("kind %q", c.Kind)
			}
			check(t, spec, c.X, c.DY, nil, result{y: c.Y.Data, dx: c.DX.Data})
		})
	}
}

func TestGoldenAffine(t *testing.T) {
	var cases []struct {
		Units               int
		X, W, Y, DY, DX, DW golden.Tensor
		B, DB               []float64
	}
	golden.Load(t, "affine", &cases)
	for i, c := range cases {
		spec := layers.Affine{Units: c.Units}
		t.Run(fmt.Sprintf("%d %v", i, spec), func(t *testing.T) {
			params := [][]float64{c.W.Data, c.B}
			check(t, spec, c.X, c.DY, params, result{c.Y.Data, c.DX.Data, [][]float64{c.DW.Data, c.DB}})
			checkFused(t, c.X, params, spec, layers.ReLU{})
		})
	}
}

func TestGoldenActivations(t *testing.T) {
	kinds := map[string]nn.Spec{
		"relu": layers.ReLU{}, "leaky_relu": layers.LeakyReLU{Slope: 0.01}, "sigmoid": layers.Sigmoid{},
		"tanh": layers.Tanh{}, "gelu": layers.GELU{}, "softmax": layers.Softmax{},
	}
	var cases []struct {
		Kind         string
		X, Y, DY, DX golden.Tensor
	}
	golden.Load(t, "activations", &cases)
	for i, c := range cases {
		t.Run(fmt.Sprintf("%d %s", i, c.Kind), func(t *testing.T) {
			spec, ok := kinds[c.Kind]
			if !ok {
				t.Fatalf("kind %q", c.Kind)
			}
			check(t, spec, c.X, c.DY, nil, result{y: c.Y.Data, dx: c.DX.Data})
		})
	}
}

func TestGoldenBatchNormalization(t *testing.T) {
	var cases []struct {
		Eps, Momentum   float64
		X, Y, DY, DX    golden.Tensor
		Gamma, Beta     []float64
		DGamma, DBeta   []float64
		RunningMean     []float64     `json:"running_mean"`
		RunningVariance []float64     `json:"running_var"`
		YInference      golden.Tensor `json:"y_inference"`
	}
	golden.Load(t, "batch_normalization", &cases)
	for i, c := range cases {
		x, dy := c.X.Batch(), c.DY.Batch()
		t.Run(fmt.Sprintf("%d %v", i, x), func(t *testing.T) {
			net := network(t, x.Shape, layers.BatchNormalization{Epsilon: c.Eps, Momentum: c.Momentum})
			set(t, net, c.Gamma, c.Beta)
			want := result{c.Y.Data, c.DX.Data, [][]float64{c.DGamma, c.DBeta, nil, nil}}
			same(t, "layer", net, run(net, both(x.N, true), x, dy), want, golden.Tolerance)
			same(t, "reference", net, runReference(t, net, both(x.N, true), x, dy), want, golden.Tolerance/10)
			params := net.Params()
			golden.Close(t, "running mean", params[2].Value.Data, c.RunningMean, golden.Tolerance)
			golden.Close(t, "running variance", params[3].Value.Data, c.RunningVariance, golden.Tolerance)
			inference := net.NewPass(nn.PassConfig{Capacity: x.N})
			golden.Close(t, "inference", inference.Forward(x).Data, c.YInference.Data, golden.Tolerance)
		})
	}
}

func TestGoldenSoftmaxCrossEntropy(t *testing.T) {
	var cases []struct {
		Smoothing float64
		X, DX     golden.Tensor
		Labels    []int
		Loss      float64
	}
	golden.Load(t, "softmax_cross_entropy", &cases)
	for i, c := range cases {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			tolerance := golden.Tolerance
			for _, v := range c.X.Data {
				if math.Abs(v) > 20 {
					tolerance = 1e-4 // probabilities of large differences
				}
			}
			checkLoss(t, layers.SoftmaxWithLoss{Smoothing: c.Smoothing}, c.X, nn.Targets{Labels: c.Labels}, c.Loss, c.DX, tolerance)
			// The same with a Softmax in the network, which the loss takes in.
			x := c.X.Batch()
			net := network(t, x.Shape, layers.Softmax{})
			config := both(x.N, true)
			config.Loss = layers.SoftmaxWithLoss{Smoothing: c.Smoothing}
			p := net.NewPass(config)
			y := p.Forward(x)
			loss := config.Loss.Loss(p.OutputGradient(), y, nn.Targets{Labels: c.Labels}, x.N)
			golden.Close(t, "folded loss", []float64{loss / float64(x.N)}, []float64{c.Loss}, golden.Tolerance)
			golden.Close(t, "folded dx", p.Backward(p.OutputGradient()).Data, c.DX.Data, tolerance)
		})
	}
}

func TestGoldenMeanSquaredError(t *testing.T) {
	var cases []struct {
		X, T, DX golden.Tensor
		Loss     float64
	}
	golden.Load(t, "mean_squared_error", &cases)
	for i, c := range cases {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			checkLoss(t, layers.MeanSquaredError{}, c.X, nn.Targets{Values: c.T.Batch()}, c.Loss, c.DX, golden.Tolerance)
		})
	}
}

// checkLoss runs a loss over a whole batch, over its samples one by one, and in
// the reference.
func checkLoss(t *testing.T, loss nn.Loss, input golden.Tensor, targets nn.Targets, want float64, wantDX golden.Tensor, tolerance float64) {
	t.Helper()
	x := input.Batch()
	n := float64(x.N)
	dx := nn.NewTensor(x.N, x.Shape)
	for i := range dx.Data {
		dx.Data[i] = float32(math.NaN())
	}
	golden.Close(t, "loss", []float64{loss.Loss(dx, x, targets, x.N) / n}, []float64{want}, golden.Tolerance)
	golden.Close(t, "dx", dx.Data, wantDX.Data, tolerance)
	golden.Close(t, "loss alone", []float64{loss.Loss(nil, x, targets, x.N) / n}, []float64{want}, golden.Tolerance)
	var sum float64
	clear(dx.Data)
	for i := range x.N {
		sum += loss.Loss(dx.Slice(i, i+1), x.Slice(i, i+1), targets.Slice(i, i+1), x.N)
	}
	golden.Close(t, "loss by samples", []float64{sum / n}, []float64{want}, golden.Tolerance)
	golden.Close(t, "dx by samples", dx.Data, wantDX.Data, tolerance)

	// The reference works on networks: one that changes nothing.
	r, err := oracle.Of(network(t, x.Shape, layers.Dropout{}))
	if err != nil {
		t.Fatal(err)
	}
	golden.Close(t, "reference loss", []float64{r.Loss(loss, oracle.From(x), targets)}, []float64{want}, golden.Tolerance/10)
	refDX, _ := r.Gradients(loss, oracle.From(x), targets)
	golden.Close(t, "reference dx", refDX.Data, wantDX.Data, tolerance/10)
}

// TestGoldenTraining repeats whole training runs: from the same weights to the
// same losses and weights.
func TestGoldenTraining(t *testing.T) {
	var cases []struct {
		Network, Optimizer string
		LR                 float64
		X                  golden.Tensor
		Labels             []int
		Start, End         map[string]golden.Tensor
		Losses             []float64
	}
	golden.Load(t, "training", &cases)
	for i, c := range cases {
		for _, unfused := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %s unfused %v", i, c.Optimizer, unfused), func(t *testing.T) {
				specs, names := parseNetwork(t, c.Network)
				x := c.X.Batch()
				net := network(t, x.Shape, specs...)
				set(t, net, ordered(t, names, c.Start)...)
				config := nn.PassConfig{
					Capacity: x.N, Training: true, NeedsBackward: true,
					Unfused: unfused, Loss: layers.SoftmaxWithLoss{},
				}
				p := net.NewPass(config)
				update := optimizer(t, c.Optimizer, c.LR)
				var losses []float64
				for range c.Losses {
					y := p.Forward(x)
					loss := config.Loss.Loss(p.OutputGradient(), y, nn.Targets{Labels: c.Labels}, x.N)
					losses = append(losses, loss/float64(x.N))
					p.ClearGradients()
					p.Backward(p.OutputGradient())
					update(net.Params(), p.ParamGradients())
					p.Step++
				}
				const tolerance = 1e-4
				golden.Close(t, "losses", losses, c.Losses, tolerance)
				for i, end := range ordered(t, names, c.End) {
					golden.Close(t, names[i], net.Params()[i].Value.Data, end, tolerance)
				}
			})
		}
	}
}

// parseNetwork reads a golden network's description, such as
// "conv 6@3x3, relu, maxpool 2, affine 9, softmax cross-entropy", and gives the
// names of its parameters: conv_w, conv_b, affine1_w, …: numbered where there
// are several of a kind.
func parseNetwork(t *testing.T, text string) (specs []nn.Spec, names []string) {
	t.Helper()
	plain := map[string]nn.Spec{
		"relu": layers.ReLU{}, "sigmoid": layers.Sigmoid{}, "tanh": layers.Tanh{}, "gelu": layers.GELU{},
		"softmax cross-entropy": layers.Softmax{},
	}
	count := map[string]int{}
	for part := range strings.SplitSeq(text, ", ") {
		var n, kernel, same int
		kind, _, _ := strings.Cut(part, " ")
		if spec, ok := plain[part]; ok {
			specs = append(specs, spec)
		} else if got, _ := fmt.Sscanf(part, "conv %d@%dx%d", &n, &kernel, &same); got == 3 && same == kernel {
			specs = append(specs, layers.Convolution{Filters: n, Kernel: kernel})
		} else if got, _ := fmt.Sscanf(part, "maxpool %d", &n); got == 1 {
			specs = append(specs, layers.Pooling{Size: n})
		} else if got, _ := fmt.Sscanf(part, "affine %d", &n); got == 1 {
			specs = append(specs, layers.Affine{Units: n})
		} else {
			t.Fatalf("network %q: what is %q?", text, part)
		}
		if kind == "conv" || kind == "affine" {
			count[kind]++
			names = append(names, fmt.Sprintf("%s%d", kind, count[kind]))
		}
	}
	for i, name := range names {
		if kind := strings.TrimRight(name, "0123456789"); count[kind] == 1 {
			names[i] = kind
		}
	}
	var all []string
	for _, name := range names {
		all = append(all, name+"_w", name+"_b")
	}
	return specs, all
}

// ordered lists the named tensors: all there are.
func ordered(t *testing.T, names []string, tensors map[string]golden.Tensor) (values [][]float64) {
	t.Helper()
	if len(tensors) != len(names) {
		t.Fatalf("%d tensors for %v", len(tensors), names)
	}
	for _, name := range names {
		tensor, ok := tensors[name]
		if !ok {
			t.Fatalf("no tensor %s", name)
		}
		values = append(values, tensor.Data)
	}
	return values
}

// optimizer gives the update of an optimizer in float64, to test no other.
func optimizer(t *testing.T, name string, rate float64) func(params []*nn.Param, gradients [][]float32) {
	t.Helper()
	step := 0
	moments := map[*nn.Param][][2]float64{}
	rule := map[string]func(m *[2]float64, g float64) float64{
		"sgd": func(_ *[2]float64, g float64) float64 { return rate * g },
		"adam": func(m *[2]float64, g float64) float64 {
			m[0] = 0.9*m[0] + 0.1*g
			m[1] = 0.999*m[1] + 0.001*g*g
			first := m[0] / (1 - math.Pow(0.9, float64(step)))
			second := m[1] / (1 - math.Pow(0.999, float64(step)))
			return rate * first / (math.Sqrt(second) + 1e-8)
		},
	}[name]
	if rule == nil {
		t.Fatalf("optimizer %q", name)
	}
	return func(params []*nn.Param, gradients [][]float32) {
		step++
		for i, p := range params {
			if moments[p] == nil {
				moments[p] = make([][2]float64, len(p.Value.Data))
			}
			for k, g := range gradients[i] {
				p.Value.Data[k] -= float32(rule(&moments[p][k], float64(g)))
			}
		}
	}
}
