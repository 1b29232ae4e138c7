package nn_test

import (
	"fmt"
	"sync"
	"testing"

	"tatami/internal/golden"
	"tatami/internal/oracle"
	"tatami/layers"
	"tatami/nn"
	"tatami/reference"
)

// normalized is a network in which shards have to wait for each other: at the input, twice
// inside, and before the output.
func normalized(t testing.TB) *nn.Sequential {
	return network(t, nn.Shape{H: 8, W: 6, C: 2},
		layers.BatchNormalization{}, layers.Convolution{Filters: 5, Kernel: 3, Pad: 1}, layers.BatchNormalization{},
		layers.ReLU{}, layers.Pooling{Size: 2}, layers.Convolution{Filters: 4, Kernel: 2}, layers.ReLU{},
		layers.BatchNormalization{}, layers.Dropout{Ratio: 0.3},
		layers.Affine{Units: 6}, layers.Tanh{}, layers.BatchNormalization{}, layers.Softmax{})
}

// train takes a batch in shards through a step as a trainer does, each shard in
// a goroutine of its own, and returns loss, outputs and the batch's gradients.
func train(net *nn.Sequential, loss nn.Loss, x *nn.Tensor, targets nn.Targets, n int) (mean float64, y, gradients []float32) {
	shards := net.NewShards(n, nn.PassConfig{
		Capacity: (x.N + n - 1) / n, Training: true, NeedsBackward: true, Loss: loss, Seed: 1,
	})
	atOnce := func(n int, job func(i int)) {
		var wait sync.WaitGroup
		for i := range n {
			wait.Go(func() { job(i) })
		}
		wait.Wait()
	}
	losses := make([]float64, n)
	shards.Run(x, 0, atOnce, func(shard, from, to int) {
		p := shards.Pass(shard)
		losses[shard] = loss.Loss(p.OutputGradient(), p.Output(), targets.Slice(from, to), x.N) / float64(x.N)
	})
	for i, l := range losses {
		y = append(y, shards.Pass(i).Output().Data...)
		mean += l
	}
	atOnce(shards.Parts(), func(i int) { shards.Sum(i) })
	return mean, y, shards.Pass(0).Gradients()
}

// TestShards: however a batch is cut, even into shards that get nothing, a step
// gives what the reference gives for the whole batch.
func TestShards(t *testing.T) {
	const n = 7
	targets := nn.Targets{Labels: []int{0, 5, 2, 2, 1, 4, 3}}
	loss := layers.SoftmaxWithLoss{Smoothing: 0.1}
	x := random(rng(2), n, normalized(t).Input())

	r, err := oracle.Of(normalized(t))
	if err != nil {
		t.Fatal(err)
	}
	r.Training, r.Seed = true, 1
	ys := r.Forward(oracle.From(x))
	logits := ys[len(ys)-2].Data
	_, wantParams := r.Gradients(loss, oracle.From(x), targets)
	var want []float64
	for i, p := range normalized(t).Params() {
		if !p.Fixed {
			want = append(want, wantParams[i]...)
		}
	}
	var statistics [][]float32
	for _, shards := range []int{1, 2, n, 4, 10} {
		t.Run(fmt.Sprint(shards), func(t *testing.T) {
			net := normalized(t)
			mean, y, gradients := train(net, loss, x, targets, shards)
			golden.Close(t, "loss", []float64{mean}, []float64{r.Loss(loss, oracle.From(x), targets)}, golden.Tolerance)
			golden.Close(t, "logits", y, logits, golden.Tolerance)
			golden.Close(t, "gradients", gradients, want, 3*golden.Tolerance)
			// Running statistics move once a step, not once a shard.
			var now [][]float32
			for _, p := range net.Params() {
				if p.Fixed {
					now = append(now, p.Value.Data)
				}
			}
			if statistics == nil {
				statistics = now
				mean, variance := reference.Statistics(oracle.From(x))
				count := float64(n * x.H * x.W)
				for c := range mean {
					mean[c] *= 0.1
					variance[c] = 0.9 + 0.1*variance[c]*count/(count-1)
				}
				golden.Close(t, "running mean", now[0], mean, golden.Tolerance)
				golden.Close(t, "running variance", now[1], variance, golden.Tolerance)
			}
			for i, s := range statistics {
				golden.Close(t, "running statistic", now[i], s, golden.Tolerance)
			}
			// The same number gives the same bits.
			_, _, again := train(normalized(t), loss, x, targets, shards)
			for i, g := range gradients {
				if again[i] != g {
					t.Fatalf("gradient %d is %v and then %v", i, g, again[i])
				}
			}
		})
	}
}

// TestPassesOfEveryKind: what a pass is for changes how memory is laid out, and
// no value.
func TestPassesOfEveryKind(t *testing.T) {
	net := normalized(t)
	x := random(rng(3), 9, net.Input())
	r, err := oracle.Of(net)
	if err != nil {
		t.Fatal(err)
	}
	ys := r.Forward(oracle.From(x))
	for _, c := range []nn.PassConfig{
		{}, {Unfused: true}, {NeedsBackward: true}, {NeedsBackward: true, InputGradient: true, Unfused: true},
		{Loss: layers.SoftmaxWithLoss{}}, {Loss: layers.MeanSquaredError{}},
	} {
		for _, c.Capacity = range []int{x.N, x.N + 5} {
			want := ys[len(ys)-1]
			if c.Loss != nil && c.Loss.Logits() {
				want = ys[len(ys)-2]
			}
			p := net.NewPass(c)
			for _, n := range []int{x.N, 1, 4, x.N} {
				y := p.Forward(x.Slice(0, n))
				if y.N != n || y.Shape != (nn.Shape{H: want.H, W: want.W, C: want.C}) {
					t.Fatalf("%+v gives %v for %d samples", c, y, n)
				}
				golden.Close(t, fmt.Sprintf("%+v of %d", c, n), y.Data, want.Data[:n*want.Size()], golden.Tolerance)
			}
		}
	}
}

// TestManySamplesAtATime: images too large for a cache, through layers of
// different widths, a few at a time, forth and back.
func TestManySamplesAtATime(t *testing.T) {
	net := network(t, nn.Shape{H: 40, W: 36, C: 3},
		layers.Convolution{Filters: 32, Kernel: 3, Pad: 1}, layers.Tanh{}, layers.Pooling{Size: 2, Average: true},
		layers.Convolution{Filters: 3, Kernel: 5}, layers.BatchNormalization{}, layers.Sigmoid{}, layers.Affine{Units: 3})
	x := random(rng(4), 7, net.Input())
	dy := random(rng(5), 7, net.Output())
	c := nn.PassConfig{Capacity: 7, Training: true, NeedsBackward: true, InputGradient: true}
	p := net.NewPass(c)
	r, err := oracle.Of(net)
	if err != nil {
		t.Fatal(err)
	}
	r.Training = true
	ys := r.Forward(oracle.From(x))
	golden.Close(t, "y", p.Forward(x).Data, ys[len(ys)-1].Data, golden.Tolerance)
	dx, dparams := r.Backward(oracle.From(dy), oracle.From(x))
	golden.Close(t, "dx", p.Backward(dy).Data, dx.Data, golden.Tolerance)
	var got []float32
	var want []float64
	for i, g := range p.ParamGradients() {
		if g != nil {
			got, want = append(got, g...), append(want, dparams[i]...)
		}
	}
	golden.Close(t, "gradients", got, want, golden.Tolerance)
}

// TestGradientsAreOneList: Gradients is ParamGradients end to end, in the order
// of the parameters, and ClearGradients clears both.
func TestGradientsAreOneList(t *testing.T) {
	net := network(t, nn.Features(3), layers.Affine{Units: 4, Frozen: true}, layers.BatchNormalization{}, layers.Affine{Units: 2})
	p := net.NewPass(nn.PassConfig{Capacity: 2, Training: true, NeedsBackward: true})
	p.Forward(random(rng(1), 2, net.Input()))
	p.Backward(random(rng(2), 2, net.Output()))
	rest := p.Gradients()
	for i, g := range p.ParamGradients() {
		param := net.Params()[i]
		if (g == nil) != param.Fixed || g != nil && len(g) != len(param.Value.Data) {
			t.Fatalf("parameter %d, fixed %v, has %d gradients", i, param.Fixed, len(g))
		}
		if g != nil && &g[0] != &rest[0] {
			t.Fatalf("the gradients of parameter %d are not next in the list", i)
		}
		rest = rest[len(g):]
	}
	if len(rest) != 0 {
		t.Errorf("%d gradients of no parameter", len(rest))
	}
	zero := true
	for _, g := range p.Gradients() {
		zero = zero && g == 0
	}
	p.ClearGradients()
	for _, g := range p.Gradients() {
		if g != 0 || zero {
			t.Fatal("gradients are 0 before ClearGradients or not after")
		}
	}
}

func TestPassRefuses(t *testing.T) {
	net := network(t, nn.Features(3), layers.Affine{Units: 2})
	p := net.NewPass(nn.PassConfig{Capacity: 2})
	mustPanic(t, "more samples than the capacity", func() { p.Forward(nn.NewTensor(3, nn.Features(3))) })
	mustPanic(t, "samples of another shape", func() { p.Forward(nn.NewTensor(1, nn.Features(4))) })
	mustPanic(t, "the same values in another shape", func() { p.Forward(nn.NewTensor(1, nn.Shape{H: 3, W: 1, C: 1})) })
	mustPanic(t, "a way back from inference", func() { p.Forward(nn.NewTensor(2, nn.Features(3))); p.OutputGradient() })
	p = net.NewPass(nn.PassConfig{Capacity: 2, NeedsBackward: true})
	p.Forward(nn.NewTensor(2, nn.Features(3)))
	mustPanic(t, "a gradient of fewer samples", func() { p.Backward(nn.NewTensor(1, nn.Features(2))) })
	mustPanic(t, "fewer answers than samples", func() { net.PredictInto(nn.NewTensor(1, nn.Features(2)), nn.NewTensor(2, nn.Features(3))) })
	mustPanic(t, "another shape to predict", func() { net.Predict(nn.NewTensor(1, nn.Features(4))) })
}
